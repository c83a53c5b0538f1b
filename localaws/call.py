"""One request on its way through API Gateway, and the `$context` variables that describe it."""

from __future__ import annotations

import secrets
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import unquote

from starlette.requests import Request

from localaws.declared_api import Api, Method
from localaws.declared_plans import ApiKey
from localaws.responses import Refused

FORWARDED_BY_TESTS = "x-preflight-source-ip"
_VERBS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


@dataclass
class Call:
    """A request with what the checks found out about it. Times in seconds of a monotonic clock."""

    request: Request
    api: Api
    address: str
    body: bytes = b""
    payload: bytes = b""
    """The body without its compression."""
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    extended_id: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    trace_id: str = field(default_factory=lambda: f"1-{int(time.time()):08x}-{secrets.token_hex(12)}")
    started: float = field(default_factory=time.perf_counter)
    arrived: datetime = field(default_factory=lambda: datetime.now(UTC))
    method: Method | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    key: ApiKey | None = None
    presented: str | None = None
    user: str = ""
    claims: Mapping[str, object] = field(default_factory=dict)
    """Those of the token, where the method asks for one."""
    firewall: str = ""
    integration_seconds: float | None = None
    integration_error: str = ""
    refused: Refused | None = None

    @property
    def stage(self) -> str:
        """The first step of the path as it was sent: an encoded slash separates nothing."""
        return unquote(self._steps()[0])

    @property
    def path(self) -> str:
        """The path within the stage, decoded."""
        return "/" + unquote(self._steps()[1])

    def _steps(self) -> tuple[str, str]:
        stage, _, rest = raw_path(self.request).lstrip("/").partition("/")
        return stage, rest

    def header(self, name: str) -> str | None:
        """A header's first value."""
        return self.request.headers.get(name)

    def context(self) -> dict[str, str]:
        """The variables known so far, as an answer's template may use them."""
        verb, method = self.request.method, self.method
        known: Mapping[str, object] = {
            "requestId": self.request_id,
            "extendedRequestId": self.extended_id,
            "accountId": self.api.account,
            "apiId": self.api.id,
            "stage": self.api.stage,
            "domainName": self.header("host"),
            "protocol": "HTTP/1.1",
            "requestTime": self.arrived.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "requestTimeEpoch": int(self.arrived.timestamp() * 1000),
            "httpMethod": verb if verb in _VERBS else None,
            "path": self.request.scope["path"],
            "resourcePath": method.path if method else None,
            "resourceId": method.resource_id if method else None,
            "identity.sourceIp": self.address,
            "identity.userAgent": self.header("user-agent"),
            "identity.apiKey": self.presented if self.key else None,
            "identity.apiKeyId": self.key.id if self.key else None,
            "identity.user": self.user,
            "identity.caller": self.user,
            "identity.userArn": f"arn:aws:iam::{self.api.account}:user/local" if self.user else None,
            "wafResponseCode": f"WAF_{self.firewall}" if self.firewall else None,
            "waf.status": {"ALLOW": 200, "BLOCK": 403}.get(self.firewall),
            "xrayTraceId": self.trace_id if self.api.traced else None,
            **{f"authorizer.claims.{name}": value for name, value in self.claims.items()},
        }
        return {name: str(value) for name, value in known.items() if value not in (None, "")}

    def outcome(self, status: int, length: int, integration_status: int | None) -> dict[str, str]:
        """All variables once the answer is known, as the access log may use them."""
        elapsed = round((time.perf_counter() - self.started) * 1000)
        known: dict[str, object] = {"status": status, "responseLength": length, "responseLatency": elapsed}
        if self.integration_seconds is not None:
            spent = round(self.integration_seconds * 1000)
            known |= {"integrationLatency": spent, "integration.latency": spent}
        if integration_status is not None:
            known |= {"integration.status": integration_status, "integrationStatus": integration_status}
        if self.integration_error:
            known |= {
                "integration.error": self.integration_error,
                "integrationErrorMessage": self.integration_error,
            }
        if self.refused:
            known |= {
                "error.responseType": self.refused.kind,
                "error.message": str(self.refused),
                "error.messageString": f'"{self.refused}"',
                "error.validationErrorString": self.refused.detail,
            }
        return self.context() | {name: str(value) for name, value in known.items() if value != ""}


def raw_path(request: Request) -> str:
    """The path as it was sent."""
    raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    return raw.decode("latin-1")


def source_address(request: Request, *, trusting: bool) -> str:
    """The peer's address; with `trusting`, the one that a test's header claims."""
    peer = request.client.host if request.client else ""
    return request.headers.get(FORWARDED_BY_TESTS, peer) if trusting else peer
