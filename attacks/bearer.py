"""Tokens that a run sends: its clients' own, and what an attacker makes of them."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from attacks.probe import Token
from localaws.declared_authorizer import issuer_of
from localaws.token_client import TokenSource
from localaws.user_pool import Client, Pool, decoded, encoded

OTHER_POOL = "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_Elsewhere"
"""A pool that no stack trusts."""
OTHER_SCOPE = "elsewhere/read"

_ISSUED: Mapping[Token, Callable[[Client, float], Mapping[str, object]]] = {
    Token.EXPIRED: lambda client, now: {"exp": int(now) - 60, "iat": int(now) - 60 - client.seconds},
    Token.OTHER_POOL: lambda client, now: {"iss": issuer_of(OTHER_POOL)},
    Token.OTHER_SCOPE: lambda client, now: {"scope": OTHER_SCOPE},
    Token.USERS: lambda client, now: {"token_use": "id", "aud": client.id},
}
"""What another claims than a client's own, each signed by the pool that it names."""


@dataclass(frozen=True)
class Purse:
    """The access tokens of the run's clients, and the pool when it is this run's own."""

    own: tuple[str, ...] = field(repr=False)
    pool: Pool | None = field(default=None, repr=False)

    def token(self, which: Token) -> str | None:
        """The token as a probe asks for it; None when there is none."""
        if which in _ISSUED:
            return self._issued(which)
        if which is Token.OTHER_CLIENT:
            return self.own[1] if len(self.own) > 1 else None
        return None if which is Token.NONE else _altered(self.own[0], which)

    def _issued(self, which: Token) -> str | None:
        if self.pool is None:
            return None
        client, now = next(iter(self.pool.clients.values())), time.time()
        return self.pool.access_token(client, now, **_ISSUED[which](client, now))


def filled(source: TokenSource, pool: Pool | None = None) -> Purse:
    """A token for each client of `source`. Raises UserError when one is not given."""
    return Purse(tuple(source.token(client) for client in source.ids), pool)


def _altered(token: str, which: Token) -> str:
    """A valid token with something about it changed, and nobody's signature renewed."""
    head, claims, signature = token.split(".")
    if which is Token.CHANGED:
        claims = encoded(decoded(claims) | {"client_id": "somebody-else", "sub": "somebody-else"})
    if which is Token.UNSIGNED:
        head, signature = encoded({"alg": "none", "typ": "JWT"}), ""
    if which is Token.FORGED:
        forger = Pool("", secrets.token_hex(32), {})
        signature = forger.signature("", f"{head}.{claims}")
    return f"{head}.{claims}.{signature}"
