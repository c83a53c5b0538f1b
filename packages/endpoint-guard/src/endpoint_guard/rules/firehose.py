"""Delivery streams: encrypted, and their failures logged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from endpoint_guard import types as t
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, fail, rule


@rule(
    id="stream-encrypted",
    title="Delivery streams are encrypted",
    pillar="encryption",
    severity="medium",
    why="A stream that carries logs holds what the logs hold.",
    remedy="Set server_side_encryption with enabled=True, key_type CUSTOMER_MANAGED_CMK and key_arn; a stream that "
    "reads from a Kinesis data stream takes over that stream's encryption.",
    references=("FH-001",),
    on=(t.FIREHOSE,),
    scope="resource",
)
def stream_encrypted(stream: Resource, ctx: Context) -> Iterator[Finding]:
    fed = any(stream.get(name).declared for name in ("kinesisSourceConfiguration", "mskSourceConfiguration"))
    encryption = stream.get("serverSideEncryption.enabled")
    if not fed and not encryption.flag():
        yield fail(encryption, "is not encrypted")


_DESTINATIONS: Final = (
    "extendedS3Configuration",
    "redshiftConfiguration",
    "elasticsearchConfiguration",
    "opensearchConfiguration",
    "opensearchserverlessConfiguration",
    "splunkConfiguration",
    "httpEndpointConfiguration",
    "snowflakeConfiguration",
    "icebergConfiguration",
)


@rule(
    id="delivery-errors-logged",
    title="Delivery streams log what they could not deliver",
    pillar="logging",
    severity="low",
    level="advisory",
    why="Otherwise no one notices records that never arrive.",
    remedy="Set cloudwatch_logging_options with enabled=True, a log group and a log stream.",
    references=("FH-002",),
    on=(t.FIREHOSE,),
    scope="resource",
)
def delivery_errors_logged(stream: Resource, ctx: Context) -> Iterator[Finding]:
    for name in _DESTINATIONS:
        options = stream.get(f"{name}.cloudwatchLoggingOptions.enabled")
        if stream.get(name).declared and not options.flag():
            yield fail(options, "does not log failed deliveries")
