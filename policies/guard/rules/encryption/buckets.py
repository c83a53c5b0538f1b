"""Buckets: encrypted with the stack's key, over TLS only."""

from __future__ import annotations

from collections.abc import Iterator

from guard import iam
from guard import types as t
from guard.graph import Node, Resource
from guard.rule import Context, Finding, each, fail, need, rule
from guard.storage import is_log_target, parts, policies_of


@rule(
    id="bucket-encrypted",
    title="Buckets encrypt with a key of the stack; log targets at least with SSE-S3",
    severity="high",
    why="The key's policy is a second lock on the data; access logs cannot be delivered under a KMS key.",
    remedy='Declare BucketServerSideEncryptionConfiguration with "aws:kms" and the stack\'s key.',
    references=("S3-010", "S3-011", "S3-012"),
    on=(t.BUCKET,),
)
def bucket_encrypted(bucket: Resource, ctx: Context) -> Iterator[Finding]:
    rules = [item for part in parts(bucket, t.BUCKET_ENCRYPTION) for item in part.get("rules").items()]
    rules += bucket.get("serverSideEncryptionConfiguration.rule").items()
    if not rules:
        yield fail(bucket, "has no default encryption", "serverSideEncryptionConfiguration")
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
    severity="low",
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
    severity="high",
    why="Without the deny, a signed request over HTTP is answered in clear.",
    remedy="Deny s3:* to everyone on the bucket and its objects when aws:SecureTransport is false.",
    references=("S3-009",),
    on=(t.BUCKET,),
)
def bucket_tls_only(bucket: Resource, ctx: Context) -> Iterator[Finding]:
    documents = policies_of(bucket)
    found = [s for document in documents for s in iam.statements(document)]
    denying = [s for s in found if iam.denies_plain_http([s], "s3:*")]
    reached = [text for s in denying for text in s.resources]
    if not denying:
        yield fail(documents[0] if documents else bucket.get("policy"), "does not refuse plain HTTP")
    elif not any(r.endswith("/*") or r == "*" for r in reached) or not any(
        not r.endswith("/*") or r == "*" for r in reached
    ):
        yield fail(denying[0].node.get("Resource"), "refuses plain HTTP on a part of the bucket only")


@rule(
    id="bucket-tls-floor",
    title="Buckets refuse TLS below 1.2",
    severity="low",
    why="Older versions are broken.",
    remedy="Deny s3:* to everyone when s3:TlsVersion is less than 1.2.",
    references=("S3-G04",),
    on=(t.BUCKET,),
)
def bucket_tls_floor(bucket: Resource, ctx: Context) -> Iterator[Finding]:
    documents = policies_of(bucket)
    for document in documents:
        for s in iam.statements(document):
            floor = s.conditions.get("numericlessthan", {}).get("s3:tlsversion", [])
            if not s.allows and s.anyone and any(_at_least(text) for text in floor):
                return
    yield fail(documents[0] if documents else bucket.get("policy"), "does not refuse old TLS versions")


def _at_least(text: str) -> bool:
    try:
        return float(text) >= 1.2
    except ValueError:
        return False


@rule(
    id="object-encrypted",
    title="Uploaded objects are encrypted with a key of the stack",
    severity="medium",
    why="An object may override the bucket's default with a weaker one.",
    remedy='Set server_side_encryption="aws:kms" and kms_key_id to the stack\'s key.',
    references=("S3-022",),
    on=(t.BUCKET_OBJECT, t.BUCKET_OBJECT_OLD),
)
def object_encrypted(item: Resource, ctx: Context) -> Iterator[Finding]:
    algorithm = item.get("serverSideEncryption")
    if algorithm.declared and algorithm.text() not in ("aws:kms", "aws:kms:dsse"):
        yield fail(algorithm, "is not encrypted with KMS")
    key = item.get("kmsKeyId")
    if not key.declared or not item.targets("kmsKeyId", t.KEY, t.KEY_ALIAS):
        yield fail(key, "is not encrypted with a key of the stack")


@rule(
    id="uploads-use-stack-key",
    title="A bucket refuses uploads under another key",
    severity="high",
    why="An upload may name any key, also one that belongs to somebody else.",
    remedy="Deny s3:PutObject when s3:x-amz-server-side-encryption-aws-kms-key-id is not the stack's key.",
    references=("S3-G01",),
    on=(t.BUCKET,),
)
def uploads_use_stack_key(bucket: Resource, ctx: Context) -> Iterator[Finding]:
    if is_log_target(bucket):
        return
    documents = policies_of(bucket)
    if not any(_pins_key(s) for document in documents for s in iam.statements(document)):
        yield fail(documents[0] if documents else bucket.get("policy"), "accepts uploads under another key")


def _pins_key(statement: iam.Statement) -> bool:
    """Whether a statement denies everybody uploads under a key that is not one of the stack's account."""
    named = [
        value
        for operator, entries in statement.conditions.items()
        if operator.removesuffix("ifexists").endswith(("notequals", "notlike"))
        for value in entries.get(_KEY_HEADER, [])
    ]
    denied = not statement.allows and statement.anyone and statement.covers("s3:PutObject")
    return denied and bool(named) and all(map(iam.fixed, named))


_KEY_HEADER = "s3:x-amz-server-side-encryption-aws-kms-key-id"
