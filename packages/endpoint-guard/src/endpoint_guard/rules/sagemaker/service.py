"""Service: enough instances, safe rollouts, timeouts that nest."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from endpoint_guard import api
from endpoint_guard import types as t
from endpoint_guard.graph import Node, Resource
from endpoint_guard.rule import Context, Finding, Setting, fail, need, rule


@rule(
    id="endpoint-instances",
    title="Every variant has enough instances",
    pillar="resilience",
    severity="medium",
    why="One instance is one zone, and no canary is possible.",
    remedy="Set initial_instance_count to two or more.",
    references=("SM-002",),
    on=(t.ENDPOINT_CONFIG,),
    scope="resource",
    settings={"minInstances": Setting(2, "fewest instances of a variant", 1, 100)},
)
def endpoint_instances(config: Resource, ctx: Context) -> Iterator[Finding]:
    for variant in config.get("productionVariants").items():
        if not variant.get("serverlessConfig").declared:
            count = variant.get("initialInstanceCount")
            low = ctx.number("minInstances")
            yield from need(count, partial(_at_least, low), "has too few instances")


def _at_least(low: float, node: Node) -> bool:
    return (node.number() or 0) >= low


@rule(
    id="rollout-guarded",
    title="A rollout shifts step by step and rolls back by itself",
    pillar="resilience",
    severity="medium",
    why="A bad model otherwise takes all traffic at once, and stays.",
    remedy="Set deployment_config with CANARY or LINEAR and auto_rollback_configuration on alarms of the stack.",
    references=("SM-G06",),
    on=(t.ENDPOINT,),
    settings={"gradual": Setting(True, "whether traffic must shift in steps")},
)
def rollout_guarded(endpoint: Resource, ctx: Context) -> Iterator[Finding]:
    config = endpoint.get("deploymentConfig")
    routing = config.get("blueGreenUpdatePolicy.trafficRoutingConfiguration.type")
    rolling = config.get("rollingUpdatePolicy")
    if ctx.flag("gradual") and not rolling.declared and routing.text() not in ("CANARY", "LINEAR"):
        yield fail(routing, "shifts all traffic at once")
    canary = config.get("blueGreenUpdatePolicy.trafficRoutingConfiguration.canarySize")
    if canary.get("type").text() == "CAPACITY_PERCENT":
        size = canary.get("value")
        yield from need(
            size, lambda n: 0 < (n.number() or 0) <= 50, "has a canary of more than half, which AWS refuses"
        )
    wait = config.get("blueGreenUpdatePolicy.trafficRoutingConfiguration.waitIntervalInSeconds")
    if ctx.flag("gradual") and routing.text() in ("CANARY", "LINEAR"):
        yield from need(wait, lambda n: (n.number() or 0) >= 60, "does not wait for its alarms between steps")
    alarms = config.get("autoRollbackConfiguration.alarms")
    if not alarms.declared:
        yield fail(alarms, "does not roll back by itself")
    elif not endpoint.targets("deploymentConfig", t.ALARM) and not _own_alarms(endpoint):
        yield fail(alarms, "rolls back on alarms outside the stack")
    watching = endpoint.targets("deploymentConfig", t.ALARM)
    if watching and not any(alarm.get("namespace").text() == "AWS/SageMaker" for alarm in watching):
        yield fail(alarms, "rolls back on alarms that do not watch the endpoint")


def _own_alarms(endpoint: Resource) -> bool:
    names = [
        a.get("alarmName") for a in endpoint.get("deploymentConfig.autoRollbackConfiguration.alarms").items()
    ]
    return all(any(r.type == t.ALARM for r in endpoint.graph.known_as(name.text())) for name in names)


@rule(
    id="timeouts-nest",
    title="The function gives up before the gateway does",
    pillar="resilience",
    severity="low",
    why="Otherwise the caller gets a bare 504 while the function goes on working.",
    remedy="Keep the function's timeout below the integration's timeout_milliseconds.",
    references=("LAM-G06",),
    on=(t.INTEGRATION,),
    settings={
        "variable": Setting(
            "ENDPOINT_TIMEOUT_SECONDS", "variable that says how long a function waits for the model"
        )
    },
)
def timeouts_nest(integration: Resource, ctx: Context) -> Iterator[Finding]:
    limit = integration.get("timeoutMilliseconds").number() or 29_000
    for function in _functions(integration):
        timeout = function.get("timeout").number() or 3
        if timeout * 1000 >= limit:
            yield fail(function.get("timeout"), "outlasts its gateway")
        waits = function.get("environment.variables").get(str(ctx.settings["variable"]))
        yield from need(waits, partial(_below, timeout), "waits for the model longer than it may run")


def _functions(integration: Resource) -> list[Resource]:
    """The functions of the stack behind an integration, by their ARN or an alias."""
    found = integration.targets("uri", t.FUNCTION, t.FUNCTION_ALIAS)
    aliased = [f for a in found if a.type == t.FUNCTION_ALIAS for f in a.targets("functionName", t.FUNCTION)]
    return list(dict.fromkeys([*(f for f in found if f.type == t.FUNCTION), *aliased]))


def _below(limit: float, node: Node) -> bool:
    return (node.number() or 0) < limit


@rule(
    id="concurrency-fits-throttle",
    title="A function has the concurrency that its stage's rate needs",
    pillar="resilience",
    severity="low",
    why="With less, callers within their limits are refused by the function instead.",
    remedy="Reserve at least the stage's rate times the seconds a call takes.",
    references=("LAM-G07",),
    on=(t.STAGE,),
    settings={"seconds": Setting(0.1, "how long a call of the function usually takes", 0.001, 900)},
)
def concurrency_fits_throttle(stage: Resource, ctx: Context) -> Iterator[Finding]:
    whole = [s for s in api.settings_of(stage) if s.get("methodPath").text() == "*/*"]
    rate = max((s.get("settings.throttlingRateLimit").number() or 0 for s in whole), default=0)
    for function in _served_by(stage):
        reserved = function.get("reservedConcurrentExecutions")
        yield from need(
            reserved, partial(_at_least_if_any, rate * ctx.number("seconds")), "cannot serve the rate"
        )


def _served_by(stage: Resource) -> list[Resource]:
    rest_api = api.api_of(stage)
    parts = rest_api.users("restApi", t.INTEGRATION) if rest_api else []
    return list(dict.fromkeys(f for part in parts for f in _functions(part)))


def _at_least_if_any(low: float, node: Node) -> bool:
    """Whether the reservation, if there is one, is large enough; that there is one is another rule's business."""
    return node.number() in (None, 0) or (node.number() or 0) >= low


@rule(
    id="function-timeout-bounded",
    title="Functions give up in time",
    pillar="resilience",
    severity="low",
    why="A hanging function holds concurrency and money.",
    remedy="Set timeout below the ceiling.",
    references=("LAM-015", "LAM-G06"),
    on=(t.FUNCTION,),
    scope="resource",
    settings={"maxSeconds": Setting(28, "longest timeout in seconds", 1, 900)},
)
def function_timeout_bounded(function: Resource, ctx: Context) -> Iterator[Finding]:
    timeout = function.get("timeout")
    yield from need(timeout, lambda n: 0 < (n.number() or 3) <= ctx.number("maxSeconds"), "gives up too late")


@rule(
    id="endpoint-parts-not-named",
    title="Model and endpoint configuration are named by Pulumi",
    pillar="resilience",
    severity="medium",
    why="They are replaced on every change, and a fixed name makes the replacement fail.",
    remedy="Leave name unset; the endpoint alone has a fixed name.",
    references=("SM-G06",),
    on=(t.MODEL, t.ENDPOINT_CONFIG),
    scope="resource",
    settings={"pattern": Setting("-", "text that an automatic name holds")},
)
def endpoint_parts_not_named(resource: Resource, ctx: Context) -> Iterator[Finding]:
    name = resource.get("name")
    if name.state.value == "known" and name.text() == resource.name:
        yield fail(name, "has a fixed name")
