"""Calls a program back: its transforms and hooks are functions that it serves to the engine."""

from __future__ import annotations

import threading
from typing import Any

import grpc
from pulumi.runtime.proto import callback_pb2, callback_pb2_grpc

_OPTIONS = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


class CallbackError(Exception):
    """A function of the program raised. The message is the exception's own, without its traceback."""


class Callbacks:
    """The connections to those who serve callbacks: the program, and each provider of remote components."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._channels: dict[str, Any] = {}

    def call(self, callback: Any, request: Any, response: Any) -> Any:
        """The answer to a message, of the type `response`. Raises CallbackError."""
        with self._lock:
            if callback.target not in self._channels:
                self._channels[callback.target] = grpc.insecure_channel(callback.target, options=_OPTIONS)
            stub = callback_pb2_grpc.CallbacksStub(self._channels[callback.target])
        asked = callback_pb2.CallbackInvokeRequest(token=callback.token, request=request.SerializeToString())
        try:
            return response.FromString(stub.Invoke(asked).response)
        except grpc.RpcError as error:
            # The details are the exception, a colon, and the lines of the program it comes from.
            details = str(error.details())
            raise CallbackError((details.partition("error: ")[2] or details).partition(":\n")[0]) from None

    def close(self) -> None:
        """Ends the connections."""
        for channel in self._channels.values():
            channel.close()
