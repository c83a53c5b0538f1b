"""Database migration: its instances stay inside the network."""

from __future__ import annotations

from endpoint_guard import types as t
from endpoint_guard.expect import off
from endpoint_guard.rule import property_rule

migration_private = property_rule(
    __name__,
    id="migration-private",
    title="Replication instances have no public address",
    pillar="network",
    severity="critical",
    why="The instance holds the passwords of both databases and the rows on their way.",
    remedy="Leave publicly_accessible off.",
    references=("DMS-001",),
    on=t.REPLICATION_INSTANCE,
    path="publiclyAccessible",
    good=off,
    text="is reachable from the internet",
)
