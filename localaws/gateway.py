"""The declared REST API: an ASGI application that runs each request through AWS's checks in AWS's order.

NOT_ENFORCED names what AWS would do for such a stack and this does not; docs/local-server.md says more.
"""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from localaws import authorization, signature
from localaws import keys as key_file
from localaws.call import Call, raw_path, source_address
from localaws.declared import Declared
from localaws.declared_api import Method
from localaws.decoding import decoded
from localaws.firewall import log as firewall_log
from localaws.firewall.acl import WebAcl
from localaws.firewall.fields import Sighting
from localaws.function import FunctionError, FunctionThrottled
from localaws.lambda_event import proxy_event, trace
from localaws.limits import Limits
from localaws.masking import masker
from localaws.responses import KINDS, Refused, fill, render
from localaws.user_pool import Pool
from localaws.validation import Validator

NOT_ENFORCED = (
    "TLS",
    "firewall rules that need AWS's lists of addresses or its browser challenge",
    "network isolation",
    "policies of IAM, KMS and S3",
    "log filters, metrics, alarms and scaling",
)
LIMIT_BYTES = 10 * 1024 * 1024
LIMIT_HEADER_BYTES = 64 * 1024
UPLOAD_SECONDS = 30
"""A request that is not complete by then is given up."""


class Function(Protocol):
    """What runs the function, such as `localaws.function.Pool`."""

    async def invoke(self, event: Mapping[str, Any], request_id: str) -> Any:
        """What the handler returns; raises FunctionError."""


@dataclass(frozen=True)
class Setup:
    """How a gateway is run: issued keys and credentials, folder of the logs, clocks, the pool whose tokens count.

    With `trust_forwarded` a header may claim the source address. `listed` gives addresses for the managed
    groups' lists, by the name of AWS's rule.
    """

    keys: Mapping[str, str]
    credentials: signature.Credentials
    log_dir: Path
    trust_forwarded: bool = False
    listed: Mapping[str, Sequence[str]] = field(default_factory=dict)
    clock: Callable[[], float] = time.monotonic
    calendar: Callable[[], float] = time.time
    pool: Pool | None = None


class Gateway:
    """The application. Raises ServerError when the declared firewall or a declared schema cannot be imitated."""

    def __init__(self, declared: Declared, function: Function, setup: Setup) -> None:
        self._api, self._function, self._setup = declared.api, function, setup
        self._firewall = declared.firewall
        self.acl = (
            WebAcl(declared.firewall.source, listed=setup.listed, clock=setup.clock)
            if declared.firewall
            else None
        )
        self._limits = Limits(clock=setup.clock, calendar=setup.calendar)
        self._validators = {method.route: Validator(method) for method in self._api.methods}
        groups = declared.masked
        self._mask_access = masker(groups.get(self._api.log_group, ()))
        self._mask_execution = masker(groups.get(self._api.execution_group, ()))
        self._mask_firewall = masker(groups.get(self._firewall.log_group, ()) if self._firewall else ())
        self.checks: tuple[Callable[[Call], Awaitable[Response | None]], ...] = (
            self._stage,
            self._filter,
            self._decode,
            self._route,
            self._authorize,
            self._identify,
            self._limit,
            self._trace,
            self._validate,
            self._integrate,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        call = Call(request, self._api, source_address(request, trusting=self._setup.trust_forwarded))
        try:
            response = await self._answer(call)
        except ClientDisconnect:
            return
        response.headers["x-amzn-RequestId"] = call.request_id
        response.headers["x-amz-apigw-id"] = call.extended_id
        self._record(call, response)
        await response(scope, receive, send)

    async def _answer(self, call: Call) -> Response:
        if sum(len(name) + len(value) for name, value in call.request.scope["headers"]) > LIMIT_HEADER_BYTES:
            return JSONResponse({"message": "Request Header Fields Too Large"}, 431, {"connection": "close"})
        try:
            call.body = await asyncio.wait_for(_read_body(call.request), UPLOAD_SECONDS)
            for check in self.checks:
                response = await check(call)
                if response is not None:
                    return response
            raise Refused("DEFAULT_5XX")
        except TimeoutError:
            return JSONResponse({"message": "Request Timeout"}, 408, {"connection": "close"})
        except Refused as refused:
            call.refused = refused
            return render(refused, self._api.responses, call.context())

    async def _stage(self, call: Call) -> Response | None:
        """An unknown stage is refused before the API is looked at, so not in the API's own words."""
        if call.stage == self._api.stage:
            return None
        kind = KINDS["WAF_FILTERED"]
        return JSONResponse({"message": kind.message}, kind.status, {"x-amzn-errortype": kind.error})

    async def _filter(self, call: Call) -> Response | None:
        if self.acl is None or self._firewall is None:
            return None
        sighting = _sighting(call, self.acl.limit)
        verdict = self.acl.judge(sighting)
        call.firewall = "ALLOW" if verdict.passed else "BLOCK"
        if self._firewall.log_group:
            line = firewall_log.record(
                sighting,
                verdict,
                self._firewall.redactions,
                acl=self._firewall.arn,
                source=f"{self._api.account}:{self._api.id}:{self._api.stage}",
                request_id=call.extended_id,
                limit=self.acl.limit,
            )
            self._write("waf.log", self._mask_firewall(json.dumps(line)))
        if verdict.passed:
            return None
        if verdict.response is None:
            raise Refused("WAF_FILTERED")
        custom = verdict.response
        return Response(custom.body, custom.status, dict(custom.headers), media_type=custom.content_type)

    async def _decode(self, call: Call) -> Response | None:
        """API Gateway decompresses a body by default; the firewall before it has judged the compressed one."""
        call.payload = decoded(call.body, call.header("content-encoding") or "identity", LIMIT_BYTES)
        return None

    async def _route(self, call: Call) -> Response | None:
        found = self._api.method(call.request.method, call.path)
        if found is None:
            raise Refused("MISSING_AUTHENTICATION_TOKEN")
        call.method, call.parameters = found
        return None

    async def _authorize(self, call: Call) -> Response | None:
        method, setup = _matched(call), self._setup
        if method.signed:
            authorization.check_signature(call, setup.credentials, setup.calendar)
        if method.token:
            if setup.pool is None:
                raise Refused("UNAUTHORIZED")
            authorization.check_token(call, method.token, setup.pool, setup.calendar)
        return None

    async def _identify(self, call: Call) -> Response | None:
        if not _matched(call).key_required:
            return None
        call.presented = call.header("x-api-key")
        call.key = key_file.match(call.presented or "", self._api.keys, self._setup.keys)
        if call.key is None:
            raise Refused("INVALID_API_KEY")
        return None

    async def _limit(self, call: Call) -> Response | None:
        refused = self._limits.refuse(_matched(call), call.key)
        if refused:
            raise Refused(refused)
        return None

    async def _trace(self, call: Call) -> Response | None:
        """With data tracing the execution log has headers, key and signature hidden, and the whole body."""
        if _matched(call).traced:
            for line in trace(call):
                self._write("execution.log", self._mask_execution(line))
        return None

    async def _validate(self, call: Call) -> Response | None:
        validator = self._validators[_matched(call).route]
        missing = validator.missing_parameters(call.header, call.request.url.query)
        if missing:
            raise Refused("BAD_REQUEST_PARAMETERS", f"Missing required request parameters: {missing}")
        fault = validator.fault(call.payload, call.header("content-type"))
        if fault:
            raise Refused("BAD_REQUEST_BODY", detail=fault)
        return None

    async def _integrate(self, call: Call) -> Response | None:
        method = _matched(call)
        started = time.perf_counter()
        try:
            invoked = self._function.invoke(proxy_event(call, method), call.request_id)
            return _translated(await asyncio.wait_for(invoked, method.timeout))
        except TimeoutError:
            call.integration_error = "timeout"
            raise Refused("INTEGRATION_TIMEOUT") from None
        except FunctionThrottled:
            # AWS does not hand Lambda's own 429 on to the caller of a proxy integration.
            call.integration_error = "throttled"
            raise Refused("DEFAULT_5XX") from None
        except FunctionError as error:
            call.integration_error = str(error)
            raise Refused("DEFAULT_5XX", status=502) from None
        finally:
            call.integration_seconds = time.perf_counter() - started

    def _record(self, call: Call, response: Response) -> None:
        if self._api.log_format is None:
            return
        reached = response.status_code if call.integration_seconds is not None and not call.refused else None
        known = call.outcome(response.status_code, len(response.body), reached)
        self._write("access.log", self._mask_access(fill(self._api.log_format, known, "-")))

    def _write(self, name: str, line: str) -> None:
        with (self._setup.log_dir / name).open("a", encoding="utf-8") as log:
            log.write(line + "\n")


def imitated(declared: Declared) -> Sequence[str]:
    """Checks that a gateway can be made of `declared`; the firewall's rules that only AWS can decide.

    Raises ServerError.
    """
    for method in declared.api.methods:
        Validator(method)
    return WebAcl(declared.firewall.source).undecided if declared.firewall else ()


def _matched(call: Call) -> Method:
    if call.method is None:
        raise Refused("MISSING_AUTHENTICATION_TOKEN")
    return call.method


def _sighting(call: Call, limit: int) -> Sighting:
    return Sighting(
        method=call.request.method,
        path=raw_path(call.request),
        query=call.request.scope["query_string"].decode("latin-1"),
        headers=[
            (name.decode("latin-1").lower(), value.decode("latin-1"))
            for name, value in call.request.scope["headers"]
        ],
        body=call.body[:limit].decode("latin-1"),
        body_size=len(call.body),
        address=call.address,
    )


async def _read_body(request: Request) -> bytes:
    """The body. Raises Refused when it is larger than API Gateway takes."""
    chunks = bytearray()
    async for chunk in request.stream():
        chunks += chunk
        if len(chunks) > LIMIT_BYTES:
            raise Refused("REQUEST_TOO_LARGE")
    return bytes(chunks)


def _translated(answer: Any) -> Response:
    """The function's answer as HTTP. Raises FunctionError when it is not in the proxy format."""
    try:
        content = answer.get("body") or ""
        body = base64.b64decode(content) if answer.get("isBase64Encoded") else content.encode()
        headers = {name: str(value) for name, value in (answer.get("headers") or {}).items()}
        response = Response(body, int(answer["statusCode"]), headers)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise FunctionError("format") from None
    response.headers.setdefault("content-type", "application/json")
    return response
