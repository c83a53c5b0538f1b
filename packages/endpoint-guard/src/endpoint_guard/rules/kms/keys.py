"""Customer-managed keys: rotated, kept, and used by everything that stores data."""

from __future__ import annotations

import re
from collections.abc import Iterator

from endpoint_guard import types as t
from endpoint_guard.graph import Resource
from endpoint_guard.remediation import PropertyFix
from endpoint_guard.rule import Context, Finding, Setting, each, fail, need, rule

_NVME = re.compile(r"ml\.([a-z]+\d+[a-z]*d[a-z]*|g4dn|g5|g6e?|p4de?|p5e?n?|trn1n?|inf2)\.")


def _symmetric(key: Resource) -> bool:
    return key.get("customerMasterKeySpec").text() in ("", "SYMMETRIC_DEFAULT")


@rule(
    id="kms-key-rotates",
    title="Symmetric keys rotate",
    pillar="encryption",
    severity="medium",
    why="Rotation bounds how much data one key version protects.",
    remedy="Set enable_key_rotation=True.",
    references=("KMS-001",),
    on=(t.KEY,),
    scope="resource",
    settings={"maxPeriod": Setting(365, "longest rotation period in days", 90, 2_560)},
    fixes=[PropertyFix("enableKeyRotation", True)],
)
def kms_key_rotates(key: Resource, ctx: Context) -> Iterator[Finding]:
    if not _symmetric(key):
        return
    if not key.get("enableKeyRotation").flag():
        yield fail(key.get("enableKeyRotation"), "does not rotate")
    period = key.get("rotationPeriodInDays")
    yield from need(
        period, lambda n: (n.number() or 365) <= ctx.number("maxPeriod"), "does not rotate often enough"
    )


@rule(
    id="kms-key-single-region",
    title="Keys stay in one region, enabled, with AWS's lockout check",
    pillar="encryption",
    severity="high",
    level="advisory",
    why="A multi-region key leaves the region; without the lockout check a policy can lock everybody out.",
    remedy="Leave multi_region and bypass_policy_lockout_safety_check unset, and is_enabled on.",
    references=("KMS-004", "KMS-006", "KMS-007"),
    on=(t.KEY, t.KEY_POLICY, t.REPLICA_KEY),
    scope="resource",
)
def kms_key_single_region(key: Resource, ctx: Context) -> Iterator[Finding]:
    if key.type == t.REPLICA_KEY:
        yield fail(key, "copies a key to another region", "primaryKeyArn")
    bypass = key.get("bypassPolicyLockoutSafetyCheck")
    yield from need(bypass, lambda n: not n.flag(), "skips the check against lockout")
    if key.type == t.KEY:
        yield from need(key.get("multiRegion"), lambda n: not n.flag(), "may be copied to other regions")
        yield from need(key.get("isEnabled"), lambda n: n.flag(default=True), "is disabled")


@rule(
    id="kms-key-described",
    title="Keys have a description",
    pillar="encryption",
    severity="low",
    level="advisory",
    why="A key whose purpose nobody knows is deleted by mistake, or never.",
    remedy="Set description.",
    references=("KMS-008",),
    on=(t.KEY,),
    scope="resource",
)
def kms_key_described(key: Resource, ctx: Context) -> Iterator[Finding]:
    yield from need(key.get("description"), lambda n: n.present, "has no description")


@rule(
    id="kms-deletion-window",
    title="A deleted key can be brought back for long enough",
    pillar="encryption",
    severity="medium",
    level="advisory",
    why="With the key everything it protects is gone for good.",
    remedy="Leave deletion_window_in_days at 30, or at least at the configured floor.",
    references=("KMS-G01",),
    on=(t.KEY,),
    scope="resource",
    settings={"minDays": Setting(30, "shortest deletion window in days", 7, 30)},
    fixes=[PropertyFix("deletionWindowInDays", setting="minDays", upwards=True)],
)
def kms_deletion_window(key: Resource, ctx: Context) -> Iterator[Finding]:
    window = key.get("deletionWindowInDays")
    yield from need(window, lambda n: (n.number() or 30) >= ctx.number("minDays"), "is deleted too soon")


@rule(
    id="alias-of-own-key",
    title="A key's alias stands for a key of the stack",
    pillar="encryption",
    severity="high",
    level="advisory",
    why="What is encrypted by the alias is encrypted with whatever key it stands for.",
    remedy="Set target_key_id to a key of the stack.",
    references=("SM-001", "CW-001", "S3-012"),
    on=(t.KEY_ALIAS,),
)
def alias_of_own_key(alias: Resource, ctx: Context) -> Iterator[Finding]:
    if not alias.targets("targetKeyId", t.KEY):
        yield fail(alias.get("targetKeyId"), "stands for a key outside the stack")


def by_own_key(resource: Resource, path: str, what: str) -> Iterator[Finding]:
    """A finding unless the property at `path` names a customer-managed key."""
    node = resource.get(path)
    if not node.declared:
        yield fail(node, f"{what} without a customer-managed key")
    elif not resource.targets(path, t.KEY, t.KEY_ALIAS):
        text = node.text()
        if "alias/aws/" in text or not text:
            yield fail(node, f"{what} with a key that AWS manages")
        elif text.startswith("alias/") or ":alias/" in text or ":key/" in text or len(text) == 36:
            yield fail(node, f"{what} with a key outside the stack, which cannot be checked here")
        else:
            yield fail(node, f"{what} with something that is not a key")


@rule(
    id="encrypted-with-own-key",
    title="Everything that stores data does so under a key of the stack",
    pillar="encryption",
    severity="high",
    level="advisory",
    why="Only a customer-managed key has a policy, a log of its use and an off switch that we hold.",
    remedy="Pass the stack's key.",
    references=("SM-001", "CW-001", "SNS-001", "LAM-005", "SM-G01", "SQS-001", "SQS-002", "SEC-001"),
    on=(t.LOG_GROUP, t.TOPIC, t.ENDPOINT_CONFIG, t.FUNCTION, t.QUEUE, t.SECRET),
)
def encrypted_with_own_key(resource: Resource, ctx: Context) -> Iterator[Finding]:
    if resource.type == t.FUNCTION:
        if resource.get("environment.variables").declared:
            yield from by_own_key(resource, "kmsKeyArn", "keeps its environment")
        if resource.get("sourceKmsKeyArn").declared:
            yield from by_own_key(resource, "sourceKmsKeyArn", "keeps its package")
    elif resource.type == t.ENDPOINT_CONFIG:
        if resource.get("kmsKeyArn").declared or not _local_disks(resource):
            yield from by_own_key(resource, "kmsKeyArn", "keeps its volumes")
        yield from each([resource.get("dataCaptureConfig")], lambda node: _capture(node.resource))
    else:
        paths = {t.TOPIC: "kmsMasterKeyId", t.QUEUE: "kmsMasterKeyId"}
        yield from by_own_key(resource, paths.get(resource.type, "kmsKeyId"), "keeps its data")


def _local_disks(config: Resource) -> bool:
    """Whether every variant's disks are local NVMe: the hardware encrypts them, and SageMaker refuses a key."""
    kinds = [variant.get("instanceType").text() for variant in config.get("productionVariants").items()]
    return bool(kinds) and all(_NVME.match(kind) for kind in kinds)


def _capture(config: Resource) -> Iterator[Finding]:
    if config.get("dataCaptureConfig.enableCapture").flag():
        yield from by_own_key(config, "dataCaptureConfig.kmsKeyId", "captures requests")
