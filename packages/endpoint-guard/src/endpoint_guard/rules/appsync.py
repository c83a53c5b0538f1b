"""GraphQL and event APIs: callers authenticate, requests are logged, the cache is encrypted."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import types as t
from endpoint_guard.expect import on, one_of
from endpoint_guard.graph import Node, Resource
from endpoint_guard.rule import Context, Finding, each, fail, need, property_rule, rule


@rule(
    id="graphql-authenticates",
    title="AppSync APIs know who calls",
    pillar="auth",
    severity="high",
    why="An API key is the same for everybody, is in the client's code and lives for a year.",
    remedy="Use AWS_IAM, AMAZON_COGNITO_USER_POOLS, OPENID_CONNECT or AWS_LAMBDA for every way in.",
    references=("ASY-001",),
    on=(t.GRAPHQL_API, t.EVENT_API),
    scope="resource",
)
def graphql_authenticates(api: Resource, ctx: Context) -> Iterator[Finding]:
    def check(node: Node) -> Iterator[Finding]:
        return need(node, lambda n: n.text() != "API_KEY", "accepts an API key as authentication")

    yield from each([api.get("authenticationType")], check)
    ways = api.get("additionalAuthenticationProviders").items()
    yield from each([way.get("authenticationType") for way in ways], check)
    yield from each([way.get("authType") for way in api.get("eventConfig.authProviders").items()], check)


@rule(
    id="graphql-logged",
    title="AppSync APIs log their requests",
    pillar="logging",
    severity="medium",
    why="Without a log nobody can tell who did what.",
    remedy='Set log_config with cloudwatch_logs_role_arn and field_log_level="ERROR" or "ALL".',
    references=("ASY-002",),
    on=(t.GRAPHQL_API, t.EVENT_API),
    scope="resource",
)
def graphql_logged(api: Resource, ctx: Context) -> Iterator[Finding]:
    events = api.type == t.EVENT_API
    level = api.get("eventConfig.logConfig.logLevel" if events else "logConfig.fieldLogLevel")
    if level.text() in ("", "NONE"):
        yield fail(level, "does not log its requests")


@rule(
    id="graphql-behind-firewall",
    title="A GraphQL API that faces the internet has a web ACL",
    pillar="network",
    severity="medium",
    level="advisory",
    why="Rate limits and the managed rules have no other place in front of it.",
    remedy="Declare wafv2.WebAclAssociation with the API's ARN.",
    references=("ASY-003",),
    on=(t.GRAPHQL_API,),
)
def graphql_behind_firewall(api: Resource, ctx: Context) -> Iterator[Finding]:
    if api.get("visibility").text() != "PRIVATE" and not api.users("resourceArn", t.WEB_ACL_ASSOCIATION):
        yield fail(api, "faces the internet without a web ACL", "arn")


graphql_schema_hidden = property_rule(
    __name__,
    id="graphql-schema-hidden",
    title="GraphQL APIs do not describe themselves to callers",
    pillar="network",
    severity="low",
    level="advisory",
    why="Introspection hands every caller the list of what there is to try.",
    remedy='Set introspection_config="DISABLED".',
    references=("ASY-004",),
    on=t.GRAPHQL_API,
    path="introspectionConfig",
    good=one_of("DISABLED"),
    text="describes its schema to every caller",
)

graphql_traced = property_rule(
    __name__,
    id="graphql-traced",
    title="GraphQL APIs are traced",
    pillar="logging",
    severity="low",
    level="advisory",
    why="A trace shows where a slow or failed request went.",
    remedy="Set xray_enabled=True.",
    references=("ASY-005",),
    on=t.GRAPHQL_API,
    path="xrayEnabled",
    good=on,
    text="is not traced",
)


@rule(
    id="graphql-cache-encrypted",
    title="The cache of a GraphQL API is encrypted, at rest and on the way",
    pillar="encryption",
    severity="medium",
    why="The cache holds answers, and with them the data of those who asked.",
    remedy="Set at_rest_encryption_enabled=True and transit_encryption_enabled=True.",
    references=("ASY-006",),
    on=(t.GRAPHQL_CACHE,),
    scope="resource",
)
def graphql_cache_encrypted(cache: Resource, ctx: Context) -> Iterator[Finding]:
    yield from need(cache.get("atRestEncryptionEnabled"), on, "stores answers unencrypted")
    yield from need(cache.get("transitEncryptionEnabled"), on, "sends answers unencrypted")
