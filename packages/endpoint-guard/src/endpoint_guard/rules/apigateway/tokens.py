"""Tokens of a user pool or another issuer: a route asks for those that were issued for it."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import types as t
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, fail, rule
from endpoint_guard.rules.apigateway.definitions import Operation, unless

_ANY = "accepts the tokens of every client of the user pool"


@rule(
    id="token-scopes-asked",
    title="Methods that accept tokens ask for a scope or an audience",
    pillar="auth",
    severity="medium",
    level="advisory",
    why="Without a scope a Cognito authorizer accepts the ID token of any app client of the pool, and a JWT authorizer "
    "without an audience any token of the issuer: those of another application too.",
    remedy="Set authorization_scopes on the method or route, with a scope of a resource server of this API; for a JWT "
    "authorizer, audiences in jwt_configuration are enough.",
    references=("AGW-027",),
    on=(t.METHOD, t.HTTP_ROUTE, t.REST_API, t.REST_API_PUT),
)
def token_scopes_asked(resource: Resource, ctx: Context) -> Iterator[Finding]:
    if resource.type in (t.REST_API, t.REST_API_PUT):
        yield from unless(resource, Operation.asks_tokens_for_scopes, _ANY)
        return
    scopes = resource.get("authorizationScopes")
    if resource.type == t.METHOD:
        if resource.get("authorization").text() == "COGNITO_USER_POOLS" and not scopes.declared:
            yield fail(scopes, _ANY)
    elif resource.get("authorizationType").text() == "JWT" and not scopes.declared:
        authorizers = resource.targets("authorizerId", t.HTTP_AUTHORIZER)
        if any(not one.get("jwtConfiguration.audiences").declared for one in authorizers):
            yield fail(scopes, "accepts every token of the issuer")
