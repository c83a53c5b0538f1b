"""Reading of web ACLs: every way in which pulumi-aws lets a program give a web ACL its rules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from endpoint_guard import types as t
from endpoint_guard.graph import Node, Resource, State, UnreadableError

_ABBREVIATIONS = {"ARN": "arn", "IP": "ip", "CSS": "css", "URL": "url", "JSON": "json"}
_SPELT = {"CloudWatchMetricsEnabled": "cloudwatchMetricsEnabled"}
"""Names that the provider writes as one word."""


@dataclass(frozen=True)
class AclRule:
    """One rule of a web ACL. `node` is where it is written; `group` the managed group's name or ""."""

    node: Node

    @property
    def statement(self) -> Node:
        return self.node.get("statement")

    @property
    def managed(self) -> Node:
        """The managed group of the rule, wherever it is written; missing for other rules."""
        if self.node.resource.type == t.WEB_ACL_GROUP:
            return self.node.get("managedRuleGroup")
        return self.statement.get("managedRuleGroupStatement")

    @property
    def group(self) -> str:
        return self.managed.get("name").text()

    @property
    def counts(self) -> bool:
        """Whether the rule, or its group as a whole, is only counted."""
        override = self.node.get("overrideAction")
        if override.resource.type == t.WEB_ACL_GROUP:
            return override.text().lower() == "count"
        return override.get("count").value is not None or self.node.get("action.count").value is not None

    @property
    def overrides(self) -> list[Node]:
        """The per-rule overrides of a managed group."""
        return [
            item
            for name in ("ruleActionOverrides", "ruleActionOverride")
            for item in self.managed.get(name).items()
        ]

    def acts(self, action: str) -> bool:
        """Whether the rule's own action is the given one."""
        return self.node.get(f"action.{action}").value is not None

    @property
    def priority(self) -> float | None:
        return self.node.get("priority").number()


def rules_of(acl: Resource) -> list[AclRule]:
    """All rules of a web ACL: inline, in `ruleJson`, in separate rule resources, in rule groups it refers to.

    Raises UnreadableError when a carrier is not known yet and MalformedError for unreadable JSON.
    """
    return acl.graph.remember(("web ACL rules", acl.urn), lambda: list(_rules(acl)))


def _rules(acl: Resource) -> Iterator[AclRule]:
    for item in _inline(acl, "rules", "ruleJson"):
        yield AclRule(item)
    for separate in acl.users("webAclArn", t.WEB_ACL_RULE, t.WEB_ACL_GROUP):
        yield AclRule(separate.root)
    references = _inline(acl, "rules", "ruleJson")
    if any(item.get("statement.ruleGroupReferenceStatement").declared for item in references):
        for group in _groups(acl):
            for item in _inline(group, "rules", "rulesJson"):
                yield AclRule(item)


def foreign_groups(acl: Resource) -> list[Node]:
    """The references of a web ACL to rule groups that are known and not of the stack."""
    if acl.targets("rules", t.RULE_GROUP):
        return []
    found = [
        item.get("statement.ruleGroupReferenceStatement.arn") for item in _inline(acl, "rules", "ruleJson")
    ]
    return [node for node in found if node.state is State.KNOWN]


def _groups(acl: Resource) -> list[Resource]:
    groups = acl.targets("rules", t.RULE_GROUP)
    if not groups:
        raise UnreadableError(acl.get("rules"))
    return groups


def _inline(resource: Resource, plain: str, text: str) -> list[Node]:
    items = resource.get(plain).items()
    written = resource.get(text)
    if not written.declared:
        return items
    parsed = written.document() if isinstance(written.value, dict) else _listed(written)
    return items + [Node(resource, node.path, _camel(node.value)) for node in parsed.items()]


def _listed(node: Node) -> Node:
    text = node.text()
    wrapped = Node(node.resource, node.path, f'{{"rules": {text}}}')
    return Node(node.resource, node.path, wrapped.document().get("rules").value)


def _camel(value: Any) -> Any:
    """AWS's own spelling (`RateBasedStatement`) in the provider's (`rateBasedStatement`)."""
    if isinstance(value, dict):
        return {_key(key): _camel(item) for key, item in value.items()}
    return [_camel(item) for item in value] if isinstance(value, list) else value


def _key(key: str) -> str:
    if key in _SPELT:
        return _SPELT[key]
    head = re.match(r"[A-Z]+(?=[A-Z][a-z]|$)|[A-Z]", key)
    if head is None:
        return key
    word = head.group()
    return _ABBREVIATIONS.get(word, word.lower()) + key[len(word) :]


def hidden_headers(acl: Resource) -> set[str]:
    """The headers that the web ACL's data protection hides from logs and samples, in lower case."""
    found: set[str] = set()
    for item in acl.get("dataProtectionConfig.dataProtections").items():
        if (
            item.get("field.fieldType").text().upper() == "SINGLE_HEADER"
            and not item.get("excludeRateBasedDetails").flag()
            and not item.get("excludeRuleMatchDetails").flag()
        ):
            found |= {key.lower() for key in item.get("field.fieldKeys").texts()}
    return found


def at_the_edge(acl: Resource) -> bool:
    """Whether a web ACL is one of CloudFront, in front of a distribution of the stack and of nothing else."""
    return (
        acl.get("scope").text() == "CLOUDFRONT"
        and bool(acl.users("webAclId", t.DISTRIBUTION))
        and not acl.users("webAclArn", t.WEB_ACL_ASSOCIATION)
    )


def behind_distribution(acl: Resource) -> bool:
    """Whether only a distribution of the stack gets past a web ACL, by a header that the first rule demands.

    The distribution has a web ACL of its own, which sees the callers' addresses.
    """
    fronted = any(front.get("webAclId").declared for front in acl.graph.of(t.DISTRIBUTION))
    first = min(rules_of(acl), key=lambda item: item.priority or 0, default=None)
    if first is None or not fronted or not first.acts("block"):
        return False
    wanted = first.statement.get("notStatement.statement")
    either = wanted.get("orStatement.statements").items() or [wanted]
    return all(_exact_header(one.get("byteMatchStatement")) for one in either)


def _exact_header(match: Node) -> bool:
    header = match.get("fieldToMatch.singleHeader.name").text()
    return bool(header) and match.get("positionalConstraint").text() == "EXACTLY"


def redacted_headers(logging: Resource) -> set[str]:
    """The headers that a logging configuration leaves out, in lower case."""
    return {
        item.get("singleHeader.name").text().lower() for item in logging.get("redactedFields").items()
    } - {""}


def samples(acl: Resource) -> list[Node]:
    """The places where request samples are kept, which show headers in plain text."""
    visibility = [acl.root, *(rule.node for rule in rules_of(acl))]
    return [
        node.get("visibilityConfig.sampledRequestsEnabled")
        for node in visibility
        if node.get("visibilityConfig.sampledRequestsEnabled").flag()
    ]
