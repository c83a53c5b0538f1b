"""Storage gateways: which clients may mount a share."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import types as t
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, fail, rule


@rule(
    id="share-clients-named",
    title="File shares name the clients that may mount them",
    pillar="network",
    severity="high",
    why="NFS asks for no password: whoever reaches the share reads the bucket behind it.",
    remedy="Set client_lists to the networks that need the share.",
    references=("SGW-001",),
    on=(t.NFS_SHARE,),
    scope="resource",
)
def share_clients_named(share: Resource, ctx: Context) -> Iterator[Finding]:
    for node in share.get("clientLists").items():
        if node.text() in ("0.0.0.0/0", "::/0"):
            yield fail(node, "lets every address mount it")
