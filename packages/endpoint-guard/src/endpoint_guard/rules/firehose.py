"""Delivery streams."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import types as t
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, fail, rule


@rule(
    id="stream-encrypted",
    title="Delivery streams are encrypted with a key of the stack",
    pillar="encryption",
    severity="medium",
    why="A stream that carries logs holds what the logs hold.",
    remedy="Set server_side_encryption with key_type CUSTOMER_MANAGED_CMK and key_arn.",
    references=("FH-001",),
    on=(t.FIREHOSE,),
)
def stream_encrypted(stream: Resource, ctx: Context) -> Iterator[Finding]:
    encryption = stream.get("serverSideEncryption")
    if not encryption.get("enabled").flag():
        yield fail(encryption.get("enabled"), "is not encrypted")
    elif not encryption.get("keyArn").declared or not stream.targets("serverSideEncryption", t.KEY):
        yield fail(encryption.get("keyArn"), "is encrypted without a key of the stack")
