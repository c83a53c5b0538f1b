"""Calls over the evaluation's own HTTP/2 end as they do over grpc's client, at a server of grpc's own."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from typing import Any

import grpc
import pytest
from hpack import Encoder
from pulumi_preflight import channel, frames
from pulumi_preflight.channel import CallError, Channel

SECONDS = 60.0
LARGE = bytes(range(256)) * 20_000


def echo(request: bytes, context: Any) -> bytes:
    return request


def fail(request: bytes, context: Any) -> bytes:
    raise ValueError("not like this: ä, 100 %")


def abort(request: bytes, context: Any) -> bytes:
    context.abort(grpc.StatusCode.INVALID_ARGUMENT, "not so")
    return b""


def wait(request: bytes, context: Any) -> bytes:
    time.sleep(0.5)
    return request


@contextmanager
def served(**options: int) -> Iterator[int]:
    """The port of grpc's server with four methods."""
    methods = {one.__name__: grpc.unary_unary_rpc_method_handler(one) for one in (echo, fail, abort, wait)}
    limits = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
    server = grpc.server(futures.ThreadPoolExecutor(4), options=[*limits, *options.items()])
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("s", methods),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield port
    finally:
        server.stop(0)


def outcome(opened: Channel, method: str, message: bytes = b"x", seconds: float = SECONDS) -> Any:
    try:
        return bytes(opened.result(opened.ask(f"/s/{method}", message), seconds))
    except CallError as error:
        return error.code, error.details


def test_every_kind_of_call_ends_as_through_grpcs_own_client() -> None:
    with served() as port, Channel(port) as opened, grpc.insecure_channel(f"127.0.0.1:{port}") as theirs:
        for method in ("echo", "fail", "abort", "nothing"):
            try:
                expected: Any = theirs.unary_unary(f"/s/{method}")(b"x")
            except grpc.RpcError as error:
                expected = error.code().value[0], error.details()

            assert outcome(opened, method) == expected


@pytest.mark.parametrize("message", [b"", LARGE])
def test_a_message_of_any_size_comes_back(message: bytes) -> None:
    with served() as port, Channel(port) as opened:
        assert outcome(opened, "echo", message) == message
        assert outcome(opened, "echo", message) == message


def test_many_calls_under_way_each_get_their_own_answer() -> None:
    with served() as port, Channel(port) as opened:
        calls = [opened.ask("/s/echo", b"%d" % place * 500) for place in range(1_000)]

        assert [bytes(opened.result(call, SECONDS)) for call in calls] == [
            b"%d" % place * 500 for place in range(1_000)
        ]


def test_no_more_calls_are_under_way_than_the_server_allows() -> None:
    with served(**{"grpc.max_concurrent_streams": 3}) as port, Channel(port) as opened:
        assert outcome(opened, "echo") == b"x", "the server has told its settings"
        calls = [opened.ask("/s/wait", b"%d" % place) for place in range(7)]

        assert [bytes(opened.result(call, SECONDS)) for call in calls] == [
            b"%d" % place for place in range(7)
        ]


def test_a_call_that_the_server_refused_to_look_at_is_asked_again() -> None:
    refused = frames.frame(frames.RST_STREAM, 0, 1, frames.number.pack(frames.REFUSED_STREAM))
    block = Encoder().encode([(":status", "200")])
    status = frames.frame(frames.HEADERS, frames.END_HEADERS, 3, block)
    content = frames.frame(frames.DATA, 0, 3, struct.pack(">BL", 0, 3) + b"yes")
    end = frames.END_HEADERS | frames.END_STREAM
    trailers = frames.frame(frames.HEADERS, end, 3, Encoder().encode([("grpc-status", "0")]))

    assert answered(SETTINGS, refused, status, content, trailers) == b"yes"


def test_a_call_without_an_answer_ends_in_time_and_the_next_one_is_answered() -> None:
    with served() as port, Channel(port) as opened:
        assert outcome(opened, "wait", seconds=0.1) == (channel.DEADLINE_EXCEEDED, "")
        assert outcome(opened, "echo") == b"x"


def test_a_port_where_nobody_listens_is_an_error_of_the_system() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        with pytest.raises(ConnectionRefusedError):
            Channel(free.getsockname()[1])


def answered(*sent: bytes) -> Any:
    """How a call ends when the server sends this after the call has come, and goes away."""

    def serve() -> None:
        peer, _ = listener.accept()
        with peer:
            peer.recv(2**16)
            peer.sendall(b"".join(sent))
            peer.shutdown(socket.SHUT_WR)
            while peer.recv(2**16):
                pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        with Channel(listener.getsockname()[1]) as opened:
            found = outcome(opened, "echo", seconds=10)
        thread.join(10)
        return found


def headers(*fields: tuple[str, str], end: bool = False) -> bytes:
    flags = frames.END_HEADERS | (frames.END_STREAM if end else 0)
    return frames.frame(frames.HEADERS, flags, 1, Encoder().encode(fields))


SETTINGS = frames.frame(frames.SETTINGS, 0, 0, b"")
STATUS = headers((":status", "200"))
TRAILERS = headers(("grpc-status", "0"), end=True)


def data(content: bytes) -> bytes:
    return frames.frame(frames.DATA, 0, 1, content)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ((), channel.UNAVAILABLE),
        ((b"HTTP/1.1 200 OK\r\n\r\n",), channel.INTERNAL),
        ((SETTINGS, STATUS), channel.UNAVAILABLE),
        ((SETTINGS, frames.frame(frames.GOAWAY, 0, 0, bytes(8))), channel.UNAVAILABLE),
        ((SETTINGS, frames.frame(frames.RST_STREAM, 0, 1, bytes(4))), channel.UNAVAILABLE),
        ((SETTINGS, frames.frame(frames.HEADERS, frames.END_HEADERS, 1, b"\xfe")), channel.INTERNAL),
        ((SETTINGS, frames.frame(frames.CONTINUATION, 0, 1, b"")), channel.INTERNAL),
        ((SETTINGS, headers((":status", "503"), end=True)), channel.UNKNOWN),
        ((SETTINGS, STATUS, headers(("grpc-status", "x"), end=True)), channel.INTERNAL),
        ((SETTINGS, STATUS, TRAILERS), channel.INTERNAL),
        ((SETTINGS, STATUS, data(struct.pack(">BL", 1, 1) + b"z"), TRAILERS), channel.INTERNAL),
        ((SETTINGS, STATUS, data(struct.pack(">BL", 0, 9) + b"short"), TRAILERS), channel.INTERNAL),
        ((SETTINGS, frames.frame(frames.SETTINGS, 0, 0, b"odd")), channel.INTERNAL),
    ],
)
def test_a_server_that_says_something_else_ends_the_call_with_a_status(
    sent: tuple[bytes, ...], expected: int
) -> None:
    assert answered(*sent)[0] == expected


def test_padding_priorities_and_unknown_frames_are_no_part_of_an_answer() -> None:
    content = struct.pack(">BL", 0, 3) + b"yes"
    padded = frames.frame(frames.DATA, 0x8, 1, b"\x02" + content + b"??")
    block = Encoder().encode([(":status", "200")])
    prioritised = frames.frame(frames.HEADERS, frames.END_HEADERS | 0x20, 1, bytes(5) + block)

    assert answered(SETTINGS, frames.frame(0xEE, 0, 1, b"new"), prioritised, padded, TRAILERS) == b"yes"


def test_headers_in_two_frames_are_read_as_one() -> None:
    block = Encoder().encode([("grpc-status", "0")])
    split = frames.frame(frames.HEADERS, frames.END_STREAM, 1, block[:5]) + frames.frame(
        frames.CONTINUATION, frames.END_HEADERS, 1, block[5:]
    )

    assert answered(SETTINGS, STATUS, data(struct.pack(">BL", 0, 3) + b"yes"), split) == b"yes"
