"""Model servers to measure: the container's own, and a light one where Python 3.12 is missing."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import environment
from benchmarks.client import Connection, request
from model.errors import UserError

START_SECONDS = 90.0
_STOP_SECONDS = 10.0
_IMAGE = {
    "SAGEMAKER_SERVING_MODULE": "sagemaker_sklearn_container.serving:main",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONUNBUFFERED": "1",
    "LANG": "C.UTF-8",
}
"""What the image sets before the Model's own environment."""

MODEL_ROOT = "/opt/ml"
_LIGHT = Path(__file__).resolve().parent.parent / "localaws" / "model_server.py"


@dataclass(frozen=True)
class Served:
    """A model server that runs: its port, its processes' roots, and the seconds until its first answer."""

    port: int
    roots: tuple[int, ...]
    start_seconds: float

    def processes(self) -> list[int]:
        """The server's processes, workers included."""
        parents: dict[int, list[int]] = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal():
                try:
                    parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                except OSError:
                    continue
                parents.setdefault(parent, []).append(int(entry.name))
        found, rest = [], list(self.roots)
        while rest:
            pid = rest.pop()
            found.append(pid)
            rest += parents.get(pid, [])
        return found

    def cpu_seconds(self) -> float:
        """User and system time of all its processes so far."""
        ticks = 0
        for pid in self.processes():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def memory_bytes(self) -> int:
        """Resident memory of all its processes; pages that they share count once."""
        kilobytes = 0
        for pid in self.processes():
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    kilobytes += int(line.split()[1])
        return kilobytes * 1024


def placed(environment: Mapping[str, str], base: Path) -> dict[str, str]:
    """The declared environment with the container's folder replaced by `base`."""
    return {name: value.replace(MODEL_ROOT, str(base)) for name, value in environment.items()}


@contextmanager
def container(
    python: Path,
    base: Path,
    variables: Mapping[str, str],
    workers: int,
    probe: bytes,
    log: Path,
    patience: float = START_SECONDS,
) -> Iterator[Served]:
    """The image's server (gunicorn, gevent, no nginx) for the artifact in `base`/model, until the block ends.

    UserError when it gives no good answer to the request body `probe` in so many seconds; its log says why.
    """
    port = free_port()
    environment.fresh(python)
    settings = {
        **_IMAGE,
        **placed(variables, base),
        "SAGEMAKER_BASE_DIR": str(base),
        "SM_MODEL_DIR": str(base / "model"),
        "SAGEMAKER_BIND_TO_PORT": str(port),
        "SAGEMAKER_USE_NGINX": "false",
        "SAGEMAKER_MODEL_SERVER_WORKERS": str(workers),
        "PATH": f"{python.parent}{os.pathsep}{os.defpath}",
        "HOME": str(base),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    command = [str(python), "-m", "sagemaker_containers.cli.serve"]
    started = time.perf_counter()
    with ExitStack() as stack:
        process = stack.enter_context(_process(command, settings, base, log))
        seconds = _until_answers(port, probe, [process], started + patience, log) - started
        yield Served(port, (process.pid,), seconds)


@contextmanager
def light(
    python: Path, base: Path, environment: Mapping[str, str], workers: int, probe: bytes, log: Path
) -> Iterator[Served]:
    """`workers` processes of the rehearsal's model server (uvicorn) on one socket; as `container` otherwise."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=128)
    listening.set_inheritable(True)
    port = listening.getsockname()[1]
    command = [str(python), str(_LIGHT), "--model-dir", str(base / "model"), "--endpoint", "bench"]
    command += ["--fd", str(listening.fileno())]
    settings = {**placed(environment, base), "PATH": os.defpath}
    started = time.perf_counter()
    with listening, ExitStack() as stack:
        pass_on = listening.fileno()
        processes = [
            stack.enter_context(_process(command, settings, base, log, pass_on)) for _ in range(workers)
        ]
        seconds = _until_answers(port, probe, processes, started + START_SECONDS, log) - started
        yield Served(port, tuple(process.pid for process in processes), seconds)


@contextmanager
def _process(
    command: list[str], environment: Mapping[str, str], folder: Path, log: Path, pass_on: int | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as file:
        process = subprocess.Popen(  # noqa: S603
            command,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=file,
            stderr=file,
            start_new_session=True,
            pass_fds=() if pass_on is None else (pass_on,),
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if process.stdin is not None:
            process.stdin.close()


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _until_answers(
    port: int, probe: bytes, processes: list[subprocess.Popen[bytes]], deadline: float, log: Path
) -> float:
    wanted = request("POST", "/invocations", probe)
    while time.perf_counter() < deadline:
        try:
            with Connection(port) as connection:
                if connection.ask(wanted)[0] == 200:
                    return time.perf_counter()
        except OSError:
            pass
        if any(process.poll() is not None for process in processes):
            break
        time.sleep(0.02)
    raise UserError(f"The model server gave no good answer: see {log}.")
