"""A language host for Python programs, for machines where Pulumi's own is not on PATH.

The Pulumi CLI starts `pulumi-language-python` and asks it, over gRPC, to run a program or a policy pack in a Python
process. Pulumi's host is a Go program that no package registry serves. This one does only that part of its work: the
program runs under Pulumi's own `pulumi-language-python-exec` (which stands beside the CLI in `build/engine/bin`),
the pack under the SDK's `pulumi.policy`, a plugin by its own main file, each in a process of its own with the virtual
environment that the project's file names. It installs nothing and finds no plugins but those: providers are attached.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent import futures
from pathlib import Path
from typing import Any, NoReturn

import grpc
from google.protobuf import json_format
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

from tests.engine import warm

EXEC = "pulumi-language-python-exec"
_OPTIONS = [("grpc.max_receive_message_length", 400 << 20), ("grpc.max_send_message_length", 400 << 20)]
# What Pulumi's exec script answers with when it has shown the error to the user itself.
_SHOWN = 32


class Host(language_pb2_grpc.LanguageRuntimeServicer):
    """Runs programs and packs; `engine` is the address of the engine that started this host."""

    def __init__(self, engine: str, script: Path) -> None:
        self._engine = engine
        self._script = script
        self._children: list[subprocess.Popen[bytes] | warm.Process] = []

    def end(self) -> NoReturn:
        """Ends this host and everything it has started."""
        for child in self._children:
            child.kill()
        os._exit(0)

    def Handshake(self, request: Any, context: grpc.ServicerContext) -> Any:
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:
        return plugin_pb2.PluginInfo(version="0.0.0")

    def GetRequiredPackages(self, request: Any, context: grpc.ServicerContext) -> Any:
        return language_pb2.GetRequiredPackagesResponse()

    def Run(self, request: Any, context: grpc.ServicerContext) -> Any:
        environment = {
            "PULUMI_CONFIG": json.dumps(dict(request.config)),
            "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys)),
        }
        options = {
            "monitor": request.monitor_address,
            "engine": self._engine,
            "project": request.project,
            "root_directory": request.info.root_directory,
            "stack": request.stack,
            "pwd": request.pwd,
            "parallel": str(request.parallel),
            "dry_run": str(request.dryRun).lower(),
            "organization": request.organization,
        }
        flags = [part for key, value in options.items() if value for part in (f"--{key}", value)]
        command = [str(self._script), *flags, request.info.entry_point, *request.args]
        process = _started(
            _python(request.info), command, request.info.program_directory, {**os.environ, **environment}
        )
        self._children.append(process)
        context.add_callback(lambda: _interrupt(process))
        code = process.wait()
        if code == _SHOWN:
            return language_pb2.RunResponse(bail=True)
        return language_pb2.RunResponse(
            error=f"Program exited with non-zero exit code: {code}" if code else ""
        )

    def RunPlugin(self, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        folder = request.info.program_directory
        what = (
            [folder, *request.args]
            if request.kind == "resource"
            else ["-m", "pulumi.policy", *request.args, folder]
        )
        process = subprocess.Popen(
            [_python(request.info), "-u", *what],
            cwd=request.pwd,
            env={**os.environ, **dict(item.split("=", 1) for item in request.env)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._children.append(process)
        context.add_callback(lambda: _interrupt(process))
        said: queue.Queue[Any] = queue.Queue()
        for name in ("stdout", "stderr"):
            threading.Thread(target=_forward, args=(name, getattr(process, name), said), daemon=True).start()
        open_streams = 2
        while open_streams:
            message = said.get()
            if message is None:
                open_streams -= 1
            else:
                yield message
        yield language_pb2.RunPluginResponse(exitcode=process.wait())


def _started(
    python: str, command: list[str], folder: str, environment: dict[str, str]
) -> subprocess.Popen[bytes] | warm.Process:
    """The program, running: in a warm process where there is one, else in a new interpreter."""
    if warm.ADDRESS in environment:
        return warm.Process(command, folder, environment)
    return subprocess.Popen([python, "-u", *command], cwd=folder, env=environment, stdin=subprocess.DEVNULL)


def _forward(name: str, stream: Any, said: queue.Queue[Any]) -> None:
    while chunk := stream.read1():
        said.put(language_pb2.RunPluginResponse(**{name: chunk}))
    said.put(None)


def _interrupt(process: subprocess.Popen[bytes] | warm.Process) -> None:
    """Stops a process whose call is over, as Pulumi's host does: an interrupt first, then by force."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()


def _python(info: Any) -> str:
    """The interpreter of the environment that the project's file names, else the one that runs this."""
    environment = json_format.MessageToDict(info.options).get("virtualenv")
    if not environment:
        return sys.executable
    return str(Path(info.root_directory, environment, "bin", "python"))


def main() -> None:
    """Serves the engine that is the last argument, until it goes: the port is the first line of standard output."""
    host = Host(sys.argv[-1], Path(sys.argv[1]))
    server = grpc.server(futures.ThreadPoolExecutor(16), options=_OPTIONS)
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(host, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    # The engine interrupts its plugins when it is done with them; when it was killed, their input ends.
    signal.signal(signal.SIGINT, lambda number, frame: host.end())
    print(port, flush=True)  # noqa: T201
    sys.stdin.read()
    host.end()
