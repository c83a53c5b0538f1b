"""The function when the endpoint behind it fails or answers nonsense: fixed bodies, nothing passed on."""

from __future__ import annotations

import json

import botocore.exceptions
import pytest

from model.serving import handler
from tests.model.lambda_calls import (
    CARD_NUMBER,
    ORIGINAL,
    Endpoint,
    ask,
    batch,
    connected,
    event,
    good,
    log_line,
)
from tests.pulumi_preflight.graphs import LEGITIMATE


@pytest.fixture(name="endpoint")
def stub(monkeypatch: pytest.MonkeyPatch) -> Endpoint:
    return connected(monkeypatch)


def client_error(code: str, status: int) -> Exception:
    response = {
        "Error": {"Code": code, "Message": "arn:aws:sagemaker:eu-west-1:123456789012:endpoint/scoring"},
        "ResponseMetadata": {"HTTPStatusCode": status},
        "OriginalMessage": ORIGINAL,
    }
    error: Exception = botocore.exceptions.ClientError(response, "InvokeEndpoint")
    return error


FAILURES: list[tuple[Exception, int, str]] = [
    (client_error("ModelError", 424), 502, "model_error"),
    (client_error("ValidationError", 400), 502, "model_error"),
    (client_error("AccessDeniedException", 403), 502, "model_error"),
    (client_error("InternalFailure", 500), 502, "model_error"),
    (client_error("ThrottlingException", 400), 503, "model_unavailable"),
    (client_error("ModelNotReadyException", 429), 503, "model_unavailable"),
    (client_error("ServiceUnavailable", 503), 503, "model_unavailable"),
    (client_error("InternalDependencyException", 530), 503, "model_unavailable"),
    (botocore.exceptions.EndpointConnectionError(endpoint_url=ORIGINAL), 503, "model_unavailable"),
    (botocore.exceptions.ReadTimeoutError(endpoint_url=ORIGINAL), 504, "model_timeout"),
    (botocore.exceptions.ConnectTimeoutError(endpoint_url=ORIGINAL), 504, "model_timeout"),
    (RuntimeError(ORIGINAL), 500, "internal_error"),
]


@pytest.mark.parametrize(("failure", "status", "code"), FAILURES, ids=lambda value: str(value)[:40])
def test_failures_of_the_endpoint_get_fixed_bodies(
    endpoint: Endpoint, capsys: pytest.CaptureFixture[str], failure: Exception, status: int, code: str
) -> None:
    endpoint.script = [failure]
    result = handler.handle(event(batch(LEGITIMATE)), None)
    assert result["statusCode"] == status
    expected = {"code": code, "message": handler._MESSAGES[code]}
    assert json.loads(result["body"]) == {"request_id": "request-1", "error": expected}
    assert ("Retry-After" in result["headers"]) == (status == 503)
    line = log_line(capsys)
    assert (line["outcome"], line["level"]) == (code, "ERROR")
    assert "arn:" not in json.dumps(line)
    assert CARD_NUMBER not in json.dumps(line)
    assert len(endpoint.sent) == 1


def test_a_connection_closed_meanwhile_is_tried_once_more(endpoint: Endpoint) -> None:
    closed = botocore.exceptions.ConnectionClosedError(endpoint_url="https://endpoint")
    endpoint.script = [closed]
    assert ask(batch(LEGITIMATE))[0] == 200
    endpoint.script = [closed, closed]
    assert ask(batch(LEGITIMATE))[0] == 503


BAD_ANSWERS = [
    b"",
    b"body",
    b"[]",
    b"null",
    b"{}",
    good(2),
    good(1, 1.5),
    good(1, float("nan")),
    b'{"predictions":[{"is_fraud":1,"score":0.5}],"model_version":"v"}',
    b'{"predictions":[{"is_fraud":true,"score":true}],"model_version":"v"}',
    b'{"predictions":[{"is_fraud":true,"score":"0.5"}],"model_version":"v"}',
    b'{"predictions":[{"is_fraud":true,"score":' + b"9" * 400 + b'}],"model_version":"v"}',
    b'{"predictions":[{"is_fraud":true,"score":0.5}],"model_version":7}',
    b'{"predictions":[{"is_fraud":true,"score":0.5,"decision":"perhaps"}],"model_version":"v"}',
    b'{"predictions":[{"is_fraud":true,"score":0.5,"decision":"approve"}],"model_version":"v"}',
    b'{"predictions":[{"is_fraud":false,"score":0.5,"decision":"review"}],"model_version":"v"}',
    b'{"predictions":[{"is_fraud":true,"score":0.5,"decision":[]}],"model_version":"v"}',
    b'{"predictions":null,"model_version":"v"}',
    b"[" * 60000,
    b"\xff\xfe",
]


@pytest.mark.parametrize("content", BAD_ANSWERS, ids=lambda value: value[:30].decode("latin-1"))
def test_an_answer_that_breaks_the_agreement_is_502(endpoint: Endpoint, content: bytes) -> None:
    endpoint.script = [content]
    status, answer = ask(batch(LEGITIMATE))
    assert (status, answer["error"]["code"]) == (502, "model_error")
