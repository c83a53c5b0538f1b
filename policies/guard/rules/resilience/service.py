"""Service: enough instances, safe rollouts, timeouts that nest."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from guard import types as t
from guard.graph import Node, Resource
from guard.rule import Context, Finding, Setting, fail, need, rule


@rule(
    id="endpoint-instances",
    title="Every variant has enough instances",
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
    alarms = config.get("autoRollbackConfiguration.alarms")
    if not alarms.declared:
        yield fail(alarms, "does not roll back by itself")
    elif not endpoint.targets("deploymentConfig", t.ALARM) and not _own_alarms(endpoint):
        yield fail(alarms, "rolls back on alarms outside the stack")


def _own_alarms(endpoint: Resource) -> bool:
    names = [
        a.get("alarmName") for a in endpoint.get("deploymentConfig.autoRollbackConfiguration.alarms").items()
    ]
    return all(any(r.type == t.ALARM for r in endpoint.graph.known_as(name.text())) for name in names)


@rule(
    id="timeouts-nest",
    title="The function gives up before the gateway does",
    severity="low",
    why="Otherwise the caller gets a bare 504 while the function goes on working.",
    remedy="Keep the function's timeout below the integration's timeout_milliseconds.",
    references=("LAM-G06",),
    on=(t.INTEGRATION,),
)
def timeouts_nest(integration: Resource, ctx: Context) -> Iterator[Finding]:
    functions = integration.targets("uri", t.FUNCTION, t.FUNCTION_ALIAS)
    linked = [
        f
        for alias in functions
        if alias.type == t.FUNCTION_ALIAS
        for f in alias.targets("functionName", t.FUNCTION)
    ]
    limit = integration.get("timeoutMilliseconds").number() or 29_000
    for function in dict.fromkeys([*(f for f in functions if f.type == t.FUNCTION), *linked]):
        if (function.get("timeout").number() or 3) * 1000 >= limit:
            yield fail(function.get("timeout"), "outlasts its gateway")


@rule(
    id="function-timeout-bounded",
    title="Functions give up in time",
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
