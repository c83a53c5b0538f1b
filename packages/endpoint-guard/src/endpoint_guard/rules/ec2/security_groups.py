"""Security groups: closed by default, open by name on one port."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from endpoint_guard import types as t
from endpoint_guard.accounts import wide_network
from endpoint_guard.graph import Node, Resource
from endpoint_guard.rule import Context, Finding, Setting, each, fail, need, rule


def _rules(resource: Resource, direction: str) -> list[Node]:
    """The rules of one direction ("ingress" or "egress") that a resource declares."""
    if resource.type in (t.SECURITY_GROUP, t.DEFAULT_SECURITY_GROUP):
        return resource.get(direction).items()
    if resource.type == t.GROUP_RULE:
        return [resource.root] if resource.get("type").text() == direction else []
    wanted = t.GROUP_INGRESS if direction == "ingress" else t.GROUP_EGRESS
    return [resource.root] if resource.type == wanted else []


def _addresses(item: Node) -> Iterator[Node]:
    for name in ("cidrBlocks", "ipv6CidrBlocks"):
        yield from item.get(name).items()
    for name in ("cidrIpv4", "cidrIpv6"):
        if item.get(name).declared:
            yield item.get(name)


def _open(item: Node) -> Iterator[Finding]:
    for node in _addresses(item):
        if wide_network(node.text()):
            yield fail(node, "is open to every address")


_PINGS: Final = ("icmp", "1", "icmpv6", "58")


def _for_the_web(item: Node) -> bool:
    """Whether a rule opens exactly one of the ports at which everybody expects a website, or answers pings.

    AWS asks for the latter where the path's largest packet has to be found out. Raises UnreadableError when the
    protocol or a port is not known yet.
    """
    protocol = item.get("ipProtocol" if item.get("ipProtocol").declared else "protocol").text().lower()
    if protocol in _PINGS:
        return True
    ports = {item.get(name).number() for name in ("fromPort", "toPort")}
    return protocol in ("tcp", "6") and len(ports) == 1 and ports <= {80, 443}


_CARRIERS = (t.SECURITY_GROUP, t.DEFAULT_SECURITY_GROUP, t.GROUP_RULE, t.GROUP_INGRESS, t.GROUP_EGRESS)


@rule(
    id="no-open-ingress",
    title="No security group lets the internet in, except to websites and for pings",
    pillar="network",
    severity="critical",
    why="Shells, databases and tools that answer everybody are found within minutes.",
    remedy="Name the group that may call, with referenced_security_group_id.",
    references=("VPC-001",),
    on=_CARRIERS,
    scope="resource",
)
def no_open_ingress(resource: Resource, ctx: Context) -> Iterator[Finding]:
    def check(item: Node) -> Iterator[Finding]:
        for finding in _open(item):
            if not _for_the_web(item):
                yield finding

    yield from each(_rules(resource, "ingress"), check)


@rule(
    id="no-open-web-ingress",
    title="No security group lets the internet in to websites or for pings",
    pillar="network",
    severity="critical",
    level="advisory",
    why="What stands behind a gateway or in a private network is not meant to be reached from outside.",
    remedy="Name the group that may call, with referenced_security_group_id.",
    references=("VPC-001",),
    on=_CARRIERS,
    scope="resource",
)
def no_open_web_ingress(resource: Resource, ctx: Context) -> Iterator[Finding]:
    def check(item: Node) -> Iterator[Finding]:
        for finding in _open(item):
            if _for_the_web(item):
                yield finding

    yield from each(_rules(resource, "ingress"), check)


@rule(
    id="no-open-egress",
    title="No security group lets everything out",
    pillar="network",
    severity="high",
    level="advisory",
    why="What breaks into a workload sends stolen data out by an open egress rule.",
    remedy="Allow 443 to the endpoints' group or a prefix list.",
    references=("VPC-002", "LAM-G09"),
    on=_CARRIERS,
    scope="resource",
)
def no_open_egress(resource: Resource, ctx: Context) -> Iterator[Finding]:
    yield from each(_rules(resource, "egress"), _open)


@rule(
    id="group-rules-named",
    title="Group rules name a group or prefix list and one port of TCP",
    pillar="network",
    severity="medium",
    level="advisory",
    why="Addresses and port ranges drift; a named group says who may talk to whom.",
    remedy="Set source_security_group_id, referenced_security_group_id or prefix_list_id, and from_port=to_port.",
    references=("VPC-G03", "LAM-G09"),
    on=(t.GROUP_RULE, t.GROUP_INGRESS, t.GROUP_EGRESS),
    settings={"port": Setting(0, "the one port that is allowed; 0 allows any one", 0, 65_535)},
)
def group_rules_named(resource: Resource, ctx: Context) -> Iterator[Finding]:
    names = ("referencedSecurityGroupId", "sourceSecurityGroupId", "prefixListId", "prefixListIds")
    if not any(resource.get(name).declared for name in names) and not resource.get("self").flag():
        yield fail(resource, "names addresses instead of a group", names[resource.type == t.GROUP_RULE])
    port = ctx.number("port") or resource.get("toPort").number()
    yield from need(resource.get("fromPort"), lambda n: n.number() == port, "opens more than one port")
    if ctx.number("port"):
        yield from need(resource.get("toPort"), lambda n: n.number() == port, "opens more than one port")
    protocol = resource.get("ipProtocol" if resource.type != t.GROUP_RULE else "protocol")
    yield from need(protocol, lambda n: n.text() in ("tcp", "6"), "opens more than TCP")


@rule(
    id="default-group-closed",
    title="The default security group of every VPC is closed",
    pillar="network",
    severity="high",
    why="Whatever is created without a group lands in it.",
    remedy="Declare DefaultSecurityGroup for the VPC, without rules.",
    references=("VPC-005",),
    on=(t.VPC,),
)
def default_group_closed(vpc: Resource, ctx: Context) -> Iterator[Finding]:
    groups = vpc.users("vpcId", t.DEFAULT_SECURITY_GROUP)
    if not groups:
        yield fail(vpc, "leaves its default security group open", "defaultSecurityGroupId")
    for group in groups:
        for direction in ("ingress", "egress"):
            if group.get(direction).declared:
                yield fail(group.get(direction), "has rules")


@rule(
    id="group-described",
    title="Security groups and their rules have a description",
    pillar="network",
    severity="low",
    level="advisory",
    why="Nobody dares to remove a rule that nobody understands.",
    remedy="Set description.",
    references=("VPC-003",),
    on=(t.SECURITY_GROUP, t.GROUP_RULE, t.GROUP_INGRESS, t.GROUP_EGRESS),
    scope="resource",
)
def group_described(resource: Resource, ctx: Context) -> Iterator[Finding]:
    good = ("", "Managed by Pulumi")
    yield from need(resource.get("description"), lambda n: n.text() not in good, "has no description")
    for direction in ("ingress", "egress") if resource.type == t.SECURITY_GROUP else ():
        for item in resource.get(direction).items():
            yield from need(item.get("description"), lambda n: n.present, "has a rule without a description")


@rule(
    id="group-in-use",
    title="Every security group is used",
    pillar="network",
    severity="low",
    level="advisory",
    why="An unused group is an open rule waiting for a workload.",
    remedy="Attach the group, or remove it.",
    references=("VPC-004",),
    on=(t.SECURITY_GROUP,),
)
def group_in_use(group: Resource, ctx: Context) -> Iterator[Finding]:
    if not any(user.type not in _RULES_OF_GROUPS for user in group.users_of_any_kind()):
        yield fail(group, "is used by nothing", "id")


_RULES_OF_GROUPS: Final = (t.SECURITY_GROUP, t.GROUP_RULE, t.GROUP_INGRESS, t.GROUP_EGRESS)
"""What speaks of a group without putting anything into it."""


@rule(
    id="group-rules-one-way",
    title="A group's rules are managed in one way",
    pillar="network",
    severity="medium",
    why="Inline and separate rules on one group delete each other at every update.",
    remedy="Use SecurityGroupIngressRule and SecurityGroupEgressRule only.",
    references=("VPC-016",),
    on=(t.SECURITY_GROUP,),
)
def group_rules_one_way(group: Resource, ctx: Context) -> Iterator[Finding]:
    separate = group.users("securityGroupId", t.GROUP_RULE, t.GROUP_INGRESS, t.GROUP_EGRESS)
    if len({other.type == t.GROUP_RULE for other in separate}) > 1:
        yield fail(group, "has separate rules of two kinds", "id")
    for direction in ("ingress", "egress"):
        own = [other for other in separate if _rules(other, direction)]
        # The provider keeps the directions apart. A refresh reads separate rules back into the group: only more
        # than those is a second way.
        if own and len(group.get(direction).items()) > len(own):
            yield fail(group.get(direction), "has its rules managed in two ways")
