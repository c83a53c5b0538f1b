"""What callers get while something behind the gateway is broken, and that it works again without a restart."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from localaws.declared import Declared, read
from localaws.errors import ServerError
from localaws.function import FunctionThrottled, Pool, install
from localaws.gateway import Gateway, Setup
from localaws.run import running
from preflight import score
from tests.pulumi_preflight import graphs, hardened
from tests.pulumi_preflight.hardened import CREDENTIALS, KEYS, URL, Inputs, harden

pytestmark = pytest.mark.slow

CARD_NUMBER = 4111111111111111
BODY = json.dumps({"transactions": [graphs.LEGITIMATE | {"cc_num": CARD_NUMBER}]}).encode()
SOUND = json.dumps({"model_version": "v", "predictions": [{"is_fraud": False, "score": 0.1}]}).encode()
SECRET = "arn:aws:sagemaker:us-east-1:123456789012:endpoint/scoring-prod at 10.0.0.7"


def aws_error(code: str, status: int) -> tuple[int, bytes, dict[str, str]]:
    body = json.dumps({"Message": SECRET, "OriginalMessage": f"{SECRET} {CARD_NUMBER}"}).encode()
    return status, body, {"x-amzn-errortype": code}


FAULTS: dict[str, tuple[tuple[int, bytes, dict[str, str]], int, str]] = {
    "garbage": ((200, b"\x00\xff<html>", {}), 502, "model_error"),
    "wrong shape": ((200, b'{"predictions": []}', {}), 502, "model_error"),
    "no number": ((200, SOUND.replace(b"0.1", b"NaN"), {}), 502, "model_error"),
    "endless": ((200, b"[" * 200_000, {}), 502, "model_error"),
    "4xx": (aws_error("ModelError", 424), 502, "model_error"),
    "not there": (aws_error("ValidationError", 400), 502, "model_error"),
    "not allowed": (aws_error("AccessDeniedException", 403), 502, "model_error"),
    "not ready": (aws_error("ModelNotReadyException", 429), 503, "model_unavailable"),
    "throttled": (aws_error("ThrottlingException", 400), 503, "model_unavailable"),
    "5xx": (aws_error("InternalFailure", 500), 502, "model_error"),
    "outage": (aws_error("ServiceUnavailable", 503), 503, "model_unavailable"),
    "dependency": (aws_error("InternalDependencyException", 530), 503, "model_unavailable"),
}


@dataclass
class Runtime:
    """Stands for the SageMaker runtime: answers as told, after so many seconds."""

    answer: tuple[int, bytes, dict[str, str]]
    seconds: float = 0
    url: str = ""


@contextlib.contextmanager
def runtime(port: int = 0) -> Iterator[Runtime]:
    told = Runtime((200, SOUND, {}))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            time.sleep(told.seconds)
            status, body, headers = told.answer
            with contextlib.suppress(OSError):
                self.send_response(status)
                for name, value in {**headers, "content-length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    told.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()


def declared(folder: Path, *changes: hardened.Change) -> Declared:
    def change(inputs: Inputs) -> None:
        harden(inputs)
        inputs["post"].pop("authorization")
        inputs["plan"] = {"apiStages": [{"apiId": "api-id", "stage": "prod"}]}
        inputs["function"]["environment"]["variables"]["ENDPOINT_TIMEOUT_SECONDS"] = "0.5"
        for bend in changes:
            bend(inputs)

    return read(graphs.stack(graphs.Archive(folder / "model.tar.gz", "0" * 64), change), graphs.ROOT)


async def post(gateway: Gateway, body: bytes = BODY) -> httpx.Response:
    headers = {"content-type": "application/json", "user-agent": hardened.BROWSER, "x-api-key": "k-checkout"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(gateway)) as client:
        return await client.post(URL, content=body, headers=headers)


async def through_all_faults(stack: Declared, told: Runtime, folder: Path) -> dict[str, httpx.Response]:
    """One gateway and one function: each fault in turn, and the model well again after each."""
    package = folder / "package"
    install(stack.function, package)
    pool = Pool(stack.function, package, told.url, folder / "function.log")
    gateway = Gateway(stack, pool, Setup(KEYS, CREDENTIALS, folder))
    answers = {}
    await pool.start()
    try:
        for name, (answer, _, _) in FAULTS.items():
            told.answer = answer
            answers[name] = await post(gateway)
            told.answer = (200, SOUND, {})
            answers[f"{name}, put right"] = await post(gateway)
        told.seconds = 1
        answers["slow"] = await post(gateway)
        told.seconds = 0
        answers["slow, put right"] = await post(gateway)
        answers["at once"] = (await asyncio.gather(*(post(gateway) for _ in range(8))))[-1]
    finally:
        await pool.stop()
    return answers


def test_each_fault_has_one_fixed_answer_and_passes(tmp_path: Path) -> None:
    with runtime() as told:
        answers = asyncio.run(through_all_faults(declared(tmp_path), told, tmp_path))
    expected = {name: (status, code) for name, (_, status, code) in FAULTS.items()}
    expected["slow"] = (504, "model_timeout")
    for name, (status, code) in expected.items():
        answer = answers.pop(name)
        assert (name, answer.status_code, answer.json()["error"]["code"]) == (name, status, code)
        assert set(answer.json()) == {"request_id", "error"}
    assert {answer.status_code for answer in answers.values()} == {200}
    assert len(answers) == len(FAULTS) + 2
    for path in tmp_path.glob("*.log"):
        text = path.read_text()
        assert SECRET not in text
        assert str(CARD_NUMBER) not in text


@contextlib.asynccontextmanager
async def serving(stack: Declared, url: str, folder: Path) -> AsyncIterator[Gateway]:
    """A gateway with the function's real workers."""
    install(stack.function, folder / "package")
    pool = Pool(stack.function, folder / "package", url, folder / "function.log")
    await pool.start()
    try:
        yield Gateway(stack, pool, Setup(KEYS, CREDENTIALS, folder))
    finally:
        await pool.stop()


def test_a_model_that_is_gone_is_503_until_it_is_back(tmp_path: Path) -> None:
    hang_up = (200, SOUND, {"connection": "close"})

    async def ask() -> list[httpx.Response]:
        with contextlib.ExitStack() as up:
            told = up.enter_context(runtime())
            told.answer = hang_up
            async with serving(declared(tmp_path), told.url, tmp_path) as gateway:
                answers = [await post(gateway)]
                up.close()
                answers += [await post(gateway), await post(gateway)]
                with runtime(int(told.url.rpartition(":")[2])):
                    answers.append(await post(gateway))
        return answers

    answers = asyncio.run(ask())
    assert [answer.status_code for answer in answers] == [200, 503, 503, 200]
    assert answers[1].json()["error"]["code"] == "model_unavailable"


DYING = """
import os
def handle(event, context):
    if "die" in event["body"]:
        os._exit(3)
    return {"statusCode": 200}
"""


def test_a_function_that_dies_is_502_and_the_next_call_has_another(tmp_path: Path) -> None:
    def dying(inputs: Inputs) -> None:
        inputs["function"]["code"]["assets"]["model/serving/handler.py"] = {"text": DYING}
        inputs["post"].pop("requestValidatorId")

    async def ask() -> list[int]:
        async with serving(declared(tmp_path, dying), "http://127.0.0.1:9", tmp_path) as gateway:
            bodies = (b"{}", b"die", b"{}", b"die", b"die", b"{}")
            return [(await post(gateway, body)).status_code for body in bodies]

    assert asyncio.run(ask()) == [200, 502, 200, 502, 502, 200]


SLEEPING = "import time\ndef handle(event, context):\n    time.sleep(0.4)\n    return {'statusCode': 200}\n"


def test_the_reserved_concurrency_is_the_most_that_runs_at_once(tmp_path: Path) -> None:
    def two(inputs: Inputs) -> None:
        inputs["function"]["code"]["assets"]["model/serving/handler.py"] = {"text": SLEEPING}
        inputs["function"]["reservedConcurrentExecutions"] = 2

    async def four_at_once() -> list[int]:
        stack = declared(tmp_path, two)
        install(stack.function, tmp_path / "package")
        pool = Pool(stack.function, tmp_path / "package", "http://127.0.0.1:9", tmp_path / "function.log")
        gateway = Gateway(stack, pool, Setup(KEYS, CREDENTIALS, tmp_path))
        await pool.start()
        try:
            answers = await asyncio.gather(*(post(gateway) for _ in range(4)))
            answers.append(await post(gateway))
        finally:
            await pool.stop()
        return [answer.status_code for answer in answers]

    statuses = asyncio.run(four_at_once())
    assert sorted(statuses[:4]) == [200, 200, 500, 500]
    assert statuses[4] == 200


def test_a_function_with_no_concurrency_is_switched_off(tmp_path: Path) -> None:
    stack = declared(tmp_path, lambda inputs: inputs["function"].update(reservedConcurrentExecutions=0))

    async def invoke() -> None:
        await Pool(stack.function, tmp_path, "", tmp_path / "function.log").invoke({}, "id")

    with pytest.raises(FunctionThrottled):
        asyncio.run(invoke())


def test_the_whole_server_signs_keys_captures_and_keeps_its_artifact(tmp_path: Path) -> None:
    """Real processes: an artifact that is swapped while it is served changes nothing, and is refused afterwards."""
    built = graphs.archive(tmp_path)

    def capture(inputs: Inputs) -> None:
        harden(inputs)
        modes = [{"captureMode": "Input"}, {"captureMode": "Output"}]
        config = {"enableCapture": True, "initialSamplingPercentage": 100, "captureOptions": modes}
        inputs["configuration"] = {"dataCaptureConfig": config}

    graph = graphs.stack(built, capture)
    with running(graph, clients=["checkout"], trust_forwarded=True) as served:
        (key,) = json.loads(served.keys_file.read_text()).values()
        auth = score.SigV4.of(served.credentials_file)
        headers = {"x-api-key": key, "user-agent": hardened.BROWSER, "content-type": "application/json"}
        with httpx.Client(headers=headers, auth=auth, trust_env=False) as client:
            assert client.post(served.url, content=BODY).json()["model_version"] == graphs.VERSION
            built.path.write_bytes(b"swapped")
            assert client.post(served.url, content=BODY).status_code == 200
            program = {"user-agent": "curl/8"}
            assert client.post(served.url, content=BODY, headers=program).status_code == 403
            known = program | {"x-preflight-source-ip": hardened.KNOWN}
            assert client.post(served.url, content=BODY, headers=known).status_code == 200
        assert httpx.post(served.url, content=BODY, headers=headers, trust_env=False).status_code == 403
        names = {path.name for path in served.log_dir.iterdir()}
        assert names >= {"access.log", "waf.log", "function.log", "capture.jsonl"}
        captured = (served.log_dir / "capture.jsonl").read_text()
        assert len(captured.splitlines()) == 3
        sides = json.loads(captured.splitlines()[0])["captureData"]
        assert set(sides) == {"endpointInput", "endpointOutput"}
        for path in served.log_dir.iterdir():
            assert str(CARD_NUMBER) not in path.read_text()
    with pytest.raises(ServerError), running(graph):
        pass


def test_unknown_clients_and_a_wrong_firewall_are_one_sentence_each(tmp_path: Path) -> None:
    built = graphs.archive(tmp_path)
    with (
        pytest.raises(ServerError, match="checkout, retired"),
        running(graphs.stack(built), clients=["nobody"]),
    ):
        pass

    def wrong(inputs: Inputs) -> None:
        harden(inputs)
        inputs["firewall"]["rules"] = [hardened.rule("odd", 0, {"oddStatement": {}})]

    with (
        pytest.raises(ServerError, match="rule odd states oddStatement"),
        running(graphs.stack(built, wrong)),
    ):
        pass
