"""The deployed artifact in a look-alike of its container: the image's server, Python 3.12, no network.

Run by hand: it takes a minute or two. Everything is as the prod stack declares it: the archive, its place, the
environment. What is not the image's: nginx is missing, and its 40-line serving module has a stand-in.
"""

from __future__ import annotations

import fcntl
import json
import pickle
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from pulumi_preflight.program import evaluate
from rich.table import Table

from benchmarks import client, environment, servers
from benchmarks.artifacts import TRANSACTION
from localaws import declared
from model import progress
from model.artifact import package
from model.commands import cli
from model.errors import UserError

_PROJECT = Path(__file__).resolve().parent.parent
_ROOT = Path(servers.MODEL_ROOT)
_SIOCSIFFLAGS, _IFF_UP = 0x8914, 1
_WORKERS = 2
_REFUSAL_SECONDS = 60.0
_WARM_MS = 100.0


@dataclass(frozen=True)
class Check:
    """One thing that was tried, and what came of it."""

    name: str
    passed: bool
    detail: str = ""


@dataclass(frozen=True)
class Case:
    """What the isolated process needs: the look-alike's Python, an unpacked artifact, its environment."""

    python: Path
    model: Path
    environment: Mapping[str, str]
    log: Path
    marker: Path

    def body(self, transactions: int) -> bytes:
        """A request with the fields that the card asks for."""
        fields = json.loads((self.model / "card.json").read_bytes())["fields"]
        rows = [{name: TRANSACTION[name] for name in fields}] * transactions
        return json.dumps({"transactions": rows}).encode()


def isolate() -> None:
    """In new namespaces of its own: brings up the loopback and puts an empty folder at the container's place."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", _IFF_UP))
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(_ROOT.parent)], check=True)  # noqa: S603, S607
    _ROOT.mkdir()


def place(case: Case) -> None:
    """The artifact where the container unpacks it, and nothing left of the run before."""
    for folder in _ROOT.iterdir():
        shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(case.model, _ROOT / "model")


def serves(case: Case) -> Iterator[Check]:
    """Starts the server and asks what SageMaker and our function would ask."""
    place(case)
    probe = case.body(1)
    with servers.container(case.python, _ROOT, case.environment, _WORKERS, probe, case.log) as served:
        yield Check("starts", served.start_seconds < 30, f"{served.start_seconds:.1f} s")
        slowest, kept = _first_requests(served.port, probe), set(served.processes())
        yield Check("slowest of the first 40 requests", slowest < _WARM_MS, f"{slowest:.1f} ms")
        with client.Connection(served.port) as connection:
            yield from _answers(connection, case)
        yield Check("no worker died", set(served.processes()) == kept)
    text = case.log.read_text(encoding="utf-8", errors="replace")
    yield Check("no value in the log", str(TRANSACTION["amt"]) not in text)


def _first_requests(port: int, probe: bytes) -> float:
    """Milliseconds of the slowest of 40 requests, each over a connection of its own, so that all workers get some."""
    prepared, slowest = client.request("POST", "/invocations", probe), 0.0
    for _ in range(40):
        begin = time.perf_counter()
        with client.Connection(port) as connection:
            connection.ask(prepared)
        slowest = max(slowest, (time.perf_counter() - begin) * 1000)
    return slowest


def _answers(connection: client.Connection, case: Case) -> Iterator[Check]:
    status, _ = connection.ask(client.request("GET", "/ping", b""))
    yield Check("/ping", status == 200, str(status))
    status, content = connection.ask(client.request("POST", "/invocations", case.body(50)))
    answer = json.loads(content) if status == 200 else {}
    right = len(answer.get("predictions", [])) == 50 and all(p["is_fraud"] for p in answer["predictions"])
    yield Check("a batch of 50", right, str(status))
    payload = pickle.dumps(_Touch(case.marker))
    status, _ = connection.ask(client.request("POST", "/invocations", payload, "application/x-npy"))
    yield Check("refuses pickled arrays", status >= 400 and not case.marker.exists(), str(status))
    status, _ = connection.ask(client.request("POST", "/invocations", b'{"transactions": [NaN]}'))
    yield Check("refuses a bad body", status in {400, 500}, str(status))


class _Touch:
    """A pickle that leaves a mark when it is loaded."""

    def __init__(self, marker: Path) -> None:
        self._marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self._marker,)


def refuses(case: Case) -> Iterator[Check]:
    """Starts the server over tampered files: it must never answer 200, nor run a pickle."""
    model, card = _ROOT / "model" / "model.onnx", _ROOT / "model" / "card.json"
    tampered: dict[str, Callable[[], object]] = {
        "a flipped byte in the model": lambda: _flip(model),
        "a flipped byte in the card": lambda: _flip(card),
        "a pickle as the model": lambda: model.write_bytes(pickle.dumps(_Touch(case.marker))),
        "a missing model": lambda: model.unlink(),
    }
    for what, tamper in tampered.items():
        place(case)
        tamper()
        yield _refused(case, case.environment, f"refuses {what}")
    place(case)
    bare = {key: value for key, value in case.environment.items() if key != "MODEL_SHA256"}
    yield _refused(case, bare, "refuses to run without a declared digest")


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _refused(case: Case, variables: Mapping[str, str], name: str) -> Check:
    """The server ends by itself, without a good answer: SageMaker then sees a container that failed."""
    begin = time.perf_counter()
    try:
        with servers.container(
            case.python, _ROOT, variables, _WORKERS, case.body(1), case.log, _REFUSAL_SECONDS
        ):
            return Check(name, False, "it serves")
    except UserError:
        seconds = time.perf_counter() - begin
    ended = seconds < _REFUSAL_SECONDS
    return Check(
        name, ended and not case.marker.exists(), f"ended after {seconds:.1f} s" if ended else "it loops"
    )


def isolated(case: Case) -> Iterator[Check]:
    """All checks, in this process, which must have namespaces of its own."""
    isolate()
    interfaces = [
        line.partition(":")[0].strip() for line in Path("/proc/net/dev").read_text().splitlines()[2:]
    ]
    yield Check("there is no network", interfaces == ["lo"], ", ".join(interfaces))
    try:
        yield from serves(case)
    except UserError as mistake:
        yield Check("starts", False, str(mistake))
    yield from refuses(case)


def _prepared(folder: Path, build_dir: Path) -> Case:
    container = declared.read(evaluate("prod"), _PROJECT).container
    package.unpack(container.archive, folder / "model", sha256=container.sha256)
    python = environment.ensure(build_dir / "container", progress.say)
    if python.resolve().is_relative_to(_ROOT.parent):
        raise UserError(f"{_ROOT.parent} is covered during the checks: use a Python 3.12 that is elsewhere.")
    return Case(python, folder / "model", container.environment, folder / "server.log", folder / "ran")


def main(
    build_dir: Annotated[Path, typer.Option(help="Where the look-alike environment is kept.")] = Path(
        "build"
    ),
    inside: Annotated[Path | None, typer.Option(hidden=True)] = None,
) -> None:
    """Serve the prod stack's artifact as its container would, without a network. Exit code 1: a check failed."""
    if inside:
        found = json.loads(inside.read_bytes())
        paths = {name: Path(found[name]) for name in ("python", "model", "log", "marker")}
        for check in isolated(Case(environment=found["environment"], **paths)):
            print(json.dumps(asdict(check)), flush=True)  # noqa: T201
        return
    with tempfile.TemporaryDirectory(prefix="lookalike-") as name:
        checks = _outside(_prepared(Path(name), build_dir), Path(name))
    table = Table(title="the artifact in its container's look-alike", title_justify="left")
    for heading in ("check", "", "measured"):
        table.add_column(heading)
    for check in checks:
        table.add_row(check.name, "[green]passed[/]" if check.passed else "[red]failed[/]", check.detail)
    progress.out.print(table)
    if not all(check.passed for check in checks):
        raise typer.Exit(1)


def _outside(case: Case, folder: Path) -> list[Check]:
    spec = folder / "case.json"
    spec.write_text(json.dumps(asdict(case), default=str), encoding="utf-8")
    command = ["unshare", "-rnm", sys.executable, "-m", "benchmarks.lookalike", "--inside", str(spec)]
    with progress.step(progress.say, "serving without a network"):
        done = subprocess.run(command, cwd=_PROJECT, capture_output=True, text=True, check=False)  # noqa: S603
    checks = [Check(**json.loads(line)) for line in done.stdout.splitlines()]
    if done.returncode or not checks:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise UserError(f"The isolated checks did not finish ({last}): namespaces must be permitted here.")
    return checks


if __name__ == "__main__":
    cli.run(main)
