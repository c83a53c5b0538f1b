"""Relations of a bucket: the separate resources that carry its settings, and what it is used for."""

from __future__ import annotations

import re
from typing import Final

from endpoint_guard import iam
from endpoint_guard import types as t
from endpoint_guard.graph import Node, Resource

DIGEST: Final = re.compile(r"(?<![0-9a-fA-F])[0-9a-f]{64}(?![0-9a-fA-F])")
"""A SHA-256 digest in the key or the address of an artifact."""
_ANY_OBJECT = "~any/object~"


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


def reaches_bucket(statement: iam.Statement, bucket: Resource) -> bool:
    """Whether a statement of a bucket's policy speaks of the bucket itself."""
    name = _name(bucket)
    tails = [pattern.rsplit(":::", 1)[-1] for pattern in statement.resources]
    return any(iam.matches(tail, name) if name else "/" not in tail for tail in tails)


def reaches_every_object(statement: iam.Statement, bucket: Resource) -> bool:
    """Whether a statement of a bucket's policy speaks of all objects in it, and not of a prefix only."""
    name = _name(bucket)
    tails = [pattern.rsplit(":::", 1)[-1] for pattern in statement.resources]
    return any(
        iam.matches(tail, f"{name}/{_ANY_OBJECT}") if name else tail == "*" or tail.endswith("/*")
        for tail in tails
    )


def _name(bucket: Resource) -> str:
    """The bucket's name, or "" while it is not known; a policy that is known then names it by other means."""
    node = bucket.get("bucket")
    return node.value if isinstance(node.value, str) else ""
