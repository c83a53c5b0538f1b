"""Buckets, access points and objects: closed to the public, to other accounts, and to ACLs."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import iam
from endpoint_guard import types as t
from endpoint_guard.accounts import foreign
from endpoint_guard.graph import Node, Resource
from endpoint_guard.remediation import PropertyFix
from endpoint_guard.rule import Context, Finding, Setting, fail, need, property_rule, rule
from endpoint_guard.storage import parts, policies_of, takes_logs

FLAGS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
_PRIVATE = ("", "private", "log-delivery-write", "bucket-owner-full-control", "bucket-owner-read")


@rule(
    id="bucket-has-public-block",
    title="Every bucket has a public access block",
    pillar="network",
    severity="critical",
    level="advisory",
    why="One later mistake in a policy or ACL would publish the bucket.",
    remedy="Declare BucketPublicAccessBlock for the bucket.",
    references=("S3-001", "S3-002", "S3-003"),
    on=(t.BUCKET,),
)
def bucket_has_public_block(bucket: Resource, ctx: Context) -> Iterator[Finding]:
    blocks = parts(bucket, t.BUCKET_BLOCK)
    if not blocks:
        yield fail(bucket, "does not block public access", "bucket")


@rule(
    id="bucket-blocks-public",
    title="A public access block has all four switches on",
    pillar="network",
    severity="critical",
    why="Each switch closes another way; the bucket is as open as the one that is off.",
    remedy="Set block_public_acls, block_public_policy, ignore_public_acls and restrict_public_buckets.",
    references=("S3-001",),
    on=(t.BUCKET_BLOCK, t.ACCOUNT_PUBLIC_BLOCK),
    scope="resource",
    fixes=[PropertyFix(name, True) for name in FLAGS],
)
def bucket_blocks_public(block: Resource, ctx: Context) -> Iterator[Finding]:
    for name in FLAGS:
        yield from need(block.get(name), Node.flag, "leaves a way to public access open")


@rule(
    id="bucket-no-acls",
    title="Buckets switch ACLs off and grant nothing by them",
    pillar="network",
    severity="high",
    why="ACLs are a second, forgotten way to publish an object.",
    remedy='Declare BucketOwnershipControls with object_ownership="BucketOwnerEnforced".',
    references=("S3-002", "S3-003", "S3-004", "S3-005"),
    on=(t.BUCKET, t.BUCKET_ACL),
)
def bucket_no_acls(resource: Resource, ctx: Context) -> Iterator[Finding]:
    acl = resource.get("acl")
    yield from need(acl, lambda n: n.text() in _PRIVATE, "is public by its ACL")
    if resource.type == t.BUCKET_ACL:
        for grant in resource.get("accessControlPolicy.grants").items():
            uri = grant.get("grantee.uri")
            yield from need(
                uri, lambda n: "/groups/global/" not in n.text(), "grants rights to a global group"
            )
        return
    # Without ownership controls a bucket made since April 2023 has its ACLs switched off.
    # CloudFront delivers its logs under an ACL, and refuses a bucket without.
    by_acl = takes_logs(resource, t.DISTRIBUTION)
    for control in parts(resource, t.BUCKET_OWNERSHIP) if not by_acl else ():
        node = control.get("rule.objectOwnership")
        yield from need(node, lambda n: n.text() == "BucketOwnerEnforced", "leaves ACLs in force")


@rule(
    id="bucket-policy-not-public",
    title="No bucket policy allows everyone or another account",
    pillar="network",
    severity="critical",
    why="A policy that names everyone publishes the bucket; conditions with wildcards do not help.",
    remedy="Name roles of this account.",
    references=("S3-002", "S3-003", "S3-006", "S3-007", "IAM-023"),
    on=(t.BUCKET, t.BUCKET_POLICY),
    settings={"accounts": Setting([], "accounts other than the stack's own that may be named")},
)
def bucket_policy_not_public(holder: Resource, ctx: Context) -> Iterator[Finding]:
    # A policy of its own is judged whichever bucket it is for: the name may not be known yet.
    own = holder.type == t.BUCKET_POLICY
    documents = [holder.get("policy")] if own else policies_of(holder)
    for document in documents if own or not parts(holder, t.BUCKET_POLICY) else []:
        for s in iam.allowed(document):
            if s.anyone and not s.narrowed_by(iam.PRINCIPAL_CONDITIONS):
                yield fail(s.node.get("Principal"), "allows everyone")
            for kind, node in s.principals:
                if kind == "AWS" and foreign(node, ctx.strings("accounts")):
                    yield fail(node, "allows another account")
            if s.principal_texts("Service") and not s.narrowed_by(iam.SERVICE_CONDITIONS):
                yield fail(s.node, "allows a service on behalf of any account")


@rule(
    id="bucket-policy-no-lockout",
    title="No bucket policy locks everyone out",
    pillar="network",
    severity="medium",
    why="A deny that nobody escapes can be lifted by the account's root user only.",
    remedy="Give the deny a condition.",
    references=("S3-008",),
    on=(t.BUCKET,),
)
def bucket_policy_no_lockout(bucket: Resource, ctx: Context) -> Iterator[Finding]:
    for document in policies_of(bucket):
        for s in iam.statements(document):
            if not s.allows and s.anyone and s.covers("s3:PutBucketPolicy") and not s.conditions:
                yield fail(s.node, "denies everyone what is needed to change the policy")


@rule(
    id="access-point-private",
    title="Access points block public access",
    pillar="network",
    severity="medium",
    why="An access point is a second door to the bucket, with switches of its own.",
    remedy="Set public_access_block_configuration with all four switches on.",
    references=("S3-024",),
    on=(t.ACCESS_POINT, t.MULTI_REGION_POINT),
    scope="resource",
)
def access_point_private(point: Resource, ctx: Context) -> Iterator[Finding]:
    regions = point.type == t.MULTI_REGION_POINT
    block = "details.publicAccessBlock" if regions else "publicAccessBlockConfiguration"
    for name in FLAGS:
        node = point.get(f"{block}.{name}")
        yield from need(node, lambda n: n.flag(default=True), "leaves a way to public access open")


@rule(
    id="no-website-buckets",
    title="No bucket is a website",
    pillar="network",
    severity="medium",
    level="advisory",
    why="A website endpoint answers without TLS, and to everybody.",
    remedy="Remove the website configuration; put a distribution in front of a private bucket.",
    references=("S3-025",),
    on=(t.BUCKET_WEBSITE, t.BUCKET),
    scope="resource",
)
def no_website_buckets(resource: Resource, ctx: Context) -> Iterator[Finding]:
    if resource.type == t.BUCKET_WEBSITE:
        yield fail(resource, "makes a bucket a website", "bucket")
    elif resource.get("website").declared:
        yield fail(resource.get("website"), "is a website")


object_private = property_rule(
    __name__,
    id="object-private",
    title="No object has an ACL of its own",
    pillar="network",
    severity="medium",
    why="An object's ACL publishes it past the bucket's policy.",
    remedy="Leave acl unset.",
    references=("S3-027",),
    on=[t.BUCKET_OBJECT, t.BUCKET_OBJECT_OLD, t.OBJECT_COPY],
    path="acl",
    good=lambda node: node.text() in ("", "private", "bucket-owner-full-control"),
    text="is published by its ACL",
)
