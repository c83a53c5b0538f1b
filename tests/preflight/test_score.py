"""The client's mistakes and what the server says about a refusal; its answers are tested against served stacks."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest
import typer
from typer.testing import CliRunner

from preflight import score

ADDRESS = "https://127.0.0.1:1/prod/score"


def run(*arguments: str) -> tuple[int, str]:
    app = typer.Typer()
    app.command()(score.score)
    ended = CliRunner().invoke(app, list(arguments))
    return ended.exit_code, ended.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["127.0.0.1:8080/prod/score"], "is not an address: it must begin with https://"),
        ([ADDRESS, "--client", "bogus"], "holds no key bogus: --client is one of checkout, back-office."),
        ([ADDRESS, "--recipe", "bogus"], "There is no recipe bogus: --recipe is one of boosted, forest"),
        ([ADDRESS], "Nothing answers at"),
    ],
)
def test_a_mistake_is_one_sentence(tmp_path: Path, arguments: list[str], sentence: str) -> None:
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"checkout": "k" * 24, "back-office": "l" * 24}))
    keys.chmod(0o600)
    code, said = run(*arguments, "--api-key-file", str(keys))
    assert code == 2
    assert sentence in " ".join(said.split())
    assert "k" * 24 not in said


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"message": "the firewall refused the request"}', "the firewall refused the request"),
        (b'{"Message": "no\\nsignature"}', "no signature"),
        (
            b'{"request_id": "1", "error": {"code": "x", "message": "amt must be a number"}}',
            "amt must be a number",
        ),
        (b'{"message": "' + b"x" * 500 + b'"}', "x" * 200),
        (b'{"error": {}}', ""),
        (b"[]", ""),
        (b"<html>", ""),
    ],
)
def test_what_the_server_says_about_a_refusal_is_shown(content: bytes, message: str) -> None:
    assert score._message(httpx.Response(403, content=content)) == message
