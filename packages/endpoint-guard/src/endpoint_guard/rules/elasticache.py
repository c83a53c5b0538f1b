"""Caches (ElastiCache, MemoryDB): encrypted, on the way too, and entered with a password."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import types as t
from endpoint_guard.expect import at_least, left_on, on
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, fail, need, property_rule, rule


@rule(
    id="cache-encrypted",
    title="Caches encrypt what they keep",
    pillar="encryption",
    severity="medium",
    why="Snapshots and swapped pages hold what the cache holds.",
    remedy="Set at_rest_encryption_enabled=True, with kms_key_id for a key of your own.",
    references=("ELC-001",),
    on=(t.CACHE_GROUP,),
    scope="resource",
)
def cache_encrypted(group: Resource, ctx: Context) -> Iterator[Finding]:
    valkey = group.get("engine").text() == "valkey"
    if not group.get("globalReplicationGroupId").declared:
        node = group.get("atRestEncryptionEnabled")
        yield from need(node, lambda n: n.flag(default=valkey), "stores its data unencrypted")


@rule(
    id="cache-tls",
    title="Caches are reached over TLS",
    pillar="encryption",
    severity="high",
    why="Keys, values and the password travel in clear otherwise.",
    remedy="Set transit_encryption_enabled=True (MemoryDB: leave tls_enabled on).",
    references=("ELC-002",),
    on=(t.CACHE_GROUP, t.CACHE_CLUSTER, t.MEMORY_CLUSTER),
    scope="resource",
)
def cache_tls(cache: Resource, ctx: Context) -> Iterator[Finding]:
    if cache.type == t.MEMORY_CLUSTER:
        yield from need(cache.get("tlsEnabled"), left_on, "is reached without TLS")
    elif not cache.get("globalReplicationGroupId").declared and not cache.get("replicationGroupId").declared:
        preferred = cache.get("transitEncryptionMode").text() == "preferred"
        node = cache.get("transitEncryptionEnabled")
        yield from need(node, lambda n: on(n) and not preferred, "is reached without TLS")


@rule(
    id="cache-asks-who",
    title="Caches authenticate who connects",
    pillar="auth",
    severity="medium",
    why="Whoever reaches the port reads and changes everything otherwise.",
    remedy="Set user_group_ids, or auth_token from a secret.",
    references=("ELC-003",),
    on=(t.CACHE_GROUP,),
    scope="resource",
)
def cache_asks_who(group: Resource, ctx: Context) -> Iterator[Finding]:
    if not any(group.get(name).declared for name in ("authToken", "authTokenWo", "userGroupIds")):
        yield fail(group.get("userGroupIds"), "admits everybody who reaches it")


cache_backed_up = property_rule(
    __name__,
    id="cache-backed-up",
    title="Caches are backed up",
    pillar="resilience",
    severity="low",
    level="advisory",
    why="What only the cache holds is lost with it.",
    remedy="Set snapshot_retention_limit.",
    references=("ELC-004",),
    on=(t.CACHE_GROUP, t.MEMORY_CLUSTER),
    path="snapshotRetentionLimit",
    good=at_least(1),
    text="is not backed up",
)
