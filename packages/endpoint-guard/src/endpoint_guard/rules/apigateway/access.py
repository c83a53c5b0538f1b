"""Who may call the API: keys, signatures, routes."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import api, iam
from endpoint_guard import types as t
from endpoint_guard.accounts import narrow_network
from endpoint_guard.graph import Node, Resource
from endpoint_guard.rule import Context, Finding, Setting, fail, need, rule
from endpoint_guard.rules.apigateway.integrations import called_abroad

_AUTHORIZED = ("AWS_IAM", "CUSTOM", "COGNITO_USER_POOLS")


@rule(
    id="method-requires-api-key",
    title="Every exposed method asks for an API key",
    pillar="auth",
    severity="critical",
    level="advisory",
    why="Without a key a caller belongs to no usage plan: nothing meters, throttles or names it.",
    remedy="Set api_key_required=True on the method.",
    references=("AGW-001",),
    on=(t.METHOD,),
)
def method_requires_api_key(method: Resource, ctx: Context) -> Iterator[Finding]:
    if api.exposed(method):
        yield from need(method.get("apiKeyRequired"), Node.flag, "does not require an API key")


@rule(
    id="method-requires-authorization",
    title="Every exposed method authenticates its caller",
    pillar="auth",
    severity="critical",
    why="An API key identifies and meters; it is sent in plain text to every proxy and does not authenticate.",
    remedy='Set authorization="AWS_IAM" on the method, or an authorizer with authorizer_id.',
    references=("AGW-001", "AGW-002"),
    on=(t.METHOD,),
    settings={
        "kinds": Setting(list(_AUTHORIZED), "kinds of authorization that are accepted"),
        "maxCacheSeconds": Setting(300, "longest time a decision of an authorizer may be kept", 0, 3_600),
    },
)
def method_requires_authorization(method: Resource, ctx: Context) -> Iterator[Finding]:
    if not api.exposed(method):
        return
    authorization = method.get("authorization")
    yield from need(
        authorization, lambda n: n.text() in _AUTHORIZED, "lets anyone call without authentication"
    )
    if authorization.text() in set(_AUTHORIZED) - set(ctx.strings("kinds")):
        yield fail(authorization, "authenticates its caller in a way that is not accepted")
    if authorization.text() not in ("CUSTOM", "COGNITO_USER_POOLS"):
        return
    authorizers = method.targets("authorizerId", t.AUTHORIZER) if method.get("authorizerId").declared else []
    if not authorizers:
        yield fail(method.get("authorizerId"), "names an authorizer type but no authorizer of the stack")
    for authorizer in authorizers:
        pools = authorizer.get("type").text() == "COGNITO_USER_POOLS"
        if pools and not authorizer.get("providerArns").declared:
            yield fail(authorizer.get("providerArns"), "asks no user pool")
        yield from called_abroad(authorizer.get("authorizerUri"))
        kept = authorizer.get("authorizerResultTtlInSeconds")
        if (kept.number() or 0) > ctx.number("maxCacheSeconds"):
            yield fail(kept, "keeps the decision about a caller for too long")


@rule(
    id="options-is-a-mock",
    title="OPTIONS methods answer by themselves and name an origin",
    pillar="auth",
    severity="medium",
    level="advisory",
    why="A preflight method is exempt from keys; with a real integration it is an open door to the backend.",
    remedy="Give OPTIONS a MOCK integration and a named origin, or remove the method.",
    references=("AGW-G15",),
    on=(t.METHOD,),
)
def options_is_a_mock(method: Resource, ctx: Context) -> Iterator[Finding]:
    if method.get("httpMethod").text().upper() != "OPTIONS":
        return
    integrations = api.integrations_of(method)
    if not integrations or any(i.get("type").text().upper() != "MOCK" for i in integrations):
        yield fail(method.get("httpMethod"), "answers OPTIONS by something other than a mock")
    resource = method.targets("resourceId", t.API_RESOURCE)
    for response in method.graph.of(t.INTEGRATION_RESPONSE):
        if response.targets("resourceId", t.API_RESOURCE) == resource:
            for key, origin in response.get("responseParameters").entries():
                if key.lower().endswith("access-control-allow-origin") and "*" in origin.text():
                    yield fail(origin, "allows every origin")


@rule(
    id="no-catch-all-routes",
    title="Every route names its verb and its path",
    pillar="auth",
    severity="medium",
    level="advisory",
    why="ANY methods and {proxy+} paths expose what nobody reviewed, and validation and throttling miss them.",
    remedy="Declare one resource and one method per route.",
    references=("AGW-G14",),
    on=(t.METHOD, t.API_RESOURCE),
    scope="resource",
)
def no_catch_all_routes(resource: Resource, ctx: Context) -> Iterator[Finding]:
    if resource.type == t.METHOD:
        yield from need(resource.get("httpMethod"), lambda n: n.text().upper() != "ANY", "accepts any verb")
    else:
        yield from need(
            resource.get("pathPart"), lambda n: "+}" not in n.text(), "catches every path below it"
        )


@rule(
    id="api-key-source-header",
    title="The API key is read from the request header",
    pillar="auth",
    severity="low",
    level="advisory",
    why="Another source takes the key from an authorizer, which then decides who is metered as whom.",
    remedy='Leave api_key_source unset or set it to "HEADER".',
    references=("AGW-G06",),
    on=(t.REST_API,),
    scope="resource",
)
def api_key_source_header(rest_api: Resource, ctx: Context) -> Iterator[Finding]:
    source = rest_api.get("apiKeySource")
    yield from need(source, lambda n: n.text() in ("", "HEADER"), "does not read the API key from the header")


@rule(
    id="api-key-generated",
    title="API key values are generated by AWS",
    pillar="auth",
    severity="high",
    level="advisory",
    why="A value given by the program is in the source, in the state and in every diff.",
    remedy="Leave value unset: API Gateway generates it, and the provider keeps it secret.",
    references=("AGW-G05",),
    on=(t.API_KEY,),
    scope="resource",
)
def api_key_generated(key: Resource, ctx: Context) -> Iterator[Finding]:
    if key.get("value").declared:
        yield fail(key.get("value"), "gets its value from the program")


@rule(
    id="api-policy-not-anonymous",
    title="The API's resource policy does not allow anonymous callers",
    pillar="auth",
    severity="high",
    why="An Allow for everyone without a narrowing condition opens every method that relies on the policy.",
    remedy="Name principals, or add a condition on source network, VPC endpoint or account.",
    references=("AGW-020", "IAM-023"),
    on=(t.REST_API, t.REST_API_POLICY),
)
def api_policy_not_anonymous(resource: Resource, ctx: Context) -> Iterator[Finding]:
    node = resource.get("policy")
    if not node.declared:
        return
    for statement in iam.statements(node):
        narrow = statement.narrowed_by(iam.PRINCIPAL_CONDITIONS) or _from_networks(statement)
        if statement.allows and statement.anyone and not narrow:
            yield fail(statement.node.get("Principal"), "allows everyone without a narrowing condition")


def _from_networks(s: iam.Statement) -> bool:
    """Whether callers must come from named networks, none of them a large part of the internet."""
    networks = s.conditions.get("ipaddress", {}).get("aws:sourceip", [])
    return bool(networks) and all(narrow_network(text) for text in networks)


@rule(
    id="api-endpoint-type",
    title="The API has an allowed endpoint type",
    pillar="auth",
    severity="medium",
    level="advisory",
    why="An edge-optimised API adds a distribution outside the region and outside this stack's firewall.",
    remedy='Set endpoint_configuration={"types": "REGIONAL"}.',
    references=("AGW-003",),
    on=(t.REST_API,),
    scope="resource",
    settings={"types": Setting(["REGIONAL", "PRIVATE"], "allowed endpoint types")},
)
def api_endpoint_type(rest_api: Resource, ctx: Context) -> Iterator[Finding]:
    types = rest_api.get("endpointConfiguration.types")
    allowed = ctx.strings("types")
    if not types.texts() or any(text not in allowed for text in types.texts()):
        yield fail(types, "has an endpoint type that is not allowed")


@rule(
    id="default-host-closed",
    title="An API with a custom domain has its default host closed",
    pillar="auth",
    severity="high",
    level="advisory",
    why="Whoever calls the execute-api host gets past the domain's mutual TLS, its TLS policy and its front door.",
    remedy="Set disable_execute_api_endpoint=True on the API that the domain's mapping serves.",
    references=("AGW-G07",),
    on=(t.REST_API,),
)
def default_host_closed(rest_api: Resource, ctx: Context) -> Iterator[Finding]:
    if rest_api.users("restApi", t.BASE_PATH_MAPPING) or rest_api.users("apiId", t.API_MAPPING):
        closed = rest_api.get("disableExecuteApiEndpoint")
        yield from need(closed, Node.flag, "keeps its default host open beside a custom domain")


@rule(
    id="domain-modern-tls",
    title="Custom domains accept modern TLS only",
    pillar="auth",
    severity="high",
    why="TLS 1.0 and 1.1 are broken.",
    remedy='Set security_policy to "TLS_1_2" or one of the SecurityPolicy_TLS13_... policies.',
    references=("AGW-016",),
    on=(t.DOMAIN_NAME, t.REST_API),
    scope="resource",
)
def domain_modern_tls(resource: Resource, ctx: Context) -> Iterator[Finding]:
    policy = resource.get("securityPolicy")
    if not policy.declared:
        return  # API Gateway takes TLS_1_2
    text = policy.text()
    if text != "TLS_1_2" and not text.startswith(("SecurityPolicy_TLS13_1_2", "SecurityPolicy_TLS13_1_3")):
        yield fail(policy, "accepts old TLS versions")
