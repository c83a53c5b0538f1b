"""The program: complete, readable for the rules, in allowed places, hiding no drift."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Final

from endpoint_guard import types as t
from endpoint_guard.graph import Resource
from endpoint_guard.rule import STACK, Context, Finding, Setting, fail, rule

_COMPONENTS: Final = [
    t.REST_API,
    t.STAGE,
    t.METHOD,
    t.USAGE_PLAN,
    t.API_KEY,
    t.WEB_ACL,
    t.WEB_ACL_ASSOCIATION,
    t.FUNCTION,
    t.ENDPOINT,
    t.KEY,
    t.LOG_GROUP,
    t.ALARM,
]
_SECURITY: Final = re.compile(
    r"(?i)polic|rule|setting|encrypt|kms|logg|trac|auth|key|public|acl|version|protect|retention|quota|throttl|vpc|"
    r"subnet|securitygroup|ingress|egress|isolation|environment|capture|image|alarm|actions|^\*$"
)


@rule(
    id="required-components",
    title="The stack has every part that a protected service needs",
    pillar="hygiene",
    severity="high",
    why="An empty or half stack raises no finding anywhere, since nothing is there to be wrong.",
    remedy="Declare the part that the finding names.",
    references=("PUL-G06",),
    profile="scoring-endpoint",
    on=(STACK,),
    settings={"types": Setting(list(_COMPONENTS), "types of which the stack needs at least one resource")},
)
def required_components(stack: Resource, ctx: Context) -> Iterator[Finding]:
    for kind in ctx.strings("types"):
        if not ctx.graph.of(kind):
            yield fail(stack, f"has no {kind.rsplit(':', 1)[-1]}", "type")


@rule(
    id="only-readable-resources",
    title="Every resource is of a kind that the rules can read",
    pillar="hygiene",
    severity="high",
    why="The same bucket declared through another package escapes every rule.",
    remedy="Use pulumi-aws; a further package or module needs a place on the list and rules of its own.",
    references=("PUL-G03",),
    level="disabled",
    on=("*",),
    scope="resource",
    settings={
        "packages": Setting(["aws", "pulumi"], "packages whose custom resources are accepted"),
        "components": Setting([], "type patterns that are accepted besides components, which always are"),
    },
)
def only_readable_resources(resource: Resource, ctx: Context) -> Iterator[Finding]:
    package = resource.type.split(":", 1)[0]
    known = any(
        re.fullmatch(pattern.replace("*", ".*"), resource.type) for pattern in ctx.strings("components")
    )
    dynamic = resource.type.startswith(("pulumi-python:", "pulumi-nodejs:"))
    if resource.is_component and not dynamic:
        return
    if dynamic or (package not in ctx.strings("packages") and not known):
        yield fail(resource, "is of a kind that the rules cannot read", "type")


_OPAQUE: Final = [
    "aws:cloudformation/*",
    "aws:cloudcontrol/resource:Resource",
    "aws:servicecatalog/provisionedProduct:ProvisionedProduct",
    "aws:lambda/invocation:Invocation",
    "aws:ssm/association:Association",
    "aws:s3/directoryBucket:DirectoryBucket",
    "aws:s3control/accessGrant*",
    "aws:s3control/multiRegionAccessPoint:*",
    "aws:s3control/objectLambdaAccessPoint:*",
    "aws:kms/externalKey:ExternalKey",
    "aws:kms/customKeyStore:CustomKeyStore",
]


@rule(
    id="no-opaque-resources",
    title="No resource hides others, or opens a door that no rule reads",
    pillar="hygiene",
    severity="high",
    level="advisory",
    why="A template, a foreign key or another kind of bucket escapes every rule, inside pulumi-aws too.",
    remedy="Declare what it makes as resources of its own; what must stay is taken off the setting.",
    references=("PUL-G03", "KMS-006", "S3-007"),
    on=("*",),
    scope="resource",
    settings={"types": Setting(list(_OPAQUE), "type patterns that are refused")},
)
def no_opaque_resources(resource: Resource, ctx: Context) -> Iterator[Finding]:
    if _fits(resource.type, tuple(ctx.strings("types"))):
        yield fail(resource, "is of a kind whose content no rule reads", "type")


@lru_cache(maxsize=4096)
def _fits(kind: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(kind, pattern) for pattern in patterns)


@rule(
    id="no-ignored-changes",
    title="No security property is exempt from updates",
    pillar="hygiene",
    severity="high",
    level="advisory",
    why="An ignored property keeps whatever somebody set by hand, and no update puts it right.",
    remedy="Remove the property from ignore_changes.",
    references=("PUL-G01",),
    on=("*",),
)
def no_ignored_changes(resource: Resource, ctx: Context) -> Iterator[Finding]:
    for name in resource.ignore_changes:
        # Whoever declares web ACL rules one by one is told by the provider to ignore them on the ACL.
        separate = resource.type == t.WEB_ACL and name == "rules" and ctx.graph.of(t.WEB_ACL_RULE)
        # Scaling moves the count by itself.
        scaled = resource.type in (t.ENDPOINT_CONFIG, t.SCALING_TARGET) and "Capacity" in name
        # A roll-out in steps moves the alias by itself.
        moved = (
            resource.type == t.FUNCTION_ALIAS
            and name == "functionVersion"
            and ctx.graph.of(t.DEPLOYMENT_GROUP)
        )
        if _SECURITY.search(name) and not separate and not scaled and not moved:
            yield fail(resource, "ignores changes of a security property", f"ignoreChanges.{name}")


@rule(
    id="no-legacy-buckets",
    title="Buckets and their settings are separate resources",
    pillar="hygiene",
    severity="medium",
    level="advisory",
    why="The deprecated inline properties and V2 types are a second shape of the same thing.",
    remedy="Use Bucket with BucketVersioning, BucketLogging and the like.",
    references=("PUL-G04",),
    on=("*",),
    scope="resource",
)
def no_legacy_buckets(resource: Resource, ctx: Context) -> Iterator[Finding]:
    if resource.token.startswith("aws:s3/") and resource.token.endswith("V2"):
        yield fail(resource, "is of a deprecated type", "type")
    if resource.type != t.BUCKET:
        return
    for name in (
        "acl",
        "policy",
        "versioning",
        "logging",
        "lifecycleRules",
        "serverSideEncryptionConfiguration",
    ):
        if resource.get(name).declared:
            yield fail(resource.get(name), "uses a deprecated inline property")


_TAGGED: Final = (
    t.FUNCTION,
    t.TOPIC,
    t.ROLE,
    t.SECURITY_GROUP,
    t.BUCKET,
    t.KEY,
    t.ENDPOINT,
    t.WEB_ACL,
    t.REST_API,
)


@rule(
    id="resources-tagged",
    title="Resources carry tags",
    pillar="hygiene",
    severity="low",
    level="advisory",
    why="Cost, owner and environment are found by tag.",
    remedy="Set tags, or default_tags on the provider.",
    references=("TAG-001",),
    on=_TAGGED,
    settings={"tags": Setting([], "tags that each resource needs; none means any tag")},
)
def resources_tagged(resource: Resource, ctx: Context) -> Iterator[Finding]:
    own = ctx.graph.find(resource.provider)
    if any(p.get("defaultTags").declared for p in ([own] if own else ctx.graph.of(t.PROVIDER))):
        return
    node = resource.get("tagsAll") if resource.get("tagsAll").declared else resource.get("tags")
    if not node.declared:
        yield fail(node, "carries no tags")
    for tag in ctx.strings("tags"):
        if not node.get(tag).declared and node.state.value == "known":
            yield fail(node, f"lacks the tag {tag}")


@rule(
    id="no-classic-firewall",
    title="No WAF Classic resources",
    pillar="hygiene",
    severity="medium",
    why="WAF Classic is out of support, and none of these rules reads it.",
    remedy="Use wafv2.",
    references=("WAF-007",),
    on=("*",),
    scope="resource",
)
def no_classic_firewall(resource: Resource, ctx: Context) -> Iterator[Finding]:
    if resource.type.startswith(("aws:waf/", "aws:wafregional/")):
        yield fail(resource, "belongs to WAF Classic", "type")


_SINGLE: Final = {
    t.BUCKET_POLICY: "bucket",
    t.BUCKET_BLOCK: "bucket",
    t.BUCKET_ENCRYPTION: "bucket",
    t.BUCKET_VERSIONING: "bucket",
    t.BUCKET_OWNERSHIP: "bucket",
    t.BUCKET_LIFECYCLE: "bucket",
    t.BUCKET_LOCK: "bucket",
    t.BUCKET_LOGGING: "bucket",
    t.BUCKET_NOTIFICATION: "bucket",
    t.TOPIC_POLICY: "arn",
    t.KEY_POLICY: "keyId",
    t.REST_API_POLICY: "restApiId",
    t.VPC_ENDPOINT_POLICY: "vpcEndpointId",
    t.WEB_ACL_LOGGING: "resourceArn",
    t.LOG_DATA_PROTECTION: "logGroupName",
}
"""Settings of which a thing has one: a second resource overwrites the first. The property names the thing."""


@rule(
    id="declared-once",
    title="What a resource can have once is declared once",
    pillar="hygiene",
    severity="high",
    why="Two policies of one bucket overwrite each other at every update: the good one may be the one that is lost.",
    remedy="Put everything into one resource.",
    references=("PUL-G04", "IAM-022"),
    on=tuple(_SINGLE),
)
def declared_once(resource: Resource, ctx: Context) -> Iterator[Finding]:
    name = _SINGLE[resource.type]
    for target in resource.targets(name, *_OF[name]):
        if len(target.users(name, resource.type)) > 1:
            yield fail(resource.get(name), f'is one of several for "{target.name}"')


_OF: Final = {
    "bucket": (t.BUCKET,),
    "arn": (t.TOPIC,),
    "keyId": (t.KEY,),
    "restApiId": (t.REST_API,),
    "vpcEndpointId": (t.VPC_ENDPOINT,),
    "resourceArn": (t.WEB_ACL,),
    "logGroupName": (t.LOG_GROUP,),
}


_STATEFUL = (t.KEY, t.BUCKET, t.LOG_GROUP, t.ENDPOINT)


@rule(
    id="stateful-protected",
    title="What cannot be rebuilt is protected from deletion",
    pillar="resilience",
    severity="medium",
    level="advisory",
    why="A destroy or a rename would take keys, data and logs with it.",
    remedy="Set protect=True on the resource's options, and deletion_protection_enabled on log groups.",
    references=("PUL-G07", "CW-G05", "KMS-G01", "S3-G03"),
    on=_STATEFUL,
    scope="resource",
)
def stateful_protected(resource: Resource, ctx: Context) -> Iterator[Finding]:
    if not resource.protect:
        own = resource.type == t.LOG_GROUP and resource.get("deletionProtectionEnabled").flag()
        text = "is protected by AWS alone" if own else "is not protected from deletion"
        yield fail(resource, text, "protect")
