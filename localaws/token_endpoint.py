"""Where a machine client gets its token, as at a Cognito domain: `POST /oauth2/token` with client credentials.

On AWS this is another host than the API's: no firewall of the stack stands before it, and none does here.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import time
from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from localaws.user_pool import Client, Pool

PATH = "/oauth2/token"
_LIMIT_BYTES = 8192
_NO_STORE = {"cache-control": "no-store"}


class TokenEndpoint:
    """Answers at PATH for `pool`, and leaves every other request to `api`."""

    def __init__(self, pool: Pool, api: ASGIApp) -> None:
        self._pool, self._api = pool, api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != PATH:
            await self._api(scope, receive, send)
            return
        response = await self._answer(Request(scope, receive))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> JSONResponse:
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > _LIMIT_BYTES:
                return _refused("invalid_request")
        asked = dict(parse_qsl(body.decode("utf-8", "replace"))) if request.method == "POST" else {}
        if asked.get("grant_type") != "client_credentials":
            return _refused("unsupported_grant_type" if "grant_type" in asked else "invalid_request")
        client = self._client(request.headers.get("authorization", ""), asked)
        if client is None:
            return _refused("invalid_client")
        scopes = tuple(asked.get("scope", "").split()) or client.scopes
        if not set(scopes) <= set(client.scopes):
            return _refused("invalid_scope")
        token = self._pool.access_token(client, time.time(), scope=" ".join(scopes))
        given = {"access_token": token, "expires_in": client.seconds, "token_type": "Bearer"}
        return JSONResponse(given, 200, _NO_STORE)

    def _client(self, authorization: str, asked: Mapping[str, str]) -> Client | None:
        """The client whose id and secret were sent, as Basic authentication or in the body."""
        identity, secret = asked.get("client_id", ""), asked.get("client_secret", "")
        if authorization.startswith("Basic "):
            try:
                pair = base64.b64decode(authorization.removeprefix("Basic "), validate=True).decode()
            except (binascii.Error, UnicodeDecodeError):
                return None
            identity, _, secret = pair.partition(":")
        found = [client for client in self._pool.clients.values() if client.id == identity]
        if found and hmac.compare_digest(found[0].secret.encode(), secret.encode()):
            return found[0]
        return None


def _refused(error: str) -> JSONResponse:
    return JSONResponse({"error": error}, 400, _NO_STORE)
