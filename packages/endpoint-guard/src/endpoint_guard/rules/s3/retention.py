"""What must not be lost from a bucket: versions, lifecycles, its content."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import types as t
from endpoint_guard.graph import Node, Resource
from endpoint_guard.remediation import PropertyFix
from endpoint_guard.rule import Context, Finding, Setting, fail, need, rule
from endpoint_guard.storage import holds_artifacts, parts


@rule(
    id="bucket-versioned",
    title="Buckets keep versions",
    pillar="resilience",
    severity="high",
    why="An overwritten or deleted object can be brought back.",
    remedy='Declare BucketVersioning with status "Enabled".',
    references=("S3-014",),
    on=(t.BUCKET,),
)
def bucket_versioned(bucket: Resource, ctx: Context) -> Iterator[Finding]:
    found = [part.get("versioningConfiguration.status") for part in parts(bucket, t.BUCKET_VERSIONING)]
    if not found and not bucket.get("versioning.enabled").flag():
        yield fail(bucket, "keeps no versions", "versioning")
    for node in found:
        yield from need(node, lambda n: n.text() == "Enabled", "keeps no versions")


@rule(
    id="bucket-lifecycle",
    title="Buckets have a lifecycle, also for replaced versions and for uploads that never end",
    pillar="resilience",
    severity="low",
    level="advisory",
    why="Old versions and broken uploads cost money and keep data that should be gone.",
    remedy="Declare BucketLifecycleConfiguration with abort_incomplete_multipart_upload and "
    "noncurrent_version_expiration.",
    references=("S3-017", "S3-018"),
    on=(t.BUCKET,),
    settings={"maxDays": Setting(30, "days after which a broken upload is gone", 1, 3_650)},
)
def bucket_lifecycle(bucket: Resource, ctx: Context) -> Iterator[Finding]:
    found = parts(bucket, t.BUCKET_LIFECYCLE)
    if not found and not bucket.get("lifecycleRules").declared:
        yield fail(bucket, "has no lifecycle", "lifecycleRules")
    for part in found:
        rules = [item for item in part.get("rules").items() if item.get("status").text() == "Enabled"]
        days = [r.get("abortIncompleteMultipartUpload.daysAfterInitiation") for r in rules if _whole(r)]
        if not any(0 < (node.number() or 0) <= ctx.number("maxDays") for node in days):
            yield fail(part.get("rules"), "keeps uploads that never end")
        replaced = [item.get("noncurrentVersionExpiration.noncurrentDays").number() or 0 for item in rules]
        if _versioned(bucket) and not any(days > 0 for days in replaced):
            yield fail(part.get("rules"), "keeps replaced versions forever")
        for item in rules if holds_artifacts(bucket) else []:
            # Without the current version, a new instance has no model to load and no update has code.
            if _whole(item) and item.get("expiration.days").declared:
                yield fail(item.get("expiration"), "expires artifacts that are still served")


def _versioned(bucket: Resource) -> bool:
    states = [part.get("versioningConfiguration.status") for part in parts(bucket, t.BUCKET_VERSIONING)]
    return any(state.text() == "Enabled" for state in states)


def _whole(item: Node) -> bool:
    """Whether a lifecycle rule covers the whole bucket: its filter, if any, holds nothing."""
    return not item.get("prefix").declared and not any(leaf.declared for leaf in item.get("filter").leaves())


@rule(
    id="bucket-no-force-destroy",
    title="Destroying a bucket does not empty it",
    pillar="resilience",
    severity="medium",
    level="advisory",
    why="force_destroy deletes every version of every object on the way, and lifts the lock of an object.",
    remedy="Leave force_destroy off.",
    references=("S3-G03",),
    on=(t.BUCKET, t.BUCKET_OBJECT, t.BUCKET_OBJECT_OLD),
    scope="resource",
    fixes=[PropertyFix("forceDestroy", False)],
)
def bucket_no_force_destroy(item: Resource, ctx: Context) -> Iterator[Finding]:
    text = "is emptied by a destroy" if item.type == t.BUCKET else "loses its lock by a destroy"
    yield from need(item.get("forceDestroy"), lambda n: not n.flag(), text)
