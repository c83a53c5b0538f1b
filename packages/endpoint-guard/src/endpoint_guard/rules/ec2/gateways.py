"""Ways into the network for other networks and for people: transit gateways and VPNs."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import types as t
from endpoint_guard.expect import on, one_of
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, need, property_rule, rule

transit_asks = property_rule(
    __name__,
    id="transit-gateway-asks",
    title="Transit gateways accept networks of other accounts one by one",
    pillar="network",
    severity="high",
    why="Every account that the gateway is shared with attaches a network of its own without being asked.",
    remedy='Leave auto_accept_shared_attachments at "disable".',
    references=("EC2-007",),
    on=t.TRANSIT_GATEWAY,
    path="autoAcceptSharedAttachments",
    good=one_of("disable", default="disable"),
    text="accepts networks of other accounts unasked",
)

client_vpn_logged = property_rule(
    __name__,
    id="client-vpn-logged",
    title="VPNs for people log who connects",
    pillar="logging",
    severity="low",
    level="advisory",
    why="Without the log nobody can say who was in the network.",
    remedy="Set connection_log_options with enabled=True and a log group.",
    references=("EC2-008",),
    on=t.CLIENT_VPN,
    path="connectionLogOptions.enabled",
    good=on,
    text="does not log who connects",
)


@rule(
    id="vpn-tunnels-logged",
    title="VPN connections log both tunnels",
    pillar="logging",
    severity="medium",
    level="advisory",
    why="A tunnel that is down or was negotiated weakly leaves no trace otherwise.",
    remedy="Set cloudwatch_log_options with log_enabled=True in tunnel1_log_options and tunnel2_log_options.",
    references=("EC2-009",),
    on=(t.VPN_CONNECTION,),
    scope="resource",
)
def vpn_tunnels_logged(connection: Resource, ctx: Context) -> Iterator[Finding]:
    for tunnel in ("tunnel1", "tunnel2"):
        node = connection.get(f"{tunnel}LogOptions.cloudwatchLogOptions.logEnabled")
        yield from need(node, on, "does not log a tunnel")
