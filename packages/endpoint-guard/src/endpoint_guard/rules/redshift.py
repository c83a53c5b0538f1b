"""Data warehouses: encrypted, private, logged."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import types as t
from endpoint_guard.expect import at_least, left_on, off, on
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, fail, property_rule, rule

warehouse_encrypted = property_rule(
    __name__,
    id="warehouse-encrypted",
    title="Data warehouses are encrypted",
    pillar="encryption",
    severity="high",
    why="Disks and snapshots of the warehouse are readable without its password otherwise.",
    remedy='Leave encrypted at its default or set "true", with kms_key_id for a key of your own.',
    references=("RSH-001",),
    on=t.WAREHOUSE,
    path="encrypted",
    good=left_on,
    text="stores its data unencrypted",
)

warehouse_private = property_rule(
    __name__,
    id="warehouse-private",
    title="Data warehouses have no public address",
    pillar="network",
    severity="critical",
    why="Only the password and the security group stand between the data and everybody.",
    remedy="Leave publicly_accessible off.",
    references=("RSH-002",),
    on=(t.WAREHOUSE, t.WAREHOUSE_WORKGROUP),
    path="publiclyAccessible",
    good=off,
    text="is reachable from the internet",
)


@rule(
    id="warehouse-logged",
    title="Data warehouses keep an audit log",
    pillar="logging",
    severity="medium",
    why="Without it nobody can tell who read what.",
    remedy="Declare redshift.Logging for the cluster (serverless: set log_exports).",
    references=("RSH-003",),
    on=(t.WAREHOUSE, t.WAREHOUSE_NAMESPACE),
)
def warehouse_logged(warehouse: Resource, ctx: Context) -> Iterator[Finding]:
    if warehouse.type == t.WAREHOUSE_NAMESPACE:
        if not warehouse.get("logExports").declared:
            yield fail(warehouse.get("logExports"), "keeps no audit log")
    elif not warehouse.users("clusterIdentifier", t.WAREHOUSE_LOGGING):
        yield fail(warehouse, "keeps no audit log", "clusterIdentifier")


warehouse_routed = property_rule(
    __name__,
    id="warehouse-routed-privately",
    title="Data warehouses load and unload through the VPC",
    pillar="network",
    severity="medium",
    why="Otherwise data leaves past flow logs, endpoint policies and security groups.",
    remedy="Set enhanced_vpc_routing=True.",
    references=("RSH-004",),
    on=(t.WAREHOUSE, t.WAREHOUSE_WORKGROUP),
    path="enhancedVpcRouting",
    good=on,
    text="loads and unloads past the VPC",
)

warehouse_backed_up = property_rule(
    __name__,
    id="warehouse-backed-up",
    title="Data warehouses are backed up",
    pillar="resilience",
    severity="medium",
    why="A wrong write is final without a snapshot.",
    remedy="Set automated_snapshot_retention_period to 7 or more.",
    references=("RSH-005",),
    on=t.WAREHOUSE,
    path="automatedSnapshotRetentionPeriod",
    good=at_least(1, default=1),
    text="takes no snapshots",
)

warehouse_patched = property_rule(
    __name__,
    id="warehouse-patched",
    title="Data warehouses apply upgrades automatically",
    pillar="integrity",
    severity="medium",
    why="Fixes come with the upgrades of the maintenance window.",
    remedy="Leave allow_version_upgrade on.",
    references=("RSH-006",),
    on=t.WAREHOUSE,
    path="allowVersionUpgrade",
    good=left_on,
    text="does not apply upgrades automatically",
)


@rule(
    id="warehouse-tls",
    title="Data warehouses ask for TLS",
    pillar="encryption",
    severity="medium",
    why="Statements and rows travel in plain text otherwise; the default parameter group does not ask for TLS "
    "on clusters made before 2025.",
    remedy='Set the parameter require_ssl to "true" in the parameter group.',
    references=("RSH-007",),
    on=(t.WAREHOUSE_PARAMETERS,),
    scope="resource",
)
def warehouse_tls(group: Resource, ctx: Context) -> Iterator[Finding]:
    asked = [
        parameter.get("value")
        for parameter in group.get("parameters").items()
        if parameter.get("name").text() == "require_ssl"
    ]
    if not any(value.flag() or value.text() == "1" for value in asked):
        yield fail(asked[0] if asked else group.get("parameters"), "does not ask for TLS")
