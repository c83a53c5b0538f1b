"""Puts one request on the wire and reads one answer, within the run's bounds."""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections import deque
from collections.abc import AsyncIterator
from urllib.parse import urlsplit, urlunsplit

import httpx
from pulumi_preflight.errors import UserError

from attacks import signing
from attacks.evidence import Answer
from attacks.probe import CLOSED, OUTSIDE, Key, Request, Source, Tls, Token, Valid, purchase
from attacks.target import Target

_TIMEOUT = httpx.Timeout(40, connect=5)
_OTHER = "203.0.113.250"
_ANSWER_LIMIT_BYTES = 1024 * 1024
_PATIENCE = 6
_FASTER = 4
_SLOWER = 0.7
_SLOWEST = 0.5
WINDOW_SECONDS = 300
"""Over which the firewall counts an address."""
ADDRESS_HEADER = "x-preflight-source-ip"


class BudgetExceeded(Exception):
    """The run has sent as many requests as it may."""


class Pacer:
    """Lets through at most `rate` requests a second, evenly, of those that count in a plan; `budget` in all.

    With `window`, no more than that many in five minutes until the floods begin: the firewall counts an address.
    """

    def __init__(self, rate: float, budget: int, window: int | None = None) -> None:
        self._rate, self._left, self._window = rate, budget, window
        self._next = {True: 0.0, False: 0.0}
        self._slowed = 0.0
        self._sent: deque[float] = deque()

    async def turn(self, *, counted: bool) -> None:
        """Waits for the caller's turn; those without a key that exists go faster. Raises BudgetExceeded."""
        await self.room(1)
        self.spend()
        interval = 1 / self._rate / (1 if counted else _FASTER)
        now = time.monotonic()
        start = max(self._next[counted], now)
        self._next[counted] = start + interval
        await asyncio.sleep(start - now)

    async def room(self, number: int) -> None:
        """Waits until so many requests more keep within the window, or as many as ever can."""
        while self._window is not None and self._recent() + min(number, self._window) > self._window:
            await asyncio.sleep(0.2)

    def spend(self) -> None:
        """Counts a request that does not wait. Raises BudgetExceeded."""
        if self._left <= 0:
            raise BudgetExceeded
        self._left -= 1
        self._sent.append(time.monotonic())

    def slow_down(self) -> None:
        """The client's plan lets through less than was thought: at most one step a second."""
        now = time.monotonic()
        if now - self._slowed > 1:
            self._rate, self._slowed = max(self._rate * _SLOWER, _SLOWEST), now

    def begin_floods(self) -> None:
        """From now on the firewall may shut this address out."""
        self._window = None

    def _recent(self) -> int:
        while self._sent and self._sent[0] < time.monotonic() - WINDOW_SECONDS:
            self._sent.popleft()
        return len(self._sent)


class Wire:
    """Sends to one target and nowhere else: no proxy, no redirect."""

    def __init__(self, target: Target, pacer: Pacer) -> None:
        self._target, self.pacer = target, pacer
        self._base = target.url.rsplit("/", 1)[0]
        self._clients: dict[tuple[Tls, bool], httpx.AsyncClient] = {}

    async def close(self) -> None:
        """Closes all connections."""
        for client in self._clients.values():
            await client.aclose()

    async def send(self, request: Request, expect: frozenset[int], address: str, *, flood: bool) -> Answer:
        """The answer to one request. A 429 that is not expected is this run's own haste: it waits and asks again."""
        for attempt in range(_PATIENCE):
            if flood:
                self.pacer.spend()
            else:
                await self.pacer.turn(counted=request.key not in (Key.NONE, Key.RANDOM, Key.CUT))
            answer = await self._once(request, address)
            if flood or answer.status != 429 or 429 in expect:
                break
            self.pacer.slow_down()
            await asyncio.sleep(0.5 * 2**attempt)
        return answer

    async def reach(self) -> Answer:
        """The answer to one valid request. Raises UserError when none comes, with what stood in the way."""
        try:
            return await self._exchange(Request(), "192.0.2.254")
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, ValueError) as error:
            raise UserError(_obstacle(error, urlsplit(self._target.url).hostname or "")) from None

    async def _once(self, request: Request, address: str) -> Answer:
        started = time.perf_counter()
        try:
            return await self._exchange(request, address)
        except (httpx.TransportError, ssl.SSLError):
            return Answer(request, CLOSED, {}, b"", time.perf_counter() - started)

    async def _exchange(self, request: Request, address: str) -> Answer:
        built = self._built(request, address)
        started = time.perf_counter()
        response = await self._client(request).send(built)
        body = response.content[:_ANSWER_LIMIT_BYTES]
        return Answer(
            request, response.status_code, dict(response.headers), body, time.perf_counter() - started
        )

    def _client(self, request: Request) -> httpx.AsyncClient:
        local = self._target.known_caller if request.source is Source.KNOWN else None
        which = (request.tls, bool(local) and not self._target.plays_addresses)
        if which not in self._clients:
            transport = httpx.AsyncHTTPTransport(
                verify=_tls(request.tls), local_address=local if which[1] else None,
                limits=httpx.Limits(max_connections=100, max_keepalive_connections=20),
            )  # fmt: skip
            client = httpx.AsyncClient(transport=transport, timeout=_TIMEOUT, trust_env=False)
            client.headers.clear()
            self._clients[which] = client
        return self._clients[which]

    def _built(self, request: Request, address: str) -> httpx.Request:
        token = self._target.bearer(request)
        url, body = self._url(request, token), content(request, self._target.promise.recipe)
        chosen: dict[str, str | None] = {"Content-Type": "application/json", "User-Agent": request.agent}
        chosen |= {"Accept": "*/*", **request.headers}
        key = self._target.key(request.key)
        if key is not None and "x-api-key" not in request.headers:
            chosen["x-api-key"] = key
        headers = [(name, value) for name, value in chosen.items() if value is not None]
        if self._target.plays_addresses:
            headers.append((ADDRESS_HEADER, self._address(request.source, address)))
        if self._target.signer is not None and self._target.promise.signed:
            signed = signing.headers(
                self._target.signer, request.signature, request.method, url, body, chosen["Content-Type"]
            )
            headers += signed.items()
        if token is not None and request.token is not Token.IN_QUERY:
            headers.append(("Authorization", f"Bearer {token}"))
        stream = _slowly(body, request) if request.pieces > 1 else body
        if request.pieces > 1:
            headers.append(("Content-Length", str(len(body))))
        return httpx.Request(request.method, url, headers=_encoded(headers), content=stream)

    def _address(self, source: Source, own: str) -> str:
        return {
            Source.OWN: own,
            Source.OTHER: _OTHER,
            Source.KNOWN: self._target.known_caller or own,
        }[source]

    def _url(self, request: Request, token: str | None) -> str:
        """The address as it is signed and sent."""
        parts = urlsplit(self._target.url)
        path = parts.path
        if request.path is not None:
            outside = request.path.startswith(OUTSIDE)
            path = request.path[1:] if outside else urlsplit(self._base).path + request.path
        scheme = "http" if request.tls is Tls.PLAIN else parts.scheme
        query = f"access_token={token}" if request.token is Token.IN_QUERY else request.query
        return str(httpx.URL(urlunsplit((scheme, parts.netloc, path, query, ""))))


def _obstacle(error: BaseException, host: str) -> str:
    """One sentence for an exchange that failed."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"The certificate of {host} is not one to trust here: use the name that it is made out to."
        if isinstance(cause, ssl.SSLError):
            return f"{host} does not speak TLS at this port: is the address an http one?"
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpx.RemoteProtocolError):
        return f"What answers at {host} does not speak HTTP: is the address an https one?"
    if isinstance(error, httpx.TransportError):
        return "Nothing answers at the address: is it served, and is the address right?"
    return "The address is not one that can be sent to: write it as https://<host>/<stage>/score."


def content(request: Request, recipe: str) -> bytes:
    """The body in bytes."""
    if isinstance(request.body, Valid):
        valid = json.dumps({"transactions": [purchase(recipe)] * request.body.count})
        return valid.encode().ljust(request.body.size)
    if isinstance(request.body, bytes):
        return request.body
    return json.dumps(request.body).encode()


def _encoded(headers: list[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("ascii"), value.encode("utf-8")) for name, value in headers]


async def _slowly(body: bytes, request: Request) -> AsyncIterator[bytes]:
    size = max(1, len(body) // request.pieces)
    for start in range(0, len(body), size):
        yield body[start : start + size]
        await asyncio.sleep(request.pause)


def _tls(tls: Tls) -> ssl.SSLContext:
    context = httpx.create_ssl_context(trust_env=False)
    if tls is Tls.OUTDATED:
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        # OpenSSL itself refuses such a handshake at its usual level: the server's refusal is what is asked for.
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
    return context
