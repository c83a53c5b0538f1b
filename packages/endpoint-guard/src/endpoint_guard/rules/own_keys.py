"""Whose key it is: stores that AWS encrypts anyway, under a key that the account controls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from endpoint_guard import types as t
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, fail, rule

_KEYS: Final = {
    t.TABLE: "serverSideEncryption.kmsKeyArn",
    t.TABLE_REPLICA: "kmsKeyArn",
    t.DATA_STREAM: "kmsKeyId",
    t.FIREHOSE: "serverSideEncryption.keyArn",
    t.REPOSITORY: "encryptionConfigurations.kmsKey",
    t.STATE_MACHINE: "encryptionConfiguration.kmsKeyId",
    t.EVENT_BUS: "kmsKeyIdentifier",
    t.SCHEDULE: "kmsKeyArn",
    t.DB_INSTANCE: "kmsKeyId",
    t.DB_CLUSTER: "kmsKeyId",
    t.DOCDB_CLUSTER: "kmsKeyId",
    t.NEPTUNE_CLUSTER: "kmsKeyArn",
    t.SEARCH_DOMAIN: "encryptAtRest.kmsKeyId",
    t.ELASTIC_DOMAIN: "encryptAtRest.kmsKeyId",
    t.FILE_SYSTEM: "kmsKeyId",
    t.WAREHOUSE: "kmsKeyId",
    t.WAREHOUSE_NAMESPACE: "kmsKeyId",
    t.VOLUME: "kmsKeyId",
    t.CACHE_GROUP: "kmsKeyId",
    t.SERVERLESS_CACHE: "kmsKeyId",
    t.MEMORY_CLUSTER: "kmsKeyArn",
    t.TRAIL: "kmsKeyId",
    t.BUILD_PROJECT: "encryptionKey",
    t.KEYSPACES_TABLE: "encryptionSpecification.kmsKeyIdentifier",
    t.TIMESTREAM_DATABASE: "kmsKeyId",
    t.LEDGER: "kmsKey",
    t.BACKUP_VAULT: "kmsKeyArn",
    t.LUSTRE: "kmsKeyId",
    t.ONTAP: "kmsKeyId",
    t.OPENZFS: "kmsKeyId",
    t.WINDOWS_FILES: "kmsKeyId",
    t.NETWORK_FIREWALL: "encryptionConfiguration.keyId",
    t.BROKER: "encryptionOptions.kmsKeyId",
    t.KAFKA_CLUSTER: "encryptionInfo.encryptionAtRestKmsKeyArn",
    t.AIRFLOW: "kmsKey",
    t.REPLICATION_INSTANCE: "kmsKeyArn",
    t.DOCDB_ELASTIC: "kmsKeyId",
    t.GRAPH_DATABASE: "kmsKeyIdentifier",
    t.PIPELINE: "artifactStores.encryptionKey.id",
    t.PACKAGE_DOMAIN: "encryptionKey",
    t.VIDEO_STREAM: "kmsKeyId",
    t.SEARCH_INDEX: "serverSideEncryptionConfiguration.kmsKeyId",
    t.APP_FLOW: "kmsArn",
    t.EVENT_STORE: "kmsKeyId",
}
"""Where each type names its key."""
_COPIES: Final = ("replicateSourceDb", "replicationSourceIdentifier", "globalReplicationGroupId")


@rule(
    id="store-under-own-key",
    title="Databases, streams and other stores are encrypted with a customer-managed key",
    pillar="encryption",
    severity="medium",
    level="advisory",
    why="Only a customer-managed key has a policy, a log of its use and an off switch that we hold.",
    remedy="Pass the ARN of a kms.Key.",
    references=("KMS-101", "FH-001"),
    on=tuple(_KEYS),
)
def store_under_own_key(store: Resource, ctx: Context) -> Iterator[Finding]:
    key = store.get(_KEYS[store.type])
    if any(store.get(name).declared for name in _COPIES):
        return
    if not key.declared:
        yield fail(key, "keeps its data without a customer-managed key")
    elif store.targets(_KEYS[store.type].split(".")[0], t.KEY):
        return  # of the stack, and perhaps without a value yet
    elif "alias/aws/" in key.text():
        yield fail(key, "keeps its data with a key that AWS manages")
