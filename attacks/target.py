"""Whom to attack, with what, and what to expect of it."""

from __future__ import annotations

import ipaddress
import secrets
import ssl
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from botocore.credentials import Credentials
from botocore.session import Session
from pulumi_preflight import jsonfile
from pulumi_preflight.errors import UserError

from attacks.bearer import Purse
from attacks.probe import Key, Need, Probe, Request, Signature, Source, Token

_NAMED = set(Key) - {Key.OWN, Key.NONE, Key.RANDOM, Key.CUT}


@dataclass(frozen=True)
class Promise:
    """What the stack promises of its enforcement; the defaults are the strictest stack's.

    `window_limit` is what one address may send in five minutes; `rate` what a run may send in a second outside
    floods; `quota` that of the keys made for using one up; `lag` how many seconds a limit may take
    to have effect. `declared`
    means that all this comes from a stack.
    """

    signed: bool = True
    tokens: bool = False
    blocks_bots: bool = True
    recipe: str = "boosted"
    window_limit: int = 1000
    rate: float = 20
    second_burst: int = 4
    stage_rate: float = 50
    stage_burst: int = 100
    quota: int = 20
    lag: float = 60
    known_caller: str | None = None
    declared: bool = False


@dataclass(frozen=True)
class Signer:
    """Credentials of a caller that the stage admits."""

    credentials: Credentials = field(repr=False)
    region: str


@dataclass(frozen=True)
class Target:
    """One address and everything a run may use against it. `plays_addresses`: the server believes
    `x-preflight-source-ip`.
    """

    url: str
    promise: Promise
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    signer: Signer | None = None
    known_caller: str | None = None
    log_dir: Path | None = None
    plays_addresses: bool = False
    purse: Purse | None = None

    @property
    def loopback(self) -> bool:
        """The address is on this machine."""
        host = urlsplit(self.url).hostname or ""
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"

    def key(self, which: Key) -> str | None:
        """The key's value; RANDOM is another one each time. None when there is none."""
        values = [value for name, value in self.keys.items() if name not in _NAMED]
        if which is Key.RANDOM:
            return secrets.token_hex(20)
        if which is Key.NONE or not values:
            return None
        if which is Key.SECOND and len(values) > 1:
            return values[1]
        if which in _NAMED:
            return self.keys.get(which.value)
        return values[0][:-1] if which is Key.CUT else values[0]

    def secrets(self) -> tuple[str, ...]:
        """Everything that must not be found anywhere afterwards."""
        own = (str(self.signer.credentials.secret_key),) if self.signer else ()
        return (*self.keys.values(), *own, *(self.purse.own if self.purse else ()))

    def missing(self, probe: Probe) -> str | None:
        """What the probe needs and this target has not, or None."""
        requests = [r for step in probe.steps if not step.if_possible for r in step.requests]
        lacking = next((need.value for need in probe.needs if not self._has(need)), None)
        return lacking or self.missing_for(requests)

    def missing_for(self, requests: Iterable[Request]) -> str | None:
        """The same for some requests."""
        for request in requests:
            lacking = next((need.value for need in self._needs(request) if not self._has(need)), None)
            if lacking:
                return lacking
            if request.key is not Key.NONE and self.key(request.key) is None:
                return f"{Need.NAMED_KEY}{request.key.value}"
            if self.purse and self.promise.tokens and self.bearer(request) is None:
                if request.token is Token.OTHER_CLIENT:
                    return "a second client in the tokens file"
                if request.token is not Token.NONE:
                    return Need.POOL.value
        return None

    def bearer(self, request: Request) -> str | None:
        """The token that a request carries, wherever it carries it."""
        return self.purse.token(request.token) if self.purse and self.promise.tokens else None

    def _needs(self, request: Request) -> Iterator[Need]:
        if request.key not in (Key.NONE, Key.RANDOM):
            yield Need.KEY
        if request.signature is not Signature.NONE and self.promise.signed:
            yield Need.CREDENTIALS
        if request.token is not Token.NONE and self.promise.tokens:
            yield Need.CLIENT
        if request.source is Source.KNOWN:
            yield Need.KNOWN_CALLER
        if request.source is Source.OTHER:
            yield Need.ADDRESSES

    def _has(self, need: Need) -> bool:
        return {
            Need.KEY: bool(self.keys),
            Need.SIGNATURES: self.promise.signed,
            Need.TOKENS: self.promise.tokens,
            Need.CLIENT: self.purse is not None,
            Need.POOL: self.purse is not None and self.purse.pool is not None,
            Need.CREDENTIALS: self.signer is not None,
            Need.ADDRESSES: self.plays_addresses,
            Need.KNOWN_CALLER: self.known_caller is not None,
            Need.LOGS: self.log_dir is not None,
            Need.BOTS_BLOCKED: self.promise.blocks_bots,
            Need.PLANS: self.promise.declared,
            Need.TLS: self.url.startswith("https:") and ssl.HAS_TLSv1_1,
        }[need]


def read_signer(path: Path) -> Signer:
    """Credentials from a JSON file with access_key_id, secret_access_key, region and perhaps session_token."""
    content = jsonfile.read(path, "the credentials file")
    try:
        credentials = Credentials(
            content["access_key_id"], content["secret_access_key"], content.get("session_token")
        )
        return Signer(credentials, str(content["region"]))
    except (KeyError, TypeError, AttributeError):
        raise UserError(
            f"{path} is not a credentials file: it must be JSON with access_key_id, secret_access_key and region."
        ) from None


def default_signer(region: str) -> Signer:
    """The credentials that boto3 would use, for a region."""
    credentials = Session().get_credentials()
    if credentials is None:
        raise UserError("There are no AWS credentials to sign with: set AWS_PROFILE or log in first.")
    return Signer(credentials.get_frozen_credentials(), region)
