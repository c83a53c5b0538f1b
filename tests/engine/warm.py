"""A Python process that has imported what every program here imports, and forks for each run.

Importing the provider SDK takes most of the time of a small stack's preview. With `WARM_PYTHON` naming this
process's socket, the language host has programs run here; without it they start cold, as for a user.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.engine.cli import ROOT

ADDRESS = "WARM_PYTHON"
_HEAVY = (
    "pulumi",
    "pulumi_policy",
    *(f"pulumi_aws.{service}._inputs" for service in ("sagemaker", "wafv2", "s3", "cloudwatch", "lambda_")),
    *(f"pulumi_aws.{service}.outputs" for service in ("sagemaker", "wafv2", "s3", "cloudwatch", "lambda_")),
    "pandas",
)


class Process:
    """A run in the warm process, as far as the language host needs a `subprocess.Popen`."""

    def __init__(self, command: Sequence[str], cwd: str, env: Mapping[str, str]) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.connect(env[ADDRESS])
        order = json.dumps({"command": list(command), "cwd": cwd, "env": dict(env)}).encode()
        socket.send_fds(self._socket, [len(order).to_bytes(8, "big")], [1, 2])
        self._socket.sendall(order)
        self._answers = self._socket.makefile()
        self._pid = int(self._answers.readline())
        self._code: int | None = None

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, once the program has ended; `subprocess.TimeoutExpired` like a `Popen`."""
        if self._code is None:
            self._socket.settimeout(timeout)
            try:
                self._code = int(self._answers.readline())
            except TimeoutError:
                raise subprocess.TimeoutExpired("program", timeout or 0) from None
        return self._code

    def send_signal(self, number: int) -> None:
        """Signals the program, unless it has ended."""
        if self._code is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, number)

    def poll(self) -> int | None:
        """The exit code as far as it has been waited for."""
        return self._code

    def kill(self) -> None:
        """Ends the program by force."""
        self.send_signal(signal.SIGKILL)


@contextmanager
def serving(folder: Path) -> Iterator[Path]:
    """Runs the warm process; its socket is in `folder`."""
    place = folder / "warm.sock"
    command = [sys.executable, "-m", "tests.engine.warm", str(place)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            yield place
        finally:
            process.terminate()


def _serve(place: str) -> None:
    for module in _HEAVY:
        with contextlib.suppress(ImportError):
            importlib.import_module(module)
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(place)
        server.listen()
        print("ready", flush=True)  # noqa: T201
        while True:
            caller, _ = server.accept()
            if not os.fork():
                server.close()
                os._exit(_answer(caller))
            caller.close()


def _answer(caller: socket.socket) -> int:
    """Runs one order in a child of this process, so that its end can be told."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    size, streams, _, _ = socket.recv_fds(caller, 8, 2)
    order = json.loads(caller.recv(int.from_bytes(size, "big"), socket.MSG_WAITALL))
    child = os.fork()
    if not child:
        caller.close()
        for number, stream in enumerate(streams, 1):
            os.dup2(stream, number)
        _run(order)
    caller.sendall(f"{child}\n".encode())
    _, status = os.waitpid(child, 0)
    with contextlib.suppress(BrokenPipeError):
        caller.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    return 0


def _run(order: Mapping[str, Any]) -> None:
    """Becomes the program: working directory, environment, arguments."""
    code = 1
    try:
        os.chdir(order["cwd"])
        os.environ.clear()
        os.environ.update(order["env"])
        script, *arguments = order["command"]
        sys.argv = [script, *arguments]
        sys.path[0] = str(Path(script).parent)
        runpy.run_path(script, run_name="__main__")
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    _serve(sys.argv[1])
