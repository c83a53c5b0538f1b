"""The declared REST API: its stage, paths and methods, API keys, limits of size and time, its function.

NOT_ENFORCED names what API Gateway and the firewall would do and this does not.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import socket
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from preflight.graph import read_export
from preflight.server import keys as key_file
from preflight.server.declared import Api, ApiKey, Function, Method, read
from preflight.server.events import proxy_event
from preflight.server.function import FunctionError, Pool, install

NOT_ENFORCED = (
    "the firewall's rules",
    "IAM signatures",
    "throttling and quotas",
    "request validation before the function (the function validates)",
    "declared gateway responses",
    "network isolation of the model",
)
LIMIT_BYTES = 10 * 1024 * 1024


@dataclass
class Call:
    """One request on its way through the checks."""

    request: Request
    stage: str
    body: bytes
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    started: float = field(default_factory=time.perf_counter)
    method: Method | None = None
    key: ApiKey | None = None


Check = Callable[[Call], Awaitable[Response | None]]
"""Answers a request, or lets it pass to the next check with None."""


class Gateway:
    """An ASGI application that runs each request through `checks`, in API Gateway's order."""

    def __init__(self, api: Api, values: Mapping[str, str], function: Pool, access_log: Path) -> None:
        self._api, self._values, self._function = api, values, function
        self._access_log = access_log
        self.checks: tuple[Check, ...] = (self._route, self._key, self._integrate)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            body = await _read_body(request)
        except ClientDisconnect:
            return
        call = Call(request, self._api.stage, body or b"")
        response = await self._answer(call) if body is not None else refused(413, "Request Too Long")
        response.headers["x-amzn-RequestId"] = call.request_id
        self._record(call, response)
        await response(scope, receive, send)

    async def _answer(self, call: Call) -> Response:
        for check in self.checks:
            response = await check(call)
            if response is not None:
                return response
        return refused(500, "Internal server error")

    async def _route(self, call: Call) -> Response | None:
        _, stage, *rest = call.request.url.path.split("/")
        if stage != self._api.stage:
            return refused(403, "Forbidden")
        path = "/" + "/".join(rest)
        for method in self._api.methods:
            if method.path == path and method.verb in {call.request.method, "ANY"}:
                call.method = method
                return None
        return refused(403, "Missing Authentication Token")

    async def _key(self, call: Call) -> Response | None:
        presented = call.request.headers.get("x-api-key")
        if presented is not None:
            call.key = key_file.match(presented, self._api.keys, self._values)
        if call.method is not None and call.method.key_required and call.key is None:
            return refused(403, "Forbidden")
        return None

    async def _integrate(self, call: Call) -> Response | None:
        if call.method is None:
            return None
        event = proxy_event(call.request, call.body, call.request_id, self._api, call.method, call.key)
        try:
            answer = await asyncio.wait_for(
                self._function.invoke(event, call.request_id), call.method.timeout
            )
        except TimeoutError:
            return refused(504, "Endpoint request timed out")
        except FunctionError:
            return refused(502, "Internal server error")
        return _translated(answer)

    def _record(self, call: Call, response: Response) -> None:
        line = {
            "requestId": call.request_id,
            "requestTime": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "sourceIp": call.request.client.host if call.request.client else "-",
            "apiKeyId": call.key.id if call.key else "-",
            # Only a declared path and method: what else a client sends there may be anything.
            "httpMethod": call.method.verb if call.method else "-",
            "resourcePath": call.method.path if call.method else "-",
            "status": response.status_code,
            "responseLength": len(response.body),
            "responseLatency": round((time.perf_counter() - call.started) * 1000, 1),
        }
        with self._access_log.open("a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")


async def _read_body(request: Request) -> bytes | None:
    """The body, or None when it is larger than API Gateway takes."""
    chunks = bytearray()
    async for chunk in request.stream():
        chunks += chunk
        if len(chunks) > LIMIT_BYTES:
            return None
    return bytes(chunks)


def refused(status: int, message: str) -> Response:
    """An answer of API Gateway itself."""
    return JSONResponse({"message": message}, status)


def _translated(answer: Any) -> Response:
    """The function's answer as HTTP; one that is not in the proxy format is a 502, as on AWS."""
    try:
        content = answer.get("body") or ""
        body = base64.b64decode(content) if answer.get("isBase64Encoded") else content.encode()
        headers = {name: str(value) for name, value in (answer.get("headers") or {}).items()}
        response = Response(body, int(answer["statusCode"]), headers)
    except (AttributeError, KeyError, TypeError, ValueError):
        return refused(502, "Internal server error")
    response.headers.setdefault("content-type", "application/json")
    return response


def application(
    api: Api, values: Mapping[str, str], function: Function, runtime_url: str, log_dir: Path
) -> Starlette:
    """The API with the function's workers, which live as long as the application does."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        with tempfile.TemporaryDirectory() as root:
            install(function, Path(root))
            pool = Pool(function, Path(root), runtime_url, log_dir / "function.log")
            gateway = Gateway(api, values, pool, log_dir / "access.log")
            app.router.routes.append(Route("/{path:path}", gateway))
            try:
                await pool.start()
                yield
            finally:
                await pool.stop()

    return Starlette(lifespan=lifespan)


def main() -> None:
    """Serves on the inherited listening socket until asked to stop or until the parent is gone."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("graph", "project", "keys", "log-dir"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--runtime-url", required=True)
    parser.add_argument("--fd", type=int, required=True)
    options = parser.parse_args()
    declared = read(read_export(options.graph), options.project)
    values = key_file.load(options.keys)
    app = application(declared.api, values, declared.function, options.runtime_url, options.log_dir)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        ws="none",
        timeout_graceful_shutdown=3,
    )
    server = uvicorn.Server(config)

    def leave_with_parent() -> None:
        while os.read(sys.stdin.fileno(), 1024):
            pass
        server.should_exit = True

    threading.Thread(target=leave_with_parent, daemon=True).start()
    server.run(sockets=[socket.socket(fileno=options.fd)])


if __name__ == "__main__":
    main()
