"""The smoke test against a small server that answers as a deployed stack would, well or badly."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from typer.testing import CliRunner

from preflight.__main__ import app

GOOD: dict[str, Any] = {"version": "default-1", "open": False, "blind": False}


@contextmanager
def answering(how: dict[str, Any]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            allowed = how["open"] or self.headers.get("x-api-key") == "k" * 20
            fraud = body["transactions"][0]["amt"] > 1000 and not how["blind"]
            answer = {
                "model_version": how["version"],
                "predictions": [{"is_fraud": fraud, "score": 0.99 if fraud else 0.01}],
            }
            self.send_response(200 if allowed else 403)
            self.end_headers()
            self.wfile.write(json.dumps(answer if allowed else {}).encode())

        def log_message(self, *arguments: Any) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/score"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def run(folder: Path, url: str) -> Any:
    file = folder / "outputs.json"
    outputs = {"url": url, "keyValues": {"checkout": "k" * 20}, "modelVersion": "default-1"}
    file.write_text(json.dumps(outputs))
    return CliRunner().invoke(app, ["smoke", str(file)])


@pytest.mark.parametrize(
    ("change", "code"), [({}, 0), ({"version": "default-0"}, 1), ({"open": True}, 1), ({"blind": True}, 1)]
)
def test_what_is_not_as_deployed_fails(tmp_path: Path, change: dict[str, Any], code: int) -> None:
    with answering(GOOD | change) as url:
        result = run(tmp_path, url)
    assert result.exit_code == code
    assert ("FAILED" in result.output) is bool(code)
    assert "k" * 20 not in result.output


def test_nothing_that_answers_and_a_broken_file_are_one_sentence(tmp_path: Path) -> None:
    silent = run(tmp_path, "http://127.0.0.1:9/score")
    assert (silent.exit_code, silent.output.count("\n")) == (2, 1)
    (tmp_path / "outputs.json").write_text("{}")
    broken = CliRunner().invoke(app, ["smoke", str(tmp_path / "outputs.json")])
    assert broken.exit_code == 2
    assert "lacks keyValues, modelVersion, url" in broken.output
