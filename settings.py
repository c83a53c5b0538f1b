"""The settings of a stack: the only reader of Pulumi's configuration.

Every key, its type, range and default stands here. All mistakes of a stack file are told at once, before any
resource is declared, each with the file, the key and what is allowed; none repeats the value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime import config as pulumi_config

from model.contract import RECIPE_FIELDS
from settings_reader import Reader

LOG_RETENTION_DAYS = (30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
"""The periods from one month up that CloudWatch Logs accepts."""
INTERFACE_ENDPOINTS = ("sagemaker.runtime", "logs", "kms", "monitoring")
_NAME = r"[a-z][a-z0-9-]{1,19}"


class SettingsError(Exception):
    """The stack file is refused. `problems` holds one sentence for each mistake."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Client:
    """One caller of the API: requests a second, burst, and requests a day."""

    name: str
    rate: float
    burst: int
    daily_quota: int


@dataclass(frozen=True)
class Naming:
    """`prefix` starts every name; `tags` are on every resource."""

    prefix: str
    stage: str
    tags: Mapping[str, str]


@dataclass(frozen=True)
class Safety:
    """What is the same for all resources that hold data. Periods in days."""

    protect: bool
    log_retention: int
    object_lock: int
    deployer: str | None
    permissions_boundary: str | None


@dataclass(frozen=True)
class Training:
    """What the artifact is built from: `data` is a folder, or None for generated sample data."""

    data: Path | None
    recipe: str


@dataclass(frozen=True)
class Serving:
    """The endpoint: instances, container image, roll-out, data capture in percent."""

    instance_type: str
    min_instances: int
    max_instances: int
    canary: bool
    image_tag: str
    image_digest: str | None
    capture_percentage: int


@dataclass(frozen=True)
class Scoring:
    """The function: memory in MB, timeout in seconds, reserved concurrency (None for none)."""

    recipe: str
    memory: int
    timeout: int
    concurrency: int | None
    code_signing: bool


@dataclass(frozen=True)
class Api:
    """The REST API: who may call, and how fast all clients together."""

    recipe: str
    signed: bool
    rate: float
    burst: int
    clients: tuple[Client, ...]
    owns_account_role: bool


@dataclass(frozen=True)
class Firewall:
    """The web ACL: requests of one address in five minutes, networks that Bot Control leaves alone."""

    block_bots: bool
    known_callers: tuple[str, ...]
    rate_limit: int


@dataclass(frozen=True)
class Network:
    """The private network, or none."""

    enabled: bool
    cidr: str
    interface_endpoints: tuple[str, ...]


@dataclass(frozen=True)
class Alarms:
    """Who is told, and from when a day's purchases count as others than those of the model's card."""

    email: pulumi.Output[str] | None
    """An address, secret from here on."""
    drift_index: float
    """Population stability index."""
    alert_factor: float
    """How many times more, or fewer, alerts than the card has."""


@dataclass(frozen=True)
class Settings:
    """A stack's settings, one slice for each component."""

    naming: Naming
    safety: Safety
    training: Training
    serving: Serving
    scoring: Scoring
    api: Api
    firewall: Firewall
    network: Network
    alarms: Alarms


def load() -> Settings:
    """The settings of the stack that is being evaluated.

    Raises SettingsError with every mistake: unknown keys, wrong types, values out of range, keys that contradict
    each other.
    """
    project, stack = pulumi.get_project(), pulumi.get_stack()
    source = f"Pulumi.{stack}.yaml"
    everything = {**pulumi_config.get_config_env(), **pulumi_config.CONFIG.get()}
    values = {k.split(":", 1)[1]: str(v) for k, v in everything.items() if k.startswith(f"{project}:")}
    reader = Reader(values, source)
    settings = _read(reader, stack)
    unknown = sorted(set(values) - reader.read)
    if unknown:
        known = ", ".join(sorted(reader.read))
        reader.problems += [f"{source}: {key} is not a setting; there are {known}." for key in unknown]
    if reader.problems:
        raise SettingsError(reader.problems)
    return settings


def _read(r: Reader, stack: str) -> Settings:
    recipe = r.choice("modelRecipe", sorted(RECIPE_FIELDS), "default")
    prefix = r.text("name", _NAME, "2 to 20 lower-case letters, digits and hyphens", "fraud")
    safety = _safety(r)
    data = r.raw("modelData")
    if data and not Path(data).exists():
        r.refuse("modelData", "a folder with fraudTrain and fraudTest, or empty for generated sample data")
    email = r.text("alarmEmail", r"[^@\s]+@[^@\s]+\.[^@\s]+", "an e-mail address")
    if safety.protect and email is None:
        r.refuse(
            "alarmEmail", "an e-mail address where deletionProtection is on: alarms have to reach someone"
        )
    return Settings(
        naming=Naming(f"{prefix}-{stack}", stack, _tags(r, stack)),
        safety=safety,
        training=Training(Path(data) if data else None, recipe),
        serving=_serving(r),
        scoring=Scoring(
            recipe=recipe,
            memory=r.integer("functionMemory", 128, 3008, 512),
            timeout=r.integer("functionTimeout", 3, 28, 10),
            concurrency=r.integer("functionConcurrency", 0, 1000, 10) or None,
            code_signing=r.flag("codeSigning", False),
        ),
        api=_api(r, recipe),
        firewall=Firewall(
            block_bots=r.choice("botControl", ("count", "block")) == "block",
            known_callers=r.networks("knownCallers"),
            rate_limit=r.integer("firewallRateLimit", 10, 100_000, 1000),
        ),
        network=_network(r),
        alarms=Alarms(
            pulumi.Output.secret(email) if email else None,
            drift_index=r.number("driftIndex", 0.01, 5, 0.2),
            alert_factor=r.number("alertFactor", 1.1, 100, 3),
        ),
    )


def _tags(r: Reader, stack: str) -> dict[str, str]:
    owner = r.text("owner", r"[\w .@-]{1,64}", "1 to 64 letters, digits, spaces and .@-", "payments") or ""
    return {
        "Project": pulumi.get_project(),
        "Environment": stack,
        "Owner": owner,
        "DataClassification": "confidential",
        "ManagedBy": "pulumi",
    }


def _safety(r: Reader) -> Safety:
    retention = r.integer("logRetentionDays", 30, 3653)
    if retention not in LOG_RETENTION_DAYS:
        r.refuse("logRetentionDays", "one of " + ", ".join(map(str, LOG_RETENTION_DAYS)))
    arn = r"arn:aws[a-z-]*:iam::\d{12}:"
    return Safety(
        protect=r.flag("deletionProtection"),
        log_retention=retention,
        object_lock=r.integer("objectLockDays", 1, 3650, 365),
        deployer=r.text("deployer", arn + r"(role|user)/[\w+=,.@/-]+", "the ARN of an IAM role or user"),
        permissions_boundary=r.text(
            "permissionsBoundary", arn + r"policy/[\w+=,.@/-]+", "the ARN of an IAM policy"
        ),
    )


def _serving(r: Reader) -> Serving:
    low, high = r.integer("minInstances", 1, 20), r.integer("maxInstances", 1, 20)
    if high < low:
        r.refuse("maxInstances", f"at least minInstances ({low})")
    canary = r.choice("rollout", ("all-at-once", "canary")) == "canary"
    if canary and low < 2:
        r.refuse("rollout", "all-at-once with one instance: a canary needs two")
    return Serving(
        instance_type=r.text(
            "instanceType",
            r"ml\.(m5|m6i|m7i|c5|c6i|c7i)\.(large|xlarge|2xlarge)",
            "an x86 instance type without local disk, such as ml.m5.large",
            "ml.m5.large",
        )
        or "",
        min_instances=low,
        max_instances=high,
        canary=canary,
        image_tag=r.text("imageTag", r"[\w.-]{1,64}", "a tag of the image", "1.9-0-cpu-py3") or "",
        image_digest=r.text("imageDigest", r"sha256:[0-9a-f]{64}", "sha256: and 64 hexadecimal digits"),
        capture_percentage=r.integer("capturePercentage", 0, 100, 0),
    )


def _api(r: Reader, recipe: str) -> Api:
    clients = tuple(_client(r, item, place) for place, item in enumerate(r.items("clients", "a list")))
    names = [client.name for client in clients]
    if not clients or len(set(names)) != len(names):
        r.refuse("clients", "a list of one or more clients with different names")
    rate, burst = r.integer("apiRate", 1, 10_000, 50), r.integer("apiBurst", 1, 5_000, 100)
    if any(client.rate > rate or client.burst > burst for client in clients):
        r.refuse("clients", f"no faster than the whole API (apiRate {rate}, apiBurst {burst})")
    return Api(
        recipe=recipe,
        signed=r.choice("authentication", ("api-key", "api-key-and-iam")) == "api-key-and-iam",
        rate=rate,
        burst=burst,
        clients=clients,
        owns_account_role=r.flag("ownsApiGatewayAccount", True),
    )


def _client(r: Reader, item: Any, place: int) -> Client:
    where = f"clients[{place}]"
    wanted = {"name", "rate", "burst", "dailyQuota"}
    if not isinstance(item, dict) or set(item) != wanted:
        r.refuse(where, "an object with name, rate, burst and dailyQuota")
        return Client("refused", 1, 1, 1)
    if not isinstance(item["name"], str) or not re.fullmatch(_NAME, item["name"]):
        r.refuse(f"{where}.name", "2 to 20 lower-case letters, digits and hyphens")
    for key, high in (("rate", 10_000), ("burst", 5_000), ("dailyQuota", 10_000_000)):
        kinds = (int, float) if key == "rate" else (int,)
        value = item[key]
        if isinstance(value, bool) or not isinstance(value, kinds) or not 0 < value <= high:
            r.refuse(f"{where}.{key}", f"a number above 0 and at most {high:,}")
            return Client("refused", 1, 1, 1)
    return Client(str(item["name"]), item["rate"], item["burst"], item["dailyQuota"])


def _network(r: Reader) -> Network:
    cidr = r.private_network("networkCidr", "10.64.0.0/24")
    wanted = r.items("interfaceEndpoints", "a list") or list(INTERFACE_ENDPOINTS)
    if "sagemaker.runtime" not in wanted or not set(map(str, wanted)) <= set(INTERFACE_ENDPOINTS):
        r.refuse("interfaceEndpoints", "sagemaker.runtime and any of " + ", ".join(INTERFACE_ENDPOINTS[1:]))
    return Network(r.flag("privateNetwork"), cidr, tuple(map(str, wanted)))
