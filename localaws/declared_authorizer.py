"""Resource graph -> what a method asks of a token, and the machine clients that may get one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pulumi_preflight.graph import UNKNOWN, Graph

from localaws import tokens
from localaws.errors import ServerError

USER_POOLS = "COGNITO_USER_POOLS"
_HEADER = "method.request.header."
_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}
_DEFAULT_HOURS = 1
"""AWS's default for an access token."""


@dataclass(frozen=True)
class TokenCheck:
    """The header that holds the token, the pools whose tokens are taken (as issuers), and the scopes, one of which
    an access token must have. Without scopes an ID token is asked for.

    `elsewhere` are those of the pools that the stack does not declare.
    """

    header: str
    issuers: tuple[str, ...]
    scopes: tuple[str, ...]
    elsewhere: tuple[str, ...] = ()


@dataclass(frozen=True)
class MachineClient:
    """A client that gets access tokens by its id and secret: their scopes, and their time in seconds."""

    name: str
    scopes: tuple[str, ...]
    seconds: int = 3600


def read_token_check(graph: Graph, method: Mapping[str, Any], route: str) -> TokenCheck | None:
    """What a method asks of a token, None when it asks for none. Raises ServerError for what is not imitated."""
    if method.get("authorization") != USER_POOLS:
        return None
    for item in graph.by_type(tokens.AUTHORIZER):
        inputs = item["inputs"]
        if item["id"] == method.get("authorizerId") and inputs.get("type") == USER_POOLS:
            source = str(inputs.get("identitySource") or f"{_HEADER}Authorization")
            arns = [str(arn) for arn in inputs.get("providerArns") or ()]
            if not source.startswith(_HEADER) or inputs.get("identityValidationExpression"):
                raise ServerError(
                    f"The authorizer of {route} reads something other than a header, or validates by an expression: "
                    "neither is imitated."
                )
            if not arns or UNKNOWN in arns:
                raise ServerError(f"The authorizer of {route} has no known user pool: serve the update form.")
            declared = {str(pool["outputs"].get("arn")) for pool in graph.by_type(tokens.USER_POOL)}
            return TokenCheck(
                source.removeprefix(_HEADER).lower(),
                tuple(issuer_of(arn) for arn in arns),
                tuple(str(scope) for scope in method.get("authorizationScopes") or ()),
                tuple(arn for arn in arns if arn not in declared),
            )
    raise ServerError(f"{route} asks for a token, and the stack declares no authorizer of user pools for it.")


def read_machine_clients(
    graph: Graph, checks: Sequence[TokenCheck], callers: Sequence[str]
) -> tuple[MachineClient, ...]:
    """The declared clients of the credentials flow; of a pool elsewhere one for each of `callers`, with all scopes."""
    if not checks:
        return ()
    found = [
        MachineClient(
            str(inputs.get("name")),
            tuple(str(scope) for scope in inputs.get("allowedOauthScopes") or ()),
            _seconds(inputs),
        )
        for item in graph.by_type(tokens.USER_POOL_CLIENT)
        if "client_credentials" in ((inputs := item["inputs"]).get("allowedOauthFlows") or ())
    ]
    if any(check.elsewhere for check in checks):
        scopes = tuple(dict.fromkeys(scope for check in checks for scope in check.scopes))
        found += [MachineClient(name, scopes) for name in callers]
    return tuple(found)


def issuer_of(pool_arn: str) -> str:
    """How a pool's tokens name their issuer (AWS: "Understanding the access token")."""
    region = (pool_arn.split(":") + [""] * 4)[3]
    return f"https://cognito-idp.{region}.amazonaws.com/{pool_arn.rpartition('/')[2]}"


def _seconds(client: Mapping[str, Any]) -> int:
    unit = (client.get("tokenValidityUnits") or {}).get("accessToken") or "hours"
    return int(client.get("accessTokenValidity") or _DEFAULT_HOURS) * _SECONDS.get(str(unit), 3600)
