"""The server's side of one HTTP/2 connection that carries gRPC calls: bytes in, calls and bytes out, no sockets.

It does what RFC 9113 and gRPC's mapping on it ask of a server whose calls have one question and one answer each.
Headers are read by `hpack`; those that are sent are always the same ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from hpack import Decoder, HPACKError

from endpoint_guard.wire import frames, headers
from endpoint_guard.wire.frames import Http2Error, expect
from endpoint_guard.wire.sending import MAX_FRAME_BYTES, Sender, prefix

MAX_MESSAGE_BYTES: Final = 400 * 1024 * 1024
"""As the policy SDK's own server takes."""
MAX_HEADER_BYTES: Final = 2**16
MAX_STREAMS: Final = 1_000
_MAX_PATHS: Final = 100

OK, UNKNOWN, RESOURCE_EXHAUSTED, UNIMPLEMENTED, INTERNAL = 0, 2, 8, 12, 13
"""gRPC's status codes."""


@dataclass(frozen=True, slots=True)
class Call:
    """A question that has come in whole: the method's path and the message's bytes."""

    stream: int
    path: str
    message: memoryview


@dataclass(slots=True)
class _Question:
    path: str
    data: bytearray = field(default_factory=bytearray)


class Connection:
    """What a peer has sent, and through `sender` what there is to send to it.

    `receive` raises nothing for what a peer does wrong: it then says goodbye, and `is_closed` holds from there on.
    """

    def __init__(self) -> None:
        self.sender = Sender()
        self.is_closed = False
        self._in = bytearray()
        self._has_greeted = False
        self._decoder = Decoder(max_header_list_size=MAX_HEADER_BYTES)
        self._paths: dict[bytes, str | None] = {}
        self._block: tuple[int, int, bytearray] | None = None
        self._questions: dict[int, _Question] = {}
        self._last = 0
        self._taken = 0
        self._frames: dict[int, Callable[[int, int, bytes], Call | None]] = {
            frames.DATA: self._data,
            frames.HEADERS: self._headers,
            frames.PRIORITY: self._priority,
            frames.RST_STREAM: self._reset,
            frames.SETTINGS: self._settings,
            frames.PUSH_PROMISE: self._push_promise,
            frames.PING: self._ping,
            frames.GOAWAY: self._goaway,
            frames.WINDOW_UPDATE: self._window_update,
            frames.CONTINUATION: self._continuation,
        }
        agreed = {
            frames.MAX_CONCURRENT_STREAMS: MAX_STREAMS,
            frames.INITIAL_WINDOW_SIZE: frames.LARGEST_WINDOW,
            frames.MAX_FRAME_SIZE: MAX_FRAME_BYTES,
        }
        self.sender.out += frames.settings(agreed)
        self.sender.out += frames.window_update(0, frames.LARGEST_WINDOW - frames.DEFAULT_WINDOW)

    def receive(self, data: bytes | memoryview) -> Iterator[Call]:
        """The calls that these bytes complete. Further ones are read when the one before has been dealt with."""
        self._in += data
        try:
            if not self._greeted():
                return
            while not self.is_closed and (found := self._next_frame()):
                call = self._frame(*found)
                if call is not None:
                    yield call
        except Http2Error as error:
            goodbye = frames.number.pack(self._last) + frames.number.pack(error.code)
            self.sender.out += frames.frame(frames.GOAWAY, 0, 0, goodbye)
            self.is_closed = True

    def answer(self, call: Call, parts: Sequence[bytes]) -> None:
        """Ends a call with the status OK and a message whose bytes are these parts."""
        self.sender.answer(call.stream, parts)

    def fail(self, call: Call, status: int, details: str) -> None:
        """Ends a call with one of gRPC's status codes and a sentence."""
        self.sender.fail(call.stream, status, details)

    def _greeted(self) -> bool:
        if not self._has_greeted:
            size = len(frames.PREFACE)
            expect(frames.PREFACE.startswith(self._in[:size]), frames.PROTOCOL_ERROR, "no HTTP/2 preface")
            self._has_greeted = len(self._in) >= size
            if self._has_greeted:
                del self._in[:size]
        return self._has_greeted

    def _next_frame(self) -> tuple[int, int, int, bytes] | None:
        if len(self._in) < frames.HEAD_BYTES:
            return None
        size, kind, flags, stream = frames.read_head(self._in)
        expect(size <= MAX_FRAME_BYTES, frames.FRAME_SIZE_ERROR, "a frame is larger than was agreed")
        end = frames.HEAD_BYTES + size
        if len(self._in) < end:
            return None
        payload = bytes(self._in[frames.HEAD_BYTES : end])
        del self._in[:end]
        return kind, stream, flags, payload

    def _frame(self, kind: int, stream: int, flags: int, payload: bytes) -> Call | None:
        if self._block and (kind != frames.CONTINUATION or stream != self._block[0]):
            raise Http2Error(frames.PROTOCOL_ERROR, "headers are interrupted by another frame")
        take = self._frames.get(kind)
        return take(stream, flags, payload) if take else None  # RFC 9113, 5.5: unknown frames are ignored

    def _headers(self, stream: int, flags: int, payload: bytes) -> Call | None:
        expect(stream % 2 == 1, frames.PROTOCOL_ERROR, "HEADERS on a stream that no client opens")
        if stream <= self._last:
            expect(stream in self._questions, frames.STREAM_CLOSED, "HEADERS on a closed stream")
            is_end = bool(flags & frames.END_STREAM)
            expect(is_end, frames.PROTOCOL_ERROR, "HEADERS in the middle of a question")
        self._last = max(self._last, stream)
        block = frames.unpadded(flags, payload)
        if flags & frames.HAS_PRIORITY:
            expect(len(block) >= frames.PRIORITY_BYTES, frames.FRAME_SIZE_ERROR, "HEADERS without a priority")
            block = block[frames.PRIORITY_BYTES :]
        if flags & frames.END_HEADERS:
            return self._opened(stream, flags, block)
        self._block = stream, flags, bytearray(block)
        return None

    def _continuation(self, stream: int, flags: int, payload: bytes) -> Call | None:
        if self._block is None:
            raise Http2Error(frames.PROTOCOL_ERROR, "CONTINUATION of nothing")
        _, first_flags, block = self._block
        block += payload
        expect(len(block) <= MAX_HEADER_BYTES, frames.ENHANCE_YOUR_CALM, "headers without end")
        if not flags & frames.END_HEADERS:
            return None
        self._block = None
        return self._opened(stream, first_flags, bytes(block))

    def _opened(self, stream: int, flags: int, block: bytes) -> Call | None:
        path = self._path(block)
        if stream not in self._questions:
            if path is None or len(self.sender) >= MAX_STREAMS:
                code = frames.PROTOCOL_ERROR if path is None else frames.REFUSED_STREAM
                self.sender.out += frames.reset(stream, code)
                return None
            self._questions[stream] = _Question(path)
            self.sender.open(stream)
        return self._asked(stream) if flags & frames.END_STREAM else None

    def _path(self, block: bytes) -> str | None:
        """The path that a block of headers asks for; None when they are not those of a gRPC request.

        Where reading a block changed nothing in the decoder's table, it says the same until one does.
        """
        if block in self._paths:
            return self._paths[block]
        entries = self._decoder.header_table.dynamic_entries
        size, newest = len(entries), entries[0] if entries else None
        try:
            path = headers.path_of(self._decoder.decode(block, raw=True))
        except HPACKError:
            raise Http2Error(frames.COMPRESSION_ERROR, "headers that cannot be read") from None
        is_same = len(entries) == size and (not entries or entries[0] is newest)
        if not is_same or len(self._paths) == _MAX_PATHS:
            self._paths.clear()
        if is_same:
            self._paths[block] = path
        return path

    def _data(self, stream: int, flags: int, payload: bytes) -> Call | None:
        expect(0 < stream <= self._last, frames.PROTOCOL_ERROR, "DATA on a stream that is not open")
        self._taken += len(payload)
        if self._taken > frames.LARGEST_WINDOW // 2:
            self.sender.out += frames.window_update(0, self._taken)
            self._taken = 0
        question = self._questions.get(stream)
        if question is None:
            expect(stream not in self.sender, frames.STREAM_CLOSED, "DATA after the end of a question")
            return None  # it was ended from here while this was on its way
        question.data += frames.unpadded(flags, payload)
        if len(question.data) > MAX_MESSAGE_BYTES + prefix.size:
            self.sender.fail(stream, RESOURCE_EXHAUSTED, "the message is too long")
            self.sender.out += frames.reset(stream, frames.NO_ERROR)
            del self._questions[stream]
            return None
        return self._asked(stream) if flags & frames.END_STREAM else None

    def _asked(self, stream: int) -> Call | None:
        question = self._questions.pop(stream)
        is_compressed, size = (
            prefix.unpack_from(question.data) if len(question.data) >= prefix.size else (0, -1)
        )
        if is_compressed:
            self.sender.fail(stream, UNIMPLEMENTED, "compressed messages are not read")
        elif size != len(question.data) - prefix.size:
            self.sender.fail(stream, INTERNAL, "the call does not have exactly one message")
        else:
            return Call(stream, question.path, memoryview(question.data)[prefix.size :])
        return None

    def _settings(self, stream: int, flags: int, payload: bytes) -> None:
        expect(stream == 0, frames.PROTOCOL_ERROR, "SETTINGS on a stream")
        is_whole = not payload if flags & frames.ACK else len(payload) % frames.setting.size == 0
        expect(is_whole, frames.FRAME_SIZE_ERROR, "SETTINGS of a wrong size")
        if flags & frames.ACK:
            return
        for name, value in frames.setting.iter_unpack(payload):
            self.sender.set(name, value)
        self.sender.out += frames.frame(frames.SETTINGS, frames.ACK, 0, b"")
        self.sender.fill()

    def _ping(self, stream: int, flags: int, payload: bytes) -> None:
        expect(stream == 0, frames.PROTOCOL_ERROR, "PING on a stream")
        expect(len(payload) == frames.PING_BYTES, frames.FRAME_SIZE_ERROR, "PING of a wrong size")
        if not flags & frames.ACK:
            self.sender.out += frames.frame(frames.PING, frames.ACK, 0, payload)

    def _window_update(self, stream: int, flags: int, payload: bytes) -> None:
        expect(len(payload) == frames.number.size, frames.FRAME_SIZE_ERROR, "WINDOW_UPDATE of a wrong size")
        expect(stream <= self._last, frames.PROTOCOL_ERROR, "WINDOW_UPDATE on a stream that is not open")
        more = frames.number.unpack(payload)[0] & frames.LARGEST_WINDOW
        expect(more > 0, frames.PROTOCOL_ERROR, "WINDOW_UPDATE by nothing")
        self.sender.widen(stream, more)

    def _reset(self, stream: int, flags: int, payload: bytes) -> None:
        expect(0 < stream <= self._last, frames.PROTOCOL_ERROR, "RST_STREAM on a stream that is not open")
        expect(len(payload) == frames.number.size, frames.FRAME_SIZE_ERROR, "RST_STREAM of a wrong size")
        self._questions.pop(stream, None)
        self.sender.close(stream)

    def _priority(self, stream: int, flags: int, payload: bytes) -> None:
        expect(stream != 0, frames.PROTOCOL_ERROR, "PRIORITY without a stream")
        expect(len(payload) == frames.PRIORITY_BYTES, frames.FRAME_SIZE_ERROR, "PRIORITY of a wrong size")

    def _push_promise(self, stream: int, flags: int, payload: bytes) -> None:
        raise Http2Error(frames.PROTOCOL_ERROR, "a client cannot push")

    def _goaway(self, stream: int, flags: int, payload: bytes) -> None:
        expect(stream == 0, frames.PROTOCOL_ERROR, "GOAWAY on a stream")
