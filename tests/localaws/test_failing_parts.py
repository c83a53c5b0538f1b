"""A function or a model server that fails, hangs or raises while a stack is served."""

from __future__ import annotations

import signal
import subprocess
from typing import Any

import pytest

from localaws.run import running
from tests.localaws.served import post
from tests.pulumi_preflight import graphs

pytestmark = pytest.mark.slow

Inputs = dict[str, Any]


SLOW = "import time\ndef handle(event, context):\n    time.sleep(30)\n"
LEAKING = "def handle(event, context):\n    raise ValueError(event['body'])\n"
ODD = "def handle(event, context):\n    return {'predictions': []}\n"


def with_handler(text: str, timeout: int = 5) -> graphs.Change:
    def change(inputs: Inputs) -> None:
        inputs["function"]["code"]["assets"]["model/serving/handler.py"] = {"text": text}
        inputs["function"]["timeout"] = timeout

    return change


def test_a_function_out_of_time_is_ended_and_the_next_call_works(built: graphs.Archive) -> None:
    with running(graphs.stack(built, with_handler(SLOW, timeout=1))) as served:
        for _ in range(2):
            answer = post(served)
            assert (answer.status_code, answer.json()) == (502, {"message": "Internal server error"})
        assert (served.log_dir / "function.log").read_text().count("Task timed out after 1.00 seconds") == 2


def test_an_integration_out_of_time_is_504(built: graphs.Archive) -> None:
    def change(inputs: Inputs) -> None:
        with_handler(SLOW)(inputs)
        inputs["integration"]["timeoutMilliseconds"] = 300

    with running(graphs.stack(built, change)) as served:
        assert post(served).json() == {"message": "Endpoint request timed out"}


def test_what_a_function_raises_is_in_no_answer_and_no_log(built: graphs.Archive) -> None:
    with running(graphs.stack(built, with_handler(LEAKING))) as served:
        assert post(served).json() == {"message": "Internal server error"}
        log = (served.log_dir / "function.log").read_text()
        assert "[ERROR] ValueError" in log
        assert "grocery_pos" not in log


def test_an_answer_in_no_proxy_format_is_502(built: graphs.Archive) -> None:
    with running(graphs.stack(built, with_handler(ODD))) as served:
        assert post(served).status_code == 502


def test_a_dead_model_server_is_a_fixed_503_and_no_process_is_left(built: graphs.Archive) -> None:
    with running(graphs.stack(built)) as served:
        assert post(served).status_code == 200
        served.model_server.kill()
        served.model_server.wait()
        answer = post(served)
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "model_unavailable")
        assert served.stopped() == "model-server.log"
        group = served.gateway.pid
        assert len(members(group)) == 2
    assert members(group) == []


def test_a_hanging_model_server_is_504_and_recovers(built: graphs.Archive) -> None:
    def change(inputs: Inputs) -> None:
        inputs["function"]["environment"]["variables"]["ENDPOINT_TIMEOUT_SECONDS"] = "0.5"

    with running(graphs.stack(built, change)) as served:
        served.model_server.send_signal(signal.SIGSTOP)
        answer = post(served)
        assert (answer.status_code, answer.json()["error"]["code"]) == (504, "model_timeout")
        served.model_server.send_signal(signal.SIGCONT)
        assert post(served).status_code == 200


def members(group: int) -> list[int]:
    """The live processes of a process group: the gateway leads its own, the function's workers are in it."""
    found = subprocess.run(["pgrep", "-g", str(group)], capture_output=True, text=True, check=False).stdout
    return [int(line) for line in found.split()]
