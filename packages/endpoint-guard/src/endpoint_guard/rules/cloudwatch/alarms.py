"""Alarms: the ones that must exist, and what they watch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from endpoint_guard import types as t
from endpoint_guard.graph import Node, Resource, State
from endpoint_guard.rule import STACK, Context, Finding, Setting, fail, need, rule

_REQUIRED: Final = [
    "AWS/ApiGateway 5XXError",
    "AWS/ApiGateway 4XXError",
    "AWS/ApiGateway Latency",
    "AWS/Lambda Errors",
    "AWS/Lambda Throttles",
    "AWS/SageMaker Invocation5XXErrors",
    "AWS/SageMaker ModelLatency",
    "AWS/WAFV2 BlockedRequests",
]
_WATCHED: Final = {
    "AWS/ApiGateway": (("ApiName", t.REST_API), ("Stage", t.STAGE)),
    "AWS/Lambda": (("FunctionName", t.FUNCTION),),
    "AWS/SageMaker": (("EndpointName", t.ENDPOINT),),
    "AWS/WAFV2": (("WebACL", t.WEB_ACL),),
}


@rule(
    id="required-alarms",
    title="The alarms that a scoring service needs exist",
    pillar="logging",
    severity="high",
    why="Nobody watches what has no alarm.",
    remedy="Declare a MetricAlarm for the metric that the finding names.",
    references=("CW-G01",),
    profile="scoring-endpoint",
    on=(STACK,),
    settings={"metrics": Setting(list(_REQUIRED), "namespace and name of each metric that needs an alarm")},
)
def required_alarms(stack: Resource, ctx: Context) -> Iterator[Finding]:
    watched: set[str] = set()
    for alarm in ctx.graph.of(t.ALARM):
        watched.add(f"{alarm.get('namespace').text()} {alarm.get('metricName').text()}")
        for query in alarm.get("metricQueries").items():
            metric = query.get("metric")
            watched.add(f"{metric.get('namespace').text()} {metric.get('metricName').text()}")
    for wanted in ctx.strings("metrics"):
        if wanted not in watched:
            yield fail(stack, f"has no alarm on {wanted}", "metricName")


@rule(
    id="alarm-watches-stack",
    title="Alarms watch resources of the stack",
    pillar="logging",
    severity="high",
    level="advisory",
    why="An alarm with a wrong dimension is green forever.",
    remedy="Pass the names of the stack's resources as dimensions.",
    references=("CW-G01",),
    on=(t.ALARM,),
)
def alarm_watches_stack(alarm: Resource, ctx: Context) -> Iterator[Finding]:
    for name, kind in _WATCHED.get(alarm.get("namespace").text(), ()):
        if not ctx.graph.of(kind):
            continue
        node = alarm.get("dimensions").get(name)
        if not node.declared:
            yield fail(node, "watches every resource of its kind, not this stack's")
        elif not alarm.targets("dimensions", kind) and not _named(node, kind):
            yield fail(node, "watches something that is not of the stack")


def _named(node: Node, kind: str) -> bool:
    graph = node.resource.graph

    def names() -> set[str]:
        values = (r.get(key).value for r in graph.of(kind) for key in ("name", "stageName"))
        return {value for value in values if isinstance(value, str)}

    return node.text() in graph.remember(("names", kind), names)


@rule(
    id="alarm-acts",
    title="Every alarm acts when it goes off",
    pillar="logging",
    severity="high",
    why="An alarm without an action for ALARM, or with actions off, notifies no one.",
    remedy="Set alarm_actions to the ARN of a topic, or of what is to act, and leave actions_enabled on.",
    references=("CW-004", "CW-005"),
    on=(t.ALARM, t.COMPOSITE_ALARM),
)
def alarm_acts(alarm: Resource, ctx: Context) -> Iterator[Finding]:
    enabled = alarm.get("actionsEnabled")
    yield from need(enabled, lambda n: n.flag(default=True), "has its actions switched off")
    actions = alarm.get("alarmActions")
    if not actions.declared:
        yield fail(actions, "has no action for ALARM")
    for action in actions.leaves():
        if action.state is not State.UNKNOWN and not action.text().startswith("arn:"):
            yield fail(action, "has an action that is not an ARN")


@rule(
    id="alarm-reaches-own-topic",
    title="Alarms reach a topic of the stack",
    pillar="logging",
    severity="high",
    why="The stack cannot show who reads another stack's topic, or whether it still exists.",
    remedy="Name a topic of the stack in alarm_actions.",
    references=("CW-G02",),
    profile="scoring-endpoint",
    on=(t.ALARM, t.COMPOSITE_ALARM),
)
def alarm_reaches_own_topic(alarm: Resource, ctx: Context) -> Iterator[Finding]:
    actions = alarm.get("alarmActions")
    if actions.declared and not alarm.targets("alarmActions", t.TOPIC):
        yield fail(actions, "reaches no topic of the stack")


@rule(
    id="alarm-missing-data",
    title="Alarms say how missing data is treated",
    pillar="logging",
    severity="low",
    level="advisory",
    why="The default turns a quiet hour into INSUFFICIENT_DATA, and a dead service into silence.",
    remedy='Set treat_missing_data, "notBreaching" for error counts.',
    references=("CW-G03",),
    on=(t.ALARM,),
    scope="resource",
)
def alarm_missing_data(alarm: Resource, ctx: Context) -> Iterator[Finding]:
    node = alarm.get("treatMissingData")
    good = ("notBreaching", "breaching", "ignore")
    yield from need(node, lambda n: n.text() in good, "does not say how missing data is treated")
