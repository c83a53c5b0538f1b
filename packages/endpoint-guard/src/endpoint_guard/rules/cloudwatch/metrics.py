"""What alarms look at: metrics that exist, with the dimensions under which they are published."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from endpoint_guard import types as t
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, Setting, fail, need, rule

_RISING: Final = {
    "AWS/ApiGateway": "4XXError 5XXError 4xx 5xx Latency IntegrationLatency IntegrationError ClientError "
    "ExecutionError",
    "AWS/Lambda": "Errors Throttles Duration DeadLetterErrors DestinationDeliveryFailures AsyncEventsDropped "
    "AsyncEventAge IteratorAge ConcurrentExecutions SignatureValidationErrors",
    "AWS/SageMaker": "Invocation4XXErrors Invocation5XXErrors InvocationModelErrors ModelLatency OverheadLatency",
    "AWS/WAFV2": "BlockedRequests CountedRequests CaptchaRequests ChallengeRequests",
}
"""Metrics whose rise is bad."""
_OTHERS: Final = {
    "AWS/ApiGateway": "Count CacheHitCount CacheMissCount DataProcessed ConnectCount MessageCount",
    "AWS/Lambda": "Invocations OversizedRecordCount ProvisionedConcurrencyInvocations RecursiveInvocationsDropped "
    "ProvisionedConcurrencySpilloverInvocations PostRuntimeExtensionsDuration OffsetLag AsyncEventsReceived "
    "ProvisionedConcurrentExecutions ProvisionedConcurrencyUtilization UnreservedConcurrentExecutions "
    "ClaimedAccountConcurrency",
    "AWS/SageMaker": "Invocations InvocationsPerInstance InvocationsPerCopy ModelSetupTime ModelLoadingWaitTime "
    "ModelUnloadingTime ModelDownloadingTime ModelLoadingTime ModelCacheHit LoadedModelCount "
    "ConcurrentRequestsPerCopy ConcurrentRequestsPerModel ApproximateBacklogSize "
    "ApproximateBacklogSizePerInstance HasBacklogWithoutCapacity",
    "AWS/WAFV2": "AllowedRequests PassedRequests RequestsWithValidCaptchaToken CaptchasAttempted CaptchasSolved "
    "RequestsWithValidChallengeToken",
}
_TOGETHER: Final = {
    "AWS/ApiGateway": (
        ("ApiName", ()),
        ("ApiId", ()),
        ("Method", ("Resource", "Stage")),
        ("Resource", ("Method",)),
    ),
    "AWS/SageMaker": (("EndpointName", ("VariantName",)),),
    "AWS/WAFV2": (("WebACL", ("Rule",)), ("Rule", ("WebACL",))),
}
"""Dimensions that a service publishes only together with others."""


@rule(
    id="alarm-metric-exists",
    title="Alarms look at metrics that their service publishes",
    pillar="logging",
    severity="high",
    why="A misspelt metric, or one without its other dimensions, has no data: the alarm is green forever.",
    remedy="Take name and dimensions from the service's page of metrics; list a new metric in the setting.",
    references=("CW-G01", "SM-G06"),
    on=(t.ALARM,),
    scope="resource",
    settings={"metrics": Setting([], "further metrics that exist, each as namespace and name")},
)
def alarm_metric_exists(alarm: Resource, ctx: Context) -> Iterator[Finding]:
    namespace, name = alarm.get("namespace").text(), alarm.get("metricName")
    if namespace not in _RISING or not name.declared:
        return
    known = {*_RISING[namespace].split(), *_OTHERS[namespace].split()}
    if name.text() not in known and f"{namespace} {name.text()}" not in ctx.strings("metrics"):
        yield fail(name, "watches a metric that its service does not publish")
    dimensions = alarm.get("dimensions")
    present = {key for key, _ in dimensions.entries()}
    for key, others in _TOGETHER.get(namespace, ()):
        if key in present and not set(others) <= present:
            yield fail(dimensions, "lacks a dimension without which nothing is published")


_LONGEST: Final = {
    "Latency": 29_000.0,
    "IntegrationLatency": 29_000.0,
    "Duration": 900_000.0,
    "AsyncEventAge": 21_600_000.0,
    "IteratorAge": 31_536_000_000.0,
    "ModelLatency": 60_000_000.0,
    "OverheadLatency": 60_000_000.0,
}
"""The longest that a request may take, in the metric's own unit: SageMaker counts microseconds."""


@rule(
    id="alarm-can-go-off",
    title="Alarms on errors and delays go off when they rise, within the hour",
    pillar="logging",
    severity="medium",
    why="An alarm on the minimum, on a fall, or over a day goes off when everybody already knows.",
    remedy='Use a "GreaterThan..." operator, Sum, Average, Maximum or a percentile, and short periods.',
    references=("CW-G01",),
    on=(t.ALARM,),
    scope="resource",
    settings={
        "maxSeconds": Setting(3_600, "longest time an alarm may look back", 60, 604_800),
        "maxCount": Setting(100_000, "highest threshold of an alarm on a count", 0, 1_000_000_000),
    },
)
def alarm_can_go_off(alarm: Resource, ctx: Context) -> Iterator[Finding]:
    rising = _RISING.get(alarm.get("namespace").text(), "").split()
    if alarm.get("metricName").text() not in rising:
        return
    operator = alarm.get("comparisonOperator")
    yield from need(operator, lambda n: n.text().startswith("GreaterThan"), "goes off when things get better")
    statistic = alarm.get("statistic")
    yield from need(statistic, lambda n: n.text() != "Minimum", "looks at the best moment only")
    if statistic.declared and alarm.get("extendedStatistic").declared:
        yield fail(alarm.get("extendedStatistic"), "names two statistics, which AWS refuses")
    threshold = alarm.get("threshold")
    highest = _LONGEST.get(alarm.get("metricName").text(), ctx.number("maxCount"))
    if (threshold.number() or 0) > highest:
        yield fail(threshold, "has a threshold that is never reached")
    periods = alarm.get("evaluationPeriods")
    looked = (alarm.get("period").number() or 60) * (periods.number() or 1)
    if looked > ctx.number("maxSeconds"):
        yield fail(periods, "looks back too far to go off in time")
    enough = alarm.get("datapointsToAlarm")
    if (enough.number() or 1) > (periods.number() or 1):
        yield fail(enough, "needs more data points than it looks at, which AWS refuses")
