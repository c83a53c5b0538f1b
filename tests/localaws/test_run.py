"""Starting and stopping: what is refused before serving, what is survived, what is left behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from pulumi_preflight.graph import UNKNOWN

from localaws.declared import read
from localaws.errors import ServerError
from localaws.run import chosen, issue, running, scoring_path
from model.artifact import archive as archives
from tests.localaws.served import post
from tests.pulumi_preflight import graphs

pytestmark = pytest.mark.slow

Inputs = dict[str, Any]


def refusal(graph: Any, **options: Any) -> str:
    """The one sentence that keeps `graph` from being served."""
    with pytest.raises(ServerError) as caught, running(graph, **options):
        pass
    text = str(caught.value)
    assert text.endswith(".")
    assert "\n" not in text
    return text


def test_a_port_in_use_is_one_sentence(built: graphs.Archive) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert refusal(graphs.stack(built), port=port).startswith(f"Port {port} of 127.0.0.1 is in use")


def test_a_missing_artifact_is_one_sentence(built: graphs.Archive) -> None:
    built.path.unlink()
    assert "model package" in refusal(graphs.stack(built))


def test_a_tampered_artifact_is_one_sentence(built: graphs.Archive) -> None:
    content = bytearray(built.path.read_bytes())
    content[len(content) // 2] ^= 1
    built.path.write_bytes(content)
    assert "model.tar.gz" in refusal(graphs.stack(built))


def test_a_sound_archive_with_other_code_is_one_sentence(built: graphs.Archive) -> None:
    graph = graphs.stack(built)
    archives.pack(graphs.contents() | {"code/inference.py": b"raise SystemExit"}, built.path)
    assert "model.tar.gz" in refusal(graph)


def as_functions(inputs: Inputs) -> None:
    """The image's own application instead of ours."""
    del inputs["model"]["primaryContainer"]["environment"]["SAGEMAKER_SERVING_MODULE"]


def test_the_images_own_application_is_served_where_it_is_declared(built: graphs.Archive) -> None:
    headers = {"content-type": "application/json"}
    with running(graphs.stack(built, as_functions)) as served:
        scored = post(served).json()
        failed = httpx.post(
            f"{served.runtime_url}/invocations", content=b"{", headers=headers, trust_env=False
        )
    assert scored["model_version"] == graphs.VERSION
    assert (failed.status_code, failed.headers["content-type"]) == (500, "text/html; charset=utf-8")


@pytest.mark.parametrize("application", ["inference:application()", None])
@pytest.mark.parametrize("variable", ["MODEL_SHA256", "CARD_SHA256"])
def test_a_model_other_than_the_declared_one_is_not_served(
    built: graphs.Archive, tmp_path: Path, variable: str, application: str | None
) -> None:
    def change(inputs: Inputs) -> None:
        inputs["model"]["primaryContainer"]["environment"][variable] = "0" * 64
        if application is None:
            as_functions(inputs)

    assert "model-server.log" in refusal(graphs.stack(built, change), log_dir=tmp_path / "logs")
    assert f"the digest that {variable} declares" in (tmp_path / "logs" / "model-server.log").read_text()


def test_an_unknown_archive_is_one_sentence(built: graphs.Archive) -> None:
    def change(inputs: Inputs) -> None:
        inputs["model"]["primaryContainer"]["modelDataUrl"] = UNKNOWN

    assert "update form" in refusal(graphs.stack(built, change))


def test_a_stack_without_a_function_is_one_sentence(built: graphs.Archive) -> None:
    assert "aws:lambda/function:Function" in refusal(
        graphs.stack(built, lambda inputs: inputs.pop("function"))
    )


def test_a_function_that_does_not_start_is_one_sentence(built: graphs.Archive) -> None:
    def change(inputs: Inputs) -> None:
        del inputs["function"]["code"]["assets"]["model/contract.py"]

    assert "gateway.log" in refusal(graphs.stack(built, change))


def test_a_zip_that_waits_for_signing_is_served(built: graphs.Archive, tmp_path: Path) -> None:
    from model.artifact.function_package import build_function_package

    package = build_function_package(tmp_path)

    def change(inputs: Inputs) -> None:
        inputs["function"] |= {"code": None, "s3Bucket": "artifacts", "s3Key": "functions/signed.zip"}
        inputs["package"] = {"key": "unsigned.zip", "source": {"path": str(package.path)}}

    with running(graphs.stack(built, change)) as served:
        assert post(served).status_code == 200


def test_a_method_without_a_key_requirement_needs_none(built: graphs.Archive) -> None:
    def change(inputs: Inputs) -> None:
        inputs["post"]["apiKeyRequired"] = False

    with running(graphs.stack(built, change)) as served:
        body = {"transactions": [graphs.LEGITIMATE]}
        assert httpx.post(served.url, json=body, trust_env=False).status_code == 200


MAIN = """
from pathlib import Path
import typer
from preflight.__main__ import mistakes
from pulumi_preflight import export
from localaws.run import serve
def main(folder: Path) -> None:
    with mistakes(False):
        serve(export.read(folder / "graph.json"), port=0, log_dir=folder / "logs", keys_file=folder / "keys.json")
typer.run(main)
"""


# As a shell starts what ends with an ampersand; in the child itself, since a fork beside gRPC's threads may fail.
IN_THE_BACKGROUND = """
import signal
signal.signal(signal.SIGINT, signal.SIG_IGN)
"""


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_serving_ends_with_every_process_on_any_signal(
    built: graphs.Archive, tmp_path: Path, end: signal.Signals
) -> None:
    (tmp_path / "graph.json").write_text(json.dumps(graphs.stack(built).to_export()))
    process = subprocess.Popen(
        [sys.executable, "-c", IN_THE_BACKGROUND + MAIN, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=graphs.ROOT,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(5)]
    url = lines[0].split()[-1]
    assert httpx.get(url, trust_env=False).status_code == 403
    assert "network isolation" in lines[4]
    assert stat.S_IMODE((tmp_path / "credentials.json").stat().st_mode) == 0o600
    for value in json.loads((tmp_path / "keys.json").read_text()).values():
        assert value not in "".join(lines)
    process.send_signal(end)
    rest = process.stdout.read()
    process.stdout.close()
    assert process.wait(10) == (-9 if end == signal.SIGKILL else 0)
    assert rest == ("" if end == signal.SIGKILL else "stopped\n")
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            httpx.get(url, trust_env=False, timeout=1)
        except httpx.TransportError:
            return
        time.sleep(0.1)
    pytest.fail("the gateway outlived the command")


def test_a_missing_artifact_ends_the_process_with_one_sentence(built: graphs.Archive, tmp_path: Path) -> None:
    (tmp_path / "graph.json").write_text(json.dumps(graphs.stack(built).to_export()))
    built.path.unlink()
    ended = subprocess.run(
        [sys.executable, "-c", MAIN, str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=graphs.ROOT,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("error: The model archive model.tar.gz is not where the stack declares it")
    assert ended.stderr.count("\n") == 1


PATHS: dict[str, tuple[graphs.Change, str]] = {
    "for POST": (lambda inputs: None, "/prod/score"),
    "for any verb": (lambda inputs: inputs["post"].update(httpMethod="ANY"), "/prod/score"),
    "for none but GET": (lambda inputs: inputs["post"].update(httpMethod="GET"), "/prod/score"),
}


@pytest.mark.parametrize("name", PATHS)
def test_the_address_is_that_of_the_declared_method(built: graphs.Archive, name: str) -> None:
    change, path = PATHS[name]

    def verb(inputs: Inputs) -> None:
        change(inputs)
        inputs["integration"]["httpMethod"] = inputs["post"]["httpMethod"]

    api = read(graphs.stack(built, verb), graphs.ROOT).api
    assert f"/{api.stage}{scoring_path(api)}" == path


CLIENTS: dict[str, list[str]] = {
    "1": ["checkout"],
    "2": ["checkout", "retired"],
    "retired": ["retired"],
    " retired , checkout ": ["retired", "checkout"],
}


@pytest.mark.parametrize("said", CLIENTS)
def test_clients_are_chosen_by_number_or_name(built: graphs.Archive, said: str) -> None:
    graph = graphs.stack(built)
    issued = issue(read(graph, graphs.ROOT), chosen(graph, said))
    assert [key.name for key in issued] == CLIENTS[said]


@pytest.mark.parametrize("said", ["0", "3", "nobody", ",", "checkout,nobody", "-1"])
def test_clients_that_the_stack_does_not_have_are_one_sentence(built: graphs.Archive, said: str) -> None:
    graph = graphs.stack(built)
    with pytest.raises(ServerError, match=r"between 1 and 2|declares the keys checkout, retired"):
        issue(read(graph, graphs.ROOT), chosen(graph, said))
