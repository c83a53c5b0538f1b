"""Resource policies and trust policies: nobody outside the stack's accounts, by name or by condition."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from endpoint_guard import iam
from endpoint_guard import types as t
from endpoint_guard.accounts import abroad
from endpoint_guard.graph import Node, Resource, State
from endpoint_guard.rule import Context, Finding, Setting, each, fail, rule

_SIDE: Final = (
    t.ACCESS_POINT,
    t.ACCESS_POINT_POLICY,
    t.REPOSITORY_POLICY,
    t.EVENT_BUS_POLICY,
    t.MODEL_GROUP_POLICY,
    t.LOG_DESTINATION_POLICY,
    t.TABLE_POLICY,
    t.DATA_STREAM_POLICY,
    t.BACKUP_VAULT_POLICY,
    t.GLACIER_VAULT,
    t.EMAIL_POLICY,
    t.PACKAGE_DOMAIN_POLICY,
    t.PACKAGE_REPOSITORY_POLICY,
    t.GLUE_POLICY,
    t.SCHEMA_REGISTRY_POLICY,
    t.S3_TABLE_BUCKET_POLICY,
    t.S3_TABLE_POLICY,
    t.KAFKA_POLICY,
    *t.SIDE_POLICIES,
)
_NAMED_ELSEWHERE: Final = (t.BUCKET, t.BUCKET_POLICY, t.TOPIC, t.TOPIC_POLICY)
"""Types whose own rule reports a principal of another account."""
_ACCOUNT_KEYS: Final = (
    "aws:principalaccount",
    "aws:principalarn",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceowner",
    "kms:calleraccount",
)


@rule(
    id="policy-names-own-accounts",
    title="Policies admit principals of the stack's own accounts only",
    pillar="auth",
    severity="critical",
    why="A condition on another account's number opens the door to that account, and looks like a lock.",
    remedy="Name principals and accounts of the stack; list a partner's account in the setting.",
    references=(
        "IAM-023",
        "IAM-017",
        "S3-007",
        "KMS-002",
        "KMS-G02",
        "VPC-011",
        "AGW-020",
        "CW-006",
        "SNS-003",
    ),
    on=tuple(iam.CARRIERS),
    settings={
        "accounts": Setting([], "accounts other than the stack's own that may be named"),
    },
)
def policy_names_own_accounts(resource: Resource, ctx: Context) -> Iterator[Finding]:
    accepted = ctx.strings("accounts")
    for s in iam.allowed(resource.get(iam.CARRIERS[resource.type])):
        yield from each(
            [node for kind, node in s.principals if kind == "AWS"], lambda n: _principal(n, accepted)
        )
        for kind, node in s.principals:
            if kind == "CanonicalUser":
                yield fail(node, "admits a principal whose account is not known")
            if kind == "Federated" and not iam.names_identities(s, node):
                yield fail(node, "admits every identity of a provider")
        for node in s.positive_values(_ACCOUNT_KEYS):
            if abroad(node, accepted):
                yield fail(node, "admits another account by its condition")


@rule(
    id="policy-names-own-organization",
    title="Policies admit organizations and networks of the stack only",
    pillar="auth",
    severity="critical",
    level="advisory",
    why="A condition on another organization or endpoint opens the door to it, and looks like a lock.",
    remedy="Name the organization or the endpoint in the setting, or principals of the stack in the policy.",
    references=("IAM-023", "S3-007", "VPC-011", "AGW-020"),
    on=tuple(iam.CARRIERS),
    settings={
        "organizations": Setting([], "organizations (o-...) whose accounts may be let in as a whole"),
        "endpoints": Setting([], "VPC endpoints and networks of others that may be named"),
    },
)
def policy_names_own_organization(resource: Resource, ctx: Context) -> Iterator[Finding]:
    for s in iam.allowed(resource.get(iam.CARRIERS[resource.type])):
        if s.anyone and not _by_account(s):
            yield from _crowd(s, ctx)


def _by_account(s: iam.Statement) -> bool:
    """Whether a condition narrows everyone to named accounts or principals, whatever else it asks."""
    return s.narrowed_by(_ACCOUNT_KEYS)


def _crowd(s: iam.Statement, ctx: Context) -> Iterator[Finding]:
    """Organizations and endpoints that stand for everyone, and are not known to be the stack's own."""
    for node in s.positive_values(("aws:principalorgid", "aws:principalorgpaths")):
        if node.text().split("/", 1)[0] not in ctx.strings("organizations"):
            yield fail(node, "admits an organization that is not named as the stack's own")
    for key, kind in (("aws:sourcevpce", t.VPC_ENDPOINT), ("aws:sourcevpc", t.VPC)):
        for node in s.positive_values((key,)):
            if node.state is State.UNKNOWN and s.node.resource.graph.of(kind):
                continue  # made from something of the stack
            own = any(found.type == kind for found in ctx.graph.known_as(node.text()))
            if not own and node.text() not in ctx.strings("endpoints"):
                yield fail(node, "admits a network that is not of the stack")


def _principal(node: Node, accepted: list[str]) -> Iterator[Finding]:
    text = node.text()
    if node.resource.type not in _NAMED_ELSEWHERE and abroad(node, accepted):
        yield fail(node, "admits another account")
    if text != "*" and not text.startswith("arn:") and not text.isdigit():
        yield fail(node, "admits a principal whose account is not known")


@rule(
    id="side-policies-closed",
    title="No policy of an access point, repository, event bus, table, stream, vault or catalogue lets everyone in",
    pillar="auth",
    severity="high",
    why="They are further doors to the same data, each with a policy of its own.",
    remedy="Name principals, or narrow everyone by a condition with fixed values.",
    references=("IAM-023", "S3-002", "S3-006", "LAM-019", "DDB-005", "EVB-001"),
    on=(*_SIDE, t.LAYER_PERMISSION, t.PROFILE_PERMISSION),
)
def side_policies_closed(resource: Resource, ctx: Context) -> Iterator[Finding]:
    if resource.type in (t.LAYER_PERMISSION, t.PROFILE_PERMISSION):
        principal = resource.get("principal")
        organization = resource.get("organizationId").declared
        if (principal.text() == "*" and not organization) or abroad(principal):
            yield fail(principal, "lets everyone or another account in")
        return
    for s in iam.allowed(resource.get(iam.CARRIERS[resource.type])):
        if s.anyone and not s.narrowed_by(iam.PRINCIPAL_CONDITIONS):
            yield fail(s.node.get("Principal"), "lets everyone in")
