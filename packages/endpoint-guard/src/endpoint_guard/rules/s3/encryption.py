"""Buckets: encrypted with the stack's key, over TLS only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from endpoint_guard import iam
from endpoint_guard import types as t
from endpoint_guard.graph import Node, Resource
from endpoint_guard.rule import Context, Finding, each, fail, need, rule
from endpoint_guard.storage import is_log_target, parts, policies_of, reaches_bucket, reaches_every_object


@rule(
    id="bucket-encrypted",
    title="Buckets encrypt with a key of the stack; log targets at least with SSE-S3",
    pillar="encryption",
    severity="high",
    level="advisory",
    why="The key's policy is a second lock on the data; access logs cannot be delivered under a KMS key.",
    remedy='Declare BucketServerSideEncryptionConfiguration with "aws:kms" and the stack\'s key.',
    references=("S3-010", "S3-011", "S3-012"),
    on=(t.BUCKET,),
)
def bucket_encrypted(bucket: Resource, ctx: Context) -> Iterator[Finding]:
    rules = [item for part in parts(bucket, t.BUCKET_ENCRYPTION) for item in part.get("rules").items()]
    rules += bucket.get("serverSideEncryptionConfiguration.rule").items()
    if not rules:
        yield fail(bucket, "encrypts with a key of S3, not of the stack", "serverSideEncryptionConfiguration")
    yield from each(rules, lambda node: _encryption(node, is_log_target(bucket)))


def _encryption(item: Node, log_target: bool) -> Iterator[Finding]:
    default = item.get("applyServerSideEncryptionByDefault")
    algorithm = default.get("sseAlgorithm")
    if log_target and algorithm.text() == "AES256":
        return
    if algorithm.text() not in ("aws:kms", "aws:kms:dsse"):
        yield fail(algorithm, "does not encrypt with KMS")
    key = default.get("kmsMasterKeyId")
    linked = key.declared and item.resource.targets(key.path.split("[")[0], t.KEY, t.KEY_ALIAS)
    if not key.declared or (not linked and (not key.text() or "alias/aws/" in key.text())):
        yield fail(key, "encrypts without a customer-managed key")
    elif not linked:
        yield fail(key, "encrypts with a key outside the stack, which cannot be checked here")


@rule(
    id="bucket-key-enabled",
    title="Buckets with KMS use a bucket key",
    pillar="encryption",
    severity="low",
    level="advisory",
    why="It cuts the calls to KMS, and with them cost and throttling.",
    remedy="Set bucket_key_enabled=True.",
    references=("S3-013",),
    on=(t.BUCKET_ENCRYPTION,),
    scope="resource",
)
def bucket_key_enabled(encryption: Resource, ctx: Context) -> Iterator[Finding]:
    for item in encryption.get("rules").items():
        if item.get("applyServerSideEncryptionByDefault.sseAlgorithm").text().startswith("aws:kms"):
            yield from need(item.get("bucketKeyEnabled"), Node.flag, "uses no bucket key")


@rule(
    id="bucket-tls-only",
    title="Buckets refuse plain HTTP",
    pillar="encryption",
    severity="high",
    why="Without the deny, a signed request over HTTP is answered in plain text.",
    remedy="Deny s3:* to everyone on the bucket and its objects when aws:SecureTransport is false.",
    references=("S3-009",),
    on=(t.BUCKET,),
)
def bucket_tls_only(bucket: Resource, ctx: Context) -> Iterator[Finding]:
    documents = policies_of(bucket)
    found = [s for document in documents for s in iam.statements(document)]
    denying = [s for s in found if iam.denies_plain_http([s], "s3:*")]
    if not denying:
        yield fail(documents[0] if documents else bucket.get("policy"), "does not refuse plain HTTP")
    elif not _whole(denying, bucket):
        yield fail(denying[0].node.get("Resource"), "refuses plain HTTP on a part of the bucket only")


def _whole(found: list[iam.Statement], bucket: Resource) -> bool:
    """Whether the statements together speak of the bucket and of every object in it."""
    return any(reaches_bucket(s, bucket) for s in found) and any(
        reaches_every_object(s, bucket) for s in found
    )


@rule(
    id="bucket-tls-floor",
    title="Buckets refuse TLS below 1.2",
    pillar="encryption",
    severity="low",
    level="advisory",
    why="Older versions are broken.",
    remedy="Deny s3:* to everyone when s3:TlsVersion is less than 1.2.",
    references=("S3-G04",),
    on=(t.BUCKET,),
)
def bucket_tls_floor(bucket: Resource, ctx: Context) -> Iterator[Finding]:
    documents = policies_of(bucket)
    found = [s for document in documents for s in iam.statements(document) if _refuses_old_tls(s)]
    if not _whole(found, bucket):
        yield fail(documents[0] if documents else bucket.get("policy"), "does not refuse old TLS versions")


_BELOW: Final = ("1.0", "1.1")


def _refuses_old_tls(s: iam.Statement) -> bool:
    """Whether a statement denies everybody everything in the bucket over TLS 1.0 and 1.1, and asks nothing else."""
    if s.allows or not s.everybody or s.negations or not all(s.covers(action) for action in _ALL):
        return False
    return bool(s.conditions) and all(
        key == "s3:tlsversion" and _below(operator.rsplit(":", 1)[-1].removesuffix("ifexists"), values)
        for operator, keys in s.conditions.items()
        for key, values in keys.items()
    )


_ALL: Final = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket", "s3:PutBucketPolicy")


def _below(operator: str, values: list[str]) -> bool:
    """Whether a condition on the TLS version is met by 1.0 and by 1.1."""
    try:
        numbers = [float(value) for value in values]
    except ValueError:
        return False
    meets = {
        "numericlessthan": lambda version: any(version < number for number in numbers),
        "numericlessthanequals": lambda version: any(version <= number for number in numbers),
        "numericequals": lambda version: version in numbers,
        "numericnotequals": lambda version: version not in numbers,
    }.get(operator)
    return meets is not None and all(meets(float(version)) for version in _BELOW)
