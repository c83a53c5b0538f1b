"""Caches (ElastiCache, MemoryDB): encrypted, on the way too, and entered with a password."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from endpoint_guard import types as t
from endpoint_guard.expect import at_least, left_on, off, on
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, fail, need, property_rule, rule

_OPEN: Final = "admits everybody who reaches it"


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
    why="Keys, values and the password travel in plain text otherwise.",
    remedy="Set transit_encryption_enabled=True (MemoryDB: leave tls_enabled on); a single node of Redis needs a "
    "ReplicationGroup for it.",
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
    remedy="Set user_group_ids, or auth_token from a secret (MemoryDB: acl_name other than open-access).",
    references=("ELC-003",),
    on=(t.CACHE_GROUP, t.MEMORY_CLUSTER),
    scope="resource",
)
def cache_asks_who(group: Resource, ctx: Context) -> Iterator[Finding]:
    if group.type == t.MEMORY_CLUSTER:
        yield from need(group.get("aclName"), lambda n: n.text() != "open-access", _OPEN)
        return
    if not any(group.get(name).declared for name in ("authToken", "authTokenWo", "userGroupIds")):
        yield fail(group.get("userGroupIds"), _OPEN)


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

cache_patched = property_rule(
    __name__,
    id="cache-patched",
    title="Caches apply fixes automatically",
    pillar="integrity",
    severity="high",
    why="A minor version is where the fixes come.",
    remedy="Leave auto_minor_version_upgrade on.",
    references=("ELC-005",),
    on=(t.CACHE_GROUP, t.CACHE_CLUSTER, t.MEMORY_CLUSTER),
    path="autoMinorVersionUpgrade",
    good=left_on,
    text="does not apply fixes automatically",
)


@rule(
    id="cache-fails-over",
    title="Caches with replicas fail over by themselves",
    pillar="resilience",
    severity="medium",
    level="advisory",
    why="A replica that nobody promotes does not help when the primary fails.",
    remedy="Set automatic_failover_enabled=True, with a replica.",
    references=("ELC-006",),
    on=(t.CACHE_GROUP,),
    scope="resource",
)
def cache_fails_over(group: Resource, ctx: Context) -> Iterator[Finding]:
    if not group.get("globalReplicationGroupId").declared:
        yield from need(group.get("automaticFailoverEnabled"), on, "does not fail over by itself")


@rule(
    id="cache-users-have-passwords",
    title="Users of caches have a password or a role",
    pillar="auth",
    severity="high",
    why="A user without a password is everybody who reaches the port.",
    remedy='Set passwords or authentication_mode; a user who may do nothing has the access string "off ...".',
    references=("ELC-007",),
    on=(t.CACHE_USER,),
    scope="resource",
)
def cache_users_have_passwords(user: Resource, ctx: Context) -> Iterator[Finding]:
    if "off" in user.get("accessString").text().split():
        return
    yield from need(user.get("noPasswordRequired"), off, "needs no password")
    mode = user.get("authenticationMode.type")
    yield from need(mode, lambda n: n.text() != "no-password-required", "needs no password")


@rule(
    id="cache-own-subnets",
    title="Caches have a subnet group of their own",
    pillar="network",
    severity="high",
    level="advisory",
    why="The default group is that of the account's default network, whose subnets are public.",
    remedy="Set subnet_group_name to a SubnetGroup of private subnets.",
    references=("ELC-008",),
    on=(t.CACHE_GROUP, t.CACHE_CLUSTER, t.MEMORY_CLUSTER),
    scope="resource",
)
def cache_own_subnets(cache: Resource, ctx: Context) -> Iterator[Finding]:
    if cache.type == t.CACHE_CLUSTER and cache.get("replicationGroupId").declared:
        return  # a member lies where its group does
    group = cache.get("subnetGroupName")
    if not group.declared:
        yield fail(group, "lies in the default subnet group")
    else:
        yield from need(group, lambda n: n.text() != "default", "lies in the default subnet group")
