"""A caller's way to a token: a file that says where to ask and who asks, and the request by client credentials."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from pulumi_preflight import jsonfile
from pulumi_preflight.errors import UserError

_TIMEOUT_SECONDS = 15


@dataclass(frozen=True)
class TokenSource:
    """Where tokens are asked for, with which scope, and each client's id and secret: the stack output `tokens`."""

    url: str
    scope: str
    ids: Mapping[str, str]
    secrets: Mapping[str, str] = field(repr=False)

    def client_of(self, key: str) -> str:
        """Whose token goes with an API key: the client of its name or of its beginning, else the first."""
        named = [name for name in self.ids if key == name or key.startswith(f"{name}-")]
        return max(named, key=len, default=next(iter(self.ids)))

    def token(self, client: str) -> str:
        """A new access token of a client. Raises UserError when none is given."""
        form = {"grant_type": "client_credentials", "scope": self.scope}
        host = urlsplit(self.url).hostname
        try:
            answer = httpx.post(
                self.url,
                data=form,
                auth=(self.ids[client], self.secrets[client]),
                timeout=_TIMEOUT_SECONDS,
                follow_redirects=False,
            )
            return str(answer.json()["access_token"])
        except (httpx.TransportError, httpx.InvalidURL):
            raise UserError(f"Nothing answers at {host}, where tokens are asked for.") from None
        except (ValueError, KeyError, TypeError):
            raise UserError(
                f"{host} gives {client} no token (HTTP {answer.status_code}): are id, secret and scope right?"
            ) from None


def source_of(content: Any, place: str) -> TokenSource:
    """The stack output `tokens` as it was read from `place`. Raises UserError when it is something else."""
    try:
        url, scope, ids, secrets = (content[name] for name in ("url", "scope", "ids", "secrets"))
        good = isinstance(url, str) and isinstance(scope, str) and bool(ids) and set(ids) == set(secrets)
        texts = all(isinstance(text, str) for text in (*ids.values(), *secrets.values()))
    except (KeyError, TypeError, AttributeError):
        good = texts = False
    if not good or not texts:
        raise UserError(
            f"{place} does not say where to ask for tokens: it must be JSON of url, scope, ids and secrets by client, "
            "as the stack output tokens is."
        )
    if not _private(url):
        raise UserError(f"{place} names an address for tokens that is not https: secrets are not sent there.")
    return TokenSource(url, scope, ids, secrets)


def load(path: Path) -> TokenSource:
    """Reads a tokens file. Raises UserError when it is something else."""
    return source_of(jsonfile.read(path, "the tokens file"), str(path))


def _private(url: str) -> bool:
    """Over TLS, or to this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        return bool(host) and (
            parts.scheme == "https" or (parts.scheme == "http" and ipaddress.ip_address(host).is_loopback)
        )
    except ValueError:
        return False
