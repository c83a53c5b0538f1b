"""Virtual desktops."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import types as t
from endpoint_guard.expect import on
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, need, rule


@rule(
    id="desktop-volumes-encrypted",
    title="Volumes of virtual desktops are encrypted",
    pillar="encryption",
    severity="medium",
    why="The disk keeps whatever its user opened, and encryption cannot be switched on later.",
    remedy="Set root_volume_encryption_enabled and user_volume_encryption_enabled to True.",
    references=("WSP-001",),
    on=(t.WORKSPACE,),
    scope="resource",
)
def desktop_volumes_encrypted(desktop: Resource, ctx: Context) -> Iterator[Finding]:
    for volume in ("root", "user"):
        yield from need(desktop.get(f"{volume}VolumeEncryptionEnabled"), on, "has an unencrypted disk")
