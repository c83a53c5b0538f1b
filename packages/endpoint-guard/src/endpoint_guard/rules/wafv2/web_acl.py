"""The web ACL in front of every stage, and what it blocks."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Final

from endpoint_guard import api, waf
from endpoint_guard import types as t
from endpoint_guard.accounts import narrow_network
from endpoint_guard.graph import Node, Resource
from endpoint_guard.rule import Context, Finding, Setting, fail, need, rule

_BASELINE: Final = [
    "AWSManagedRulesCommonRuleSet",
    "AWSManagedRulesKnownBadInputsRuleSet",
    "AWSManagedRulesAmazonIpReputationList",
    "AWSManagedRulesSQLiRuleSet",
    "AWSManagedRulesAnonymousIpList",
    "AWSManagedRulesLinuxRuleSet",
]
_CALLERS: Final = ["AWSManagedRulesAnonymousIpList", "AWSManagedRulesBotControlRuleSet"]


@rule(
    id="stage-behind-firewall",
    title="Every stage is behind exactly one web ACL of the stack",
    pillar="network",
    severity="critical",
    why="A stage without one is open to floods and known exploits; a second association replaces the first.",
    remedy="Declare one WebAclAssociation with resource_arn=stage.arn.",
    references=("AGW-011", "WAF-G10"),
    on=(t.STAGE,),
)
def stage_behind_firewall(stage: Resource, ctx: Context) -> Iterator[Finding]:
    links = api.associations_of(stage)
    if not links:
        yield fail(stage, "has no web ACL", "webAclArn")
    elif len(links) > 1:
        yield fail(stage, "has more than one web ACL association", "webAclArn")
    for link in links:
        if not link.targets("webAclArn", t.WEB_ACL):
            yield fail(
                link.get("webAclArn"), "names a web ACL outside the stack, which cannot be checked here"
            )


@rule(
    id="firewall-regional",
    title="The web ACL has the scope of what it protects",
    pillar="network",
    severity="high",
    profile="scoring-endpoint",
    why="An ACL for CloudFront cannot be associated with a stage.",
    remedy='Set scope="REGIONAL", or scope="CLOUDFRONT" for the web ACL that a distribution names.',
    references=("WAF-G10",),
    on=(t.WEB_ACL,),
)
def firewall_regional(acl: Resource, ctx: Context) -> Iterator[Finding]:
    if waf.at_the_edge(acl):
        return
    yield from need(acl.get("scope"), lambda n: n.text() == "REGIONAL", "is not regional")


@rule(
    id="firewall-has-rules",
    title="Every web ACL has rules, and each of them acts",
    pillar="network",
    severity="high",
    why="An ACL without rules lets everything through and looks like protection.",
    remedy="Give the ACL rules with an action, or an override_action for groups.",
    references=("WAF-002", "WAF-003", "WAF-G11"),
    on=(t.WEB_ACL,),
)
def firewall_has_rules(acl: Resource, ctx: Context) -> Iterator[Finding]:
    for node in waf.foreign_groups(acl):
        yield fail(node, "names a rule group outside the stack, which cannot be checked here")
    found = waf.rules_of(acl)
    if not found:
        yield fail(acl, "has no rules", "rules")
    for item in found:
        group = item.managed.declared or item.statement.get("ruleGroupReferenceStatement").declared
        wanted = item.node.get("overrideAction" if group else "action")
        if wanted.value is None and item.node.resource.type != t.WEB_ACL_GROUP:
            yield fail(wanted, "has a rule that does nothing")
        code = item.node.get("action.block.customResponse.responseCode")
        if 0 < (code.number() or 0) < 400:
            yield fail(code, "answers a blocked request as if it had succeeded")
        if item.managed.get("version").declared:
            yield fail(
                item.managed.get("version"), "keeps a managed group at one version, without what came after"
            )
    default = acl.get("defaultAction.block.customResponse.responseCode")
    if 0 < (default.number() or 0) < 400:
        yield fail(default, "answers a blocked request as if it had succeeded")


@rule(
    id="firewall-baseline",
    title="The web ACL has the managed groups of the baseline",
    pillar="network",
    severity="high",
    level="advisory",
    why="They block what is known to be malicious, and AWS keeps them current.",
    remedy="Add a managed_rule_group_statement for the group that the finding names.",
    references=("WAF-004", "WAF-006", "WAF-G04"),
    on=(t.WEB_ACL,),
    settings={"groups": Setting(list(_BASELINE), "managed groups of AWS that must be present and block")},
)
def firewall_baseline(acl: Resource, ctx: Context) -> Iterator[Finding]:
    present = {item.group for item in waf.rules_of(acl) if item.managed.get("vendorName").text() == "AWS"}
    for name in ctx.strings("groups"):
        if name not in present:
            yield fail(acl, f"lacks the managed group {name}", "rules")


@rule(
    id="firewall-nothing-counted",
    title="No rule of the firewall merely counts",
    pillar="network",
    severity="high",
    level="advisory",
    why="A counted rule lets through what it recognised.",
    remedy='Use override_action={"none": {}} and action block; accepted exceptions are a setting.',
    references=("WAF-004", "WAF-G03"),
    on=(t.WEB_ACL,),
    settings={
        "counted": Setting([], "names of groups, rules or group/rule that may count or allow"),
        "knownCallers": Setting(list(_CALLERS), "groups that need not look at the networks of known callers"),
    },
)
def firewall_nothing_counted(acl: Resource, ctx: Context) -> Iterator[Finding]:
    accepted = ctx.strings("counted")
    for item in waf.rules_of(acl):
        names = {item.group, item.node.get("name").text()}
        if item.counts and not names & set(accepted):
            yield fail(item.node, "has a rule that merely counts")
        for override in item.overrides:
            full = {f"{item.group}/{override.get('name').text()}", item.group}
            weak = [k for k in ("count", "allow") if override.get("actionToUse").get(k).value is not None]
            if weak and not full & set(accepted):
                yield fail(override, f"turns a rule of a managed group to {weak[0]}")
        if item.managed.get("excludedRules").declared:
            yield fail(item.managed.get("excludedRules"), "leaves rules of a managed group out")
        narrowed = item.managed.get("scopeDownStatement")
        if narrowed.declared and not (item.group in ctx.strings("knownCallers") and _but_networks(narrowed)):
            yield fail(narrowed, "shows a managed group a part of the requests only")


def _but_networks(narrowed: Node) -> bool:
    """Whether a scope-down leaves out nothing but the addresses of one IP set."""
    excluded = narrowed.get("notStatement")
    inner = excluded.get("statement")
    return list(narrowed.value) == ["notStatement"] and inner.get("ipSetReferenceStatement").declared


@rule(
    id="firewall-no-early-allow",
    title="Nothing is let through before the blocking rules have looked",
    pillar="network",
    severity="medium",
    level="advisory",
    why="An allow ends the evaluation: every rule behind it is blind to the request.",
    remedy="Use labels or scope-downs; if there must be an allow, give it the highest priority number.",
    references=("WAF-G09",),
    on=(t.WEB_ACL,),
)
def firewall_no_early_allow(acl: Resource, ctx: Context) -> Iterator[Finding]:
    found = waf.rules_of(acl)
    blocking = [p for item in found if not item.acts("allow") and (p := item.priority) is not None]
    last = max(blocking, default=-1.0)
    for item in found:
        if item.acts("allow") and (item.priority or 0) < last:
            yield fail(item.node, "lets requests through before other rules have looked")
    # A rule group counts its priorities on its own.
    numbers = [item.priority for item in found if item.node.resource.type != t.RULE_GROUP]
    if len(numbers) != len(set(numbers)):
        yield fail(acl.get("rules"), "has two rules with one priority")


@rule(
    id="firewall-exceptions-narrow",
    title="IP sets hold networks, not large parts of the internet",
    pillar="network",
    severity="high",
    why="A set that excepts half of all addresses from a rule switches the rule off.",
    remedy="List the callers' own networks.",
    references=("WAF-G04", "WAF-G09"),
    on=(t.IP_SET,),
    scope="resource",
    settings={
        "shortestPrefix": Setting(8, "shortest IPv4 prefix; IPv6 needs twice as many bits", 1, 32),
        "maxShare": Setting(0.4, "percent of all addresses that a set may hold together", 0, 100),
    },
)
def firewall_exceptions_narrow(ip_set: Resource, ctx: Context) -> Iterator[Finding]:
    shortest = int(ctx.number("shortestPrefix"))
    for node in ip_set.get("addresses").items():
        if not narrow_network(node.text(), shortest=shortest):
            yield fail(node, "holds no network, or a large part of the internet")
    shares = [_share(node.text()) for node in ip_set.get("addresses").items()]
    if sum(shares) * 100 > ctx.number("maxShare"):
        yield fail(ip_set.get("addresses"), "holds a large part of the internet in many networks")


def _share(text: str) -> float:
    """The part of all addresses of its kind that a network has."""
    try:
        return float(2.0 ** -ipaddress.ip_network(text, strict=False).prefixlen)
    except ValueError:
        return 0.0
