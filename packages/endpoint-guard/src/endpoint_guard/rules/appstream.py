"""Streamed desktops."""

from __future__ import annotations

from endpoint_guard import types as t
from endpoint_guard.expect import off
from endpoint_guard.rule import property_rule

desktop_fleet_private = property_rule(
    __name__,
    id="desktop-fleet-private",
    title="Streamed desktops reach the internet through the network",
    pillar="network",
    severity="medium",
    level="advisory",
    why="With default internet access each desktop has a public address, past every firewall of the network.",
    remedy="Leave enable_default_internet_access off and use subnets with a NAT gateway.",
    references=("APS-001",),
    on=t.DESKTOP_FLEET,
    path="enableDefaultInternetAccess",
    good=off,
    text="gives its desktops a way to the internet of their own",
)
