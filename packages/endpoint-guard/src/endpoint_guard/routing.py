"""Where the routes of a subnet lead."""

from __future__ import annotations

from endpoint_guard import types as t
from endpoint_guard.graph import Node, Resource, State


def public(subnet: Resource) -> bool:
    """Whether the stack gives a subnet a route to an internet gateway.

    False where its route table lies outside the stack. Raises UnreadableError when that is not known yet.
    """
    return any(_to_the_internet(table) for table in _tables(subnet))


def _tables(subnet: Resource) -> list[Resource]:
    """A subnet without a table of its own goes by the main one of its network."""
    links = subnet.users("subnetId", t.ROUTE_TABLE_ASSOCIATION)
    if links:
        return [table for link in links for table in link.targets("routeTableId", t.ROUTE_TABLE)]
    return [table for vpc in subnet.targets("vpcId", t.VPC) for table in _main(vpc)]


def _main(vpc: Resource) -> list[Resource]:
    chosen = vpc.users("vpcId", t.MAIN_ROUTE_TABLE)
    if chosen:
        return [table for link in chosen for table in link.targets("routeTableId", t.ROUTE_TABLE)]
    return [vpc, *vpc.users("defaultRouteTableId", t.DEFAULT_ROUTE_TABLE)]


def _to_the_internet(table: Resource) -> bool:
    """Whether a table, or a network in the place of its main table, has such a route."""
    inside = table.get("routes").items() if table.type != t.VPC else []
    gateways = [(table, "routes", route.get("gatewayId")) for route in inside]
    gateways += [(one, "gatewayId", one.get("gatewayId")) for one in table.users("routeTableId", t.ROUTE)]
    return any(_is_internet(*one) for one in gateways)


def _is_internet(holder: Resource, path: str, gateway: Node) -> bool:
    if not gateway.declared:
        return False
    if gateway.state is State.KNOWN and gateway.text().startswith("igw-"):
        return True
    return bool(holder.targets(path, t.INTERNET_GATEWAY))
