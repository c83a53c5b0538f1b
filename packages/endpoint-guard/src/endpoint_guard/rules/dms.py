"""Database migration: its instances stay inside the network, its connections are encrypted, its tasks logged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from endpoint_guard import types as t
from endpoint_guard.expect import off, on
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, fail, need, property_rule, rule

_WITH_TLS: Final = (
    "aurora",
    "aurora-postgresql",
    "db2",
    "docdb",
    "mariadb",
    "mongodb",
    "mysql",
    "oracle",
    "postgres",
    "sqlserver",
    "sybase",
)
"""Engines whose endpoints have an SSL mode; the others are reached over HTTPS or by settings of their own."""

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

migration_patched = property_rule(
    __name__,
    id="migration-patched",
    title="Replication instances apply fixes automatically",
    pillar="integrity",
    severity="medium",
    level="advisory",
    why="A minor version is where the fixes come.",
    remedy="Set auto_minor_version_upgrade=True.",
    references=("DMS-002",),
    on=t.REPLICATION_INSTANCE,
    path="autoMinorVersionUpgrade",
    good=on,
    text="does not apply fixes automatically",
)


@rule(
    id="migration-tls",
    title="Migrations reach their databases over TLS",
    pillar="encryption",
    severity="medium",
    level="advisory",
    why="The password and every row travel in plain text otherwise.",
    remedy='Set ssl_mode to "require", "verify-ca" or "verify-full", as the engine has it.',
    references=("DMS-003",),
    on=(t.MIGRATION_ENDPOINT,),
    scope="resource",
)
def migration_tls(endpoint: Resource, ctx: Context) -> Iterator[Finding]:
    if endpoint.get("engineName").text() in _WITH_TLS:
        mode = endpoint.get("sslMode")
        yield from need(mode, lambda n: n.text() not in ("", "none"), "is reached without TLS")


@rule(
    id="migration-logged",
    title="Replication tasks write a log",
    pillar="logging",
    severity="medium",
    level="advisory",
    why="Rows that could not be copied leave no trace otherwise.",
    remedy="Set Logging.EnableLogging to true in replication_task_settings.",
    references=("DMS-004",),
    on=(t.MIGRATION_TASK,),
    scope="resource",
)
def migration_logged(task: Resource, ctx: Context) -> Iterator[Finding]:
    settings = task.get("replicationTaskSettings")
    if not settings.declared or not settings.document().get("Logging.EnableLogging").flag():
        yield fail(settings, "writes no log")
