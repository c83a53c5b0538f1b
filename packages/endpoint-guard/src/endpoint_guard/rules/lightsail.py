"""Lightsail: instances and databases that are no more open than those of EC2 and RDS may be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from endpoint_guard import types as t
from endpoint_guard.expect import off
from endpoint_guard.graph import Node, Resource
from endpoint_guard.rule import Context, Finding, Setting, each, fail, property_rule, rule

_EVERYWHERE: Final = ("0.0.0.0/0", "::/0")
_WEB: Final = ("80", "443")


@rule(
    id="lightsail-ports-closed",
    title="Lightsail instances open no port but those of a website to every address",
    pillar="network",
    severity="high",
    why="Without cidrs a port is open to every address; log-in and database ports are tried within minutes.",
    remedy="Set cidrs to the networks that need the port.",
    references=("LSL-001",),
    on=(t.LIGHTSAIL_PORTS,),
    scope="resource",
    settings={"ports": Setting(list(_WEB), "ports that may be open to every address")},
)
def lightsail_ports_closed(resource: Resource, ctx: Context) -> Iterator[Finding]:
    yield from each(list(resource.get("portInfos").items()), lambda port: _open(port, ctx.strings("ports")))


def _open(port: Node, accepted: list[str]) -> Iterator[Finding]:
    first, last = port.get("fromPort").number(), port.get("toPort").number()
    if first is not None and first == last and f"{first:.0f}" in accepted:
        return
    named = [*port.get("cidrs").items(), *port.get("ipv6Cidrs").items()]
    wide = [node for node in named if node.text() in _EVERYWHERE]
    if wide or not (named or port.get("cidrListAliases").declared):
        yield fail(wide[0] if wide else port.get("cidrs"), "is open to every address")


lightsail_database_private = property_rule(
    __name__,
    id="lightsail-database-private",
    title="Lightsail databases are private",
    pillar="network",
    severity="critical",
    why="A database with a public address is found and tried within minutes.",
    remedy="Leave publicly_accessible off.",
    references=("LSL-002",),
    on=t.LIGHTSAIL_DATABASE,
    path="publiclyAccessible",
    good=off,
    text="is reachable from the internet",
)
