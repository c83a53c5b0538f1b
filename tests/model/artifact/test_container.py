"""The archive's code and vendored runtime under the container's Python, where this machine has one."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
import zipfile
from pathlib import Path

import pytest

from benchmarks import client, servers
from model.artifact import runtime
from model.errors import UserError
from tests.harness import declared, one
from tests.pulumi_preflight import graphs

ROOT = Path(__file__).resolve().parents[3]
PYTHON = ROOT / "build" / "container" / "bin" / "python"
WHEELS = ROOT / "build" / "wheels"

PROGRAM = """
import io, json, sys
import inference, onnxruntime
application = inference.application(sys.argv[1])
said = []
def ask(method, path, content=b""):
    environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "CONTENT_TYPE": "application/json",
               "wsgi.input": io.BytesIO(content), "wsgi.errors": sys.stderr}
    body = b"".join(application(environ, lambda status, headers: said.append(status)))
    return [said[-1], json.loads(body)]
answers = [ask("GET", "/ping"), ask("POST", "/invocations", sys.argv[2].encode())]
print(json.dumps({"answers": answers, "runtime": onnxruntime.__file__, "python": sys.version_info[:2]}))
"""


@pytest.fixture(name="model_dir", scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not PYTHON.exists():
        pytest.skip("no look-alike environment: make bench builds one where there is Python 3.12")
    if not WHEELS.is_dir():
        pytest.skip("the vendored wheels have not been downloaded: make demo does")
    folder = tmp_path_factory.mktemp("opt-ml-model")
    for name, content in graphs.contents().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    for wheel in runtime.wheels(WHEELS):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder / "vendor")
    return folder


def run(model_dir: Path, archive: graphs.Archive, body: str) -> subprocess.CompletedProcess[str]:
    variables = archive.environment | {"PYTHONPATH": f"{model_dir}/code:{model_dir}/vendor"}
    command = [str(PYTHON), "-W", "error", "-c", PROGRAM, str(model_dir), body]
    return subprocess.run(
        command, env=variables, cwd=model_dir, capture_output=True, text=True, check=False, timeout=60
    )


def test_the_vendored_runtime_scores_under_the_containers_python(model_dir: Path, tmp_path: Path) -> None:
    body = json.dumps({"transactions": [graphs.LEGITIMATE, graphs.FRAUDULENT]})
    done = run(model_dir, graphs.archive(tmp_path), body)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["python"] == [3, 12]
    assert found["runtime"].startswith(str(model_dir / "vendor"))
    ping, scored = found["answers"]
    assert ping == ["200 OK", {}]
    assert scored[0] == "200 OK"
    assert [p["is_fraud"] for p in scored[1]["predictions"]] == [False, True]
    assert scored[1]["model_version"] == graphs.VERSION


def test_a_changed_model_does_not_start_there(model_dir: Path, tmp_path: Path) -> None:
    archive = graphs.archive(tmp_path)
    model = model_dir / "model.onnx"
    content = model.read_bytes()
    model.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    try:
        done = run(model_dir, archive, "{}")
    finally:
        model.write_bytes(content)
    assert done.returncode == 1
    assert "RefusedError" in done.stderr
    assert done.stdout == ""


BODY = json.dumps({"transactions": [graphs.FRAUDULENT]}).encode()


def ended(served: servers.Served, seconds: float = 30) -> bool:
    """Whether the server's first process is gone within so many seconds."""
    until = time.monotonic() + seconds
    state = Path(f"/proc/{served.roots[0]}/stat")
    while time.monotonic() < until:
        try:
            if state.read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.05)
    return False


def test_the_containers_server_ends_rather_than_serve_another_model(model_dir: Path, tmp_path: Path) -> None:
    """With the environment that the stack declares: at start, and when a worker is replaced later."""
    variables = dict(
        one(declared("dev"), "aws:sagemaker/model:Model")["inputs"]["primaryContainer"]["environment"]
    )
    variables |= graphs.archive(tmp_path).environment
    shutil.copytree(model_dir, tmp_path / "model", ignore=shutil.ignore_patterns("vendor"))
    (tmp_path / "model" / "vendor").symlink_to(model_dir / "vendor")
    log = tmp_path / "server.log"
    with servers.container(PYTHON, tmp_path, variables, 2, BODY, log) as served:
        with client.Connection(served.port) as connection:
            status, content = connection.ask(client.request("POST", "/invocations", BODY))
        assert (status, json.loads(content)["model_version"]) == (200, graphs.VERSION)
        (tmp_path / "model" / "model.onnx").write_bytes(b"another")
        os.kill(served.processes()[-1], signal.SIGKILL)  # a leaf: a worker
        assert ended(served)
    with (
        pytest.raises(UserError, match="no good answer"),
        servers.container(PYTHON, tmp_path, variables, 2, BODY, log),
    ):
        pass
    text = log.read_text()
    assert text.count("model.onnx does not have the digest that MODEL_SHA256 declares") >= 2
    assert "980.0" not in text
