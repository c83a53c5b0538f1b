"""Network firewalls: they inspect what passes, log it, and are not deleted by accident."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from endpoint_guard import types as t
from endpoint_guard.expect import on
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, fail, need, property_rule, rule

_INSPECTING: Final = ("aws:drop", "aws:forward_to_sfe")


@rule(
    id="network-firewall-logged",
    title="Network firewalls log what passes and what they stop",
    pillar="logging",
    severity="medium",
    level="advisory",
    why="Without a log nobody can say what tried to leave.",
    remedy="Declare networkfirewall.LoggingConfiguration for the firewall.",
    references=("NFW-001",),
    on=(t.NETWORK_FIREWALL,),
)
def network_firewall_logged(firewall: Resource, ctx: Context) -> Iterator[Finding]:
    entries = firewall.users("firewallArn", t.NETWORK_FIREWALL_LOGGING)
    if not entries:
        yield fail(firewall, "writes no log", "arn")
    for entry in entries:
        places = entry.get("loggingConfiguration.logDestinationConfigs")
        if not places.declared:
            yield fail(places, "writes no log")


network_firewall_protected = property_rule(
    __name__,
    id="network-firewall-protected",
    title="Network firewalls are protected from deletion",
    pillar="resilience",
    severity="medium",
    level="advisory",
    why="Routes that lead to a deleted firewall drop all traffic.",
    remedy="Set delete_protection=True.",
    references=("NFW-002",),
    on=t.NETWORK_FIREWALL,
    path="deleteProtection",
    good=on,
    text="can be deleted by one call",
)

network_firewall_subnets = property_rule(
    __name__,
    id="network-firewall-subnets-protected",
    title="The subnets of network firewalls are protected from changes",
    pillar="resilience",
    severity="medium",
    level="advisory",
    why="Traffic of a zone whose subnet is taken away is dropped, or passes uninspected.",
    remedy="Set subnet_change_protection=True.",
    references=("NFW-003",),
    on=t.NETWORK_FIREWALL,
    path="subnetChangeProtection",
    good=on,
    text="lets its subnets be changed",
)


@rule(
    id="network-firewall-inspects",
    title="Network firewalls drop or inspect what no stateless rule matches",
    pillar="network",
    severity="medium",
    why="With the default action aws:pass, packets pass the firewall without being looked at.",
    remedy="Set both default actions to aws:forward_to_sfe or aws:drop.",
    references=("NFW-004",),
    on=(t.NETWORK_FIREWALL_POLICY,),
    scope="resource",
)
def network_firewall_inspects(policy: Resource, ctx: Context) -> Iterator[Finding]:
    for name in ("statelessDefaultActions", "statelessFragmentDefaultActions"):
        yield from need(
            policy.get(f"firewallPolicy.{name}"),
            lambda n: any(text in _INSPECTING for text in n.texts()),
            "lets packets pass without inspection",
        )


@rule(
    id="network-firewall-has-rules",
    title="Policies of network firewalls have rule groups",
    pillar="network",
    severity="medium",
    level="advisory",
    why="A policy without rules lets everything through, or nothing.",
    remedy="Name rule groups in stateful_rule_group_references or stateless_rule_group_references.",
    references=("NFW-005",),
    on=(t.NETWORK_FIREWALL_POLICY,),
    scope="resource",
)
def network_firewall_has_rules(policy: Resource, ctx: Context) -> Iterator[Finding]:
    groups = [policy.get(f"firewallPolicy.{name}RuleGroupReferences") for name in ("stateful", "stateless")]
    if not any(node.declared for node in groups):
        yield fail(groups[0], "has no rule groups")
