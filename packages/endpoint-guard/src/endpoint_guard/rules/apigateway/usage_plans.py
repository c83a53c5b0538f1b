"""Usage plans and stage throttles: positive, bounded, and loosened by nothing narrower."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from endpoint_guard import api
from endpoint_guard import types as t
from endpoint_guard.graph import Node, Resource
from endpoint_guard.rule import Context, Finding, Setting, each, fail, need, rule

_PERIODS = ("DAY", "WEEK", "MONTH")


def limited(node: Node, ceiling: float, what: str) -> Iterator[Finding]:
    """A finding unless the node is a positive number of at most `ceiling`."""
    number = node.number()
    if number is None or number <= 0:
        yield fail(node, f"sets no {what}")
    elif number > ceiling:
        yield fail(node, f"sets a {what} above the ceiling")


@rule(
    id="usage-plan-throttled",
    title="Every usage plan throttles, under the ceiling",
    pillar="throttling",
    severity="critical",
    level="advisory",
    why="Without a rate and a burst one key may take the whole capacity.",
    remedy="Set throttle_settings with rate_limit and burst_limit.",
    references=("AGW-G01",),
    on=(t.USAGE_PLAN,),
    scope="resource",
    settings={
        "maxRate": Setting(100, "requests per second a plan may allow", 1, 10_000),
        "maxBurst": Setting(200, "requests at once a plan may allow", 1, 10_000),
    },
)
def usage_plan_throttled(plan: Resource, ctx: Context) -> Iterator[Finding]:
    limits = {"rateLimit": ("maxRate", "rate limit"), "burstLimit": ("maxBurst", "burst limit")}
    for name, (setting, what) in limits.items():
        node = plan.get(f"throttleSettings.{name}")
        ceiling = ctx.number(setting)
        yield from each([node], lambda n, c=ceiling, w=what: limited(n, c, w))  # type: ignore[misc]
    for entry in plan.get("apiStages").items():
        for throttle in entry.get("throttles").items():
            for name, (_, what) in limits.items():
                general = plan.get(f"throttleSettings.{name}").number() or 0
                yield from limited(throttle.get(name), general, f"{what} for one method")


@rule(
    id="usage-plan-quota",
    title="Every usage plan has a quota, under the ceiling",
    pillar="throttling",
    severity="high",
    level="advisory",
    why="The quota per client is what slows model theft and caps the bill.",
    remedy="Set quota_settings with limit and period.",
    references=("AGW-G02",),
    on=(t.USAGE_PLAN,),
    scope="resource",
    settings={"maxPerDay": Setting(100_000, "requests per day a plan may allow", 1, 100_000_000)},
)
def usage_plan_quota(plan: Resource, ctx: Context) -> Iterator[Finding]:
    if plan.get("quotaSettings.period").text().upper() not in _PERIODS:
        yield fail(plan.get("quotaSettings.period"), "sets no quota period")
    # The quota of a week or a month may all be used on its first day.
    yield from limited(plan.get("quotaSettings.limit"), ctx.number("maxPerDay"), "quota")


def _whole(settings: Resource) -> bool:
    return settings.get("methodPath").text() == "*/*"


@rule(
    id="stage-throttled",
    title="Every stage throttles all of its methods, under the ceiling",
    pillar="throttling",
    severity="high",
    why="Without a stage-wide limit the account's limit of 10,000 requests per second applies.",
    remedy='Declare MethodSettings for "*/*" with throttling_rate_limit and throttling_burst_limit.',
    references=("AGW-010", "AGW-G12"),
    on=(t.STAGE,),
    settings={
        "maxRate": Setting(200, "requests per second a stage may allow", 1, 10_000),
        "maxBurst": Setting(400, "requests at once a stage may allow", 1, 10_000),
    },
)
def stage_throttled(stage: Resource, ctx: Context) -> Iterator[Finding]:
    whole = [settings for settings in api.settings_of(stage) if _whole(settings)]
    if not whole:
        yield fail(stage, "has no method settings for */*", "stageName")
    for settings in whole:
        rate = settings.get("settings.throttlingRateLimit")
        burst = settings.get("settings.throttlingBurstLimit")
        yield from limited(rate, ctx.number("maxRate"), "rate limit")
        yield from limited(burst, ctx.number("maxBurst"), "burst limit")


@rule(
    id="no-looser-method-settings",
    title="No method is throttled or logged less than its stage",
    pillar="throttling",
    severity="high",
    why="Settings for one path replace those of the stage for that path, silently.",
    remedy="Remove the narrower settings, or make them at least as strict as those for */*.",
    references=("AGW-G12", "AGW-005", "AGW-010"),
    on=(t.METHOD_SETTINGS,),
)
def no_looser_method_settings(settings: Resource, ctx: Context) -> Iterator[Finding]:
    if _whole(settings):
        return
    for name in ("throttlingRateLimit", "throttlingBurstLimit"):
        node = settings.get(f"settings.{name}")
        general = [other.get(f"settings.{name}").number() for other in _siblings(settings)]
        if node.number() is None or node.number() == -1:
            yield fail(node, "leaves one method without the stage's throttle")
        elif any((node.number() or 0) > (limit or 0) for limit in general):
            yield fail(node, "throttles one method less than its stage")
    level = settings.get("settings.loggingLevel")
    if level.text().upper() not in ("ERROR", "INFO"):
        yield fail(level, "turns execution logging off for one method")


def _siblings(settings: Resource) -> list[Resource]:
    return [
        other
        for stage in api.stages_of(settings)
        if settings in api.settings_of(stage)
        for other in api.settings_of(stage)
        if _whole(other)
    ]


@rule(
    id="concurrency-fits-throttle",
    title="A function has the concurrency that its stage's rate needs",
    pillar="resilience",
    severity="low",
    level="advisory",
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
    return list(dict.fromkeys(f for part in parts for f in api.functions_behind(part)))


def _at_least_if_any(low: float, node: Node) -> bool:
    """Whether the reservation, if there is one, is large enough; that there is one is another rule's business."""
    return node.number() in (None, 0) or (node.number() or 0) >= low
