"""The real program's production stack, served: declared names, signed package, trained model."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from preflight import program, score
from preflight.server.run import Served, running
from tests.preflight import graphs


@pytest.fixture(scope="module", name="served")
def production() -> Iterator[Served]:
    with running(program.evaluate("prod")) as served:
        yield served


def test_production_tells_a_fraud_from_a_normal_purchase_for_every_client(served: Served) -> None:
    values = json.loads(served.keys_file.read_text())
    assert len(values) == 2
    for value in values.values():
        answers = score.score(served.url, value, auth=score.SigV4.of(served.credentials_file))
        assert [(answer.status, answer.is_fraud) for answer in answers] == [(200, False), (200, True)]
        declared = served.declared.function.environment["MODEL_VERSION"]
        assert {answer.model_version for answer in answers} == {declared}


def test_the_function_that_is_served_is_the_declared_package(served: Served) -> None:
    files = served.declared.function.files
    assert set(files) == set(graphs.PACKAGE)
    assert files["model/serving/handler.py"] == (graphs.ROOT / "model/serving/handler.py").read_bytes()


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
