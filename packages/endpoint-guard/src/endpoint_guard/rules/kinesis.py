"""Data streams: encrypted."""

from __future__ import annotations

from endpoint_guard import types as t
from endpoint_guard.expect import one_of
from endpoint_guard.rule import property_rule

data_stream_encrypted = property_rule(
    __name__,
    id="data-stream-encrypted",
    title="Kinesis data streams are encrypted",
    pillar="encryption",
    severity="high",
    why="Records lie in the stream for a day or longer, in plain text unless encryption is switched on.",
    remedy='Set encryption_type="KMS" and kms_key_id.',
    references=("KIN-001",),
    on=t.DATA_STREAM,
    path="encryptionType",
    good=one_of("KMS"),
    text="stores its records unencrypted",
)
