"""Load balancers: TLS at the door, requests logged and cleaned."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from endpoint_guard import types as t
from endpoint_guard.expect import one_of
from endpoint_guard.graph import Node, Resource
from endpoint_guard.rule import Context, Finding, fail, need, property_rule, rule

_BALANCERS: Final = (t.BALANCER,)
_LISTENERS: Final = (t.LISTENER,)
_OLD_POLICIES: Final = (
    "ELBSecurityPolicy-2015-05",
    "ELBSecurityPolicy-2016-08",
    "ELBSecurityPolicy-FS-2018-06",
    "ELBSecurityPolicy-TLS-1-0-2015-04",
    "ELBSecurityPolicy-TLS-1-1-2017-01",
    "ELBSecurityPolicy-FS-1-1-2019-08",
    "ELBSecurityPolicy-TLS13-1-0-2021-06",
    "ELBSecurityPolicy-TLS13-1-1-2021-06",
)
"""The predefined policies that accept TLS 1.0 or 1.1 (elasticloadbalancing user guide, security policies)."""


def _application(balancer: Resource) -> bool:
    return balancer.get("loadBalancerType").text() in ("", "application")


def _redirects(listener: Resource) -> bool:
    """Whether every default action of a listener sends the caller on to HTTPS."""
    actions = listener.get("defaultActions").items()
    return bool(actions) and all(
        action.get("type").text() == "redirect" and action.get("redirect.protocol").text() == "HTTPS"
        for action in actions
    )


@rule(
    id="listener-encrypted",
    title="Load balancers accept encrypted connections only",
    pillar="encryption",
    severity="high",
    why="Everything between the caller and the load balancer is read, and changed, by whoever is in between.",
    remedy="Use protocol HTTPS with a certificate, and let the listener on port 80 redirect to HTTPS.",
    references=("ELB-001",),
    on=_LISTENERS,
    scope="resource",
)
def listener_encrypted(listener: Resource, ctx: Context) -> Iterator[Finding]:
    protocol = listener.get("protocol")
    # A network load balancer's TCP listener hands the connection on as it is: TLS ends behind it.
    if protocol.text() in ("", "HTTP") and not _network_port(listener) and not _redirects(listener):
        yield fail(protocol, "accepts unencrypted requests")


def _network_port(listener: Resource) -> bool:
    """A listener of a gateway load balancer has neither a protocol nor a port."""
    return not listener.get("protocol").declared and not listener.get("port").declared


@rule(
    id="listener-modern-tls",
    title="Load balancers accept TLS 1.2 and later only",
    pillar="encryption",
    severity="medium",
    why="TLS 1.0 and 1.1 are broken, and the default policy accepts both.",
    remedy='Set ssl_policy="ELBSecurityPolicy-TLS13-1-2-2021-06" or a newer one.',
    references=("ELB-002",),
    on=_LISTENERS,
    scope="resource",
)
def listener_modern_tls(listener: Resource, ctx: Context) -> Iterator[Finding]:
    policy = listener.get("sslPolicy")
    if listener.get("protocol").text() in ("HTTPS", "TLS"):
        yield from need(
            policy, lambda n: n.present and n.text() not in _OLD_POLICIES, "accepts old TLS versions"
        )


@rule(
    id="balancer-access-logged",
    title="Load balancers write an access log",
    pillar="logging",
    severity="medium",
    why="Without it nobody can tell who asked for what.",
    remedy="Set access_logs with bucket and enabled=True.",
    references=("ELB-003",),
    on=(*_BALANCERS, t.CLASSIC_BALANCER),
    scope="resource",
)
def balancer_access_logged(balancer: Resource, ctx: Context) -> Iterator[Finding]:
    logs = balancer.get("accessLogs")
    if balancer.type == t.CLASSIC_BALANCER:
        logged = logs.declared and logs.get("enabled").flag(default=True)
    elif _application(balancer):
        logged = logs.get("enabled").flag()
    else:
        return  # a network load balancer logs TLS connections only, a gateway load balancer none
    if not logged:
        yield fail(logs, "writes no access log")


@rule(
    id="balancer-drops-invalid-headers",
    title="Application load balancers drop malformed headers",
    pillar="network",
    severity="medium",
    why="A header that the balancer and the server read differently smuggles a request past the checks.",
    remedy="Set drop_invalid_header_fields=True.",
    references=("ELB-004",),
    on=_BALANCERS,
    scope="resource",
)
def balancer_drops_invalid_headers(balancer: Resource, ctx: Context) -> Iterator[Finding]:
    node = balancer.get("dropInvalidHeaderFields")
    if _application(balancer) and not node.flag():
        yield fail(node, "passes malformed headers on")


balancer_desync = property_rule(
    __name__,
    id="balancer-desync-guarded",
    title="Load balancers guard against request smuggling",
    pillar="network",
    severity="medium",
    why="In monitor mode ambiguous requests are counted and passed on.",
    remedy='Leave desync_mitigation_mode at "defensive", or set "strictest".',
    references=("ELB-005",),
    on=(*_BALANCERS, t.CLASSIC_BALANCER),
    path="desyncMitigationMode",
    good=one_of("defensive", "strictest", default="defensive"),
    text="lets ambiguous requests pass",
)


@rule(
    id="balancer-protected",
    title="Load balancers are protected from deletion",
    pillar="resilience",
    severity="low",
    level="advisory",
    why="One wrong command takes the service off the network.",
    remedy="Set enable_deletion_protection=True.",
    references=("ELB-006",),
    on=_BALANCERS,
    scope="resource",
)
def balancer_protected(balancer: Resource, ctx: Context) -> Iterator[Finding]:
    yield from need(balancer.get("enableDeletionProtection"), Node.flag, "can be deleted by one call")


@rule(
    id="balancer-behind-firewall",
    title="A load balancer that faces the internet has a web ACL",
    pillar="network",
    severity="medium",
    level="advisory",
    why="Rate limits and the managed rules have no other place in front of it.",
    remedy="Declare wafv2.WebAclAssociation with the load balancer's ARN.",
    references=("ELB-007",),
    on=_BALANCERS,
)
def balancer_behind_firewall(balancer: Resource, ctx: Context) -> Iterator[Finding]:
    if not _application(balancer) or balancer.get("internal").flag():
        return
    if not balancer.users("resourceArn", t.WEB_ACL_ASSOCIATION):
        yield fail(balancer, "faces the internet without a web ACL", "arn")


@rule(
    id="classic-balancer-encrypted",
    title="Classic load balancers accept encrypted connections only",
    pillar="encryption",
    severity="high",
    why="Everything between the caller and the load balancer is read, and changed, by whoever is in between.",
    remedy="Use lb_protocol https or ssl with a certificate on every listener, or an application load balancer.",
    references=("ELB-001",),
    on=(t.CLASSIC_BALANCER,),
    scope="resource",
)
def classic_balancer_encrypted(balancer: Resource, ctx: Context) -> Iterator[Finding]:
    for listener in balancer.get("listeners").items():
        yield from need(listener.get("lbProtocol"), one_of("https", "ssl"), "accepts unencrypted connections")
