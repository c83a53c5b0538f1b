"""Reading of IAM documents: what a statement allows, to whom, under which condition.

Lists and single values, negated elements, wildcards (`*` and `?`), case and conditions are read as IAM reads them.
A resource ARN may be unknown in a preview: a statement then says so only for what was asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

from endpoint_guard import types as t
from endpoint_guard.graph import UNKNOWN, Node, Resource

SERVICE_CONDITIONS = (
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceorgid",
    "aws:sourceowner",
    "kms:viaservice",
    "kms:calleraccount",
)
PRINCIPAL_CONDITIONS = (
    "aws:principalarn",
    "aws:principalaccount",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:sourcearn",
    "aws:sourceaccount",
    "kms:calleraccount",
)
_POSITIVE = ("stringequals", "stringlike", "arnequals", "arnlike", "stringequalsignorecase")


@lru_cache(maxsize=4096)
def _pattern(text: str) -> re.Pattern[str]:
    body = "".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in text)
    return re.compile(body, re.IGNORECASE | re.DOTALL)


@lru_cache(maxsize=65_536)
def matches(pattern: str, text: str) -> bool:
    """Whether an IAM pattern with `*` and `?` covers the text, case aside."""
    head = pattern.removesuffix("*")
    if "*" not in head and "?" not in head and pattern.isascii() and text.isascii():
        whole, start = text.lower(), head.lower()
        return whole == start if head == pattern else whole.startswith(start)
    return _pattern(pattern).fullmatch(text) is not None


def overlaps(pattern: str, other: str) -> bool:
    """Whether two patterns may name the same action: either covers the other's text, wildcards read as letters."""
    return matches(pattern, other) or matches(other, pattern)


@lru_cache(maxsize=65_536)
def _speaks_of(patterns: tuple[str, ...], actions: tuple[str, ...]) -> bool:
    return any(overlaps(pattern, action) for action in actions for pattern in patterns)


def fixed(value: str) -> bool:
    """Whether a condition's value names something of one owner: in an ARN the account, or the bucket, is spelt out.

    A policy variable names whatever the caller has; of an organization's path the organization has to be spelt out.
    """
    if "${" in value:
        return False
    if re.match(r"o-[^/]+/", value):
        value = value.split("/", 1)[0]
    if "*" not in value and "?" not in value:
        return True
    parts = value.split(":", 5)
    if parts[0] != "arn" or len(parts) < 6:
        return False
    owner = parts[5].split("/", 1)[0] if parts[2] == "s3" else parts[4]
    return bool(owner) and "*" not in owner and "?" not in owner


_PATHS: Final = ("iam", "logs", "secretsmanager", "ssm")
"""Services whose names have parts: a wildcard for a part is a wildcard for the name."""
_UNTYPED: Final = ("s3", "sns", "sqs", "execute-api", "codecommit")
"""Services whose ARNs begin with the name, without a word for the kind of resource."""


def loose(arn: str) -> bool:
    """Whether an ARN's wildcard reaches beyond one named thing: `*`, any account or region, or any name.

    A wildcard behind a name's first letters leaves one family of names; of a bucket even that is too much.
    """
    if "*" not in arn and "?" not in arn:
        return False
    parts = arn.split(":", 5)
    if len(parts) < 6 or any("*" in part or "?" in part for part in parts[:5]):
        return True
    service, names = parts[2].lower(), [name for name in re.split(r"[/:]", parts[5]) if name]
    if service == "s3" and names[:1] not in (["accesspoint"], ["job"]):
        return not names or any(sign in names[0] for sign in "*?")
    if service == "logs":
        names = [name for name in re.split(r"[/:]", re.sub(r":(log-stream:.*|\*)$", "", parts[5])) if name]
    if service in _PATHS:
        return len(names) < 2 or any(name[0] in "*?" for name in names[1:])
    first = 0 if service in _UNTYPED or len(names) == 1 else 1
    return not names or names[first][0] in "*?" or names[0][0] in "*?"


@dataclass(frozen=True)
class Statement:
    """One statement. `node` is its place; nothing here raises but for elements that are unknown."""

    node: Node

    @cached_property
    def allows(self) -> bool:
        """Whether the effect is Allow; anything that is not exactly Deny counts as Allow."""
        return self.node.get("Effect").text().lower() != "deny"

    @cached_property
    def actions(self) -> list[str]:
        return self.node.get("Action").texts()

    @cached_property
    def resources(self) -> list[str]:
        return self.node.get("Resource").texts()

    @property
    def negations(self) -> list[str]:
        """Which of NotAction, NotResource and NotPrincipal are used."""
        return [name for name in ("NotAction", "NotResource", "NotPrincipal") if self.node.get(name).declared]

    def grants(self, action: str) -> bool:
        """Whether this statement allows the action on something."""
        return self.allows and self.covers(action)

    @cached_property
    def spared(self) -> list[str] | None:
        """The actions of NotAction; None where it is not used."""
        node = self.node.get("NotAction")
        return node.texts() if node.declared else None

    def covers(self, *actions: str) -> bool:
        """Whether the statement, whatever its effect, speaks of one of the actions."""
        if self.spared is not None:
            spared = self.spared
            return any(not any(matches(pattern, action) for pattern in spared) for action in actions)
        return _speaks_of(tuple(self.actions), actions)

    @property
    def any_resource(self) -> bool:
        """Whether the statement reaches every resource."""
        if self.node.get("NotResource").declared:
            return True
        return any(text == "*" for text in self.resources)

    @cached_property
    def principals(self) -> list[tuple[str, Node]]:
        """(kind, node) of each principal; a bare string is of kind AWS. Kinds: AWS, Service, Federated, ..."""
        node = self.node.get("Principal")
        if not node.declared:
            return []
        if isinstance(node.value, str) or node.value is UNKNOWN:
            return [("AWS", node)]
        return [(kind, item) for kind, items in node.entries() for item in items.items()]

    def principal_texts(self, kind: str) -> list[str]:
        return [node.text() for name, node in self.principals if name == kind]

    @property
    def anyone(self) -> bool:
        """Whether everyone is a principal, conditions aside."""
        if self.node.get("NotPrincipal").declared:
            return True
        return any(node.text() == "*" for _, node in self.principals)

    @property
    def everybody(self) -> bool:
        """Whether a deny reaches everyone: `*`, or `*` among the AWS principals; a service is not everyone."""
        if self.node.get("NotPrincipal").declared:
            return False
        return any(kind == "AWS" and node.text() == "*" for kind, node in self.principals)

    @cached_property
    def conditions(self) -> dict[str, dict[str, list[str]]]:
        """operator -> key -> values, operators and keys in lower case."""
        found: dict[str, dict[str, list[str]]] = {}
        for operator, keys in self.node.get("Condition").entries():
            entry = found.setdefault(operator.lower(), {})
            for key, values in keys.entries():
                entry[key.lower()] = [_scalar(value) for value in values.items()]
        return found

    def condition_keys(self, *, positive: bool = False) -> set[str]:
        """The condition keys in use; with `positive`, only those that narrow to fixed values.

        `...IfExists`, `ForAllValues:` and a value with a wildcard where it matters (see `fixed`) narrow nothing.
        """
        keys: set[str] = set()
        for operator, entries in self.conditions.items():
            # ForAllValues also holds for a request that has no such key.
            empty = operator.startswith("forallvalues:")
            if positive and (empty or operator.rsplit(":", 1)[-1] not in _POSITIVE):
                continue
            keys |= {
                k for k, values in entries.items() if not positive or (values and all(map(fixed, values)))
            }
        return keys

    def narrowed_by(self, keys: Sequence[str]) -> bool:
        """Whether a positive condition on one of the keys (a trailing `*` is a wildcard) narrows the statement."""
        return any(matches(key, used) for used in self.condition_keys(positive=True) for key in keys)

    def positive_values(self, keys: Sequence[str]) -> list[Node]:
        """The values of the positive conditions on these keys."""
        found = []
        for operator, entries in self.node.get("Condition").entries():
            if operator.lower().removesuffix("ifexists").rsplit(":", 1)[-1] in _POSITIVE:
                found += [
                    v for key, values in entries.entries() if key.lower() in keys for v in values.items()
                ]
        return found


def _scalar(node: Node) -> str:
    """A condition's value as IAM compares it: booleans and numbers may be written without quotes."""
    value = node.value
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, int | float) else node.text()


def statements(document: Node) -> list[Statement]:
    """The statements of a policy document. Raises UnreadableError or MalformedError (see Node.document)."""

    def made() -> list[Statement]:
        return [Statement(item) for item in document.document().get("Statement").items()]

    text = document.value
    if not isinstance(text, str):
        return made()
    return document.resource.graph.remember(("statements", document.resource, document.path, text), made)


_OIDC: Final = re.compile(r":oidc-provider/(?P<issuer>.+)$", re.IGNORECASE)
_CLAIMS: Final = (
    "sub",
    "repository",
    "repository_id",
    "repository_owner",
    "repository_owner_id",
    "job_workflow_ref",
)
"""Claims that say whose token it is; `aud` only says for whom it was made."""


def names_identities(statement: Statement, provider: Node) -> bool:
    """Whether a statement that trusts an identity provider says which of its identities it means.

    A provider of OpenID Connect has to be narrowed by a claim about the identity, with its owner spelt out: the
    provider serves others, too. For SAML and for Amazon's own brokers any fixed condition will do.
    """
    issuer = _OIDC.search(provider.text())
    if issuer is None:
        return bool(statement.condition_keys(positive=True))
    wanted = {f"{issuer['issuer'].lower()}:{claim}" for claim in _CLAIMS}
    found = [
        value
        for operator, keys in statement.conditions.items()
        if not operator.startswith("forallvalues:") and operator.rsplit(":", 1)[-1] in _POSITIVE
        for key, values in keys.items()
        if key in wanted
        for value in (values or ["*"])
    ]
    return bool(found) and all(map(_one_owner, found))


def _one_owner(claim: str) -> bool:
    """Whether a claim's value is spelt out as far as the owner: `repo:acme/*` is, `repo:*` is not."""
    head = re.split(r"[*?]|\$\{", claim, maxsplit=1)[0]
    if head == claim:
        return True
    whole = re.split(r"[:/]", head)[:-1]  # what stands behind the last separator may go on
    parts = [part for part in whole if part and part not in ("system", "serviceaccount")]
    return len(parts) >= (1 if head.startswith("system:") else 2)


def denies_plain_http(found: Sequence[Statement], action: str) -> bool:
    """Whether a statement denies everybody the action over plain HTTP, on the resources that it names."""
    return any(
        not s.allows
        and s.everybody
        and not s.negations
        and any(matches(pattern, action) for pattern in s.actions)
        and _holds_over_plain_http(s)
        for s in found
    )


_IS: Final = ("bool", "stringequals", "stringequalsignorecase", "stringlike")
_IS_NOT: Final = ("stringnotequals", "stringnotequalsignorecase", "stringnotlike")


def _holds_over_plain_http(statement: Statement) -> bool:
    """Whether every request over plain HTTP meets the conditions, which are all to be met; none is met by all.

    Every request says over what it came, so that neither `...IfExists` nor `ForAllValues:` makes a difference.
    """
    for operator, keys in statement.conditions.items():
        name = operator.rsplit(":", 1)[-1].removesuffix("ifexists")
        for key, values in keys.items():
            lower = {value.lower() for value in values}
            is_plain = (name in _IS and "false" in lower) or (name in _IS_NOT and lower == {"true"})
            if key != "aws:securetransport" or not is_plain:
                return False
    return True


def identity_documents(resource: Resource) -> Iterator[Node]:
    """The policy documents that a Role, RolePolicy, Policy, UserPolicy or GroupPolicy holds."""
    if resource.type == t.ROLE:
        for inline in resource.get("inlinePolicies").items():
            if inline.get("policy").declared:
                yield inline.get("policy")
    elif resource.get("policy").declared:
        yield resource.get("policy")


IDENTITY_TYPES = (t.ROLE, t.ROLE_POLICY, t.POLICY, t.USER_POLICY, t.GROUP_POLICY)
CARRIERS = {
    t.ROLE: "assumeRolePolicy",
    t.KEY: "policy",
    t.KEY_POLICY: "policy",
    t.BUCKET: "policy",
    t.BUCKET_POLICY: "policy",
    t.TOPIC: "policy",
    t.TOPIC_POLICY: "policy",
    t.QUEUE_POLICY: "policy",
    t.SECRET_POLICY: "policy",
    t.REST_API: "policy",
    t.REST_API_POLICY: "policy",
    t.VPC_ENDPOINT: "policy",
    t.VPC_ENDPOINT_POLICY: "policy",
    t.LOG_RESOURCE_POLICY: "policyDocument",
    t.ACCESS_POINT: "policy",
    t.ACCESS_POINT_POLICY: "policy",
    t.REPOSITORY_POLICY: "policy",
    t.EVENT_BUS_POLICY: "policy",
    t.MODEL_GROUP_POLICY: "resourcePolicy",
    t.LOG_DESTINATION_POLICY: "accessPolicy",
    t.TABLE_POLICY: "policy",
    t.DATA_STREAM_POLICY: "policy",
    t.SEARCH_DOMAIN: "accessPolicies",
    t.SEARCH_DOMAIN_POLICY: "accessPolicies",
    t.ELASTIC_DOMAIN: "accessPolicies",
    t.ELASTIC_DOMAIN_POLICY: "accessPolicies",
    t.FILE_SYSTEM_POLICY: "policy",
    t.BACKUP_VAULT_POLICY: "policy",
    t.GLACIER_VAULT: "accessPolicy",
    t.EMAIL_POLICY: "policy",
    t.PACKAGE_DOMAIN_POLICY: "policyDocument",
    t.PACKAGE_REPOSITORY_POLICY: "policyDocument",
    t.GLUE_POLICY: "policy",
    t.SCHEMA_REGISTRY_POLICY: "policy",
    t.S3_TABLE_BUCKET_POLICY: "resourcePolicy",
    t.S3_TABLE_POLICY: "resourcePolicy",
    t.KAFKA_POLICY: "policy",
}
"""Which property of which type holds a policy that names principals."""


def role_documents(role: Resource) -> Iterator[Node]:
    """Every document of the stack that gives a role permissions: inline, attached and inline in the role."""
    yield from identity_documents(role)
    for policy in role.users("role", t.ROLE_POLICY):
        yield from identity_documents(policy)
    attachments = [*role.users("role", t.ROLE_ATTACHMENT), *role.users("roles", t.POLICY_ATTACHMENT)]
    for attachment in attachments:
        for policy in attachment.targets("policyArn", t.POLICY):
            yield from identity_documents(policy)


def trusted_services(role: Resource) -> list[str]:
    """The service principals that may assume a role. Raises as `statements` does."""
    found = [s for s in statements(role.get("assumeRolePolicy")) if s.allows]
    return [text.lower() for s in found for text in s.principal_texts("Service")]


def condition_values(statement: Statement, key: str) -> list[str]:
    """All values that the statement's conditions name for a key, whatever the operator."""
    found: Mapping[str, Mapping[str, list[str]]] = statement.conditions
    return [value for entries in found.values() for value in entries.get(key.lower(), [])]
