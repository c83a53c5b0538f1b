"""Databases (RDS, Aurora, DocumentDB, Neptune): encrypted, private, backed up, logged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from endpoint_guard import types as t
from endpoint_guard.expect import left_on, off, on
from endpoint_guard.graph import Resource
from endpoint_guard.routing import public
from endpoint_guard.rule import Context, Finding, Setting, fail, need, property_rule, rule

_CLUSTERS: Final = (t.DB_CLUSTER, t.DOCDB_CLUSTER, t.NEPTUNE_CLUSTER)
_STORES: Final = (t.DB_INSTANCE, *_CLUSTERS)
_MEMBERS: Final = (t.DB_CLUSTER_INSTANCE, t.NEPTUNE_INSTANCE)
_SNAPSHOTS: Final = (
    t.DB_SNAPSHOT,
    t.DB_CLUSTER_SNAPSHOT,
    t.DB_SNAPSHOT_COPY,
    t.DB_CLUSTER_SNAPSHOT_COPY,
)


def _copied(database: Resource) -> bool:
    """Whether a database is a replica of another, whose encryption and backups are the other's."""
    names = ("replicateSourceDb", "replicationSourceIdentifier", "globalClusterIdentifier")
    return any(database.get(name).declared for name in names)


@rule(
    id="database-encrypted",
    title="Databases are encrypted",
    pillar="encryption",
    severity="high",
    why="Disks, snapshots and backups of the database are readable without its password otherwise, and encryption "
    "cannot be switched on later.",
    remedy="Set storage_encrypted=True, with kms_key_id for a key of your own.",
    references=("RDS-001",),
    on=(*_STORES, t.DB_GLOBAL_CLUSTER),
    scope="resource",
)
def database_encrypted(database: Resource, ctx: Context) -> Iterator[Finding]:
    if _copied(database) or database.get("sourceDbClusterIdentifier").declared:
        return
    # Aurora Serverless of the first generation is always encrypted.
    if database.get("engineMode").text() != "serverless":
        yield from need(database.get("storageEncrypted"), on, "stores its data unencrypted")


database_private = property_rule(
    __name__,
    id="database-private",
    title="Databases have no public address",
    pillar="network",
    severity="critical",
    why="Only the password and the security group stand between the data and everybody.",
    remedy="Leave publicly_accessible off and use private subnets.",
    references=("RDS-002",),
    on=(t.DB_INSTANCE, t.DB_CLUSTER, *_MEMBERS),
    path="publiclyAccessible",
    good=off,
    text="is reachable from the internet",
)


@rule(
    id="database-backed-up",
    title="Databases are backed up for long enough",
    pillar="resilience",
    severity="medium",
    why="A wrong write that is noticed after the last backup has gone is final.",
    remedy="Set backup_retention_period to at least the configured number of days.",
    references=("RDS-003",),
    on=_STORES,
    scope="resource",
    settings={"minDays": Setting(7, "days that backups are kept at least", 1, 35)},
)
def database_backed_up(database: Resource, ctx: Context) -> Iterator[Finding]:
    if not _copied(database):
        days = database.get("backupRetentionPeriod")
        yield from need(
            days, lambda n: (n.number() or 0) >= ctx.number("minDays"), "keeps backups too briefly"
        )


@rule(
    id="database-logged",
    title="Databases send their logs to CloudWatch",
    pillar="logging",
    severity="medium",
    why="Logs on the instance go with it, and nobody watches them.",
    remedy="Set enabled_cloudwatch_logs_exports (Neptune: enable_cloudwatch_logs_exports) to the engine's logs.",
    references=("RDS-004",),
    on=_STORES,
    scope="resource",
)
def database_logged(database: Resource, ctx: Context) -> Iterator[Finding]:
    name = (
        "enableCloudwatchLogsExports"
        if database.type == t.NEPTUNE_CLUSTER
        else "enabledCloudwatchLogsExports"
    )
    if not database.get(name).declared:
        yield fail(database.get(name), "sends no logs to CloudWatch")


database_protected = property_rule(
    __name__,
    id="database-protected",
    title="Databases are protected from deletion",
    pillar="resilience",
    severity="medium",
    level="advisory",
    why="One wrong command deletes the database with everything in it.",
    remedy="Set deletion_protection=True.",
    references=("RDS-005",),
    on=(*_STORES, t.DB_GLOBAL_CLUSTER),
    path="deletionProtection",
    good=on,
    text="can be deleted by one call",
)

database_in_zones = property_rule(
    __name__,
    id="database-in-zones",
    title="Databases run in several zones",
    pillar="resilience",
    severity="medium",
    level="advisory",
    why="An instance in one zone is down for as long as the zone is.",
    remedy="Set multi_az=True.",
    references=("RDS-006",),
    on=t.DB_INSTANCE,
    path="multiAz",
    good=on,
    text="runs in one zone",
)


@rule(
    id="database-identities",
    title="Database users can be identified by IAM",
    pillar="auth",
    severity="low",
    level="advisory",
    why="A short-lived token of a role is worth less to a thief than a password.",
    remedy="Set iam_database_authentication_enabled=True.",
    references=("RDS-007",),
    on=(t.DB_INSTANCE, t.DB_CLUSTER, t.NEPTUNE_CLUSTER),
    scope="resource",
)
def database_identities(database: Resource, ctx: Context) -> Iterator[Finding]:
    engine = database.get("engine").text()
    if engine.startswith(("oracle", "sqlserver", "db2", "custom")):
        return  # these engines do not know it
    yield from need(database.get("iamDatabaseAuthenticationEnabled"), on, "knows users by password only")


database_patched = property_rule(
    __name__,
    id="database-patched",
    title="Databases apply security fixes automatically",
    pillar="integrity",
    severity="medium",
    why="A minor version is where the fixes come.",
    remedy="Leave auto_minor_version_upgrade on.",
    references=("RDS-008",),
    on=(t.DB_INSTANCE, *_MEMBERS),
    path="autoMinorVersionUpgrade",
    good=left_on,
    text="does not apply security fixes automatically",
)

database_watched = property_rule(
    __name__,
    id="database-watched",
    title="Databases report what their host does",
    pillar="logging",
    severity="low",
    level="advisory",
    why="Without figures of the host nobody sees why a database is slow.",
    remedy="Set monitoring_interval and monitoring_role_arn.",
    references=("RDS-009",),
    on=(t.DB_INSTANCE, t.DB_CLUSTER_INSTANCE),
    path="monitoringInterval",
    good=lambda node: bool(node.number()),
    text="reports nothing about its host",
)

database_insights = property_rule(
    __name__,
    id="database-insights",
    title="Databases report which statements load them",
    pillar="logging",
    severity="low",
    level="advisory",
    why="Without figures per statement nobody sees the one that reads everything.",
    remedy="Set performance_insights_enabled=True.",
    references=("RDS-010",),
    on=(t.DB_INSTANCE, t.DB_CLUSTER_INSTANCE),
    path="performanceInsightsEnabled",
    good=on,
    text="reports nothing about its statements",
)


@rule(
    id="snapshot-private",
    title="Database snapshots are not shared with everybody",
    pillar="auth",
    severity="critical",
    why="Whoever restores the snapshot has the whole database.",
    remedy="Name accounts in shared_accounts, or leave it out.",
    references=("RDS-011",),
    on=_SNAPSHOTS,
    scope="resource",
)
def snapshot_private(snapshot: Resource, ctx: Context) -> Iterator[Finding]:
    for account in snapshot.get("sharedAccounts").items():
        yield from need(account, lambda n: n.text() != "all", "is shared with everybody")


proxy_tls = property_rule(
    __name__,
    id="database-proxy-tls",
    title="Database proxies ask for TLS",
    pillar="encryption",
    severity="medium",
    why="Statements and rows travel in plain text otherwise.",
    remedy="Set require_tls=True.",
    references=("RDS-012",),
    on=t.DB_PROXY,
    path="requireTls",
    good=on,
    text="accepts unencrypted connections",
)

_TLS_PARAMETERS: Final = {
    "rds.force_ssl": ("0", "off", "false"),
    "require_secure_transport": ("0", "off", "false"),
    "tls": ("disabled",),
    "neptune_enforce_ssl": ("0",),
}


@rule(
    id="database-parameters-tls",
    title="No parameter group switches TLS off",
    pillar="encryption",
    severity="medium",
    why="Statements and rows travel in plain text otherwise.",
    remedy="Set rds.force_ssl or require_secure_transport to 1 (DocumentDB: tls to enabled).",
    references=("RDS-012",),
    on=t.DB_PARAMETER_GROUPS,
    scope="resource",
)
def database_parameters_tls(group: Resource, ctx: Context) -> Iterator[Finding]:
    for parameter in group.get("parameters").items():
        refused = _TLS_PARAMETERS.get(parameter.get("name").text(), ())
        value = parameter.get("value")
        if refused and str(value.text() or value.value).lower() in refused:
            yield fail(value, "switches TLS off")


@rule(
    id="database-subnets-private",
    title="Databases lie in subnets without a route to the internet",
    pillar="network",
    severity="high",
    level="advisory",
    why="In a public subnet one switch, or one address, puts the database on the internet.",
    remedy="Name subnets in subnet_ids whose route table has no internet gateway.",
    references=("RDS-013",),
    on=t.DB_SUBNETS,
)
def database_subnets_private(group: Resource, ctx: Context) -> Iterator[Finding]:
    if any(public(subnet) for subnet in group.targets("subnetIds", t.SUBNET)):
        yield fail(group.get("subnetIds"), "holds a subnet with a route to the internet")
