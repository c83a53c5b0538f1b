"""Settings of what scores: the model's training, its endpoint and the function."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from model.decision import RULES, Choice, Prices
from settings.reader import Reader

EXAMPLE_ACCOUNT = "123456789012"
"""The account of AWS's documentation. It belongs to nobody: a stack that may deploy there only deploys nowhere."""


@dataclass(frozen=True)
class Training:
    """What the artifact is built from: `data` is a folder, or None for generated sample data; how it decides."""

    data: Path | None
    recipe: str
    decision: Choice
    managed: bool = False
    """Whether the stack has a place for managed training jobs."""


@dataclass(frozen=True)
class Shadow:
    """A second model that gets copies of requests and whose answers reach nobody: its archive, percent of requests."""

    archive: Path
    percentage: int
    instances: int


@dataclass(frozen=True)
class Serving:
    """The endpoint: instances, container image, roll-out, data capture in percent, a shadow or none."""

    instance_type: str
    min_instances: int
    max_instances: int
    canary: bool
    image_tag: str
    image_digest: str | None
    capture_percentage: int
    shadow: Shadow | None = None


@dataclass(frozen=True)
class Scoring:
    """The function: memory in MB, timeout in seconds, reserved concurrency (None for none), roll-out."""

    recipe: str
    memory: int
    timeout: int
    concurrency: int | None
    code_signing: bool
    canary: bool = False
    """Whether a new version gets a tenth of the calls first."""


def read_training(r: Reader, recipe: str, *, protected: bool) -> Training:
    """`protected`: the stack holds what must not be deleted, so a model of sample data has no place in it."""
    data = r.raw("modelData")
    if data and not Path(data).exists():
        r.refuse("modelData", "a folder with fraudTrain and fraudTest, or empty for generated sample data")
    if protected and not data and set(r.accounts) - {EXAMPLE_ACCOUNT}:
        r.refuse(
            "modelData",
            "a folder with fraudTrain and fraudTest where deletionProtection is on; generated sample data is "
            f"accepted only while aws:allowedAccountIds holds nothing but the example account {EXAMPLE_ACCOUNT}",
        )
    return Training(
        Path(data) if data else None, recipe, read_decision(r), managed=r.flag("managedTraining", False)
    )


def read_decision(r: Reader) -> Choice:
    """Which purchases are alerts. Prices in US dollars; above `declineScore` an alert is not for review."""
    return Choice(
        rule=r.choice("decisionRule", RULES, Choice.rule),
        prices=Prices(
            false_alarm=r.number("falseAlarmPrice", 0.01, 10_000, Prices.false_alarm),
            missed_fraud=r.number("missedFraudPrice", 0, 10_000, Prices.missed_fraud),
        ),
        precision=r.number("decisionPrecision", 0.01, 1, Choice.precision),
        alerts_per_1000=r.number("decisionAlerts", 0.01, 1000, Choice.alerts_per_1000),
        decline=r.number("declineScore", 0.01, 1, 0) or None,
    )


def read_serving(r: Reader) -> Serving:
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
            "ml.m5, m6i, m7i, c5, c6i or c7i in large, xlarge or 2xlarge, such as ml.m5.large",
            "ml.m5.large",
        )
        or "",
        min_instances=low,
        max_instances=high,
        canary=canary,
        image_tag=r.text("imageTag", r"[\w.-]{1,64}", "a tag of the image", "1.9-0-cpu-py3") or "",
        image_digest=r.text("imageDigest", r"sha256:[0-9a-f]{64}", "sha256: and 64 hexadecimal digits"),
        capture_percentage=r.integer("capturePercentage", 0, 100, 0),
        shadow=_read_shadow(r),
    )


def _read_shadow(r: Reader) -> Shadow | None:
    archive = r.raw("shadowModel")
    percentage, instances = r.integer("shadowPercentage", 1, 100, 10), r.integer("shadowInstances", 1, 20, 1)
    if not archive:
        return None
    if not Path(archive).is_file():
        r.refuse("shadowModel", "the model.tar.gz of another model, as `python -m model package` writes it")
        return None
    return Shadow(Path(archive), percentage, instances)


def read_scoring(r: Reader, recipe: str) -> Scoring:
    return Scoring(
        recipe=recipe,
        memory=r.integer("functionMemory", 128, 3008, 512),
        timeout=r.integer("functionTimeout", 3, 28, 10),
        concurrency=r.integer("functionConcurrency", 0, 1000, 10) or None,
        code_signing=r.flag("codeSigning", False),
        canary=r.choice("functionRollout", ("all-at-once", "canary"), "all-at-once") == "canary",
    )
