"""What a server sends on one HTTP/2 connection, within the windows that its peer opens."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from struct import Struct
from typing import Final

from endpoint_guard.wire import frames, headers
from endpoint_guard.wire.frames import expect

MAX_FRAME_BYTES: Final = 2**20
BACKLOG_BYTES: Final = 2**20
"""With so much to be sent, neither further answers are framed nor further bytes should be read."""
_MAX_DETAILS: Final = 1_000

prefix = Struct(">BL")
"""gRPC's in front of a message: whether it is compressed, and its length."""


@dataclass(slots=True)
class _Answer:
    window: int
    parts: deque[memoryview] = field(default_factory=deque)


class Sender:
    """The bytes that are to be sent (`out`), and the answers that wait for room in a window."""

    def __init__(self) -> None:
        self.out = bytearray()
        self._open: dict[int, _Answer] = {}
        self._waiting: deque[int] = deque()
        self._window = frames.DEFAULT_WINDOW
        self._stream_window = frames.DEFAULT_WINDOW
        self._frame_bytes = frames.SMALLEST_FRAME

    def __contains__(self, stream: int) -> bool:
        return stream in self._open

    def __len__(self) -> int:
        return len(self._open)

    def open(self, stream: int) -> None:
        """From now on the stream can be answered."""
        self._open[stream] = _Answer(self._stream_window)

    def close(self, stream: int) -> None:
        """The peer wants nothing more on this stream."""
        self._open.pop(stream, None)

    def answer(self, stream: int, parts: Sequence[bytes]) -> None:
        """Ends a stream with the status OK and a message whose bytes are these parts."""
        if stream not in self._open:  # the peer has given up
            return
        head = prefix.pack(0, sum(map(len, parts)))
        self._open[stream].parts.extend(map(memoryview, (head, *parts)))
        self.out += frames.frame(frames.HEADERS, frames.END_HEADERS, stream, headers.ANSWER)
        self._waiting.append(stream)
        self.fill()

    def fail(self, stream: int, status: int, details: str) -> None:
        """Ends a stream with one of gRPC's status codes and a sentence."""
        if stream in self._open:
            self._end(stream, headers.failure(status, details[:_MAX_DETAILS]))

    def fill(self) -> None:
        """Frames what is still to be answered, as far as the peer's windows and the backlog's limit go."""
        for stream in list(self._waiting):
            answer = self._open.get(stream)
            while answer and answer.parts and len(self.out) < BACKLOG_BYTES:
                room = min(answer.window, self._window, self._frame_bytes)
                if room <= 0:
                    break
                self._send(stream, answer, room)
            if answer and answer.parts:
                continue
            self._waiting.remove(stream)
            if answer:
                self._end(stream, headers.OK)

    def _send(self, stream: int, answer: _Answer, room: int) -> None:
        """One DATA frame of at most `room` bytes, of as many parts as fit."""
        parts, size = [], 0
        while answer.parts and size < room:
            part = answer.parts.popleft()
            if len(part) > room - size:
                answer.parts.appendleft(part[room - size :])
                part = part[: room - size]
            parts.append(part)
            size += len(part)
        answer.window -= size
        self._window -= size
        self.out += frames.head(size, frames.DATA, 0, stream)
        for part in parts:
            self.out += part

    def _end(self, stream: int, block: bytes) -> None:
        del self._open[stream]
        self.out += frames.frame(frames.HEADERS, frames.END_HEADERS | frames.END_STREAM, stream, block)

    def set(self, name: int, value: int) -> None:
        """Takes a setting of the peer's. Raises Http2Error for a value that is not allowed."""
        if name == frames.ENABLE_PUSH:
            expect(value in (0, 1), frames.PROTOCOL_ERROR, "a switch that is neither on nor off")
        elif name == frames.INITIAL_WINDOW_SIZE:
            expect(value <= frames.LARGEST_WINDOW, frames.FLOW_CONTROL_ERROR, "a window that is too large")
            for answer in self._open.values():
                answer.window += value - self._stream_window
            self._stream_window = value
        elif name == frames.MAX_FRAME_SIZE:
            is_allowed = frames.SMALLEST_FRAME <= value <= frames.LARGEST_FRAME
            expect(is_allowed, frames.PROTOCOL_ERROR, "frames of a size that is not allowed")
            self._frame_bytes = min(value, MAX_FRAME_BYTES)

    def widen(self, stream: int, more: int) -> None:
        """Takes a WINDOW_UPDATE of the peer's, for the connection where the stream is 0. Raises Http2Error."""
        if stream == 0:
            self._window += more
            expect(
                self._window <= frames.LARGEST_WINDOW, frames.FLOW_CONTROL_ERROR, "a window that is too large"
            )
        elif answer := self._open.get(stream):
            answer.window += more
            if answer.window > frames.LARGEST_WINDOW:
                self.close(stream)
                self.out += frames.reset(stream, frames.FLOW_CONTROL_ERROR)
        self.fill()
