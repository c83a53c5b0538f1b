"""The function's real client against an endpoint that answers raw bytes, well-formed or not."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from model.serving import handler
from tests.model.lambda_calls import CARD_NUMBER, ask, batch
from tests.pulumi_preflight.graphs import LEGITIMATE, VERSION

SOUND = json.dumps({"model_version": "v", "predictions": [{"is_fraud": False, "score": 0.1}]}).encode()
Told = dict[str, object]


def http(status: str, body: bytes = b"", *headers: str, length: str | None = None) -> bytes:
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {length or len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


@pytest.fixture(name="told")
def runtime(monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    """What the endpoint answers, after so many seconds, and how many requests came."""
    told: Told = {"answer": http("200 OK", SOUND), "seconds": 0.0, "requests": 0}
    with socket.create_server(("127.0.0.1", 0)) as listener:
        monkeypatch.setenv(
            "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", f"http://127.0.0.1:{listener.getsockname()[1]}"
        )
        for name, value in {
            "ENDPOINT_NAME": "scoring",
            "MODEL_VERSION": VERSION,
            "RECIPE": "boosted",
            "ENDPOINT_TIMEOUT_SECONDS": "2",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
        }.items():
            monkeypatch.setenv(name, value)
        thread = threading.Thread(target=_answer, args=(listener, told))
        thread.start()
        handler._client.cache_clear()
        try:
            yield told
        finally:
            handler._client().close()
            handler._client.cache_clear()
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def _answer(listener: socket.socket, told: Told) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            received = b""
            while not received.endswith(b"}]}"):
                received += connection.recv(1 << 16)
            told["requests"] = int(str(told["requests"])) + 1
            time.sleep(float(str(told["seconds"])))
            content = told["answer"]
            assert isinstance(content, bytes)
            connection.sendall(content)


SECRET = b'{"Message": "arn:aws:sagemaker at 10.0.0.7 ' + CARD_NUMBER.encode() + b'"}'
ANSWERS: dict[str, tuple[bytes, int, str]] = {
    "a page for an outage": (http("502 Bad Gateway", b"<html>" + SECRET), 502, "model_error"),
    "an empty outage": (http("503 Unavailable"), 503, "model_unavailable"),
    "a page for throttling": (http("429 Slow", b"<html>"), 503, "model_unavailable"),
    "a redirect": (http("307 Moved", b"", "Location: http://127.0.0.1:1/"), 502, "model_error"),
    "no content": (b"HTTP/1.1 204 None\r\n\r\n", 502, "model_error"),
    "a truncated answer": (http("200 OK", SOUND[:20], length="500"), 502, "model_error"),
    "a truncated error": (http("424 Failed", SECRET[:9], length="500"), 502, "model_error"),
    "no HTTP": (b"hello\r\n\r\n", 503, "model_unavailable"),
    "broken chunks": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\nxx",
        503,
        "model_unavailable",
    ),
    "too many headers": (http("200 OK", SOUND, *(f"X{n}: y" for n in range(300))), 503, "model_unavailable"),
    "a long header": (http("200 OK", SOUND, "X: " + "y" * 100_000), 503, "model_unavailable"),
    "an unreadable error": (http("400 Bad", b"{{{"), 502, "model_error"),
    "an error that is a list": (http("400 Bad", b"[1]"), 502, "model_error"),
    "an error without text": (http("400 Bad", b'{"__type": null, "code": 5}'), 502, "model_error"),
    "an error that quotes": (http("424 Failed", SECRET), 502, "model_error"),
    "megabytes": (http("200 OK", b"[" + b"1," * 200_000 + b"1]"), 502, "model_error"),
    "depth": (http("200 OK", b"[" * 60_000), 502, "model_error"),
    "another encoding": (http("200 OK", SOUND.decode().encode("utf-16")), 502, "model_error"),
    "a compressed flood": (
        http("200 OK", gzip.compress(b" " * 20_000_000), "Content-Encoding: gzip"),
        502,
        "model_error",
    ),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_whatever_the_endpoint_sends_the_answer_is_fixed(
    told: Told, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    told["answer"], status, code = ANSWERS[name]
    answered, body = ask(batch(LEGITIMATE))
    assert (answered, body["error"]["code"]) == (status, code)
    assert body["error"]["message"] == handler._MESSAGES[code]
    printed = capsys.readouterr().out
    assert len(printed.splitlines()) == 1
    assert not [word for word in ("arn:", "10.0.0.7", CARD_NUMBER, "html") if word in printed + str(body)]


def test_a_sound_answer_passes(told: Told) -> None:
    assert ask(batch(LEGITIMATE))[0] == 200


@pytest.mark.parametrize(("at_once", "requests"), [(3600.0, 2), (-1.0, 1)])
def test_only_a_connection_that_is_closed_at_once_is_tried_again(
    told: Told, at_once: float, requests: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second try after a long wait would not fit into the function's time: here every wait is short, or long."""
    monkeypatch.setattr(handler, "_STALE_SECONDS", at_once)
    told["answer"] = b""
    status, body = ask(batch(LEGITIMATE))
    assert (status, body["error"]["code"], told["requests"]) == (503, "model_unavailable", requests)
