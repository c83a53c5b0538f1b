"""Keyspaces: tables that can be restored."""

from __future__ import annotations

from endpoint_guard import types as t
from endpoint_guard.expect import one_of
from endpoint_guard.rule import property_rule

keyspace_recoverable = property_rule(
    __name__,
    id="keyspace-recoverable",
    title="Tables of Keyspaces can be restored to any moment of the last weeks",
    pillar="resilience",
    severity="medium",
    level="advisory",
    why="What a faulty program overwrites is gone without it.",
    remedy='Set point_in_time_recovery with status="ENABLED".',
    references=("KSP-001",),
    on=t.KEYSPACES_TABLE,
    path="pointInTimeRecovery.status",
    good=one_of("ENABLED"),
    text="cannot be restored to an earlier moment",
)
