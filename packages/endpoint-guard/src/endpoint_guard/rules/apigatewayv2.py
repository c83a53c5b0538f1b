"""HTTP and WebSocket APIs, and custom domains: the same protection as for REST APIs."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import types as t
from endpoint_guard.accounts import abroad
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, Setting, fail, need, property_rule, rule


@rule(
    id="http-route-authorized",
    title="Every route of an HTTP API authenticates its caller",
    pillar="auth",
    severity="high",
    why="HTTP APIs do not support API keys: a route without authorization is open to everybody.",
    remedy="Set authorization_type to AWS_IAM, JWT or CUSTOM; declare routes instead of a target on the API.",
    references=("AGW-021",),
    on=(t.HTTP_ROUTE, t.HTTP_API),
    scope="resource",
)
def http_route_authorized(resource: Resource, ctx: Context) -> Iterator[Finding]:
    if resource.type == t.HTTP_API:
        if resource.get("target").declared:
            yield fail(resource.get("target"), "makes a route that lets anyone call without authentication")
        return
    kind = resource.get("authorizationType")
    good = ("AWS_IAM", "JWT", "CUSTOM")
    yield from need(kind, lambda n: n.text() in good, "lets anyone call without authentication")


@rule(
    id="http-stage-logged",
    title="Every stage of an HTTP API writes an access log, into a group of the stack",
    pillar="auth",
    severity="medium",
    why="Without it nobody can tell who did what; elsewhere, nobody of the stack can.",
    remedy="Set access_log_settings with the destination_arn of a log group of the stack, and a format.",
    references=("AGW-022",),
    on=(t.HTTP_STAGE, t.HTTP_API),
)
def http_stage_logged(resource: Resource, ctx: Context) -> Iterator[Finding]:
    if resource.type == t.HTTP_API:
        if _has_stage_of_its_own(resource):
            yield fail(resource.get("target"), "makes a stage that writes no access log")
        return
    node = resource.get("accessLogSettings.destinationArn")
    if not node.declared:
        yield fail(node, "writes no access log")
    elif not resource.targets("accessLogSettings", t.LOG_GROUP, t.FIREHOSE) and abroad(node):
        yield fail(node, "writes its access log into another account")


def _has_stage_of_its_own(api: Resource) -> bool:
    """Whether API Gateway makes the API's stage: it does for a target, and nothing can be set on that stage."""
    return api.get("target").declared and not api.users("apiId", t.HTTP_STAGE)


@rule(
    id="http-stage-throttled",
    title="Every stage of an HTTP API throttles, and no route of it less",
    pillar="auth",
    severity="medium",
    why="The default is the account's limit; a route's own settings replace those of the stage.",
    remedy="Set default_route_settings with throttling_rate_limit and throttling_burst_limit.",
    references=("AGW-023",),
    on=(t.HTTP_STAGE, t.HTTP_API),
    settings={
        "maxRate": Setting(200, "requests per second a stage may allow", 1, 10_000),
        "maxBurst": Setting(400, "requests at once a stage may allow", 1, 10_000),
    },
)
def http_stage_throttled(resource: Resource, ctx: Context) -> Iterator[Finding]:
    if resource.type == t.HTTP_API:
        if _has_stage_of_its_own(resource):
            yield fail(resource.get("target"), "makes a stage that sets no limit")
        return
    ceilings = {"throttlingRateLimit": "maxRate", "throttlingBurstLimit": "maxBurst"}
    places = [resource.get("defaultRouteSettings"), *resource.get("routeSettings").items()]
    for place in places:
        for name, setting in ceilings.items():
            limit = place.get(name)
            if (limit.number() or 0) <= 0:
                yield fail(limit, "sets no limit")
            elif (limit.number() or 0) > ctx.number(setting):
                yield fail(limit, "sets a limit above the ceiling")


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
    title="Integrations of HTTP APIs use TLS",
    pillar="auth",
    severity="medium",
    why="A plain connection can be read by anyone on its path, inside the network too.",
    remedy="Use an https address; for a private integration set tls_config with server_name_to_verify.",
    references=("AGW-025",),
    on=(t.HTTP_INTEGRATION, t.HTTP_API),
    scope="resource",
)
def http_integration_tls(resource: Resource, ctx: Context) -> Iterator[Finding]:
    private = resource.get("connectionType").text() == "VPC_LINK"
    if private and not resource.get("tlsConfig.serverNameToVerify").declared:
        yield fail(resource.get("tlsConfig"), "calls a private backend without TLS")
    address = resource.get("target" if resource.type == t.HTTP_API else "integrationUri")
    yield from need(
        address, lambda n: not n.text().lower().startswith("http://"), "calls its backend without TLS"
    )


@rule(
    id="http-integration-calls-code",
    title="Integrations of HTTP APIs lead to code, not straight to another service",
    pillar="auth",
    severity="low",
    level="advisory",
    why="A queue or a state machine takes what the caller sent before any code has looked at it.",
    remedy="Leave integration_subtype unset and call a function that checks the request.",
    references=("AGW-G16",),
    on=(t.HTTP_INTEGRATION,),
    scope="resource",
)
def http_integration_calls_code(integration: Resource, ctx: Context) -> Iterator[Finding]:
    subtype = integration.get("integrationSubtype")
    if subtype.declared:
        yield fail(subtype, "hands requests to another service unread")


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
