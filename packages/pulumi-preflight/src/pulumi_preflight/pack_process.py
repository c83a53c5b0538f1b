"""The policy pack as the engine runs it: a process of its own, spoken to over gRPC."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from google.protobuf import empty_pb2
from pulumi.runtime.proto import analyzer_pb2

from pulumi_preflight import channel
from pulumi_preflight.channel import Call, CallError, Channel
from pulumi_preflight.errors import UserError
from pulumi_preflight.terminal import say

START_SECONDS = 300.0
"""A pack imports an SDK of thousands of files: on a busy machine that takes minutes."""
_IN_FLIGHT = 256
CALL_SECONDS = 300.0
_STOP_SECONDS = 3.0
_POLL_SECONDS, _TELL_SECONDS = 0.05, 10.0
_SERVICE = "/pulumirpc.Analyzer/"


@dataclass(frozen=True)
class Run:
    """Whose stack is judged; `config` reaches the pack decrypted, as the engine passes it."""

    project: str
    stack: str
    preview: bool
    config: Mapping[str, str]
    secret_keys: frozenset[str] = frozenset()


class PackProcess:
    """A started pack (a folder or an executable file), to be used in a `with` statement, which its process ends with.

    Raises UserError when the folder is not a pack, when the pack does not start, prints anything before its
    port, or fails a call. `scrub` removes secrets from what the pack wrote on stderr.
    """

    def __init__(self, folder: Path, run: Run, scrub: Callable[[str], str] = str) -> None:
        self._executable = folder.is_file() and os.access(folder, os.X_OK)
        if not self._executable and not (folder / "PulumiPolicy.yaml").is_file():
            raise UserError(f"{folder} is not a policy pack: it has no PulumiPolicy.yaml.")
        self.folder = folder
        self._run = run
        self._scrub = scrub

    def __enter__(self) -> Self:
        self._out = tempfile.TemporaryFile()
        self._err = tempfile.TemporaryFile()
        self._process = subprocess.Popen(  # noqa: S603
            self._command(),
            cwd=self.folder.parent if self._executable else self.folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=self._out,
            stderr=self._err,
        )
        self._channel: Channel | None = None
        try:
            self._channel = self._connected(self._port())
            self._greet(self._channel)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the process, by force if it does not end by itself."""
        if self._channel is not None:
            self._channel.close()
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._out.close()
        self._err.close()

    def info(self) -> Any:
        """The pack's AnalyzerInfo message."""
        return analyzer_pb2.AnalyzerInfo.FromString(self._call("GetAnalyzerInfo", empty_pb2.Empty()))

    def configure(self, config: Mapping[str, Any]) -> None:
        """Sets the final configuration: policy name to PolicyConfig message."""
        self._call("Configure", analyzer_pb2.ConfigureAnalyzerRequest(policyConfig=config))

    def analyze(
        self, requests: Iterable[Any], done: Callable[[], None] = lambda: None
    ) -> Iterator[tuple[str, Any]]:
        """(URN, diagnostic) of all AnalyzeRequest messages, in their order; `done` is called after each."""
        asked: deque[tuple[str, str, Call]] = deque()

        def settle() -> Iterator[tuple[str, Any]]:
            urn, name, call = asked.popleft()
            yield from ((urn, item) for item in self._diagnostics(call, f'while it analyzed "{name}"'))
            done()

        for request in requests:
            asked.append((request.urn, request.name, self._ask("Analyze", request.SerializeToString())))
            if len(asked) >= _IN_FLIGHT:
                yield from settle()
        while asked:
            yield from settle()

    def analyze_stack(self, resources: Iterable[Any]) -> Iterator[tuple[str, Any]]:
        """(URN, diagnostic) of the stack policies over all AnalyzerResource messages.

        Question and answer take several times the room of their bytes as messages: both are dealt with one by one.
        """
        parts = (analyzer_pb2.AnalyzeStackRequest(resources=[one]).SerializeToString() for one in resources)
        call = self._ask("AnalyzeStack", b"".join(parts))
        yield from ((item.urn, item) for item in self._diagnostics(call, "in AnalyzeStack"))

    def _command(self) -> list[str]:
        """As the CLI starts a pack: an executable by itself, a folder by the SDK's own module."""
        if self._executable:
            return [str(self.folder.resolve()), "127.0.0.1:1"]
        return [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:1", str(self.folder.resolve())]

    def _environment(self) -> dict[str, str]:
        run = self._run
        return dict(os.environ) | {
            "PULUMI_PROJECT": run.project,
            "PULUMI_STACK": run.stack,
            "PULUMI_ORGANIZATION": "organization",
            "PULUMI_DRY_RUN": "true" if run.preview else "false",
            "PYTHONUNBUFFERED": "1",  # the SDK does not flush the port
            "PULUMI_CONFIG": json.dumps(dict(run.config)),
            "PYTHONDONTWRITEBYTECODE": os.environ.get("PYTHONDONTWRITEBYTECODE", ""),
        }

    def _port(self) -> int:
        deadline = time.monotonic() + START_SECONDS
        told = deadline - START_SECONDS + _TELL_SECONDS
        while time.monotonic() < deadline:
            if time.monotonic() > told:
                say(f"the policy pack {self.folder.name} is still starting")
                told += _TELL_SECONDS
            ended = self._process.poll() is not None
            line, newline, _ = _content(self._out).partition(b"\n")
            if newline:
                if line.isdigit() and 0 < int(line) < 65536:
                    return int(line)
                raise UserError(
                    f"the policy pack {self.folder} prints to stdout before its port: "
                    "remove every print from what it imports."
                )
            if ended:
                raise UserError(f"the policy pack {self.folder} did not start: {self._tail()}")
            time.sleep(_POLL_SECONDS)
        raise UserError(f"the policy pack {self.folder} gave no port within {START_SECONDS:.0f} seconds.")

    def _connected(self, port: int) -> Channel:
        deadline = time.monotonic() + CALL_SECONDS
        while True:
            try:
                return Channel(port)
            except OSError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise UserError(
                        f"the policy pack {self.folder} does not listen at its port: {self._tail()}"
                    ) from None
                time.sleep(_POLL_SECONDS)

    def _greet(self, opened: Channel) -> None:
        hello = analyzer_pb2.AnalyzerHandshakeRequest(engine_address="127.0.0.1:1")
        try:
            opened.result(self._ask("Handshake", hello.SerializeToString()), CALL_SECONDS)
        except CallError as error:
            if error.code != channel.UNIMPLEMENTED:
                raise self._failure("at the handshake", error) from None
        run = self._run
        request = analyzer_pb2.AnalyzerStackConfigureRequest(
            stack=run.stack,
            project=run.project,
            organization="organization",
            dry_run=run.preview,
            config=run.config,
            config_secret_keys=sorted(run.secret_keys),
        )
        self._call("ConfigureStack", request)

    def _ask(self, method: str, message: bytes) -> Call:
        assert self._channel is not None  # noqa: S101 - entered
        return self._channel.ask(_SERVICE + method, message)

    def _answer(self, call: Call, when: str) -> bytearray:
        assert self._channel is not None  # noqa: S101 - entered
        try:
            return self._channel.result(call, CALL_SECONDS)
        except CallError as error:
            raise self._failure(when, error) from None

    def _call(self, method: str, request: Any) -> bytearray:
        return self._answer(self._ask(method, request.SerializeToString()), f"in {method}")

    def _diagnostics(self, call: Call, when: str) -> Iterable[Any]:
        diagnostics: Iterable[Any] = analyzer_pb2.AnalyzeResponse.FromString(
            self._answer(call, when)
        ).diagnostics
        return diagnostics

    def _failure(self, when: str, error: CallError) -> UserError:
        if error.code == channel.DEADLINE_EXCEEDED:
            return UserError(
                f"the policy pack {self.folder} gave no answer {when} within {CALL_SECONDS:.0f} seconds."
            )
        # The error's details quote the exception, and with it perhaps a property.
        if error.code == channel.UNKNOWN:
            why = "one of its rules raised an exception instead of reporting a violation."
        else:
            why = self._tail()
        return UserError(f"the policy pack {self.folder} failed {when}: {why}")

    def _tail(self) -> str:
        lines = [line.strip() for line in _content(self._err).decode(errors="replace").splitlines()]
        lines = [line for line in lines if line]
        return self._scrub(lines[-1])[:300] if lines else "it wrote nothing to stderr."


def _content(file: Any) -> bytes:
    return os.pread(file.fileno(), 1 << 24, 0)
