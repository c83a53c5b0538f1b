"""A caller's way to a token: mistakes are one sentence, and a secret goes only where it may."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from pulumi_preflight.errors import UserError

from localaws.token_client import TokenSource, load, source_of

SECRET = "s" * 30
GOOD: dict[str, Any] = {
    "url": "https://callers.example/oauth2/token",
    "scope": "a/score",
    "ids": {"checkout": "id-1", "back-office": "id-2"},
    "secrets": {"checkout": SECRET, "back-office": SECRET},
}


@contextmanager
def answering(status: int, body: bytes, location: str = "") -> Iterator[tuple[str, list[str]]]:
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen.append(self.rfile.read(int(self.headers["content-length"])).decode())
            self.send_response(status)
            if location:
                self.send_header("location", location)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: Any) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/oauth2/token", seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_token_is_asked_for_by_client_credentials_with_the_scope() -> None:
    with answering(200, b'{"access_token": "t"}') as (url, seen):
        assert source_of(GOOD | {"url": url}, "here").token("checkout") == "t"
        assert seen == ["grant_type=client_credentials&scope=a%2Fscore"]


@pytest.mark.parametrize(
    ("status", "body"), [(400, b'{"error": "invalid_client"}'), (302, b""), (200, b"[]"), (200, b"<html>")]
)
def test_no_token_is_one_sentence_without_the_secret(status: int, body: bytes) -> None:
    with (
        answering(200, b'{"access_token": "t"}') as (other, reached),
        answering(status, body, other) as (url, _),
    ):
        with pytest.raises(UserError, match=f"gives checkout no token .HTTP {status}.") as caught:
            source_of(GOOD | {"url": url}, "here").token("checkout")
        assert reached == []
    assert SECRET not in str(caught.value)


def test_nothing_that_answers_is_one_sentence() -> None:
    with pytest.raises(UserError, match="Nothing answers at"):
        source_of(GOOD | {"url": "http://127.0.0.1:9/oauth2/token"}, "here").token("checkout")


@pytest.mark.parametrize(
    "content",
    [
        None,
        [],
        {},
        "text",
        GOOD | {"ids": {}, "secrets": {}},
        GOOD | {"secrets": {"checkout": "x"}},
        GOOD | {"url": 1},
        GOOD | {"ids": {"checkout": 1, "back-office": 2}},
        GOOD | {"ids": 5},
    ],
)
def test_what_is_no_tokens_file_is_one_sentence(content: Any, tmp_path: Path) -> None:
    file = tmp_path / "tokens.json"
    file.write_text(json.dumps(content))
    with pytest.raises(UserError, match="does not say where to ask for tokens"):
        load(file)


@pytest.mark.parametrize(
    "url", ["http://callers.example/token", "ftp://127.0.0.1/", "http://localhost.evil/", "x", ""]
)
def test_a_secret_is_sent_over_tls_or_to_this_machine_only(url: str) -> None:
    with pytest.raises(UserError, match="not https"):
        source_of(GOOD | {"url": url}, "here")


@pytest.mark.parametrize(
    ("key", "client"),
    [
        ("checkout", "checkout"),
        ("back-office-2026-12", "back-office"),
        ("checkout-x", "checkout"),
        ("z", "checkout"),
    ],
)
def test_the_client_of_a_key_is_the_one_whose_name_begins_it(key: str, client: str) -> None:
    source: TokenSource = source_of(GOOD, "here")
    assert source.client_of(key) == client
    assert SECRET not in repr(source)
