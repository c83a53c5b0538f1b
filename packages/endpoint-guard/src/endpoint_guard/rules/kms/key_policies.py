"""Key policies: nobody from outside, use apart from administration, and every service that needs the key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from endpoint_guard import iam
from endpoint_guard import types as t
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, fail, rule

_ADMIN: Final = ("kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:DisableKey")
_USE: Final = ("kms:Decrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom")
_LOG_CONTEXT: Final = "kms:encryptioncontext:aws:logs:arn"


def _policies(key: Resource) -> list[Resource]:
    own = [key] if key.get("policy").declared else []
    return own + key.users("keyId", t.KEY_POLICY)


@rule(
    id="kms-policy-written",
    title="Every key has a policy of its own",
    pillar="encryption",
    severity="medium",
    level="advisory",
    why="The default policy leaves the decision to every identity policy of the account.",
    remedy="Set policy on the key, or declare a KeyPolicy.",
    references=("KMS-003", "KMS-007"),
    on=(t.KEY,),
)
def kms_policy_written(key: Resource, ctx: Context) -> Iterator[Finding]:
    found = [s for policy in _policies(key) for s in iam.statements(policy.get("policy"))]
    if not _policies(key):
        yield fail(key.get("policy"), "has no policy of its own")
    elif not any(s.grants("kms:PutKeyPolicy") for s in found):
        yield fail(key.get("policy"), "allows nobody to change its policy, which AWS refuses")


@rule(
    id="kms-policy-not-public",
    title="No key policy lets everyone in",
    pillar="encryption",
    severity="critical",
    why="Security Hub does not count conditions with wildcards, and neither does an attacker.",
    remedy="Name principals; bind service principals with fixed conditions.",
    references=("KMS-002",),
    on=(t.KEY, t.KEY_POLICY, t.REPLICA_KEY, t.EXTERNAL_KEY),
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
    pillar="encryption",
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
    title="Whoever manages a key may not decrypt with it",
    pillar="encryption",
    severity="medium",
    level="advisory",
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
    for statement in iam.statements(key.get("policy")):
        named = set(statement.principal_texts("AWS"))
        # The account's root is a delegation, not a person: what it delegates is narrowed by a condition or is not.
        if statement.narrowed_by(_BOUNDS):
            named = {text for text in named if not text.endswith(":root")}
        if statement.allows:
            admins |= named if any(statement.covers(action) for action in _ADMIN) else set()
            users |= named if any(statement.covers(action) for action in _USE) else set()
    if admins & users:
        yield fail(key.get("policy"), "lets one principal both manage the key and decrypt with it")


_BOUNDS: Final = (*iam.PRINCIPAL_CONDITIONS, "kms:viaservice", "kms:encryptioncontext:*")


@rule(
    id="kms-grants-by-services-only",
    title="A key policy lets principals create grants for AWS services only",
    pillar="encryption",
    severity="high",
    level="advisory",
    why="A grant hands the key on to anyone, outside the policy, until somebody revokes it.",
    remedy='Add the condition Bool kms:GrantIsForAWSResource "true" to the statement with kms:CreateGrant.',
    references=("KMS-G05",),
    on=(t.KEY, t.KEY_POLICY),
)
def kms_grants_by_services_only(key: Resource, ctx: Context) -> Iterator[Finding]:
    if not key.get("policy").declared:
        return
    for s in iam.statements(key.get("policy")):
        bound = "true" in [
            v.lower() for v in s.conditions.get("bool", {}).get("kms:grantisforawsresource", [])
        ]
        if s.grants("kms:CreateGrant") and not bound:
            yield fail(s.node.get("Action"), "lets a principal hand the key on")


@rule(
    id="kms-policy-admits-services",
    title="A key admits the services that encrypt with it",
    pillar="encryption",
    severity="high",
    why="A log group or topic whose service cannot use the key goes silent, and nobody notices.",
    remedy="Admit logs.<region>.amazonaws.com for log groups, cloudwatch.amazonaws.com for alarm topics.",
    references=("KMS-G03", "SNS-G01"),
    on=(t.KEY,),
)
def kms_policy_admits_services(key: Resource, ctx: Context) -> Iterator[Finding]:
    found = [s for policy in _policies(key) for s in iam.statements(policy.get("policy"))]
    for group in key.users("kmsKeyId", t.LOG_GROUP):
        if not any(_admits(s, "logs.") and _for_group(s, group) for s in found):
            yield fail(key.get("policy"), f'does not admit the service that writes logs to "{group.name}"')
    alarmed = any(_for_alarms(topic) for topic in key.users("kmsMasterKeyId", t.TOPIC))
    if alarmed and not any(_admits(s, "cloudwatch.") for s in found):
        yield fail(key.get("policy"), "does not admit the service that writes alarms")
    for s in found:
        # A deny goes before every allow.
        if not s.allows and _service(s, "logs.", "cloudwatch.") and not s.conditions:
            yield fail(s.node, "denies the key to a service that needs it")


def _admits(s: iam.Statement, start: str) -> bool:
    """Whether a statement lets the service, in the key's region if it says one, encrypt and decrypt."""
    able = all(s.grants(action) for action in ("kms:GenerateDataKey", "kms:Decrypt"))
    return able and _service(s, start)


def _service(s: iam.Statement, *starts: str) -> bool:
    written = [p.get("region").value for p in s.node.resource.graph.of(t.PROVIDER)]
    regions = {text for text in written if isinstance(text, str)}
    good = {f"{start}{region}.amazonaws.com" for start in starts for region in regions}
    good |= {f"{start}amazonaws.com" for start in starts}
    # Without a provider in sight any region may be the right one.
    return any(p in good or (not regions and p.startswith(starts)) for p in _services(s))


def _for_group(s: iam.Statement, group: Resource) -> bool:
    """Whether the statement's encryption context, if it names one, is that of the log group."""
    wanted = s.positive_values((_LOG_CONTEXT,))
    name = group.get("name")
    if not wanted or name.state.value != "known":
        return True
    return any(iam.matches(node.text().split(":log-group:", 1)[-1], name.text()) for node in wanted)


def _services(statement: iam.Statement) -> list[str]:
    return [text.lower() for text in statement.principal_texts("Service")]


def _for_alarms(topic: Resource) -> bool:
    return bool(topic.users("alarmActions", t.ALARM, t.COMPOSITE_ALARM))


@rule(
    id="kms-grants-narrow",
    title="Grants carry constraints",
    pillar="encryption",
    severity="medium",
    level="advisory",
    why="A grant is invisible in the key policy and lasts until it is revoked.",
    remedy="Use the key policy, or give the grant encryption-context constraints.",
    references=("KMS-G05",),
    on=(t.GRANT,),
)
def kms_grants_narrow(grant: Resource, ctx: Context) -> Iterator[Finding]:
    if not grant.get("constraints").declared:
        yield fail(grant.get("constraints"), "carries no constraint")
    for node in grant.get("operations").items():
        if node.text() == "CreateGrant":
            yield fail(node, "lets its holder hand the key on")
    if not grant.targets("granteePrincipal", t.ROLE):
        yield fail(grant.get("granteePrincipal"), "names a principal that is not of the stack")
