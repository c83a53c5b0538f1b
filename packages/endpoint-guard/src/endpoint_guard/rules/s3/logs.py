"""Access logs of buckets."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import iam
from endpoint_guard import types as t
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, fail, rule
from endpoint_guard.storage import is_log_target


@rule(
    id="bucket-access-logged",
    title="Buckets write access logs to a separate bucket of the stack",
    pillar="logging",
    severity="medium",
    why="Without it nobody can tell who read the model or the captured requests.",
    remedy="Declare BucketLogging with a target bucket that is not the bucket itself.",
    references=("S3-016", "S3-G05"),
    on=(t.BUCKET,),
)
def bucket_access_logged(bucket: Resource, ctx: Context) -> Iterator[Finding]:
    found = bucket.users("bucket", t.BUCKET_LOGGING)
    if not found and not bucket.get("logging.targetBucket").declared and not is_log_target(bucket):
        yield fail(bucket, "writes no access log", "logging")
    for entry in found:
        targets = entry.targets("targetBucket", t.BUCKET)
        if not targets:
            yield fail(entry.get("targetBucket"), "writes its access log outside the stack")
        elif bucket in targets:
            yield fail(entry.get("targetBucket"), "writes its access log into itself")


@rule(
    id="log-bucket-locked-down",
    title="Only the log delivery service writes into a log bucket",
    pillar="logging",
    severity="medium",
    level="advisory",
    why="Whoever can write there can forge the record.",
    remedy="Allow s3:PutObject to logging.s3.amazonaws.com with aws:SourceAccount only.",
    references=("S3-G05",),
    on=(t.BUCKET_LOGGING,),
)
def log_bucket_locked_down(entry: Resource, ctx: Context) -> Iterator[Finding]:
    for bucket in entry.targets("targetBucket", t.BUCKET):
        for policy in bucket.users("bucket", t.BUCKET_POLICY):
            for statement in iam.statements(policy.get("policy")):
                if statement.grants("s3:PutObject"):
                    yield from _delivery(statement)


def _delivery(statement: iam.Statement) -> Iterator[Finding]:
    for _, node in statement.principals:
        if node.text() not in ("logging.s3.amazonaws.com", "delivery.logs.amazonaws.com"):
            yield fail(node, "lets someone other than log delivery write logs")
    if not statement.narrowed_by(("aws:sourceaccount", "aws:sourcearn")):
        yield fail(statement.node, "takes logs on behalf of any account")
