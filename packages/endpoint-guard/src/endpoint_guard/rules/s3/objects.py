"""Objects: encrypted with the stack's key, whoever uploads them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from endpoint_guard import iam
from endpoint_guard import types as t
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, fail, rule
from endpoint_guard.storage import is_log_target, policies_of, reaches_every_object

_ALGORITHM_HEADER: Final = "s3:x-amz-server-side-encryption"
_KEY_HEADER: Final = "s3:x-amz-server-side-encryption-aws-kms-key-id"
_KMS: Final = ("aws:kms", "aws:kms:dsse")


@rule(
    id="object-encrypted",
    title="Uploaded objects are encrypted with a key of the stack",
    pillar="encryption",
    severity="medium",
    level="advisory",
    why="An object may override the bucket's default with a weaker one.",
    remedy='Set server_side_encryption="aws:kms" and kms_key_id to the stack\'s key.',
    references=("S3-022",),
    on=(t.BUCKET_OBJECT, t.BUCKET_OBJECT_OLD, t.OBJECT_COPY),
)
def object_encrypted(item: Resource, ctx: Context) -> Iterator[Finding]:
    algorithm = item.get("serverSideEncryption")
    if algorithm.declared and algorithm.text() not in _KMS:
        yield fail(algorithm, "is not encrypted with KMS")
    key = item.get("kmsKeyId")
    if not key.declared or not item.targets("kmsKeyId", t.KEY, t.KEY_ALIAS):
        yield fail(key, "is not encrypted with a key of the stack")


@rule(
    id="uploads-use-stack-key",
    title="A bucket refuses uploads under another key, or without KMS",
    pillar="encryption",
    severity="high",
    level="advisory",
    why="An upload may name any key, also one that belongs to somebody else, or ask for no key at all.",
    remedy="Deny s3:PutObject when the encryption header is not aws:kms, and when the key id is not the stack's key.",
    references=("S3-G01", "S3-022"),
    profile="scoring-endpoint",
    on=(t.BUCKET,),
)
def uploads_use_stack_key(bucket: Resource, ctx: Context) -> Iterator[Finding]:
    if is_log_target(bucket):
        return
    documents = policies_of(bucket)
    place = documents[0] if documents else bucket.get("policy")
    found = [s for document in documents for s in iam.statements(document) if _denies_uploads(s, bucket)]
    pins = [s for s in found if _pins(s, _KEY_HEADER) and all(map(iam.fixed, _refused(s, _KEY_HEADER)))]
    if not pins:
        yield fail(place, "accepts uploads under another key")
    # A negated condition also holds for an upload without the header, unless Null or IfExists says otherwise.
    strict = [
        s for s in pins if "null" not in s.conditions and not any("ifexists" in o for o in s.conditions)
    ]
    kms = [
        s for s in found if _pins(s, _ALGORITHM_HEADER) and set(_refused(s, _ALGORITHM_HEADER)) <= set(_KMS)
    ]
    if pins and not strict and not kms:
        yield fail(place, "accepts uploads that ask for encryption other than KMS")


def _denies_uploads(s: iam.Statement, bucket: Resource) -> bool:
    return not s.allows and s.everybody and s.covers("s3:PutObject") and reaches_every_object(s, bucket)


def _pins(s: iam.Statement, header: str) -> bool:
    """Whether a deny turns on one header alone."""
    return bool(_refused(s, header)) and s.condition_keys() == {header}


def _refused(s: iam.Statement, header: str) -> list[str]:
    """The values of a header that a deny leaves through."""
    return [
        value
        for operator, entries in s.conditions.items()
        if operator.removesuffix("ifexists").endswith(("notequals", "notlike"))
        for value in entries.get(header, [])
    ]
