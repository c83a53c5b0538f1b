"""Transfer Family: files arrive over protocols that encrypt."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import types as t
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, fail, rule


@rule(
    id="file-server-encrypted",
    title="File servers accept encrypted protocols only",
    pillar="encryption",
    severity="medium",
    why="FTP sends passwords and files unencrypted.",
    remedy='Leave "FTP" out of protocols.',
    references=("TFR-001",),
    on=(t.TRANSFER_SERVER,),
    scope="resource",
)
def file_server_encrypted(server: Resource, ctx: Context) -> Iterator[Finding]:
    for node in server.get("protocols").items():
        if node.text().upper() == "FTP":
            yield fail(node, "accepts unencrypted connections")
