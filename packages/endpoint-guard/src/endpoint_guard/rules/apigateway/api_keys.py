"""API keys, usage plans and stages joined without a gap, and the whole chain in front of each method."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import api, waf
from endpoint_guard import types as t
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, fail, need, rule


@rule(
    id="stage-in-usage-plan",
    title="Every stage is covered by a usage plan",
    pillar="auth",
    severity="critical",
    level="advisory",
    why="Keys work on the stages of their plan only; a stage without a plan is either closed or unmetered.",
    remedy="Name the stage in api_stages of a usage plan, with stage=stage.stage_name.",
    references=("AGW-G03",),
    on=(t.STAGE,),
)
def stage_in_usage_plan(stage: Resource, ctx: Context) -> Iterator[Finding]:
    if not api.plans_of(stage):
        yield fail(stage, "is in no usage plan", "stageName")


@rule(
    id="usage-plan-joined",
    title="Every usage plan has a stage and a key",
    pillar="auth",
    severity="critical",
    level="advisory",
    why="A plan without a stage limits nothing; a plan without a key limits nobody.",
    remedy="Give the plan api_stages, and join a key to it with a UsagePlanKey.",
    references=("AGW-G03",),
    on=(t.USAGE_PLAN,),
)
def usage_plan_joined(plan: Resource, ctx: Context) -> Iterator[Finding]:
    entries = plan.get("apiStages")
    if not entries.items():
        yield fail(entries, "covers no stage")
    origins = [ctx.graph.find(urn) for urn in plan.edges.get("apiStages", ())]
    by_component = any(origin is not None and origin.is_component for origin in origins)
    for entry in entries.items() if not by_component else ():
        if not api.stages_in(plan, entry):
            yield fail(entry, "covers a stage that is not in the stack")
    if not api.keys_of(plan):
        yield fail(plan, "has no API key of the stack joined to it", "id")


@rule(
    id="api-key-joined",
    title="Every API key is enabled and belongs to a usage plan",
    pillar="auth",
    severity="critical",
    level="advisory",
    why="A key outside every plan is neither throttled nor counted; a disabled one locks its client out.",
    remedy="Join the key to a plan with a UsagePlanKey of key_type API_KEY, and leave it enabled.",
    references=("AGW-G03",),
    on=(t.API_KEY,),
)
def api_key_joined(key: Resource, ctx: Context) -> Iterator[Finding]:
    yield from need(key.get("enabled"), lambda n: n.flag(default=True), "is disabled")
    joins = key.users("keyId", t.USAGE_PLAN_KEY)
    if not any(join.targets("usagePlanId", t.USAGE_PLAN) for join in joins):
        yield fail(key, "is in no usage plan", "id")
    for join in joins:
        kind = join.get("keyType")
        yield from need(kind, lambda n: n.text() == "API_KEY", "joins something other than an API key")


def _missing_link(method: Resource, stage: Resource) -> str:
    """The first link that is missing between a method and the protection it is served behind, or ""."""
    authorized = method.get("authorization").text() not in ("", "NONE")
    if not method.get("apiKeyRequired").flag() and not authorized:
        return "neither key nor authorizer"
    plans = api.plans_of(stage)
    if not plans:
        return "no usage plan on its stage"
    for plan in plans:
        limits = (plan.get("throttleSettings.rateLimit"), plan.get("throttleSettings.burstLimit"))
        if any((limit.number() or 0) <= 0 for limit in limits):
            return "a usage plan without a throttle"
        if (plan.get("quotaSettings.limit").number() or 0) <= 0:
            return "a usage plan without a quota"
        if not api.keys_of(plan):
            return "a usage plan without a key"
    acls = api.acls_of(stage)
    if len(acls) != 1:
        return "no web ACL of the stack on its stage" if not acls else "more than one web ACL on its stage"
    return _unlogged(acls[0])


def _unlogged(acl: Resource) -> str:
    logging = api.logging_of(acl)
    if not logging:
        return "a web ACL without logging"
    hidden = waf.hidden_headers(acl)
    if "x-api-key" not in hidden and any("x-api-key" not in waf.redacted_headers(entry) for entry in logging):
        return "a web ACL that logs the key header"
    if "x-api-key" not in hidden and waf.samples(acl):
        return "a web ACL that keeps the key header in samples"
    return ""


@rule(
    id="method-chain",
    title="Every exposed method has the whole chain in front of it",
    pillar="auth",
    severity="critical",
    profile="scoring-endpoint",
    why="Key, plan, throttle, quota, firewall and its log protect together; one missing link opens the method.",
    remedy="Add the link that the finding names.",
    references=("AGW-G04",),
    on=(t.METHOD,),
)
def method_chain(method: Resource, ctx: Context) -> Iterator[Finding]:
    if not api.exposed(method):
        return
    stages = api.stages_of(method)
    if not stages:
        yield fail(method, "is served by no stage of the stack", "restApi")
    for stage in stages:
        link = _missing_link(method, stage)
        if link:
            yield fail(method, f'is served on stage "{stage.name}" with a missing link: {link}', "restApi")
