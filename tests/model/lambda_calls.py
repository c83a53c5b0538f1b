"""Calls of the function: API Gateway's events, and a stand-in for the SageMaker runtime behind it."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from model.serving import handler
from tests.pulumi_preflight.graphs import VERSION

CARD_NUMBER = "4111111111111111"
KEY = "key-value-0123456789abcdef"
ORIGINAL = "Traceback: secret of the container " + CARD_NUMBER

Answer = dict[str, Any]


class Endpoint:
    """Stands in for the SageMaker runtime: keeps what it was sent, answers or raises what it is told."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.script: list[Any] = []

    def invoke_endpoint(self, **request: Any) -> dict[str, Any]:
        self.sent.append(request)
        count = len(json.loads(request["Body"])["transactions"])
        scripted = self.script.pop(0) if self.script else good(count)
        if isinstance(scripted, Exception):
            raise scripted
        return {"Body": io.BytesIO(scripted)}


def good(count: int, score: float = 0.123456) -> bytes:
    predictions = [{"is_fraud": score > 0.5, "score": score}] * count
    return json.dumps({"predictions": predictions, "model_version": VERSION}).encode()


def connected(monkeypatch: pytest.MonkeyPatch) -> Endpoint:
    """An endpoint that the function calls instead of AWS, with the settings that the function needs."""
    endpoint = Endpoint()
    monkeypatch.setattr(handler, "_client", lambda: endpoint)
    monkeypatch.setenv("ENDPOINT_NAME", "scoring")
    monkeypatch.setenv("MODEL_VERSION", VERSION)
    monkeypatch.setenv("RECIPE", "boosted")
    return endpoint


def event(body: Any, content_type: str | None = "application/json", **more: Any) -> Answer:
    headers = {"x-api-key": KEY, "User-Agent": "test"}
    if content_type is not None:
        headers["content-type"] = content_type
    return {
        "httpMethod": "POST",
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "requestContext": {"requestId": "request-1", "identity": {"apiKey": KEY, "apiKeyId": "key-id-1"}},
        "body": body if isinstance(body, str | None) else json.dumps(body),
        "isBase64Encoded": False,
    } | more


def ask(body: Any, content_type: str | None = "application/json", **more: Any) -> tuple[int, Answer]:
    result = handler.handle(event(body, content_type, **more), None)
    parsed: Answer = json.loads(result["body"])
    return result["statusCode"], parsed


def batch(*transactions: Any) -> Answer:
    return {"transactions": list(transactions)}


def log_line(capsys: pytest.CaptureFixture[str]) -> Answer:
    printed = capsys.readouterr()
    assert printed.err == ""
    (line,) = printed.out.splitlines()
    parsed: Answer = json.loads(line)
    return parsed
