"""Relations of a bucket: the separate resources that carry its settings, and what it is used for."""

from __future__ import annotations

import re
from typing import Final

from endpoint_guard import iam
from endpoint_guard import types as t
from endpoint_guard.graph import Graph, Node, Resource, State

DIGEST: Final = re.compile(r"(?<![0-9a-fA-F])[0-9a-f]{64}(?![0-9a-fA-F])")
"""A SHA-256 digest in the key or the address of an artifact."""
_ANY_OBJECT = "~any/object~"


def parts(bucket: Resource, kind: str) -> list[Resource]:
    """The resources of one type that carry a setting of the bucket."""
    return bucket.users("bucket", kind)


def policies_of(bucket: Resource) -> list[Node]:
    """The policy documents of a bucket, separate or inline."""
    found = [part.get("policy") for part in parts(bucket, t.BUCKET_POLICY)]
    inline = bucket.get("policy")
    if not inline.declared and bucket.answered("policy").state is State.KNOWN:
        inline = bucket.answered("policy")  # nobody declared it, and yet it is in force
    return found or ([inline] if inline.declared else [])


def is_log_target(bucket: Resource) -> bool:
    """Whether other buckets, or a service, deliver their access logs here."""
    entries = bucket.users("targetBucket", t.BUCKET_LOGGING)
    return any(bucket not in entry.targets("bucket", t.BUCKET) for entry in entries) or takes_logs(bucket)


_LOGGING: Final = {
    t.DISTRIBUTION: "loggingConfig.bucket",
    t.BALANCER: "accessLogs.bucket",
    t.CLASSIC_BALANCER: "accessLogs.bucket",
    t.TRAIL: "s3BucketName",
}
"""Where a service names the bucket that it delivers logs to."""


def takes_logs(bucket: Resource, *kinds: str) -> bool:
    """Whether a service of one of these types, or of any, delivers its logs here."""
    return any(bucket.users(path, kind) for kind, path in _LOGGING.items() if kind in (kinds or _LOGGING))


def holds_artifacts(bucket: Resource) -> bool:
    """Whether a model of the stack takes its artifact from the bucket."""
    return bucket in _buckets_of(bucket.graph, t.MODEL)


def holds_code(bucket: Resource) -> bool:
    """Whether a model, a function or a signing job of the stack takes from the bucket what it runs."""
    return any(bucket in _buckets_of(bucket.graph, kind) for kind in _CODE)


_CODE: Final = {
    t.MODEL: ("primaryContainer", "containers"),
    t.FUNCTION: ("s3Bucket",),
    t.SIGNING_JOB: ("source",),
}
"""Where each kind of resource names what it runs."""


def _buckets_of(graph: Graph, kind: str) -> set[Resource]:
    """The buckets from which the resources of a type take what they run."""

    def made() -> set[Resource]:
        return {b for user in graph.of(kind) for path in _CODE[kind] for b in _sources(user, path)}

    return graph.remember(("buckets of code", kind), made)


def _sources(user: Resource, path: str) -> set[Resource]:
    """The buckets that a property is made from, by themselves or by an object in them, or that it names."""
    node = user.get(path)
    if not node.declared:
        return set()
    near = user.targets(path, t.BUCKET, t.BUCKET_OBJECT, t.BUCKET_OBJECT_OLD)
    objects = [one for one in near if one.type != t.BUCKET]
    named = [
        text.partition("s3://")[2].split("/", 1)[0]
        for leaf in node.leaves()
        if isinstance(text := leaf.value, str)
    ]
    found = {one for one in near if one.type == t.BUCKET}
    found |= {bucket for item in objects for bucket in item.targets("bucket", t.BUCKET)}
    return found | {one for text in named for one in user.graph.known_as(text) if one.type == t.BUCKET}


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
