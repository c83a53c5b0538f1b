"""Serves the engine's calls on one thread, in place of the `grpc.Server` that the policy SDK makes.

The engine asks two short questions for every resource, and a call's way through grpc's server for Python takes longer
than the rules need for its answer. Here one thread reads, answers and sends.
"""

from __future__ import annotations

import gc
import os
import selectors
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any, Final

from endpoint_guard.wire.connection import OK, UNIMPLEMENTED, UNKNOWN, Call, Connection
from endpoint_guard.wire.sending import BACKLOG_BYTES

_READ_BYTES: Final = 2**18
_STOP_SECONDS: Final = 5.0
OwnAnswer = Callable[[str, memoryview], Sequence[bytes] | None]
"""Of a method's path and a message's bytes the parts of the answer's bytes, or None: the generated code answers."""


def no_answer(path: str, message: memoryview) -> None:
    """None to every question."""


class _CallError(Exception):
    """A call that ends with a status instead of an answer."""

    def __init__(self, code: int, details: str) -> None:
        super().__init__(details)
        self.code = code


class _Context:
    """What a servicer may ask of its call: the status to end with."""

    def __init__(self) -> None:
        self.code: int | None = None
        self.details = ""

    def set_code(self, code: Any) -> None:
        """Takes a `grpc.StatusCode`."""
        self.code = code.value[0]

    def set_details(self, details: str) -> None:
        self.details = details

    def abort(self, code: Any, details: str) -> None:
        """Ends the call with a `grpc.StatusCode`."""
        raise _CallError(code.value[0], details)

    def invocation_metadata(self) -> tuple[Any, ...]:
        return ()


class Server:
    """The part of `grpc.Server` that a policy pack needs, on one thread of its own.

    `own` answers before the generated code, where it has an answer.
    """

    def __init__(self, own: OwnAnswer = no_answer) -> None:
        self.own = own
        self._handlers: dict[str, Any] = {}
        self._generic: list[Any] = []
        self._listener = socket.socket()
        self._wake, self._woken = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self._buffer = memoryview(bytearray(_READ_BYTES))
        self._thread = threading.Thread(target=self._serve, name="endpoint-guard", daemon=True)

    def add_generic_rpc_handlers(self, handlers: Any) -> None:
        """As `grpc.Server` has it; the generated code calls it."""
        self._generic.extend(handlers)

    def add_registered_method_handlers(self, service_name: str, method_handlers: Any) -> None:
        """As `grpc.Server` has it; the generated code calls it."""
        self._handlers |= {f"/{service_name}/{name}": handler for name, handler in method_handlers.items()}

    def add_insecure_port(self, address: str) -> int:
        """The port it listens on. Raises RuntimeError when that cannot be."""
        host, _, port = address.rpartition(":")
        try:
            self._listener.bind((host, int(port)))
            self._listener.listen()
        except OSError as error:
            raise RuntimeError(f"failed to bind to {address}: {error.strerror}") from None
        found: int = self._listener.getsockname()[1]
        return found

    def start(self) -> None:
        gc.freeze()
        gc.disable()  # it would walk all that is kept of a stack again and again; the servicer collects between two
        self._thread.start()

    def stop(self, grace: float | None = None) -> None:
        """Ends all calls and the thread."""
        self._wake.close()
        self._thread.join(grace or _STOP_SECONDS)
        gc.enable()
        gc.unfreeze()

    def _serve(self) -> None:
        selector = self._selector
        self._listener.setblocking(False)
        selector.register(self._listener, selectors.EVENT_READ)
        selector.register(self._woken, selectors.EVENT_READ)
        try:
            while True:
                for key, events in selector.select():
                    if key.fileobj is self._woken:
                        return
                    if key.data is None:
                        self._accept()
                    else:
                        self._go_on(key.fileobj, key.data, events)
        except BaseException:  # a thread that ends in silence would leave the engine waiting for ever
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)
        finally:
            for key in list(selector.get_map().values()):
                key.fileobj.close()  # type: ignore[union-attr]
            selector.close()

    def _accept(self) -> None:
        try:
            client, _ = self._listener.accept()
        except OSError:  # it has gone already
            return
        client.setblocking(False)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._selector.register(client, selectors.EVENT_READ, Connection())

    def _go_on(self, client: Any, connection: Connection, events: int) -> None:
        """Reads what has come, answers it, and sends as much as the client takes."""
        out = connection.sender.out
        try:
            if events & selectors.EVENT_READ:
                for call in connection.receive(self._read(client)):
                    self._answer(connection, call)
                    self._send(client, connection)
            self._send(client, connection)
        except OSError:  # it has gone
            connection.is_closed = True
            out.clear()
        wanted = selectors.EVENT_WRITE if out else 0
        if not connection.is_closed and len(out) < BACKLOG_BYTES:
            wanted |= selectors.EVENT_READ
        if not wanted:
            self._selector.unregister(client)
            client.close()
        elif wanted != self._selector.get_key(client).events:
            self._selector.modify(client, wanted, connection)

    def _read(self, client: Any) -> memoryview:
        """What there is to read; nothing after all, now and then. Raises OSError when the client has gone."""
        try:
            size = client.recv_into(self._buffer)
        except BlockingIOError:
            return self._buffer[:0]
        if not size:
            raise ConnectionResetError
        return self._buffer[:size]

    @staticmethod
    def _send(client: Any, connection: Connection) -> None:
        out = connection.sender.out
        while out:
            try:
                sent = client.send(out)
            except BlockingIOError:
                return
            del out[:sent]
            connection.sender.fill()

    def _answer(self, connection: Connection, call: Call) -> None:
        try:
            connection.answer(call, self._ask(call.path, call.message))
        except _CallError as error:
            connection.fail(call, error.code, str(error))

    def _ask(self, path: str, message: memoryview) -> Sequence[bytes]:
        context = _Context()
        try:
            answer = self.own(path, message)
            if answer is None:
                answer = (self._generated(path, message, context),)
        except _CallError:
            raise
        except Exception as error:
            if context.code is None:
                traceback.print_exc()
                details = f"Exception calling application: {error}"
                raise _CallError(UNKNOWN, details) from None
            raise _CallError(context.code, context.details) from None
        if context.code not in (None, OK):
            raise _CallError(context.code, context.details)
        return answer

    def _generated(self, path: str, message: memoryview, context: _Context) -> bytes:
        handler = self._handler(path)
        if handler is None or handler.request_streaming or handler.response_streaming:
            raise _CallError(UNIMPLEMENTED, "Method not found!")
        answer: bytes = handler.response_serializer(
            handler.unary_unary(handler.request_deserializer(message), context)
        )
        return answer

    def _handler(self, path: str) -> Any:
        if path in self._handlers:
            return self._handlers[path]
        details = SimpleNamespace(method=path, invocation_metadata=())
        found = (handler.service(details) for handler in self._generic)
        return next((one for one in found if one is not None), None)


def take_over(server: Any, own: OwnAnswer = no_answer) -> Server:
    """A server that takes over a `grpc.Server` that has not started.

    What the owner of `server` calls later (its port, start, stop) reaches the new one.
    """
    made = Server(own)
    for name in ("add_insecure_port", "start", "stop"):
        setattr(server, name, getattr(made, name))
    return made
