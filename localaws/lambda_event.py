"""The event that API Gateway hands to a function: Lambda proxy integration of a REST API."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl

from localaws.call import Call
from localaws.declared_api import Api, Method

_HIDDEN = ("x-api-key", "authorization", "x-amz-security-token")


def proxy_event(call: Call, method: Method) -> dict[str, Any]:
    """The event for a request that matched `method`. As on AWS it holds the key and the body in the clear."""
    headers = list(_headers(call))
    query = parse_qsl(call.request.url.query, keep_blank_values=True)
    return {
        "resource": method.path,
        "path": call.path,
        "httpMethod": call.request.method,
        "headers": dict(headers),
        "multiValueHeaders": _grouped(headers),
        "queryStringParameters": dict(query) or None,
        "multiValueQueryStringParameters": _grouped(query) or None,
        "pathParameters": dict(call.parameters) or None,
        "stageVariables": None,
        "requestContext": _context(call, method),
        "body": _text(call.payload, call.api),
        "isBase64Encoded": bool(call.payload) and call.api.binary,
    }


def trace(call: Call) -> Iterable[str]:
    """What API Gateway's data trace writes of a request before it is validated."""
    shown = {
        name: "******" if name.lower() in _HIDDEN else value.replace("\n", " ")
        for name, value in _headers(call)
    }
    yield f"({call.request_id}) Method request headers: {shown}"
    body = " ".join(call.body.decode("utf-8", "replace").splitlines())
    yield f"({call.request_id}) Method request body before transformations: {body}"


def _headers(call: Call) -> Iterable[tuple[str, str]]:
    """The caller's headers; where it claims to be forwarded, its own address comes last, as on AWS."""
    claimed = [value for name, value in call.request.headers.items() if name == "x-forwarded-for"]
    for raw_name, raw_value in call.request.headers.raw:
        name = raw_name.decode("latin-1")
        if name not in {"x-forwarded-for", "x-amzn-trace-id"}:
            yield name, raw_value.decode("latin-1")
    yield "X-Forwarded-For", ", ".join([*claimed, call.address])
    yield "X-Forwarded-Proto", "https"
    yield "X-Amzn-Trace-Id", f"Root={call.trace_id}"


def _context(call: Call, method: Method) -> dict[str, Any]:
    known = call.context()
    claims = {name: str(value) for name, value in call.claims.items()}
    return {
        **({"authorizer": {"claims": claims}} if claims else {}),
        "accountId": call.api.account,
        "apiId": call.api.id,
        "domainName": known.get("domainName", ""),
        "extendedRequestId": call.extended_id,
        "httpMethod": call.request.method,
        "identity": {
            "apiKey": known.get("identity.apiKey"),
            "apiKeyId": known.get("identity.apiKeyId"),
            "sourceIp": call.address,
            "user": known.get("identity.user"),
            "userAgent": known.get("identity.userAgent"),
            "userArn": known.get("identity.userArn"),
        },
        "path": call.request.url.path,
        "protocol": known["protocol"],
        "requestId": call.request_id,
        "requestTime": known["requestTime"],
        "requestTimeEpoch": int(known["requestTimeEpoch"]),
        "resourceId": method.resource_id,
        "resourcePath": method.path,
        "stage": call.api.stage,
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
