"""A declared web ACL, compiled once: rules in their order, groups with overrides, labels, the verdict."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from localaws.errors import ServerError
from localaws.firewall.fields import Sighting
from localaws.firewall.groups.addresses import LISTS
from localaws.firewall.groups.catalogue import GROUPS
from localaws.firewall.statements import Compiler, Match

DEFAULT_LIMIT_BYTES = 16 * 1024
"""What AWS WAF inspects of a body behind API Gateway, unless the association configuration says more."""

TERMINATING = ("block", "allow", "captcha", "challenge")
_GROUPS = ("managedRuleGroupStatement", "ruleGroupReferenceStatement")
_CHALLENGED = {"captcha": 405, "challenge": 202}


@dataclass(frozen=True)
class CustomResponse:
    """A declared answer to what was refused; it takes the place of the API's own."""

    status: int
    headers: Mapping[str, str]
    body: str
    content_type: str


@dataclass
class Verdict:
    """What the ACL says: the terminating rule, and what only counted. `group_rule` is the rule within a group."""

    action: str = "allow"
    rule: str = "Default_Action"
    kind: str = "REGULAR"
    group: str = ""
    group_rule: str = ""
    response: CustomResponse | None = None
    counted: list[tuple[str, str]] = field(default_factory=list)
    labels: Sequence[str] = ()

    @property
    def passed(self) -> bool:
        """The request goes on to the API."""
        return self.action == "allow"


@dataclass(frozen=True)
class _Rule:
    name: str
    kind: str
    action: str
    matches: Match
    labels: Sequence[str] = ()
    response: CustomResponse | None = None
    group: str = ""
    rules: Sequence[_Rule] = ()


@dataclass(frozen=True)
class DeclaredGroup:
    """A rule group of the stack's own, with its rules by priority."""

    name: str
    rules: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Source:
    """What an ACL is compiled from: its inputs, and what its rules refer to by ARN."""

    acl: Mapping[str, Any]
    account: str
    sets: Mapping[str, Sequence[str]]
    groups: Mapping[str, DeclaredGroup] = field(default_factory=dict)


class WebAcl:
    """Judges requests by the ACL. Raises ServerError when it holds what AWS WAF would not take."""

    def __init__(
        self,
        source: Source,
        *,
        listed: Mapping[str, Sequence[str]] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        lists = {name: (listed or {}).get(name, ()) for name in LISTS}
        space = f"awswaf:{source.account}:webacl:{source.acl.get('name', '')}:"
        self._compiler = Compiler({**source.sets, **lists}, clock, space)
        self.limit = _inspection_limit(source.acl)
        default = source.acl.get("defaultAction") or {}
        self._default = _kind_of(default, "default action")
        self._default_response = self._response(default)
        rules = sorted(source.acl.get("rules") or (), key=lambda rule: int(rule["priority"]))
        self._rules = [self._rule(rule, self._compiler) for rule in rules]

    @property
    def undecided(self) -> Sequence[str]:
        """Rules that cannot be decided on this machine and never match."""
        return self._compiler.undecided

    def judge(self, sighting: Sighting) -> Verdict:
        """The verdict on one request, which rate-based rules count."""
        verdict = Verdict(self._default, response=self._default_response)
        for rule in self._rules:
            if not rule.matches(sighting):
                continue
            hit = self._in_group(rule, sighting, verdict) if rule.rules else rule
            if hit is None:
                continue
            sighting.labels += hit.labels
            if rule.action == "count" or hit.action == "count":
                verdict.counted.append((rule.name, hit.name if rule.rules else ""))
                continue
            verdict.action, verdict.response = hit.action, hit.response
            verdict.rule, verdict.kind, verdict.group = rule.name, rule.kind, rule.group
            verdict.group_rule = hit.name if rule.rules else ""
            break
        verdict.labels = tuple(sighting.labels)
        return verdict

    def _in_group(self, group: _Rule, sighting: Sighting, verdict: Verdict) -> _Rule | None:
        """The group's rule that ends its evaluation; what counts on the way is noted."""
        for rule in group.rules:
            if not rule.matches(sighting):
                continue
            if rule.action != "count":
                return rule
            sighting.labels += rule.labels
            verdict.counted.append((group.name, rule.name))
        return None

    def _rule(self, rule: Mapping[str, Any], compiler: Compiler) -> _Rule:
        name, statement = str(rule["name"]), rule["statement"]
        kind = next((kind for kind in _GROUPS if statement.get(kind)), None)
        if kind:
            return self._group(rule, kind, statement[kind])
        own = "RATE_BASED" if statement.get("rateBasedStatement") else "REGULAR"
        labels = [str(label["name"]) for label in rule.get("ruleLabels") or ()]
        return _Rule(
            name,
            own,
            _kind_of(rule.get("action") or {}, f"rule {name}"),
            compiler.compile(statement, name),
            [label if label.startswith("awswaf:") else compiler.space + label for label in labels],
            self._response(rule.get("action") or {}),
        )

    def _group(self, rule: Mapping[str, Any], kind: str, options: Mapping[str, Any]) -> _Rule:
        name = str(rule["name"])
        group, space, declared = self._declared_group(name, kind, options)
        inside = replace(self._compiler, space=space)
        overrides = {
            item["name"]: item["actionToUse"] for item in options.get("ruleActionOverrides") or ()
        } | {item["name"]: {"count": {}} for item in options.get("excludedRules") or ()}
        rules = [
            self._rule({**item, "action": overrides.get(item["name"], item["action"])}, inside)
            for item in declared
        ]
        scope = options.get("scopeDownStatement")
        within: Match = self._compiler.compile(scope, name) if scope else lambda _: True
        managed = "MANAGED_RULE_GROUP" if kind == _GROUPS[0] else "GROUP"
        counting = "count" in (rule.get("overrideAction") or {})
        return _Rule(name, managed, "count" if counting else "none", within, group=group, rules=rules)

    def _declared_group(
        self, name: str, kind: str, options: Mapping[str, Any]
    ) -> tuple[str, str, Sequence[Mapping[str, Any]]]:
        """What the log calls the group, the prefix of its labels, and its rules."""
        group = str(options.get("name") if kind == _GROUPS[0] else options.get("arn"))
        own = self._source.groups.get(group)
        if kind != _GROUPS[0] and own:
            return group, f"awswaf:{self._source.account}:rulegroup:{own.name}:", own.rules
        if group in GROUPS and options.get("vendorName") == "AWS":
            known = GROUPS[group]
            return f"AWS#{group}", f"awswaf:managed:aws:{known.space}:", known.declared()
        raise ServerError(
            f"The firewall's rule {name} uses the group {group}, which is not imitated: leave it out or add its table."
        )

    def _response(self, action: Mapping[str, Any]) -> CustomResponse | None:
        kind = next(iter(action), "")
        if kind in _CHALLENGED:
            return CustomResponse(_CHALLENGED[kind], {"x-amzn-waf-action": kind}, "", "text/html")
        custom = (action.get("block") or {}).get("customResponse")
        if not custom:
            return None
        bodies = {item["key"]: item for item in self._source.acl.get("customResponseBodies") or ()}
        body = bodies.get(custom.get("customResponseBodyKey"), {})
        kinds = {"APPLICATION_JSON": "application/json", "TEXT_HTML": "text/html"}
        return CustomResponse(
            int(custom["responseCode"]),
            {item["name"]: item["value"] for item in custom.get("responseHeaders") or ()},
            str(body.get("content", "")),
            kinds.get(str(body.get("contentType")), "text/plain"),
        )


def _kind_of(action: Mapping[str, Any], place: str) -> str:
    kinds = [kind for kind, options in action.items() if options is not None]
    if len(kinds) != 1 or kinds[0] not in (*TERMINATING, "count"):
        raise ServerError(
            f"The firewall's {place} needs exactly one action: allow, block, count or a challenge."
        )
    return kinds[0]


def _inspection_limit(acl: Mapping[str, Any]) -> int:
    """Bytes of a body that are inspected behind API Gateway."""
    for item in (acl.get("associationConfig") or {}).get("requestBodies") or ():
        for kind, options in item.items():
            blocks = options if isinstance(options, list) else [options]
            for block in blocks if kind.startswith("apiGateway") else ():
                size = re.fullmatch(r"KB_(\d+)", str(block.get("defaultSizeInspectionLimit")))
                if size:
                    return int(size[1]) * 1024
    return DEFAULT_LIMIT_BYTES
