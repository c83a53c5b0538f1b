"""The event that API Gateway hands to a function: Lambda proxy integration of a REST API."""

from __future__ import annotations

import base64
import secrets
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request

from preflight.server.declared import Api, ApiKey, Method

ACCOUNT = "000000000000"


def proxy_event(
    request: Request, body: bytes, request_id: str, api: Api, method: Method, key: ApiKey | None
) -> dict[str, Any]:
    """The event for a request that matched `method`. As on AWS it holds the key and the body in the clear."""
    address = request.client.host if request.client else ""
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw]
    headers += [("X-Forwarded-For", address), ("X-Amzn-Trace-Id", f"Root=1-{secrets.token_hex(16)}")]
    query = parse_qsl(request.url.query, keep_blank_values=True)
    return {
        "resource": method.path,
        "path": method.path,
        "httpMethod": request.method,
        "headers": dict(headers),
        "multiValueHeaders": _grouped(headers),
        "queryStringParameters": dict(query) or None,
        "multiValueQueryStringParameters": _grouped(query) or None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": _context(request, request_id, api, method, key, address),
        "body": _text(body, api),
        "isBase64Encoded": bool(body) and api.binary,
    }


def _context(
    request: Request, request_id: str, api: Api, method: Method, key: ApiKey | None, address: str
) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "accountId": ACCOUNT,
        "apiId": api.id,
        "domainName": request.headers.get("host", ""),
        "extendedRequestId": secrets.token_urlsafe(12),
        "httpMethod": request.method,
        "identity": {
            "apiKey": request.headers.get("x-api-key") if key else None,
            "apiKeyId": key.id if key else None,
            "sourceIp": address,
            "userAgent": request.headers.get("user-agent"),
        },
        "path": f"/{api.stage}{method.path}",
        "protocol": "HTTP/1.1",
        "requestId": request_id,
        "requestTime": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "requestTimeEpoch": int(time.time() * 1000),
        "resourceId": method.resource_id,
        "resourcePath": method.path,
        "stage": api.stage,
    }


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    result: dict[str, list[str]] = {}
    for name, value in pairs:
        result.setdefault(name, []).append(value)
    return result


def _text(body: bytes, api: Api) -> str | None:
    if not body:
        return None
    if api.binary:
        return base64.b64encode(body).decode()
    return body.decode("utf-8", "replace")
