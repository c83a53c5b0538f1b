"""Groups of instances that scale: what they are made from, and when one is replaced."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import types as t
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, fail, property_rule, rule

group_from_template = property_rule(
    __name__,
    id="scaling-group-from-template",
    title="Scaling groups use a launch template",
    pillar="hygiene",
    severity="medium",
    level="advisory",
    why="New accounts cannot make launch configurations any more, and newer features of EC2 need a template.",
    remedy="Use launch_template or mixed_instances_policy.",
    references=("ASG-001",),
    on=t.SCALING_GROUP,
    path="launchConfiguration",
    good=lambda node: not node.declared,
    text="uses a launch configuration",
)


@rule(
    id="scaling-group-asks-balancer",
    title="Scaling groups replace what their load balancer finds unhealthy",
    pillar="resilience",
    severity="low",
    level="advisory",
    why="An instance that runs and answers nobody is kept otherwise.",
    remedy='Set health_check_type="ELB".',
    references=("ASG-002",),
    on=(t.SCALING_GROUP,),
    scope="resource",
)
def scaling_group_asks_balancer(group: Resource, ctx: Context) -> Iterator[Finding]:
    balanced = any(group.get(name).declared for name in ("targetGroupArns", "loadBalancers"))
    node = group.get("healthCheckType")
    if balanced and node.text() != "ELB":
        yield fail(node, "keeps instances that its load balancer finds unhealthy")
