"""The enforceable limits: the web ACL's rate and body-size rules."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import types as t
from endpoint_guard import waf
from endpoint_guard.graph import Node, Resource
from endpoint_guard.rule import Context, Finding, Setting, fail, rule


def _rate(rule_: waf.AclRule) -> Node:
    return rule_.statement.get("rateBasedStatement")


@rule(
    id="firewall-rate-rule",
    title="The web ACL blocks callers above a rate",
    pillar="throttling",
    severity="critical",
    level="advisory",
    why="AWS calls usage-plan limits best effort; the rate rule is the limit that is enforced.",
    remedy="Add a rule with rate_based_statement by IP and the action block.",
    references=("WAF-G01",),
    on=(t.WEB_ACL,),
    settings={
        "maxRequests": Setting(2_000, "requests per window a caller may send", 10, 2_000_000_000),
        "maxWindow": Setting(600, "longest window in seconds", 60, 600),
    },
)
def firewall_rate_rule(acl: Resource, ctx: Context) -> Iterator[Finding]:
    rated = [item for item in waf.rules_of(acl) if _rate(item).declared]
    # Behind a distribution the addresses are its own, each of many callers: theirs are counted at the edge.
    most = float("inf") if waf.behind_distribution(acl) else ctx.number("maxRequests")
    problems = [problem for item in rated if (problem := _rate_problem(item, most, ctx))]
    if not rated:
        yield fail(acl, "has no rate rule", "rules")
    elif len(problems) == len(rated):
        yield problems[0]


def _rate_problem(item: waf.AclRule, most: float, ctx: Context) -> Finding | None:
    """Why a rate rule does not count as the one that limits everybody."""
    statement = _rate(item)
    limit, window = statement.get("limit"), statement.get("evaluationWindowSec")
    if not item.acts("block"):
        return fail(item.node.get("action"), "has a rate rule that does not block")
    if not 0 < (limit.number() or 0) <= most:
        return fail(limit, "has a rate rule with a limit above the ceiling")
    if (window.number() or 300) > ctx.number("maxWindow"):
        return fail(window, "has a rate rule with too long a window")
    if statement.get("scopeDownStatement").declared:
        return fail(statement.get("scopeDownStatement"), "has a rate rule that does not see all requests")
    kind = statement.get("aggregateKeyType")
    if kind.text() not in ("", "IP", "CUSTOM_KEYS"):
        return fail(kind, "has a rate rule that a caller can dodge")
    if kind.text() == "CUSTOM_KEYS" and not _by_address(statement.get("customKeys").items()):
        return fail(statement.get("customKeys"), "has a rate rule that a caller can dodge")
    return None


def _by_address(keys: list[Node]) -> bool:
    return any(key.get("ip").value is not None for key in keys) and all(map(_steady, keys))


def _steady(key: Node) -> bool:
    """Whether a caller cannot choose the value of an aggregation key, nor leave it out: its address, its network.

    A header, the API key's too, is whatever the caller sends: the firewall looks before the key is checked.
    """
    return key.get("ip").value is not None or key.get("asn").value is not None


@rule(
    id="firewall-body-size",
    title="The web ACL blocks bodies that it cannot inspect",
    pillar="throttling",
    severity="high",
    level="advisory",
    why="Only the first part of a body is inspected; by default the rest passes unseen.",
    remedy='Add a rule with size_constraint_statement on body, oversize_handling="MATCH", action block.',
    references=("WAF-G02",),
    on=(t.WEB_ACL,),
    settings={"maxBytes": Setting(8_192, "bytes a body may have", 1, 65_536)},
)
def firewall_body_size(acl: Resource, ctx: Context) -> Iterator[Finding]:
    sized = [item for item in waf.rules_of(acl) if _body(item).value is not None]
    good = [item for item in sized if item.acts("block") and _caps(item, ctx.number("maxBytes"))]
    if not sized:
        yield fail(acl, "has no rule on the size of a body", "rules")
    elif not good:
        yield fail(sized[0].statement, "has a body-size rule that lets large bodies pass")


def _body(item: waf.AclRule) -> Node:
    field = item.statement.get("sizeConstraintStatement.fieldToMatch")
    return field.get("body") if field.get("body").value is not None else field.get("jsonBody")


def _caps(item: waf.AclRule, ceiling: float) -> bool:
    statement = item.statement.get("sizeConstraintStatement")
    size = statement.get("size").number()
    json = statement.get("fieldToMatch.jsonBody")
    # A body that is not JSON has no JSON size.
    if json.value is not None and json.get("invalidFallbackBehavior").text() != "MATCH":
        return False
    return (
        size is not None
        and 0 < size <= ceiling
        and statement.get("comparisonOperator").text() in ("GT", "GE")
        and _body(item).get("oversizeHandling").text() == "MATCH"
    )
