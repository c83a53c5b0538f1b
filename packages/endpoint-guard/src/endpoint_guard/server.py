"""Serves the engine's calls on one thread, which costs half of what grpc's own server takes for a call.

The engine asks two short questions for every resource. `grpc.server` hands each from the thread that reads to one of a
pool and back; most of the time of a large stack goes there. Here one thread reads, answers and sends, over the same
core of grpc, which does all that concerns the wire. That core's Python names are private: where one is gone or has
changed, `take_over` lets grpc's own server stay.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, Final

import grpc

try:
    from grpc._cython import cygrpc
except ImportError:
    cygrpc = None

_MAX_MESSAGE_BYTES: Final = 400 * 1024 * 1024  # as the SDK's server takes
_NAMES: Final = (
    "CompletionQueue",
    "ReceiveCloseOnServerOperation",
    "ReceiveMessageOperation",
    "SendInitialMetadataOperation",
    "SendMessageOperation",
    "SendStatusFromServerOperation",
    "Server",
)
_STOP_SECONDS: Final = 5.0
_ASKED: Final = "asked"
_ENDED: Final = "ended"


class _CallError(Exception):
    """A call that ends with a status instead of an answer."""

    def __init__(self, code: grpc.StatusCode, details: str) -> None:
        super().__init__(details)
        self.code = code


class _Context:
    """What a servicer may ask of its call: the status to end with."""

    def __init__(self) -> None:
        self.code: grpc.StatusCode | None = None
        self.details = ""

    def set_code(self, code: grpc.StatusCode) -> None:
        self.code = code

    def set_details(self, details: str) -> None:
        self.details = details

    def abort(self, code: grpc.StatusCode, details: str) -> None:
        raise _CallError(code, details)

    def invocation_metadata(self) -> tuple[Any, ...]:
        return ()


class Server:
    """The part of `grpc.Server` that a policy pack needs, on one thread of its own.

    `quick` are answers, by the method's path, that hold for whatever is asked: it gives the answer's bytes, or None
    when the question has to be read. `readers` read the messages of the methods of these names in another way than the
    generated code.
    """

    def __init__(
        self,
        quick: Callable[[str], bytes | None] = lambda path: None,
        readers: Mapping[str, Callable[[bytes], Any]] | None = None,
    ) -> None:
        self._quick = quick
        self._readers = readers or {}
        self._handlers: dict[str, Any] = {}
        self._generic: list[Any] = []
        self._queue = cygrpc.CompletionQueue()
        self._server = cygrpc.Server((("grpc.max_receive_message_length", _MAX_MESSAGE_BYTES),), False)
        self._server.register_completion_queue(self._queue)
        self._thread = threading.Thread(target=self._serve, name="endpoint-guard", daemon=True)

    def add_generic_rpc_handlers(self, handlers: Any) -> None:
        """As `grpc.Server` has it; the generated code calls it."""
        self._generic.extend(handlers)

    def add_registered_method_handlers(self, service_name: str, method_handlers: Any) -> None:
        """As `grpc.Server` has it; the generated code calls it."""
        self._handlers |= {f"/{service_name}/{name}": handler for name, handler in method_handlers.items()}

    def add_insecure_port(self, address: str) -> int:
        """The port it listens on. Raises RuntimeError when that cannot be."""
        port = int(self._server.add_http2_port(address.encode()))
        if not port:
            raise RuntimeError(f"failed to bind to {address}")
        return port

    def start(self) -> None:
        gc.freeze()
        gc.disable()  # it would walk all that is kept of a stack again and again; the servicer collects between two
        self._server.start()
        self._thread.start()

    def stop(self, grace: float | None = None) -> None:
        """Ends all calls and the thread."""
        self._server.shutdown(self._queue, _ENDED)
        self._server.cancel_all_calls()
        self._thread.join(grace or _STOP_SECONDS)
        gc.enable()
        gc.unfreeze()

    def _serve(self) -> None:
        try:
            self._server.request_call(self._queue, self._queue, _ASKED)
            while (event := self._queue.poll()).tag != _ENDED:
                if event.tag == _ASKED and event.success:
                    self._server.request_call(self._queue, self._queue, _ASKED)
                    self._receive(event)
                elif callable(event.tag):
                    event.tag(event)
        except BaseException:  # a thread that ends in silence would leave the engine waiting for ever
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)

    def _receive(self, event: Any) -> None:
        path = event.call_details.method.decode("utf-8", "replace")
        call = event.call

        def received(event: Any) -> None:
            message = event.batch_operations[0].message()
            if event.success and message is not None:  # else the caller has gone
                kept = (call,)  # without the object the core takes the call for given up
                call.start_server_batch(_answer(self._ask, path, message), kept)

        call.start_server_batch((cygrpc.ReceiveMessageOperation(0),), received)

    def _ask(self, path: str, message: bytes) -> bytes:
        quick = self._quick(path)
        if quick is not None:
            return quick
        handler = self._handler(path)
        if handler is None or handler.request_streaming or handler.response_streaming:
            raise _CallError(grpc.StatusCode.UNIMPLEMENTED, "Method not found!")
        context = _Context()
        read = self._readers.get(path.rpartition("/")[2], handler.request_deserializer)
        try:
            answer: bytes = handler.response_serializer(handler.unary_unary(read(message), context))
        except _CallError:
            raise
        except Exception as error:
            if context.code is None:
                traceback.print_exc()
                raise _CallError(grpc.StatusCode.UNKNOWN, f"Exception calling application: {error}") from None
            raise _CallError(context.code, context.details) from None
        if context.code not in (None, grpc.StatusCode.OK):
            raise _CallError(context.code, context.details)
        return answer

    def _handler(self, path: str) -> Any:
        if path in self._handlers:
            return self._handlers[path]
        details = SimpleNamespace(method=path, invocation_metadata=())
        found = (handler.service(details) for handler in self._generic)
        return next((one for one in found if one is not None), None)


def _answer(ask: Callable[[str, bytes], bytes], path: str, message: bytes) -> tuple[Any, ...]:
    """The operations that end a call: an answer with the status OK, or a status alone."""
    head, closed = cygrpc.SendInitialMetadataOperation((), 0), cygrpc.ReceiveCloseOnServerOperation(0)
    try:
        answer = cygrpc.SendMessageOperation(ask(path, message), 0)
    except _CallError as error:
        details = str(error).encode()
        return head, cygrpc.SendStatusFromServerOperation((), error.code.value[0], details, 0), closed
    return head, answer, cygrpc.SendStatusFromServerOperation((), 0, b"", 0), closed


def take_over(
    server: Any,
    quick: Callable[[str], bytes | None],
    readers: Mapping[str, Callable[[bytes], Any]] | None = None,
) -> Any:
    """A server that takes over a `grpc.Server` that has not started; the same one where that cannot be.

    What the owner of `server` calls later (its port, start, stop) reaches the new one.
    """
    if not all(hasattr(cygrpc, name) for name in _NAMES):
        return server
    try:
        made = Server(quick, readers)
        for name in ("add_insecure_port", "start", "stop"):
            setattr(server, name, getattr(made, name))
    except (AttributeError, TypeError):
        return server
    return made
