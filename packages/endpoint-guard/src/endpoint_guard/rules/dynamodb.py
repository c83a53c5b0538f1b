"""Tables and their cache: kept safe, encrypted, and closed to others."""

from __future__ import annotations

from endpoint_guard import types as t
from endpoint_guard.expect import on, one_of
from endpoint_guard.rule import property_rule

table_recoverable = property_rule(
    __name__,
    id="table-recoverable",
    title="Tables can be restored to any moment of the last weeks",
    pillar="resilience",
    severity="medium",
    why="A wrong write or a deletion is otherwise final.",
    remedy="Set point_in_time_recovery with enabled=True.",
    references=("DDB-001",),
    on=(t.TABLE, t.TABLE_REPLICA),
    path="pointInTimeRecovery",
    good=lambda node: on(node.get("enabled")) if isinstance(node.value, dict | list) else on(node),
    text="cannot be restored to an earlier moment",
)

table_protected = property_rule(
    __name__,
    id="table-protected",
    title="Tables are protected from deletion",
    pillar="resilience",
    severity="medium",
    level="advisory",
    why="One wrong command deletes the table with everything in it.",
    remedy="Set deletion_protection_enabled=True.",
    references=("DDB-002",),
    on=(t.TABLE, t.TABLE_REPLICA),
    path="deletionProtectionEnabled",
    good=on,
    text="can be deleted by one call",
)

dax_encrypted = property_rule(
    __name__,
    id="dax-encrypted",
    title="DynamoDB Accelerator clusters encrypt what they cache",
    pillar="encryption",
    severity="medium",
    why="The cache holds the table's rows.",
    remedy="Set server_side_encryption with enabled=True.",
    references=("DDB-003",),
    on=t.DAX_CLUSTER,
    path="serverSideEncryption.enabled",
    good=on,
    text="stores its cache unencrypted",
)

dax_tls = property_rule(
    __name__,
    id="dax-tls",
    title="DynamoDB Accelerator clusters are reached over TLS",
    pillar="encryption",
    severity="medium",
    why="The rows of the table travel between the cluster and its callers.",
    remedy='Set cluster_endpoint_encryption_type="TLS".',
    references=("DDB-004",),
    on=t.DAX_CLUSTER,
    path="clusterEndpointEncryptionType",
    good=one_of("TLS"),
    text="is reached without TLS",
)
