"""Distributions: TLS on both sides, logged, behind a firewall, and their origins reached through them alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from endpoint_guard import types as t
from endpoint_guard.credentials import is_secret
from endpoint_guard.expect import one_of
from endpoint_guard.graph import Node, Resource
from endpoint_guard.rule import Context, Finding, each, fail, need, rule

_S3_REST: Final = re.compile(r"\.s3[.-]([a-z0-9-]+\.)?amazonaws\.com$")
_HTTPS: Final = one_of("https-only", "redirect-to-https")
_MODERN: Final = ("TLSv1.2_2018", "TLSv1.2_2019", "TLSv1.2_2021", "TLSv1.2_2025", "TLSv1.3_2025")


@rule(
    id="distribution-encrypted",
    title="Distributions answer over HTTPS only",
    pillar="encryption",
    severity="high",
    why="Everything between the caller and the edge is read, and changed, by whoever is in between.",
    remedy='Set viewer_protocol_policy="redirect-to-https" or "https-only" on every cache behavior.',
    references=("CF-001",),
    on=(t.DISTRIBUTION,),
    scope="resource",
)
def distribution_encrypted(distribution: Resource, ctx: Context) -> Iterator[Finding]:
    def check(behavior: Node) -> Iterator[Finding]:
        return need(behavior.get("viewerProtocolPolicy"), _HTTPS, "answers without TLS")

    yield from each([distribution.get("defaultCacheBehavior")], check)
    yield from each([distribution.root], lambda n: each(n.get("orderedCacheBehaviors").items(), check))


@rule(
    id="distribution-modern-tls",
    title="Distributions accept TLS 1.2 and later only",
    pillar="encryption",
    severity="medium",
    why="TLS 1.0 and 1.1 are broken, and the default certificate of CloudFront accepts both.",
    remedy='Set viewer_certificate with a certificate of your own and minimum_protocol_version="TLSv1.2_2021".',
    references=("CF-002",),
    on=(t.DISTRIBUTION,),
    scope="resource",
)
def distribution_modern_tls(distribution: Resource, ctx: Context) -> Iterator[Finding]:
    certificate = distribution.get("viewerCertificate")
    lowest = certificate.get("minimumProtocolVersion")
    if certificate.get("cloudfrontDefaultCertificate").flag() or lowest.text() not in _MODERN:
        yield fail(lowest, "accepts old TLS versions")


@rule(
    id="distribution-logged",
    title="Distributions write an access log",
    pillar="logging",
    severity="medium",
    why="Without it nobody can tell who asked for what.",
    remedy="Set logging_config with a bucket, or declare a cloudwatch.LogDeliverySource for the distribution.",
    references=("CF-003",),
    on=(t.DISTRIBUTION,),
)
def distribution_logged(distribution: Resource, ctx: Context) -> Iterator[Finding]:
    if distribution.get("loggingConfig").declared or distribution.users("resourceArn", t.LOG_DELIVERY_SOURCE):
        return
    yield fail(distribution.get("loggingConfig"), "writes no access log")


@rule(
    id="distribution-behind-firewall",
    title="Distributions have a web ACL",
    pillar="network",
    severity="medium",
    level="advisory",
    why="Rate limits and the managed rules have no other place in front of it.",
    remedy="Set web_acl_id to the ARN of a WebAcl with scope CLOUDFRONT.",
    references=("CF-004",),
    on=(t.DISTRIBUTION,),
    scope="resource",
)
def distribution_behind_firewall(distribution: Resource, ctx: Context) -> Iterator[Finding]:
    if not distribution.get("webAclId").declared:
        yield fail(distribution.get("webAclId"), "has no web ACL")


@rule(
    id="origin-encrypted",
    title="Distributions reach their origins over TLS 1.2",
    pillar="encryption",
    severity="medium",
    why="HTTPS up to the edge is worth little when the way to the origin is unencrypted.",
    remedy='Set origin_protocol_policy="https-only" and origin_ssl_protocols=["TLSv1.2"]; a website endpoint of S3 '
    "does not support TLS: use the bucket's own endpoint with an origin access control.",
    references=("CF-005",),
    on=(t.DISTRIBUTION,),
    scope="resource",
)
def origin_encrypted(distribution: Resource, ctx: Context) -> Iterator[Finding]:
    yield from each(distribution.get("origins").items(), lambda n: _origin(n, distribution))


def _origin(origin: Node, distribution: Resource) -> Iterator[Finding]:
    custom = origin.get("customOriginConfig")
    if not custom.declared:
        return
    policy = custom.get("originProtocolPolicy")
    follows = policy.text() == "match-viewer" and not any(_plain(distribution))
    if policy.text() != "https-only" and not follows:
        yield fail(policy, "reaches an origin without TLS")
    for protocol in custom.get("originSslProtocols").items():
        if policy.text() != "http-only" and protocol.text() not in ("TLSv1.2", "TLSv1.3"):
            yield fail(protocol, "reaches an origin over an old TLS version")


def _plain(distribution: Resource) -> Iterator[bool]:
    """For each cache behavior, whether it answers plain HTTP."""
    behaviors = distribution.get("orderedCacheBehaviors").items()
    for behavior in (distribution.get("defaultCacheBehavior"), *behaviors):
        yield not _HTTPS(behavior.get("viewerProtocolPolicy"))


@rule(
    id="bucket-origin-identified",
    title="Distributions sign their requests to buckets",
    pillar="auth",
    severity="medium",
    why="A bucket that the distribution reads without a signature has to be open to everybody.",
    remedy="Set origin_access_control_id on the origin.",
    references=("CF-006",),
    on=(t.DISTRIBUTION,),
    scope="resource",
)
def bucket_origin_identified(distribution: Resource, ctx: Context) -> Iterator[Finding]:
    def check(origin: Node) -> Iterator[Finding]:
        if origin.get("customOriginConfig").declared or not _S3_REST.search(origin.get("domainName").text()):
            return
        identity = origin.get("s3OriginConfig.originAccessIdentity")
        if not origin.get("originAccessControlId").declared and not identity.declared:
            yield fail(origin.get("originAccessControlId"), "reads a bucket without a signature")

    yield from each(distribution.get("origins").items(), check)


@rule(
    id="origin-header-no-secrets",
    title="Origin headers carry no secret in plain text",
    pillar="integrity",
    severity="high",
    why="Everybody who may read the distribution's configuration reads the header.",
    remedy="Let the origin trust a signature (origin access control, a VPC origin) in place of a shared header.",
    references=("CF-007",),
    on=(t.DISTRIBUTION,),
    scope="resource",
)
def origin_header_no_secrets(distribution: Resource, ctx: Context) -> Iterator[Finding]:
    def check(header: Node) -> Iterator[Finding]:
        name, value = header.get("name"), header.get("value")
        if is_secret(name.text().replace("-", "_"), value.text()) or name.text().lower() == "authorization":
            yield fail(value, "sends something that looks like a secret")

    for origin in distribution.get("origins").items():
        yield from each(origin.get("customHeaders").items(), check)


@rule(
    id="distribution-root-object",
    title="Distributions have a default root object",
    pillar="network",
    severity="low",
    level="advisory",
    why="Without it a request for the root may list what the origin holds.",
    remedy="Set default_root_object.",
    references=("CF-008",),
    on=(t.DISTRIBUTION,),
    scope="resource",
)
def distribution_root_object(distribution: Resource, ctx: Context) -> Iterator[Finding]:
    origins = distribution.get("origins").items()
    if origins and all(origin.get("customOriginConfig").declared for origin in origins):
        return  # a server of its own, which lists nothing unless it wants to
    yield from need(distribution.get("defaultRootObject"), lambda n: n.declared, "has no root object")
