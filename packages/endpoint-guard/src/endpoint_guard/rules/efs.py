"""File systems: encrypted, entered as a known user, below a known folder."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import iam
from endpoint_guard import types as t
from endpoint_guard.expect import given, off, on
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, fail, need, property_rule, rule

files_encrypted = property_rule(
    __name__,
    id="file-system-encrypted",
    title="File systems are encrypted",
    pillar="encryption",
    severity="high",
    why="Encryption cannot be switched on later.",
    remedy="Set encrypted=True, with kms_key_id for a key of your own.",
    references=("EFS-001",),
    on=t.FILE_SYSTEM,
    path="encrypted",
    good=on,
    text="stores its files unencrypted",
)

files_in_zones = property_rule(
    __name__,
    id="file-system-in-zones",
    title="File systems are kept in several zones",
    pillar="resilience",
    severity="low",
    level="advisory",
    why="What is kept in one zone is lost with it.",
    remedy="Leave availability_zone_name unset.",
    references=("EFS-002",),
    on=t.FILE_SYSTEM,
    path="availabilityZoneName",
    good=lambda node: not node.declared,
    text="is kept in one zone",
)

access_point_user = property_rule(
    __name__,
    id="file-access-as-known-user",
    title="Access points of file systems fix the user",
    pillar="auth",
    severity="medium",
    why="Otherwise the client says who it is.",
    remedy="Set posix_user.",
    references=("EFS-003",),
    on=t.FILE_ACCESS_POINT,
    path="posixUser",
    good=given,
    text="lets the client say who it is",
)

access_point_folder = property_rule(
    __name__,
    id="file-access-below-folder",
    title="Access points of file systems show one folder",
    pillar="auth",
    severity="medium",
    why="From the root every file of every application is in reach.",
    remedy="Set root_directory with a path of its own.",
    references=("EFS-004",),
    on=t.FILE_ACCESS_POINT,
    path="rootDirectory.path",
    good=lambda node: node.text() not in ("", "/"),
    text="shows the whole file system",
)


@rule(
    id="file-system-closed",
    title="No file system lets everyone mount it",
    pillar="auth",
    severity="high",
    why="Whoever reaches a mount target mounts it.",
    remedy="Name roles, or narrow everyone by a condition such as elasticfilesystem:AccessedViaMountTarget.",
    references=("EFS-005",),
    on=(t.FILE_SYSTEM_POLICY,),
)
def file_system_closed(policy: Resource, ctx: Context) -> Iterator[Finding]:
    for s in iam.statements(policy.get("policy")):
        via_mount = "true" in iam.condition_values(s, "elasticfilesystem:AccessedViaMountTarget")
        if s.allows and s.anyone and not via_mount and not s.narrowed_by(iam.PRINCIPAL_CONDITIONS):
            yield fail(s.node.get("Principal"), "lets everyone mount it")


policy_check_kept = property_rule(
    __name__,
    id="file-system-lockout-checked",
    title="A file system's policy cannot lock its owner out unnoticed",
    pillar="integrity",
    severity="low",
    level="advisory",
    why="Without the check a wrong policy is accepted, and nobody can change it any more.",
    remedy="Leave bypass_policy_lockout_safety_check off.",
    references=("EFS-006",),
    on=t.FILE_SYSTEM_POLICY,
    path="bypassPolicyLockoutSafetyCheck",
    good=off,
    text="bypasses the check for a lock-out",
)


@rule(
    id="file-system-backed-up",
    title="File systems are backed up",
    pillar="resilience",
    severity="medium",
    level="advisory",
    why="What a faulty program overwrites is gone without a backup.",
    remedy='Declare efs.BackupPolicy with status="ENABLED", or a backup.Selection that holds it.',
    references=("EFS-007",),
    on=(t.FILE_SYSTEM,),
)
def file_system_backed_up(system: Resource, ctx: Context) -> Iterator[Finding]:
    policies = system.users("fileSystemId", t.FILE_BACKUPS)
    if not policies and not ctx.graph.of(t.BACKUP_SELECTION):
        yield fail(system, "is not backed up", "id")
    for policy in policies:
        status = policy.get("backupPolicy.status")
        yield from need(status, lambda n: n.text() in ("ENABLED", "ENABLING"), "switches backups off")
