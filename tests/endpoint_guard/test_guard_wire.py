"""The pack's HTTP/2 by its bytes: what a peer may do wrong ends well, and answers keep to the peer's windows."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from endpoint_guard.wire import connection, frames
from endpoint_guard.wire.connection import Connection
from endpoint_guard.wire.server import Server
from hpack import Decoder, Encoder
from hypothesis import given
from hypothesis import strategies as st

PATH = "/pulumirpc.Analyzer/Analyze"
REQUEST = {
    ":method": "POST",
    ":scheme": "http",
    ":path": PATH,
    ":authority": "localhost",
    "content-type": "application/grpc",
    "te": "trailers",
}
END = frames.END_HEADERS | frames.END_STREAM


def message(content: bytes) -> bytes:
    return struct.pack(">BL", 0, len(content)) + content


def asked(stream: int, content: bytes, encoder: Encoder, request: dict[str, str] = REQUEST) -> bytes:
    """The frames of a whole question."""
    block = encoder.encode(list(request.items()))
    return frames.frame(frames.HEADERS, frames.END_HEADERS, stream, block) + frames.frame(
        frames.DATA, frames.END_STREAM, stream, message(content)
    )


def opened(content: bytes = b"", **settings: int) -> bytes:
    names = {"window": frames.INITIAL_WINDOW_SIZE, "frame": frames.MAX_FRAME_SIZE}
    return (
        frames.PREFACE + frames.settings({names[name]: value for name, value in settings.items()}) + content
    )


def take(made: Connection, data: bytes, answer: bytes = b"yes") -> list[tuple[str, bytes]]:
    """Gives a connection these bytes and answers every call; the calls."""
    calls = []
    for call in made.receive(data):
        calls.append((call.path, bytes(call.message)))
        made.answer(call, [answer])
    return calls


def sent(made: Connection) -> Iterator[tuple[int, int, int, bytes]]:
    """The frames that a connection has to send: kind, flags, stream, payload. They are taken from it."""
    data = made.sender.out
    while data:
        size, kind, flags, stream = frames.read_head(data)
        yield kind, flags, stream, bytes(data[frames.HEAD_BYTES : frames.HEAD_BYTES + size])
        del data[: frames.HEAD_BYTES + size]


def ended_with(made: Connection) -> int | None:
    """The error code of the connection's goodbye; None when it goes on."""
    goodbyes = [payload for kind, _, _, payload in sent(made) if kind == frames.GOAWAY]
    assert bool(goodbyes) == made.is_closed
    return frames.number.unpack_from(goodbyes[0], 4)[0] if goodbyes else None


def statuses(made: Connection) -> dict[int, str]:
    """gRPC's status of each stream that has ended with headers."""
    decoder, found = Decoder(), {}
    for kind, flags, stream, payload in sent(made):
        if kind == frames.HEADERS:
            headers = dict(decoder.decode(payload, raw=True))
            if flags & frames.END_STREAM:
                found[stream] = headers[b"grpc-status"].decode()
    return found


@given(st.lists(st.integers(1, 400), max_size=40), st.lists(st.binary(max_size=60), min_size=1, max_size=8))
def test_calls_are_read_alike_however_their_bytes_are_cut(cuts: list[int], contents: list[bytes]) -> None:
    encoder, made, calls = Encoder(), Connection(), []
    data = opened(b"".join(asked(2 * place + 1, one, encoder) for place, one in enumerate(contents)))
    for cut in cuts:
        calls += take(made, data[:cut])
        data = data[cut:]
    calls += take(made, data)

    assert calls == [(PATH, content) for content in contents]
    assert statuses(made) == {2 * place + 1: "0" for place in range(len(contents))}


@given(st.binary(max_size=300))
def test_whatever_comes_after_the_preface_raises_nothing(content: bytes) -> None:
    made = Connection()

    take(made, opened(content))

    assert made.is_closed == (ended_with(made) is not None)


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=30), st.sampled_from([0, 200, 4096])
)
def test_headers_that_were_seen_before_mean_what_they_say_now(
    asks: list[tuple[str, bool]], table: int
) -> None:
    encoder, made = Encoder(), Connection()
    encoder.header_table_size = table
    take(made, opened())
    calls = []
    for place, (path, is_sensitive) in enumerate(asks):
        request = [
            (name, path if name == ":path" else value, is_sensitive) for name, value in REQUEST.items()
        ]
        block = encoder.encode(request)
        calls += take(made, frames.frame(frames.HEADERS, frames.END_HEADERS, 2 * place + 1, block))
        calls += take(made, frames.frame(frames.DATA, frames.END_STREAM, 2 * place + 1, message(b"")))

    assert [path for path, _ in calls] == [path for path, _ in asks]


HEADERS = Encoder().encode(list(REQUEST.items()))
HALF = frames.frame(frames.HEADERS, 0, 1, HEADERS[:9])
WHOLE = frames.frame(frames.HEADERS, frames.END_HEADERS, 1, HEADERS)
WRONG: dict[str, tuple[bytes, int]] = {
    "headers interrupted": (HALF + frames.frame(frames.PING, 0, 0, bytes(8)), frames.PROTOCOL_ERROR),
    "headers continued on another stream": (
        HALF + frames.frame(frames.CONTINUATION, frames.END_HEADERS, 3, b""),
        frames.PROTOCOL_ERROR,
    ),
    "continuation of nothing": (frames.frame(frames.CONTINUATION, 4, 1, b""), frames.PROTOCOL_ERROR),
    "headers without end": (
        HALF + frames.frame(frames.CONTINUATION, 0, 1, b"\x00" * 2**14) * 5,
        frames.ENHANCE_YOUR_CALM,
    ),
    "headers that point nowhere": (frames.frame(frames.HEADERS, 4, 1, b"\xfe"), frames.COMPRESSION_ERROR),
    "headers on a server's stream": (frames.frame(frames.HEADERS, 4, 2, HEADERS), frames.PROTOCOL_ERROR),
    "headers again": (WHOLE + WHOLE, frames.PROTOCOL_ERROR),
    "headers after the end": (
        WHOLE + frames.frame(frames.DATA, frames.END_STREAM, 1, message(b"")) + WHOLE,
        frames.STREAM_CLOSED,
    ),
    "headers too short for their priority": (
        frames.frame(frames.HEADERS, 4 | frames.HAS_PRIORITY, 1, b"abc"),
        frames.FRAME_SIZE_ERROR,
    ),
    "data before headers": (frames.frame(frames.DATA, 0, 1, b"x"), frames.PROTOCOL_ERROR),
    "more padding than data": (WHOLE + frames.frame(frames.DATA, 8, 1, b"\x05abc"), frames.PROTOCOL_ERROR),
    "a frame too large": (frames.head(2**20 + 1, frames.DATA, 0, 1), frames.FRAME_SIZE_ERROR),
    "settings of a wrong size": (frames.frame(frames.SETTINGS, 0, 0, b"abc"), frames.FRAME_SIZE_ERROR),
    "settings on a stream": (frames.frame(frames.SETTINGS, 0, 1, b""), frames.PROTOCOL_ERROR),
    "a window too large": (opened(window=2**31)[24:], frames.FLOW_CONTROL_ERROR),
    "frames too small": (opened(frame=100)[24:], frames.PROTOCOL_ERROR),
    "a window widened too far": (frames.window_update(0, 2**31 - 1), frames.FLOW_CONTROL_ERROR),
    "a window widened by nothing": (frames.window_update(0, 0), frames.PROTOCOL_ERROR),
    "a window of no stream": (frames.window_update(9, 1), frames.PROTOCOL_ERROR),
    "a reset of no stream": (frames.reset(9, 0), frames.PROTOCOL_ERROR),
    "a ping of a wrong size": (frames.frame(frames.PING, 0, 0, b"abc"), frames.FRAME_SIZE_ERROR),
    "a push": (frames.frame(frames.PUSH_PROMISE, 0, 1, b""), frames.PROTOCOL_ERROR),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_peer_that_breaks_the_protocol_is_told_so_and_left(name: str) -> None:
    content, code = WRONG[name]
    made = Connection()

    take(made, opened(content))

    assert ended_with(made) == code


def test_another_protocol_is_left_at_once() -> None:
    made = Connection()

    assert take(made, b"GET / HTTP/1.1\r\n") == []
    assert ended_with(made) == frames.PROTOCOL_ERROR


@pytest.mark.parametrize(
    "changed",
    [
        {":method": "GET"},
        {":path": ""},
        {":scheme": ""},
        {":status": "200"},
        {"content-type": "text/plain"},
        {"te": "gzip"},
        {"connection": "close"},
        {"Upper": "case"},
    ],
)
def test_a_request_that_is_not_one_of_grpcs_ends_alone(changed: dict[str, str]) -> None:
    encoder, made = Encoder(), Connection()

    calls = take(made, opened(asked(1, b"no", encoder, REQUEST | changed) + asked(3, b"yes", encoder)))

    assert calls == [(PATH, b"yes")]
    assert not made.is_closed
    assert [stream for kind, _, stream, _ in sent(made) if kind == frames.RST_STREAM] == [1]


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", "13"),
        (message(b"one") + message(b"two"), "13"),
        (b"\x00\x00\x00\x00\x09short", "13"),
        (b"\x01" + message(b"compressed")[1:], "12"),
    ],
)
def test_a_question_that_is_not_one_plain_message_gets_a_status(content: bytes, status: str) -> None:
    made = Connection()

    assert take(made, opened(WHOLE + frames.frame(frames.DATA, frames.END_STREAM, 1, content))) == []
    assert statuses(made) == {1: status}


def test_a_message_that_is_too_long_ends_before_it_is_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "MAX_MESSAGE_BYTES", 1_000)
    made = Connection()

    assert take(made, opened(WHOLE + frames.frame(frames.DATA, 0, 1, b"x" * 2_000))) == []
    assert statuses(made) == {1: "8"}
    assert take(made, frames.frame(frames.DATA, frames.END_STREAM, 1, b"more")) == []
    assert ended_with(made) is None


def test_an_answer_keeps_to_the_windows_of_its_peer() -> None:
    made, answer = Connection(), bytes(range(256)) * 1_000
    take(made, opened(asked(1, b"", Encoder()), window=10_000), answer)
    got, rounds = bytearray(), 0
    while True:
        frames_now = list(sent(made))
        data = [payload for kind, _, _, payload in frames_now if kind == frames.DATA]
        assert sum(map(len, data)) <= 10_000
        got += b"".join(data)
        if any(kind == frames.HEADERS and flags & frames.END_STREAM for kind, flags, _, _ in frames_now):
            break
        take(made, frames.window_update(0, 10_000) + frames.window_update(1, 10_000))
        rounds += 1

    assert bytes(got) == message(answer)
    assert rounds > 20


def test_a_call_that_its_peer_gave_up_is_not_answered() -> None:
    made = Connection()
    take(made, opened(asked(1, b"", Encoder()), window=10), b"x" * 100)
    list(sent(made))

    take(made, frames.reset(1, 8) + frames.window_update(0, 1_000))

    assert [kind for kind, *_ in sent(made)] == []


def test_a_ping_is_given_back() -> None:
    made = Connection()

    take(made, opened(frames.frame(frames.PING, 0, 0, b"01234567")))

    assert (frames.PING, frames.ACK, 0, b"01234567") in list(sent(made))


def test_nothing_is_read_from_a_peer_that_does_not_read() -> None:
    server = Server()
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    pings, limit, given = frames.frame(frames.PING, 0, 0, bytes(8)) * 4_000, 200_000_000, 0
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as peer:
            peer.sendall(opened())
            with suppress(TimeoutError):
                while given < limit:
                    given += peer.send(pings)
        assert given < limit
        assert answers(port)
    finally:
        server.stop()


def answers(port: int) -> Any:
    """Whether a server still greets a new peer."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as peer:
        peer.sendall(opened())
        return peer.recv(100)
