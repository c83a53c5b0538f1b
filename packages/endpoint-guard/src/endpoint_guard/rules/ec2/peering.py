"""Peered networks: what is sent there."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import types as t
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, fail, rule


@rule(
    id="peering-route-narrow",
    title="No route sends everything to a peered network",
    pillar="network",
    severity="medium",
    why="The peer sees all traffic, and answers for every address.",
    remedy="Give the route the peer's own range as destination.",
    references=("VPC-101",),
    on=(t.ROUTE, t.ROUTE_TABLE),
)
def peering_route_narrow(resource: Resource, ctx: Context) -> Iterator[Finding]:
    single = resource.type == t.ROUTE
    names = ("destinationCidrBlock", "destinationIpv6CidrBlock") if single else ("cidrBlock", "ipv6CidrBlock")
    for entry in [resource.root] if single else resource.get("routes").items():
        for name in names if entry.get("vpcPeeringConnectionId").declared else ():
            if entry.get(name).text() in ("0.0.0.0/0", "::/0"):
                yield fail(entry.get(name), "sends everything to a peered network")
