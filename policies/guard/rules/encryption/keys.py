"""Customer-managed keys: rotated, private, kept, and usable by the services that need them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from guard import iam
from guard import types as t
from guard.graph import Resource
from guard.remediation import Mend
from guard.rule import Context, Finding, Setting, each, fail, need, rule

_ADMIN = ("kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:DisableKey", "kms:CreateGrant")
_NVME = re.compile(r"ml\.([a-z]+\d+[a-z]*d[a-z]*|g4dn|g5|g6e?|p4de?|p5e?n?|trn1n?|inf2)\.")
_USE = ("kms:Decrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom")


def _symmetric(key: Resource) -> bool:
    return key.get("customerMasterKeySpec").text() in ("", "SYMMETRIC_DEFAULT")


@rule(
    id="kms-key-rotates",
    title="Symmetric keys rotate",
    severity="medium",
    why="Rotation bounds how much data one key version protects.",
    remedy="Set enable_key_rotation=True.",
    references=("KMS-001",),
    on=(t.KEY,),
    scope="resource",
    settings={"maxPeriod": Setting(365, "longest rotation period in days", 90, 2_560)},
    mends=[Mend("enableKeyRotation", True)],
)
def kms_key_rotates(key: Resource, ctx: Context) -> Iterator[Finding]:
    if not _symmetric(key):
        return
    if not key.get("enableKeyRotation").flag():
        yield fail(key.get("enableKeyRotation"), "does not rotate")
    period = key.get("rotationPeriodInDays")
    yield from need(period, lambda n: (n.number() or 365) <= ctx.number("maxPeriod"), "rotates too seldom")


@rule(
    id="kms-key-single-region",
    title="Keys stay in one region, enabled, with AWS's lockout check",
    severity="high",
    why="A multi-region key leaves the region; without the lockout check a policy can lock everybody out.",
    remedy="Leave multi_region and bypass_policy_lockout_safety_check unset, and is_enabled on.",
    references=("KMS-004", "KMS-006", "KMS-007"),
    on=(t.KEY, t.KEY_POLICY),
    scope="resource",
)
def kms_key_single_region(key: Resource, ctx: Context) -> Iterator[Finding]:
    bypass = key.get("bypassPolicyLockoutSafetyCheck")
    yield from need(bypass, lambda n: not n.flag(), "skips the check against lockout")
    if key.type == t.KEY:
        yield from need(key.get("multiRegion"), lambda n: not n.flag(), "may be copied to other regions")
        yield from need(key.get("isEnabled"), lambda n: n.flag(default=True), "is disabled")


@rule(
    id="kms-key-described",
    title="Keys say what they are for",
    severity="low",
    why="A key nobody can place is deleted by mistake, or never.",
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
    severity="medium",
    why="With the key everything it protects is gone for good.",
    remedy="Leave deletion_window_in_days at 30, or at least at the configured floor.",
    references=("KMS-G01",),
    on=(t.KEY,),
    scope="resource",
    settings={"minDays": Setting(30, "shortest deletion window in days", 7, 30)},
    mends=[Mend("deletionWindowInDays", setting="minDays", upwards=True)],
)
def kms_deletion_window(key: Resource, ctx: Context) -> Iterator[Finding]:
    window = key.get("deletionWindowInDays")
    yield from need(window, lambda n: (n.number() or 30) >= ctx.number("minDays"), "is deleted too soon")


def _policies(key: Resource) -> list[Resource]:
    own = [key] if key.get("policy").declared else []
    return own + key.users("keyId", t.KEY_POLICY)


@rule(
    id="kms-policy-written",
    title="Every key has a policy of its own",
    severity="medium",
    why="The default policy leaves the decision to every identity policy of the account.",
    remedy="Set policy on the key, or declare a KeyPolicy.",
    references=("KMS-003",),
    on=(t.KEY,),
)
def kms_policy_written(key: Resource, ctx: Context) -> Iterator[Finding]:
    if not _policies(key):
        yield fail(key.get("policy"), "has no policy of its own")


@rule(
    id="kms-policy-not-public",
    title="No key policy lets everyone in",
    severity="critical",
    why="Security Hub does not count conditions with wildcards, and neither does an attacker.",
    remedy="Name principals; bind service principals with fixed conditions.",
    references=("KMS-002",),
    on=(t.KEY, t.KEY_POLICY),
)
def kms_policy_not_public(key: Resource, ctx: Context) -> Iterator[Finding]:
    if not key.get("policy").declared:
        return
    for statement in iam.statements(key.get("policy")):
        if statement.allows and statement.anyone and not statement.narrowed_by(iam.PRINCIPAL_CONDITIONS):
            yield fail(statement.node.get("Principal"), "lets everyone use the key")


@rule(
    id="kms-services-conditioned",
    title="Service principals use the key for this account only",
    severity="high",
    why="A service acts for every customer: without a condition it decrypts on behalf of others.",
    remedy="Add aws:SourceAccount, aws:SourceArn, kms:ViaService or an encryption-context condition.",
    references=("KMS-G02",),
    on=(t.KEY, t.KEY_POLICY),
)
def kms_services_conditioned(key: Resource, ctx: Context) -> Iterator[Finding]:
    if not key.get("policy").declared:
        return
    bound = (*iam.SERVICE_CONDITIONS, "kms:encryptioncontext:*")
    for statement in iam.statements(key.get("policy")):
        if statement.allows and statement.principal_texts("Service") and not statement.narrowed_by(bound):
            yield fail(statement.node, "lets a service use the key on behalf of any account")


@rule(
    id="kms-admin-apart-from-use",
    title="Who manages a key may not decrypt with it",
    severity="medium",
    why="One principal with both can read the data and remove the trace.",
    remedy="Give administrators kms:*-free lists of management actions, and users Decrypt and GenerateDataKey.",
    references=("KMS-G04",),
    on=(t.KEY, t.KEY_POLICY),
)
def kms_admin_apart_from_use(key: Resource, ctx: Context) -> Iterator[Finding]:
    if not key.get("policy").declared:
        return
    admins: set[str] = set()
    users: set[str] = set()
    for statement in iam.statements(key.get("policy")) if key.get("policy").declared else []:
        # The account's root is a delegation, not a person; what it delegates is narrowed by its condition.
        named = {text for text in statement.principal_texts("AWS") if not text.endswith(":root")}
        if statement.allows:
            admins |= named if any(statement.covers(action) for action in _ADMIN[:3]) else set()
            users |= named if any(statement.covers(action) for action in _USE) else set()
    if admins & users:
        yield fail(key.get("policy"), "lets one principal both manage the key and decrypt with it")


@rule(
    id="kms-policy-admits-services",
    title="A key admits the services that encrypt with it",
    severity="high",
    why="A log group or topic whose service cannot use the key goes silent, and nobody is told.",
    remedy="Admit logs.<region>.amazonaws.com for log groups, cloudwatch.amazonaws.com for alarm topics.",
    references=("KMS-G03", "SNS-G01"),
    on=(t.KEY,),
)
def kms_policy_admits_services(key: Resource, ctx: Context) -> Iterator[Finding]:
    wanted = []
    if key.users("kmsKeyId", t.LOG_GROUP):
        wanted.append(("logs.", ".amazonaws.com", ("kms:GenerateDataKey", "kms:Decrypt"), "logs"))
    if any(_for_alarms(topic) for topic in key.users("kmsMasterKeyId", t.TOPIC)):
        wanted.append(("cloudwatch", ".amazonaws.com", ("kms:GenerateDataKey", "kms:Decrypt"), "alarms"))
    if not wanted:
        return
    found = [s for policy in _policies(key) for s in iam.statements(policy.get("policy")) if s.allows]
    for start, end, actions, what in wanted:
        admitted = [s for s in found if any(p.startswith(start) and p.endswith(end) for p in _services(s))]
        if not all(any(s.covers(action) for s in admitted) for action in actions):
            yield fail(key.get("policy"), f"does not admit the service that writes {what}")


def _services(statement: iam.Statement) -> list[str]:
    return [text.lower() for text in statement.principal_texts("Service")]


def _for_alarms(topic: Resource) -> bool:
    return bool(topic.users("alarmActions", t.ALARM, t.COMPOSITE_ALARM))


@rule(
    id="kms-grants-narrow",
    title="Grants carry constraints",
    severity="medium",
    why="A grant is invisible in the key policy and lasts until it is revoked.",
    remedy="Use the key policy, or give the grant encryption-context constraints.",
    references=("KMS-G05",),
    on=(t.GRANT,),
)
def kms_grants_narrow(grant: Resource, ctx: Context) -> Iterator[Finding]:
    if not grant.get("constraints").declared:
        yield fail(grant.get("constraints"), "carries no constraint")
    if not grant.targets("granteePrincipal", t.ROLE):
        yield fail(grant.get("granteePrincipal"), "names a principal that is not of the stack")


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
            yield fail(node, f"{what} with something that is no key")


@rule(
    id="encrypted-with-own-key",
    title="Everything that stores data does so under a key of the stack",
    severity="high",
    why="Only a customer-managed key has a policy, a log of its use and an off switch that we hold.",
    remedy="Pass the stack's key.",
    references=("SM-001", "CW-001", "SNS-001", "LAM-005", "SM-G01", "SQS-001", "SQS-002", "SEC-001"),
    on=(t.LOG_GROUP, t.TOPIC, t.ENDPOINT_CONFIG, t.FUNCTION, t.QUEUE, t.SECRET),
)
def encrypted_with_own_key(resource: Resource, ctx: Context) -> Iterator[Finding]:
    if resource.type == t.FUNCTION:
        if resource.get("environment.variables").declared:
            yield from by_own_key(resource, "kmsKeyArn", "keeps its environment")
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
