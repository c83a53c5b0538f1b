"""Default networks, network ACLs and endpoint services."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import types as t
from endpoint_guard.graph import Node, Resource
from endpoint_guard.rule import Context, Finding, fail, need, rule

_ANY = ("0.0.0.0/0", "::/0")


@rule(
    id="no-default-network",
    title="The stack does not use the default VPC",
    pillar="network",
    severity="low",
    level="advisory",
    why="It has public subnets and is shared by whatever was created without choosing a network.",
    remedy="Declare a Vpc.",
    references=("VPC-008",),
    on=(t.DEFAULT_VPC, "aws:ec2/defaultSubnet:DefaultSubnet"),
    scope="resource",
)
def no_default_network(resource: Resource, ctx: Context) -> Iterator[Finding]:
    yield fail(resource, "belongs to the default network", "type")


@rule(
    id="network-acl-closed",
    title="Network ACLs admit nothing from everywhere",
    pillar="network",
    severity="low",
    why="An open ACL looks like a second barrier but is not one.",
    remedy="Name the networks, or leave the network ACL out.",
    references=("VPC-010",),
    on=(t.NETWORK_ACL, t.NETWORK_ACL_RULE),
    scope="resource",
)
def network_acl_closed(resource: Resource, ctx: Context) -> Iterator[Finding]:
    if resource.type == t.NETWORK_ACL_RULE:
        if resource.get("egress").flag() or resource.get("ruleAction").text() != "allow":
            return
        yield from _everywhere(resource.root)
    for item in resource.get("ingress").items():
        if item.get("action").text() == "allow":
            yield from _everywhere(item)


def _everywhere(item: Node) -> Iterator[Finding]:
    for name in ("cidrBlock", "ipv6CidrBlock"):
        yield from need(item.get(name), lambda n: n.text() not in _ANY, "lets everybody in")


@rule(
    id="endpoint-service-restricted",
    title="Endpoint services accept callers one by one",
    pillar="network",
    severity="low",
    why="Otherwise every account may connect.",
    remedy="Set acceptance_required and allowed_principals without a wildcard.",
    references=("VPC-013",),
    on=(t.ENDPOINT_SERVICE,),
    scope="resource",
)
def endpoint_service_restricted(service: Resource, ctx: Context) -> Iterator[Finding]:
    yield from need(service.get("acceptanceRequired"), Node.flag, "accepts every caller")
    for node in service.get("allowedPrincipals").items():
        yield from need(node, lambda n: "*" not in n.text(), "allows every principal")
