"""The real program's production stack, served: declared names, signed package, trained model."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from localaws.declared import read
from preflight import score
from preflight.__main__ import app
from tests.harness import declared
from tests.pulumi_preflight import graphs

pytestmark = pytest.mark.slow


def test_the_command_refuses_a_port_in_use_in_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = subprocess.run(
            [sys.executable, "-m", "preflight", "serve", "--stack", "prod", "--port", str(port)],
            cwd=graphs.ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    assert result.returncode == 2
    assert f"Port {port} of 127.0.0.1 is in use" in result.stderr.replace("\n", " ")
    assert "Traceback" not in result.stderr


@dataclass
class ByHand:
    """The serve command as a user runs it: what it printed, and where its files are."""

    process: subprocess.Popen[str]
    lines: list[str]
    folder: Path

    @property
    def url(self) -> str:
        return self.lines[0].split()[-1]

    @property
    def arguments(self) -> list[str]:
        """What the attack command is told of it."""
        keys, credentials = self.folder / "keys.json", self.folder / "credentials.json"
        return ["attack", self.url, "--api-key-file", str(keys), "--credentials-file", str(credentials)]


@pytest.fixture(scope="module", name="by_hand")
def serve_command(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ByHand]:
    """The command under way; that it stops cleanly is held when the tests are through with it."""
    folder = tmp_path_factory.mktemp("by-hand")
    options = [
        "--port",
        "0",
        "--clients",
        "2",
        "--log-dir",
        folder / "logs",
        "--keys-file",
        folder / "keys.json",
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "preflight", "serve", "--stack", "prod", *map(str, options)],
        cwd=graphs.ROOT, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    assert process.stdout is not None
    with process:
        try:
            by_hand = ByHand(process, [process.stdout.readline() for _ in range(5)], folder)
            yield by_hand
            assert httpx.get(by_hand.url, trust_env=False).status_code == 403
            process.send_signal(signal.SIGTERM)
            assert process.stdout.read() == "stopped\n"
            assert process.wait(60) == 0
            with pytest.raises(httpx.ConnectError):
                httpx.get(by_hand.url, trust_env=False)
        finally:
            process.kill()


def test_the_command_prints_address_keys_and_logs_and_issues_what_was_asked_for(by_hand: ByHand) -> None:
    serving, keys, signing, logs, missing = by_hand.lines
    assert serving.startswith("serving  POST http://127.0.0.1:")
    assert serving.endswith("/prod/score\n")
    assert str(by_hand.folder / "keys.json") in keys
    assert str(by_hand.folder / "credentials.json") in signing
    assert logs.split() == ["logs", str(by_hand.folder / "logs")]
    assert "TLS" in missing
    values = json.loads((by_hand.folder / "keys.json").read_text())
    assert set(values) == {"fraud-prod-back-office", "fraud-prod-checkout"}
    assert stat.S_IMODE((by_hand.folder / "keys.json").stat().st_mode) == 0o600
    assert not [value for value in values.values() if value in "".join(by_hand.lines)]


def test_production_tells_a_fraud_from_a_normal_purchase_for_every_client(by_hand: ByHand) -> None:
    environment = read(declared("prod"), graphs.ROOT).function.environment
    for value in json.loads((by_hand.folder / "keys.json").read_text()).values():
        auth = score.SigV4.of(by_hand.folder / "credentials.json")
        answers = score.ask(by_hand.url, value, auth=auth)
        assert [(answer.status, answer.is_fraud) for answer in answers] == [(200, False), (200, True)]
        assert {answer.model_version for answer in answers} == {environment["MODEL_VERSION"]}


def test_the_function_that_is_served_is_the_declared_package() -> None:
    files = read(declared("prod"), graphs.ROOT).function.files
    assert set(files) == set(graphs.PACKAGE)
    assert files["model/serving/handler.py"] == (graphs.ROOT / "model/serving/handler.py").read_bytes()


def test_a_server_started_by_hand_is_attacked_by_its_address(by_hand: ByHand, tmp_path: Path) -> None:
    target = tmp_path / "attacks.json"
    options = ["--stack", "prod", "--log-dir", str(by_hand.folder / "logs"), "-f", "json", "-o", str(target)]
    result = CliRunner().invoke(app, [*by_hand.arguments, *options, "--only", "AML.T0055"])
    verdicts = {probe["name"]: probe["verdict"] for probe in json.loads(target.read_text())["probes"]}
    assert verdicts.pop("key-rotated") == "SKIPPED"
    assert set(verdicts.values()) == {"PASS"}
    assert len(verdicts) == 3
    assert result.exit_code == 0


def test_a_key_that_is_refused_is_one_sentence_and_no_attack(by_hand: ByHand, tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text(json.dumps({"checkout": "k" * 40}))
    arguments = [*by_hand.arguments[:2], "--api-key-file", str(tmp_path / "keys.json")]
    result = CliRunner().invoke(app, [*arguments, *by_hand.arguments[4:]])
    assert result.exit_code == 2
    assert "refused with 403: check the keys file" in result.stderr
    assert result.stderr.count("\n") == 1
