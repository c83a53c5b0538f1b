"""A provider plugin as the engine runs it: a process of its own, spoken to over gRPC, that asks back."""

from __future__ import annotations

import contextlib
import json
import queue
import re
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import message
from pulumi.runtime.proto import errors_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from pulumi_preflight import outputvalues, program_process
from pulumi_preflight.errors import NotJudgedError
from pulumi_preflight.graph import Resource, plain_references, reveal
from pulumi_preflight.pluginfile import PluginError
from pulumi_preflight.structs import from_struct, to_struct

START_SECONDS = ANSWER_SECONDS = 300.0
"""A plugin imports SDKs of thousands of files, and a component may declare hundreds of resources."""
_OPTIONS = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
_STATUS = "grpc-status-details-bin"
_FRAME = re.compile(r'File "([^"]+)", line (\d+)')


class PluginProcess:
    """A started plugin; `order` is that of `program_process.started`. Raises PluginError."""

    def __init__(self, order: Mapping[str, Any], say: Callable[[str], None]) -> None:
        self._folder = Path(order["program"]).parent
        self._connecting = threading.Lock()
        self._stub: Any = None
        self._over: PluginError | None = None
        self._takes_outputs = False
        self._open = contextlib.ExitStack()
        try:
            self._events = self._open.enter_context(program_process.started(order, say))
        except NotJudgedError:
            raise PluginError("its environment has no Pulumi SDK") from None

    def close(self) -> None:
        """Ends the process and everything it has started."""
        self._open.close()

    def connect(self, address: str, provider: Resource) -> None:
        """Waits for the plugin, once, and tells it where the engine is and the settings of its provider resource.

        Raises PluginError, every time, for a plugin that does not start.
        """
        with self._connecting:
            if self._over is not None:
                raise self._over
            if self._stub is not None:
                return
            try:
                channel = grpc.insecure_channel(f"127.0.0.1:{self._port()}", options=_OPTIONS)
                self._open.callback(channel.close)
                self._stub = provider_pb2_grpc.ResourceProviderStub(channel)
                self._configure(address, provider)
            except PluginError as error:
                self._over = error
                raise

    def ask(self, method: str, request: Any) -> Any:
        """The answer of a plugin that is connected. Raises PluginError."""
        if self._over is not None:
            raise self._over
        return self._ask(method, request)

    def inputs(self, struct: Any) -> Any:
        """Inputs as this plugin takes them, secrets and unknown values marked in one form or the other."""
        values = from_struct(struct)
        return to_struct((outputvalues.marked if self._takes_outputs else outputvalues.plain)(values))

    def _configure(self, address: str, provider: Resource) -> None:
        folder = str(self._folder)
        hello = provider_pb2.ProviderHandshakeRequest(
            engine_address=address, root_directory=folder, program_directory=folder
        )
        self._ask("Handshake", hello, optional=True)
        inputs = plain_references(reveal(provider["inputs"]))
        inputs.pop("version", None)
        package = provider["type"].rpartition(":")[2]
        request = provider_pb2.ConfigureRequest(
            variables={f"{package}:config:{key}": _text(value) for key, value in inputs.items()},
            args=to_struct(inputs),
            acceptSecrets=True,
            acceptResources=True,
        )
        answer = self._ask("Configure", request, optional=True)
        self._takes_outputs = bool(answer and answer.acceptOutputs)

    def _ask(self, method: str, request: Any, *, optional: bool = False) -> Any:
        try:
            return getattr(self._stub, method)(request, timeout=ANSWER_SECONDS)
        except grpc.RpcError as error:
            code = error.code()
            if optional and code == grpc.StatusCode.UNIMPLEMENTED:
                return None
            if code in (grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.UNAVAILABLE):
                late = f"it gave no answer within {ANSWER_SECONDS:g} seconds"
                self._over = PluginError(
                    "its process has ended" if code == grpc.StatusCode.UNAVAILABLE else late
                )
                raise self._over from None
            raise PluginError(f"it failed{self._reason(error)}") from None

    def _reason(self, error: Any) -> str:
        """What a call's error says: the inputs that are wrong, or the exception and its place in the plugin."""
        wrong = "; ".join(_wrong_inputs(error))
        if wrong:
            return f": {wrong}"
        # The exception, a colon, and the lines of the program it comes from.
        details = str(error.details())
        text = (details.partition("'>: ")[2] or details).partition(":\n")[0].strip()
        first = text.splitlines()[0][:300].removesuffix(".") if text else ""
        places = [
            (Path(file), line) for file, line in _FRAME.findall(details) if self._folder in Path(file).parents
        ]
        where = f" in {places[-1][0].relative_to(self._folder)}, line {places[-1][1]}" if places else ""
        return f"{where}: {first}" if first else where

    def _port(self) -> int:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                event = self._events.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise PluginError(f"it gave no port within {START_SECONDS:g} seconds") from None
            match event["event"]:
                case "port" if event["text"].isdigit() and 0 < int(event["text"]) < 65536:
                    return int(event["text"])
                case "port" if event["text"]:
                    raise PluginError("it prints to standard output before its port")
                case "raised":
                    raise PluginError(_raised(event))
                case "exit" | "gone":
                    raise PluginError("it ended before it gave a port")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _raised(event: Mapping[str, Any]) -> str:
    place = f" in {event['file']}, line {event['line']}" if "file" in event else ""
    if event["missing"]:
        return f"it needs the module {event['missing']}{place}, which is not installed in its environment"
    lines = str(event["message"]).strip().splitlines()
    said = f": {lines[0][:300].removesuffix('.')}" if lines else ""
    return f"it raised {event['kind']}{place}{said}"


def _wrong_inputs(error: Any) -> list[str]:
    """The input properties that the plugin refused, a sentence each."""
    found = []
    for key, value in error.trailing_metadata() or ():
        if key == _STATUS:
            with contextlib.suppress(message.DecodeError):
                for detail in status_pb2.Status.FromString(value).details:
                    refused = errors_pb2.InputPropertiesError()
                    if detail.Unpack(refused):
                        found += [f"{item.property_path}: {item.reason}" for item in refused.errors]
    return found
