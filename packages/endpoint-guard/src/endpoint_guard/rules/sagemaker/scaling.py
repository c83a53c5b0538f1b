"""How far an endpoint scales."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import types as t
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, Setting, fail, need, rule


@rule(
    id="scaling-bounded",
    title="Every variant scales between bounds",
    pillar="throttling",
    severity="medium",
    level="advisory",
    why="Without a target the endpoint cannot follow the load; without a ceiling a flood sets the bill.",
    remedy="Declare an appautoscaling Target with max_capacity under the ceiling, and a Policy for it.",
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
        if not target.users("resourceId", t.SCALING_POLICY):
            yield fail(target, "has no policy that scales it", "resourceId")
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
