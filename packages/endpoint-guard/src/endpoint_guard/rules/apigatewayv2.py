"""HTTP and WebSocket APIs, and custom domains: the same protection as for REST APIs."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import types as t
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, Setting, fail, property_rule, rule

http_route_authorized = property_rule(
    __name__,
    id="http-route-authorized",
    title="Every route of an HTTP API authenticates its caller",
    pillar="auth",
    severity="high",
    why="HTTP APIs know no API keys: a route without authorization is open to everybody.",
    remedy="Set authorization_type to AWS_IAM, JWT or CUSTOM.",
    references=("AGW-021",),
    on=t.HTTP_ROUTE,
    path="authorizationType",
    good=lambda node: node.text() in ("AWS_IAM", "JWT", "CUSTOM"),
    text="lets anyone call without authentication",
)

http_stage_logged = property_rule(
    __name__,
    id="http-stage-logged",
    title="Every stage of an HTTP API writes an access log",
    pillar="auth",
    severity="medium",
    why="Without it nobody can tell who did what.",
    remedy="Set access_log_settings with destination_arn and format.",
    references=("AGW-022",),
    on=t.HTTP_STAGE,
    path="accessLogSettings.destinationArn",
    good=lambda node: node.declared,
    text="writes no access log",
)


@rule(
    id="http-stage-throttled",
    title="Every stage of an HTTP API throttles",
    pillar="auth",
    severity="medium",
    why="The default is the account's limit.",
    remedy="Set default_route_settings with throttling_rate_limit and throttling_burst_limit.",
    references=("AGW-023",),
    on=(t.HTTP_STAGE,),
    scope="resource",
    settings={"maxRate": Setting(200, "requests per second a stage may allow", 1, 10_000)},
)
def http_stage_throttled(stage: Resource, ctx: Context) -> Iterator[Finding]:
    limits = stage.get("defaultRouteSettings")
    for name in ("throttlingRateLimit", "throttlingBurstLimit"):
        if (limits.get(name).number() or 0) <= 0:
            yield fail(limits.get(name), "sets no limit")
    if (limits.get("throttlingRateLimit").number() or 0) > ctx.number("maxRate"):
        yield fail(limits.get("throttlingRateLimit"), "sets a rate limit above the ceiling")


http_domain_tls = property_rule(
    __name__,
    id="http-domain-tls",
    title="Custom domains of HTTP APIs accept modern TLS only",
    pillar="auth",
    severity="medium",
    why="TLS 1.0 and 1.1 are broken.",
    remedy='Set security_policy="TLS_1_2" in domain_name_configuration.',
    references=("AGW-024",),
    on=t.HTTP_DOMAIN,
    path="domainNameConfiguration.securityPolicy",
    good=lambda node: node.text() == "TLS_1_2",
    text="accepts old TLS versions",
)


@rule(
    id="http-integration-tls",
    title="Private integrations of HTTP APIs use TLS",
    pillar="auth",
    severity="medium",
    why="Inside the network a plain connection is read by whoever got in.",
    remedy="Set tls_config with server_name_to_verify.",
    references=("AGW-025",),
    on=(t.HTTP_INTEGRATION,),
    scope="resource",
)
def http_integration_tls(integration: Resource, ctx: Context) -> Iterator[Finding]:
    private = integration.get("connectionType").text() == "VPC_LINK"
    if private and not integration.get("tlsConfig.serverNameToVerify").declared:
        yield fail(integration.get("tlsConfig"), "calls a private backend in clear")


@rule(
    id="domain-mutual-tls",
    title="Mutual TLS trusts a pinned list of the stack",
    pillar="auth",
    severity="low",
    level="advisory",
    why="Whoever can replace the trust store decides who is a client.",
    remedy="Set truststore_version, and keep the trust store in a bucket of the stack.",
    references=("AGW-G19",),
    on=(t.DOMAIN_NAME, t.HTTP_DOMAIN),
)
def domain_mutual_tls(domain: Resource, ctx: Context) -> Iterator[Finding]:
    mutual = domain.get("mutualTlsAuthentication")
    if not mutual.declared:
        return
    if not mutual.get("truststoreVersion").declared:
        yield fail(mutual.get("truststoreVersion"), "trusts whatever list is there")
    address = mutual.get("truststoreUri")
    linked = domain.targets("mutualTlsAuthentication", t.BUCKET, t.BUCKET_OBJECT, t.BUCKET_OBJECT_OLD)
    if not linked and not any(
        found.type == t.BUCKET
        for found in ctx.graph.known_as(address.text().removeprefix("s3://").split("/")[0])
    ):
        yield fail(address, "trusts a list outside the stack")
