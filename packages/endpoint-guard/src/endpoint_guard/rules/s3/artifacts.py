"""Buckets and objects that hold a model's artifact."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from endpoint_guard import iam, storage
from endpoint_guard import types as t
from endpoint_guard.graph import Graph, MalformedError, Node, Resource, UnreadableError
from endpoint_guard.rule import Context, Finding, Setting, each, fail, need, rule
from endpoint_guard.storage import DIGEST, holds_artifacts, holds_code, parts


@rule(
    id="artifact-upload-pinned",
    title="Uploads carry their digest in the key and a SHA-256 checksum",
    pillar="integrity",
    severity="critical",
    why="The digest in the key makes every model a new address; the checksum proves the transfer.",
    remedy='Set key="models/<sha256>/..." and checksum_algorithm="SHA256" with source_hash.',
    references=("SM-G03",),
    profile="scoring-endpoint",
    on=(t.BUCKET_OBJECT, t.BUCKET_OBJECT_OLD),
)
def artifact_upload_pinned(item: Resource, ctx: Context) -> Iterator[Finding]:
    if not any(holds_code(bucket) for bucket in item.targets("bucket", t.BUCKET)):
        return
    key = item.get("key")
    yield from need(key, lambda n: DIGEST.search(n.text()) is not None, "has no digest in its key")
    algorithm = item.get("checksumAlgorithm")
    yield from need(algorithm, lambda n: n.text() == "SHA256", "is uploaded without a SHA-256 checksum")
    hash_ = item.get("sourceHash")
    if hash_.state.value == "known" and key.state.value == "known":
        digest = DIGEST.search(key.text())
        if digest and re.fullmatch(r"[0-9a-f]{64}", hash_.text()) and hash_.text() != digest.group():
            yield fail(key, "has a digest in its key that is not that of its source")


@rule(
    id="artifact-bucket-write-protected",
    title="At run time nobody can change the artifact",
    pillar="integrity",
    severity="critical",
    why="Whoever can write the artifact can run code in the container.",
    remedy="Deny writes and deletes on the bucket to everyone but the deployer, by policy.",
    references=("S3-G02",),
    profile="scoring-endpoint",
    on=(t.BUCKET,),
    settings={"writers": Setting([], "logical names of policies whose holder may write artifacts")},
)
def artifact_bucket_write_protected(bucket: Resource, ctx: Context) -> Iterator[Finding]:
    if not storage.holds_artifacts(bucket):
        return
    documents = storage.policies_of(bucket)
    denied = {
        action
        for document in documents
        for s in iam.statements(document)
        if not s.allows and s.everybody and storage.reaches_every_object(s, bucket) and _about_writers(s)
        for action in _WRITING
        if s.covers(action)
    }
    if len(denied) < 3:
        yield fail(
            documents[0] if documents else bucket.get("policy"),
            "lets principals other than the deployer write",
        )
    for holder in ctx.graph.remember("who may write objects", lambda: _who_writes(ctx.graph)):
        if holder.name not in ctx.strings("writers"):
            yield from each([holder.root], lambda node: _writes(node.resource, bucket))


def _who_writes(graph: Graph) -> list[Resource]:
    """The holders of policies that let somebody write objects, or that cannot be read yet."""

    def may(holder: Resource) -> bool:
        try:
            return bool(graph.remember(("written", holder.urn), lambda: _written(holder)))
        except (MalformedError, UnreadableError):
            return True

    return [holder for holder in graph.of(*iam.IDENTITY_TYPES) if may(holder)]


def _writes(holder: Resource, bucket: Resource) -> Iterator[Finding]:
    """The places in a role's policy that allow writing objects into the bucket."""
    for node in holder.graph.remember(("written", holder.urn), lambda: _written(holder)):
        if _reaches(node.text(), bucket.get("bucket").text()):
            yield fail(node, f'lets a role write into the bucket "{bucket.name}" of artifacts')


def _written(holder: Resource) -> list[Node]:
    """The resources that a role's policy lets it write objects into."""
    found = [s for document in iam.identity_documents(holder) for s in iam.statements(document)]
    writing = [s for s in found if any(s.grants(action) for action in _WRITING)]
    return [node for s in writing for node in s.node.get("Resource").items()]


def _reaches(arn: str, name: str) -> bool:
    """Whether an ARN covers an object of the bucket with this name."""
    parts = arn.split(":", 5)
    return arn == "*" or (len(parts) == 6 and iam.matches(parts[5].split("/", 1)[0], name))


_WRITING: Final = ("s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion")


def _about_writers(s: iam.Statement) -> bool:
    """Whether a deny stops everybody, everybody but those it names, or at least every workload of the stack."""
    if not s.conditions:
        return True
    if s.condition_keys() - {"aws:principalarn"}:
        return False
    if not s.condition_keys(positive=True):
        return any("not" in operator for operator in s.conditions)
    named = [text for text in iam.condition_values(s, "aws:PrincipalArn") if ":role/" in text]
    graph = s.node.resource.graph
    users = [role.users(name, kind) for role in graph.of(t.ROLE) for kind, name in _HOLDERS]
    roles = {role for found in users for user in found for role in user.targets(_PATHS[user.type], t.ROLE)}
    known = [role.get("name").value for role in roles if role.get("name").state.value == "known"]
    return all(any(iam.matches(text.rsplit("/", 1)[-1], str(name)) for text in named) for name in known)


_PATHS: Final = {t.FUNCTION: "role", t.MODEL: "executionRoleArn"}


_HOLDERS: Final = tuple(_PATHS.items())


@rule(
    id="artifact-locked",
    title="Buckets with artifacts lock their objects",
    pillar="resilience",
    severity="medium",
    why="Nobody can delete a locked version before its time.",
    remedy="Set object_lock_enabled and declare BucketObjectLockConfiguration with a default retention.",
    references=("S3-020",),
    profile="scoring-endpoint",
    on=(t.BUCKET,),
    settings={"minDays": Setting(30, "shortest default retention in days", 1, 36_500)},
)
def artifact_locked(bucket: Resource, ctx: Context) -> Iterator[Finding]:
    if not holds_artifacts(bucket):
        return
    yield from need(bucket.get("objectLockEnabled"), Node.flag, "does not lock its objects")
    locks = parts(bucket, t.BUCKET_LOCK)
    if not locks:
        yield fail(bucket, "has no default retention", "objectLockConfiguration")
    for lock in locks:
        retention = lock.get("rule.defaultRetention")
        days = (retention.get("days").number() or 0) + 365 * (retention.get("years").number() or 0)
        if retention.get("mode").text() not in ("GOVERNANCE", "COMPLIANCE") or days < ctx.number("minDays"):
            yield fail(retention, "has too weak a default retention")
