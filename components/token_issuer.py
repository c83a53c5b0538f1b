"""TokenIssuer: who gives callers the tokens that the API asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from components.site import Site
from settings import Api

_SCOPE = "score"
_VALID_MINUTES = 60


class TokenIssuer(pulumi.ComponentResource):
    """A Cognito user pool without users: a machine client and a scope for each caller, or a pool that exists.

    An existing pool has to have a resource server named like the stack with the scope `score`, and clients of its own.
    """

    pool_arn: pulumi.Input[str]
    scope: str
    token_url: str
    ids: Mapping[str, pulumi.Output[str]]
    secrets: Mapping[str, pulumi.Output[str]]

    def __init__(
        self, name: str, site: Site, api: Api, *, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("fraud:security:TokenIssuer", name, {"existing": api.user_pool is not None}, opts)
        self.scope = f"{site.prefix}/{_SCOPE}"
        self.ids, self.secrets, self.token_url = {}, {}, ""
        if api.user_pool is not None:
            self.pool_arn = api.user_pool
        else:
            self._pool(name, site, api)
        self.register_outputs({"poolArn": self.pool_arn})

    def _pool(self, name: str, site: Site, api: Api) -> None:
        child = pulumi.ResourceOptions(parent=self)
        protect = site.safety.protect
        pool = aws.cognito.UserPool(
            name,
            name=f"{site.prefix}-callers",
            admin_create_user_config={"allow_admin_create_user_only": True},
            password_policy={
                "minimum_length": 16,
                "require_lowercase": True,
                "require_numbers": True,
                "require_symbols": True,
                "require_uppercase": True,
                "temporary_password_validity_days": 1,
            },
            deletion_protection="ACTIVE" if protect else "INACTIVE",
            tags=site.tags,
            opts=pulumi.ResourceOptions(parent=self, protect=protect),
        )
        server = aws.cognito.ResourceServer(
            name,
            user_pool_id=pool.id,
            identifier=site.prefix,
            name=site.prefix,
            scopes=[{"scope_name": _SCOPE, "scope_description": "May ask for scores"}],
            opts=child,
        )
        domain = f"{site.prefix}-{site.account}"
        aws.cognito.UserPoolDomain(name, domain=domain, user_pool_id=pool.id, opts=child)
        made = {
            client.name: aws.cognito.UserPoolClient(
                f"{name}-{client.name}",
                name=f"{site.prefix}-{client.name}",
                user_pool_id=pool.id,
                generate_secret=True,
                allowed_oauth_flows=["client_credentials"],
                allowed_oauth_flows_user_pool_client=True,
                allowed_oauth_scopes=[self.scope],
                supported_identity_providers=["COGNITO"],
                access_token_validity=_VALID_MINUTES,
                token_validity_units={"access_token": "minutes"},
                enable_token_revocation=True,
                prevent_user_existence_errors="ENABLED",
                opts=pulumi.ResourceOptions(parent=self, depends_on=[server]),
            )
            for client in api.clients
        }
        self.pool_arn = pool.arn
        self.token_url = f"https://{domain}.auth.{site.region}.amazoncognito.com/oauth2/token"
        self.ids = {caller: client.id for caller, client in made.items()}
        self.secrets = {c: pulumi.Output.secret(client.client_secret) for c, client in made.items()}


def optional_issuer(name: str, site: Site, api: Api) -> TokenIssuer | None:
    """The issuer where the settings ask for tokens, else None."""
    return TokenIssuer(name, site, api) if api.tokens else None


def token_output(issuer: TokenIssuer | None) -> dict[str, Any]:
    """What a caller needs for a token: address, scope, and per client an id and a secret; empty without tokens."""
    if issuer is None:
        return {}
    return {"url": issuer.token_url, "scope": issuer.scope, "ids": issuer.ids, "secrets": issuer.secrets}
