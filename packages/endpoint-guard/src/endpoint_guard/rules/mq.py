"""Message brokers."""

from __future__ import annotations

from endpoint_guard import types as t
from endpoint_guard.expect import off
from endpoint_guard.rule import property_rule

broker_private = property_rule(
    __name__,
    id="broker-private",
    title="Message brokers have no public address",
    pillar="network",
    severity="critical",
    why="Only a password stands between the messages and everybody.",
    remedy="Leave publicly_accessible off and name subnet_ids and security_groups.",
    references=("MQ-001",),
    on=t.BROKER,
    path="publiclyAccessible",
    good=off,
    text="is reachable from the internet",
)
