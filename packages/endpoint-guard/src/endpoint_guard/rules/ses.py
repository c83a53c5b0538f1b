"""Mail that the stack sends: over TLS, with its reputation watched."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import types as t
from endpoint_guard.expect import on, one_of
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, need, property_rule, rule

mail_tls = property_rule(
    __name__,
    id="mail-tls",
    title="Mail is sent over TLS only",
    pillar="encryption",
    severity="medium",
    level="advisory",
    why="A server that takes no TLS gets the mail in plain text otherwise.",
    remedy='Set delivery_options with tls_policy="REQUIRE" ("Require" in aws.ses).',
    references=("SES-001",),
    on=(t.MAIL_SETTINGS, t.MAIL_SETTINGS_V2),
    path="deliveryOptions.tlsPolicy",
    good=one_of("REQUIRE"),
    text="sends mail without TLS when the other side has none",
)


@rule(
    id="mail-reputation-watched",
    title="The reputation of what is sent is watched",
    pillar="logging",
    severity="low",
    level="advisory",
    why="AWS stops an account whose mail bounces or is complained about; the figures show it before.",
    remedy="Set reputation_metrics_enabled=True (in reputation_options in aws.sesv2).",
    references=("SES-002",),
    on=(t.MAIL_SETTINGS, t.MAIL_SETTINGS_V2),
    scope="resource",
)
def mail_reputation_watched(settings: Resource, ctx: Context) -> Iterator[Finding]:
    inside = "reputationOptions." if settings.type == t.MAIL_SETTINGS_V2 else ""
    node = settings.get(f"{inside}reputationMetricsEnabled")
    yield from need(node, on, "publishes no figures of its reputation")
