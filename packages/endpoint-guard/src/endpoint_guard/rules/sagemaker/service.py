"""Service: enough instances, safe rollouts, parts that can be replaced."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

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
    level="advisory",
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
    id="endpoint-parts-not-named",
    title="Model and endpoint configuration are named by Pulumi",
    pillar="resilience",
    severity="medium",
    level="advisory",
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
