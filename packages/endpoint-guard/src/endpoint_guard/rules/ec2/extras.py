"""What a private stack does without: default networks, open network ACLs, public ways to objects."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import types as t
from endpoint_guard.graph import Node, Resource
from endpoint_guard.rule import Context, Finding, fail, need, property_rule, rule
from endpoint_guard.rules.s3.access import FLAGS

_ANY = ("0.0.0.0/0", "::/0")


@rule(
    id="no-default-network",
    title="The stack does not use the default VPC",
    pillar="network",
    severity="low",
    why="It has public subnets and is shared by whatever was created without a thought.",
    remedy="Declare a Vpc.",
    references=("VPC-008",),
    on=(t.DEFAULT_VPC, "aws:ec2/defaultSubnet:DefaultSubnet"),
    scope="resource",
)
def no_default_network(resource: Resource, ctx: Context) -> Iterator[Finding]:
    yield fail(resource, "belongs to the default network", "type")


@rule(
    id="network-acl-closed",
    title="Network ACLs let nothing in from everywhere",
    pillar="network",
    severity="low",
    why="An open ACL looks like a second barrier and is none.",
    remedy="Name the networks, or leave the network ACL out.",
    references=("VPC-010",),
    on=(t.NETWORK_ACL, t.NETWORK_ACL_RULE),
    scope="resource",
)
def network_acl_closed(resource: Resource, ctx: Context) -> Iterator[Finding]:
    if resource.type == t.NETWORK_ACL_RULE:
        if resource.get("egress").flag() or resource.get("ruleAction").text() != "allow":
            return
        yield from _everywhere(resource.root)
    for item in resource.get("ingress").items():
        if item.get("action").text() == "allow":
            yield from _everywhere(item)


def _everywhere(item: Node) -> Iterator[Finding]:
    for name in ("cidrBlock", "ipv6CidrBlock"):
        yield from need(item.get(name), lambda n: n.text() not in _ANY, "lets everybody in")


@rule(
    id="endpoint-service-restricted",
    title="Endpoint services accept callers one by one",
    pillar="network",
    severity="low",
    why="Otherwise every account may connect.",
    remedy="Set acceptance_required and allowed_principals without a wildcard.",
    references=("VPC-013",),
    on=(t.ENDPOINT_SERVICE,),
    scope="resource",
)
def endpoint_service_restricted(service: Resource, ctx: Context) -> Iterator[Finding]:
    yield from need(service.get("acceptanceRequired"), Node.flag, "accepts every caller")
    for node in service.get("allowedPrincipals").items():
        yield from need(node, lambda n: "*" not in n.text(), "allows every principal")


@rule(
    id="access-point-private",
    title="Access points block public access",
    pillar="network",
    severity="medium",
    why="An access point is a second door to the bucket, with switches of its own.",
    remedy="Set public_access_block_configuration with all four switches on.",
    references=("S3-024",),
    on=(t.ACCESS_POINT,),
    scope="resource",
)
def access_point_private(point: Resource, ctx: Context) -> Iterator[Finding]:
    for name in FLAGS:
        node = point.get(f"publicAccessBlockConfiguration.{name}")
        yield from need(node, lambda n: n.flag(default=True), "leaves a way to public access open")


@rule(
    id="no-website-buckets",
    title="No bucket is a website",
    pillar="network",
    severity="medium",
    why="A website endpoint answers in clear and to everybody.",
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
