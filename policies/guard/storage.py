"""Relations of a bucket: the separate resources that carry its settings, and what it is used for."""

from __future__ import annotations

from guard import types as t
from guard.graph import Node, Resource


def parts(bucket: Resource, kind: str) -> list[Resource]:
    """The resources of one type that carry a setting of the bucket."""
    return bucket.users("bucket", kind)


def policies_of(bucket: Resource) -> list[Node]:
    """The policy documents of a bucket, separate or inline."""
    found = [part.get("policy") for part in parts(bucket, t.BUCKET_POLICY)]
    return found + ([bucket.get("policy")] if bucket.get("policy").declared and not found else [])


def is_log_target(bucket: Resource) -> bool:
    """Whether other buckets deliver their access logs here."""
    entries = bucket.users("targetBucket", t.BUCKET_LOGGING)
    return any(bucket not in entry.targets("bucket", t.BUCKET) for entry in entries)


def holds_artifacts(bucket: Resource) -> bool:
    """Whether the stack uploads objects into the bucket, as it does with a model artifact."""
    return bool(bucket.users("bucket", t.BUCKET_OBJECT, t.BUCKET_OBJECT_OLD))
