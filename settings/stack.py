"""Settings of the whole stack: names, tags, what is kept and protected, the private network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from settings.reader import NAME, NAME_IN_WORDS, Reader

LOG_RETENTION_DAYS = (30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
"""The periods from one month up that CloudWatch Logs accepts."""
INTERFACE_ENDPOINTS = ("sagemaker.runtime", "logs", "kms", "monitoring")


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
class Network:
    """The private network, or none."""

    enabled: bool
    cidr: str
    interface_endpoints: tuple[str, ...]


def read_naming(r: Reader, stack: str) -> Naming:
    prefix = r.text("name", NAME, NAME_IN_WORDS, "fraud")
    owner = r.text("owner", r"[\w .@-]{1,64}", "1 to 64 letters, digits, spaces and _.@-", "payments") or ""
    tags = {
        "Project": pulumi.get_project(),
        "Environment": stack,
        "Owner": owner,
        "DataClassification": "confidential",
        "ManagedBy": "pulumi",
    }
    return Naming(f"{prefix}-{stack}", stack, tags)


def read_safety(r: Reader) -> Safety:
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


def read_network(r: Reader) -> Network:
    cidr = r.private_network("networkCidr", "10.64.0.0/24")
    given = r.raw("interfaceEndpoints") is not None
    wanted = tuple(map(str, r.items("interfaceEndpoints", "a list"))) if given else INTERFACE_ENDPOINTS
    known = set(wanted) <= set(INTERFACE_ENDPOINTS)
    if "sagemaker.runtime" not in wanted or not known or len(set(wanted)) != len(wanted):
        others = ", ".join(INTERFACE_ENDPOINTS[1:])
        r.refuse("interfaceEndpoints", f"sagemaker.runtime and any of {others}, each of them once")
    return Network(r.flag("privateNetwork"), cidr, wanted)
