"""The enforceable limits: the web ACL's rate and body-size rules, and capacity behind them."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import types as t
from endpoint_guard import waf
from endpoint_guard.graph import Node, Resource
from endpoint_guard.rule import Context, Finding, Setting, fail, need, rule


def _rate(rule_: waf.AclRule) -> Node:
    return rule_.statement.get("rateBasedStatement")


@rule(
    id="firewall-rate-rule",
    title="The web ACL blocks callers above a rate",
    pillar="throttling",
    severity="critical",
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
    problems = [problem for item in rated if (problem := _rate_problem(item, ctx))]
    if not rated:
        yield fail(acl, "has no rate rule", "rules")
    elif len(problems) == len(rated):
        yield problems[0]


def _rate_problem(item: waf.AclRule, ctx: Context) -> Finding | None:
    """Why a rate rule does not count as the one that limits everybody."""
    statement = _rate(item)
    limit, window = statement.get("limit"), statement.get("evaluationWindowSec")
    if not item.acts("block"):
        return fail(item.node.get("action"), "has a rate rule that does not block")
    if not 0 < (limit.number() or 0) <= ctx.number("maxRequests"):
        return fail(limit, "has a rate rule with a limit above the ceiling")
    if (window.number() or 300) > ctx.number("maxWindow"):
        return fail(window, "has a rate rule with too long a window")
    if statement.get("scopeDownStatement").declared:
        return fail(statement.get("scopeDownStatement"), "has a rate rule that does not see all requests")
    kind = statement.get("aggregateKeyType")
    if kind.text() not in ("", "IP", "CUSTOM_KEYS"):
        return fail(kind, "has a rate rule that a caller can dodge")
    if kind.text() == "CUSTOM_KEYS" and not all(map(_steady, statement.get("customKeys").items())):
        return fail(statement.get("customKeys"), "has a rate rule that a caller can dodge")
    return None


def _steady(key: Node) -> bool:
    """Whether a caller cannot choose the value of an aggregation key: its address, or the API key it was given."""
    return key.get("ip").value is not None or key.get("header.name").text().lower() == "x-api-key"


@rule(
    id="firewall-body-size",
    title="The web ACL blocks bodies that it cannot inspect",
    pillar="throttling",
    severity="high",
    why="Only the first part of a body is inspected; what lies behind passes unseen by default.",
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
    # A body that is no JSON has no JSON size.
    if json.value is not None and json.get("invalidFallbackBehavior").text() != "MATCH":
        return False
    return (
        size is not None
        and 0 < size <= ceiling
        and statement.get("comparisonOperator").text() in ("GT", "GE")
        and _body(item).get("oversizeHandling").text() == "MATCH"
    )


@rule(
    id="function-concurrency-bounded",
    title="The function's concurrency is reserved and bounded",
    pillar="throttling",
    severity="medium",
    why="It is the hard cap on what a flood costs, and keeps the function from starving others.",
    remedy="Set reserved_concurrent_executions to a positive number.",
    references=("LAM-002", "LAM-G07"),
    on=(t.FUNCTION,),
    scope="resource",
    settings={"maxConcurrency": Setting(100, "concurrent executions a function may reserve", 1, 10_000)},
)
def function_concurrency_bounded(function: Resource, ctx: Context) -> Iterator[Finding]:
    node = function.get("reservedConcurrentExecutions")
    if (node.number() or 0) <= 0:
        yield fail(node, "reserves no concurrency")
    elif (node.number() or 0) > ctx.number("maxConcurrency"):
        yield fail(node, "reserves more concurrency than the ceiling")


@rule(
    id="scaling-bounded",
    title="Every variant scales between bounds",
    pillar="throttling",
    severity="medium",
    why="Without a target the endpoint cannot follow the load; without a ceiling a flood sets the bill.",
    remedy="Declare an appautoscaling Target for the variant with max_capacity under the ceiling.",
    references=("SM-G07",),
    on=(t.ENDPOINT,),
    settings={
        "maxCapacity": Setting(10, "instances a variant may scale to", 1, 1_000),
        "minCapacity": Setting(2, "instances a variant always has", 0, 1_000),
    },
)
def scaling_bounded(endpoint: Resource, ctx: Context) -> Iterator[Finding]:
    targets = _targets(endpoint)
    if not targets:
        yield fail(endpoint, "has no scaling target", "name")
    for target in targets:
        ceiling = ctx.number("maxCapacity")
        capacity = target.get("maxCapacity")
        good = capacity.number() is not None and 0 < (capacity.number() or 0) <= ceiling
        yield from need(capacity, lambda n, good=good: good, "scales above the ceiling")  # type: ignore[misc]
        least = target.get("minCapacity")
        yield from need(
            least, lambda n: (n.number() or 0) >= ctx.number("minCapacity"), "scales below the floor"
        )
        suspended = target.get("suspendedState.dynamicScalingOutSuspended")
        yield from need(suspended, lambda n: not n.flag(), "does not scale out")
    for action in ctx.graph.of(t.SCHEDULED_SCALING):
        if action.get("serviceNamespace").text() == "sagemaker":
            yield from _scheduled(action, ctx)
    ids = [target.get("resourceId") for target in targets]
    if not targets or any(node.state.value == "unknown" for node in ids):
        return
    scaled = {node.text().rsplit("/", 1)[-1] for node in ids}
    for config in endpoint.targets("endpointConfigName", t.ENDPOINT_CONFIG):
        for variant in config.get("productionVariants").items():
            name = variant.get("variantName")
            if not variant.get("serverlessConfig").declared:
                yield from need(name, lambda n: n.text() in scaled, "has no scaling target")


def _scheduled(action: Resource, ctx: Context) -> Iterator[Finding]:
    low, high = (action.get(f"scalableTargetAction.{name}") for name in ("minCapacity", "maxCapacity"))
    if low.declared and (low.number() or 0) < ctx.number("minCapacity"):
        yield fail(low, "scales below the floor at its time")
    if high.declared and not 0 < (high.number() or 0) <= ctx.number("maxCapacity"):
        yield fail(high, "scales above the ceiling, or to nothing, at its time")


def _targets(endpoint: Resource) -> list[Resource]:
    linked = endpoint.users("resourceId", t.SCALING_TARGET)
    if linked:
        return linked
    start = f"endpoint/{endpoint.get('name').text()}/variant/"
    return [
        target
        for target in endpoint.graph.of(t.SCALING_TARGET)
        if not target.edges.get("resourceId") and target.get("resourceId").text().startswith(start)
    ]
