"""A Cognito user pool for a local server: its clients, the tokens that they get, and the check of a token.

Cognito signs with RS256 and publishes the public keys. Here server and issuer are one, so that a secret of this run
and HS256 do; the rest of a token is as Cognito makes it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pulumi_preflight.files import write_private

from localaws.declared_authorizer import MachineClient, TokenCheck
from localaws.errors import ServerError

ALGORITHM = "HS256"
EXPIRED = "The incoming token has expired"
"""What API Gateway says of such a token; of any other that is not valid it says "Unauthorized"."""


class TokenError(Exception):
    """The request has no token that the method takes. `kind` is the gateway response's type."""

    def __init__(self, kind: str, message: str = "") -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True)
class Client:
    """A machine client: id and secret, scopes, and how many seconds its tokens are valid."""

    id: str
    secret: str = field(repr=False)
    scopes: tuple[str, ...]
    seconds: int


@dataclass(frozen=True)
class Pool:
    """What issues tokens: as `issuer`, to the clients by name. Other pools' keys come from the same `secret`."""

    issuer: str
    secret: str = field(repr=False)
    clients: Mapping[str, Client]

    def access_token(self, client: Client, now: float, **changes: Any) -> str:
        """A signed access token as the client gets it; `changes` to its claims, for tests, may name another issuer."""
        claims = {
            "sub": client.id,
            "token_use": "access",
            "scope": " ".join(client.scopes),
            "auth_time": int(now),
            "iss": self.issuer,
            "exp": int(now) + client.seconds,
            "iat": int(now),
            "version": 2,
            "jti": str(uuid.uuid4()),
            "client_id": client.id,
        } | changes
        text = f"{encoded({'alg': ALGORITHM, 'typ': 'JWT'})}.{encoded(claims)}"
        return f"{text}.{self.signature(str(claims['iss']), text)}"

    def signature(self, issuer: str, text: str) -> str:
        """The signature of a token's first two parts by a pool's key."""
        key = hmac.digest(bytes.fromhex(self.secret), issuer.encode(), "sha256")
        return _base64(hmac.digest(key, text.encode("utf-8", "surrogateescape"), hashlib.sha256))


def issue(clients: Sequence[MachineClient], issuer: str) -> Pool:
    """A pool with new secrets."""
    made = {
        client.name: Client(secrets.token_hex(13), secrets.token_urlsafe(38), client.scopes, client.seconds)
        for client in clients
    }
    return Pool(issuer, secrets.token_hex(32), made)


def write(pool: Pool, path: Path) -> None:
    """Writes it as JSON with mode 0600. Raises UserError when that fails."""
    write_private(path, asdict(pool))


def write_clients(pool: Pool, url: str, path: Path) -> None:
    """Writes where and as whom tokens are asked for, as the stack output `tokens` says it, with mode 0600."""
    content = {
        "url": url,
        "scope": " ".join(
            dict.fromkeys(scope for client in pool.clients.values() for scope in client.scopes)
        ),
        "ids": {name: client.id for name, client in pool.clients.items()},
        "secrets": {name: client.secret for name, client in pool.clients.items()},
    }
    write_private(path, content)


def load(path: Path) -> Pool:
    """Reads what `write` wrote. Raises ServerError when it is something else."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        clients = {
            name: Client(**client | {"scopes": tuple(client["scopes"])})
            for name, client in content["clients"].items()
        }
        return Pool(content["issuer"], content["secret"], clients)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        raise ServerError(f"{path} is not the file of a user pool.") from None


def verify(
    presented: str | None, check: TokenCheck, pool: Pool, *, clock: Callable[[], float] = time.time
) -> dict[str, Any]:
    """The claims of a token that `check` takes, in the header with or without `Bearer`. Raises TokenError.

    AWS: "Control access to REST APIs using Amazon Cognito user pools", PutMethod's authorizationScopes, "Gateway
    response types". That a missing scope is ACCESS_DENIED is taken from the last, which names nobody else's refusal.
    """
    head, claims, text, signature = _taken_apart(presented or "")
    if head.get("alg") != ALGORITHM:
        raise TokenError("UNAUTHORIZED")
    issuer = claims.get("iss")
    if issuer not in check.issuers:
        raise TokenError("UNAUTHORIZED")
    if not hmac.compare_digest(pool.signature(str(issuer), text).encode(), signature.encode()):
        raise TokenError("UNAUTHORIZED")
    end = claims.get("exp")
    if not isinstance(end, int) or end <= clock():
        raise TokenError("UNAUTHORIZED", EXPIRED)
    if claims.get("token_use") != ("access" if check.scopes else "id"):
        raise TokenError("UNAUTHORIZED")
    if check.scopes and not set(check.scopes) & set(str(claims.get("scope")).split()):
        raise TokenError("ACCESS_DENIED")
    return claims


def encoded(part: Mapping[str, Any]) -> str:
    """A part of a token as it is written."""
    return _base64(json.dumps(part, separators=(",", ":")).encode())


def decoded(part: str) -> dict[str, Any]:
    """A part of a token as it is meant. Raises ValueError when it is not an object."""
    try:
        content = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(content, dict):
        raise ValueError("not an object")
    return content


def _taken_apart(presented: str) -> tuple[dict[str, Any], dict[str, Any], str, str]:
    """Header, claims, the text that is signed, and the signature."""
    try:
        head, claims, signature = presented.removeprefix("Bearer ").split(".")
        return decoded(head), decoded(claims), f"{head}.{claims}", signature
    except ValueError:
        raise TokenError("UNAUTHORIZED") from None


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
