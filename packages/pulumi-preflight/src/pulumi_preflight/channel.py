"""gRPC's calls with one question and one answer over one HTTP/2 connection (RFC 9113), many under way at once.

A large stack is two hundred thousand of them, and grpc's client for Python takes longer for a call than everything else
that is done with a resource. All runs on the caller's thread.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections import deque
from collections.abc import Callable
from struct import Struct
from struct import error as StructError
from typing import Final, Self
from urllib.parse import unquote_to_bytes

from hpack import Decoder, HPACKError

from pulumi_preflight import frames

_prefix = Struct(">BL")  # gRPC's in front of a message: whether it is compressed, and its length
_BACKLOG_BYTES: Final = 2**20
_READ_BYTES: Final = 2**18
_MAX_KNOWN: Final = 100

OK, UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE = 0, 2, 4, 12, 13, 14
"""gRPC's status codes, as far as they are told apart here."""


class CallError(Exception):
    """A call that ended without an answer: gRPC's status code and what the server said about it."""

    def __init__(self, code: int, details: str = "") -> None:
        super().__init__(details)
        self.code = code
        self.details = details


class Call:
    """A question that was asked; `Channel.result` gives its answer."""

    __slots__ = ("asked", "data", "details", "is_done", "path", "status", "stream", "unsent", "window")

    def __init__(self, path: str, message: bytes) -> None:
        self.path = path
        self.asked = memoryview(_prefix.pack(0, len(message)) + message)
        self.unsent = self.asked
        self.data = bytearray()
        self.stream = 0
        self.window = 0
        self.status: int | None = None
        self.details = ""
        self.is_done = False


class Channel:
    """A connection to a server on this machine, to be used in a `with` statement. Raises OSError when none is there."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._socket, selectors.EVENT_READ)
        self._authority = f"127.0.0.1:{port}"
        self._buffer = memoryview(bytearray(_READ_BYTES))
        self._in = bytearray()
        self._decoder = Decoder()
        self._known: dict[bytes, dict[bytes, bytes]] = {}
        self._block: tuple[int, int, bytearray] | None = None
        self._requests: dict[str, bytes] = {}
        self._queued: deque[Call] = deque()
        self._sending: deque[Call] = deque()
        self._open: dict[int, Call] = {}
        self._next = 1
        self._taken = 0
        self._most = 2**31
        self._window = self._stream_window = frames.DEFAULT_WINDOW
        self._error: CallError | None = None
        settings = frames.setting.pack(frames.INITIAL_WINDOW_SIZE, frames.LARGEST_WINDOW)
        self._out = bytearray(frames.PREFACE + frames.frame(frames.SETTINGS, 0, 0, settings))
        self._out += frames.frame(
            frames.WINDOW_UPDATE, 0, 0, frames.number.pack(frames.LARGEST_WINDOW - frames.DEFAULT_WINDOW)
        )
        self._take: dict[int, Callable[[int, int, bytes], None]] = {
            frames.DATA: self._data,
            frames.HEADERS: self._headers,
            frames.CONTINUATION: self._continuation,
            frames.RST_STREAM: self._reset,
            frames.SETTINGS: self._settings,
            frames.PING: self._ping,
            frames.GOAWAY: self._goaway,
            frames.WINDOW_UPDATE: self._window_update,
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connection, and with it every call."""
        self._selector.close()
        self._socket.close()

    def ask(self, path: str, message: bytes) -> Call:
        """Asks, without waiting for the answer."""
        call = Call(path, message)
        self._queued.append(call)
        self._fill()
        return call

    def result(self, call: Call, seconds: float) -> bytearray:
        """The answer's bytes. Raises CallError when there is none, or none after so many seconds."""
        deadline = time.monotonic() + seconds
        while not call.is_done:
            if self._error:
                raise self._error
            self._exchange(deadline)
            if not call.is_done and time.monotonic() > deadline:
                self._cancel(call)
                raise CallError(DEADLINE_EXCEEDED)
        if call.status != OK:
            raise CallError(UNKNOWN if call.status is None else call.status, call.details)
        if len(call.data) < _prefix.size or _prefix.unpack_from(call.data) != (
            0,
            len(call.data) - _prefix.size,
        ):
            raise CallError(INTERNAL, "the answer is not one plain message")
        del call.data[: _prefix.size]
        return call.data

    def _exchange(self, deadline: float) -> None:
        """Sends and reads once, when one of the two is possible."""
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._out else 0)
        if self._selector.get_key(self._socket).events != wanted:
            self._selector.modify(self._socket, wanted)
        try:
            for _, events in self._selector.select(max(0.0, deadline - time.monotonic())):
                if events & selectors.EVENT_WRITE:
                    del self._out[: self._socket.send(self._out)]
                    self._fill()
                if events & selectors.EVENT_READ:
                    self._read()
        except BlockingIOError:
            pass
        except OSError:
            self._error = CallError(UNAVAILABLE)
        except (HPACKError, ValueError, IndexError, StructError) as error:
            self._error = CallError(INTERNAL, f"the server does not speak HTTP/2: {error}")

    def _read(self) -> None:
        size = self._socket.recv_into(self._buffer)
        if not size:
            raise ConnectionResetError
        self._in += self._buffer[:size]
        while len(self._in) >= frames.HEAD_BYTES:
            size, kind, flags, stream = frames.read_head(self._in)
            if size > frames.MAX_FRAME_BYTES:
                raise ValueError("a frame is larger than was agreed")
            end = frames.HEAD_BYTES + size
            if len(self._in) < end:
                break
            payload = bytes(self._in[frames.HEAD_BYTES : end])
            del self._in[:end]
            take = self._take.get(kind)
            if take:
                take(stream, flags, payload)

    def _fill(self) -> None:
        """Frames what is asked, as far as the server's windows and the backlog's limit go."""
        while self._queued and len(self._open) < self._most:
            call = self._queued.popleft()
            call.stream, call.window = self._next, self._stream_window
            self._next += 2
            self._open[call.stream] = call
            self._out += frames.frame(
                frames.HEADERS, frames.END_HEADERS, call.stream, self._request(call.path)
            )
            self._sending.append(call)
        for call in list(self._sending):
            while call.unsent and call.stream in self._open and len(self._out) < _BACKLOG_BYTES:
                room = min(call.window, self._window, frames.MAX_FRAME_BYTES)
                if room <= 0:
                    break
                self._send(call, room)
            if not call.unsent or call.stream not in self._open:
                self._sending.remove(call)

    def _send(self, call: Call, room: int) -> None:
        part, call.unsent = call.unsent[:room], call.unsent[room:]
        call.window -= len(part)
        self._window -= len(part)
        self._out += frames.frame(frames.DATA, 0 if call.unsent else frames.END_STREAM, call.stream, part)

    def _request(self, path: str) -> bytes:
        if path not in self._requests:
            self._requests[path] = frames.request(path, self._authority)
        return self._requests[path]

    def _headers(self, stream: int, flags: int, payload: bytes) -> None:
        block = frames.block_of(flags, payload)
        if flags & frames.END_HEADERS:
            self._said(stream, flags, block)
        else:
            self._block = stream, flags, bytearray(block)

    def _continuation(self, stream: int, flags: int, payload: bytes) -> None:
        if self._block is None or self._block[0] != stream:
            raise ValueError("headers that continue nothing")
        self._block[2].extend(payload)
        if flags & frames.END_HEADERS:
            (_, first, block), self._block = self._block, None
            self._said(stream, first, bytes(block))

    def _said(self, stream: int, flags: int, block: bytes) -> None:
        """Takes headers: those before an answer, or those that end a call."""
        headers = self._decoded(block)
        call = self._open.get(stream)
        if call is None:
            return
        if b"grpc-status" in headers:
            call.status = int(headers[b"grpc-status"])
            call.details = unquote_to_bytes(headers.get(b"grpc-message", b"")).decode("utf-8", "replace")
        elif headers.get(b":status", b"200") != b"200":
            call.details = f"HTTP status {headers[b':status'].decode('ascii', 'replace')}"
        if flags & frames.END_STREAM:
            self._end(call)

    def _decoded(self, block: bytes) -> dict[bytes, bytes]:
        """The headers of a block. Where reading it changed no table, it says the same until one does."""
        known = self._known.get(block)
        if known is not None:
            return known
        entries = self._decoder.header_table.dynamic_entries
        size, newest = len(entries), entries[0] if entries else None
        headers: dict[bytes, bytes] = dict(self._decoder.decode(block, raw=True))
        is_same = len(entries) == size and (not entries or entries[0] is newest)
        if not is_same or len(self._known) == _MAX_KNOWN:
            self._known.clear()
        if is_same:
            self._known[block] = headers
        return headers

    def _data(self, stream: int, flags: int, payload: bytes) -> None:
        self._taken += len(payload)
        if self._taken > frames.LARGEST_WINDOW // 2:
            self._out += frames.frame(frames.WINDOW_UPDATE, 0, 0, frames.number.pack(self._taken))
            self._taken = 0
        call = self._open.get(stream)
        if call is not None:
            call.data += frames.unpadded(flags, payload)
            if flags & frames.END_STREAM:
                self._end(call)

    def _end(self, call: Call) -> None:
        del self._open[call.stream]
        call.is_done = True
        if self._queued:
            self._fill()

    def _cancel(self, call: Call) -> None:
        if call.stream in self._open:
            self._out += frames.frame(frames.RST_STREAM, 0, call.stream, frames.number.pack(frames.CANCEL))
            self._end(call)

    def _reset(self, stream: int, flags: int, payload: bytes) -> None:
        """Ends a call, or asks again, later, where the server has not looked at it (RFC 9113, 8.7)."""
        call = self._open.get(stream)
        if call is None:
            return
        if frames.number.unpack(payload)[0] == frames.REFUSED_STREAM:
            del self._open[stream]
            call.unsent = call.asked
            self._queued.appendleft(call)
            self._most = max(1, len(self._open))
            self._fill()
            return
        call.status = UNAVAILABLE if call.status is None else call.status
        self._end(call)

    def _settings(self, stream: int, flags: int, payload: bytes) -> None:
        if flags & frames.ACK:
            return
        for name, value in frames.setting.iter_unpack(payload):
            if name == frames.MAX_CONCURRENT_STREAMS:
                self._most = value
            elif name == frames.INITIAL_WINDOW_SIZE:
                for call in self._open.values():
                    call.window += value - self._stream_window
                self._stream_window = value
        self._out += frames.frame(frames.SETTINGS, frames.ACK, 0, b"")
        self._fill()

    def _ping(self, stream: int, flags: int, payload: bytes) -> None:
        if not flags & frames.ACK:
            self._out += frames.frame(frames.PING, frames.ACK, 0, payload)

    def _goaway(self, stream: int, flags: int, payload: bytes) -> None:
        self._error = CallError(UNAVAILABLE)

    def _window_update(self, stream: int, flags: int, payload: bytes) -> None:
        more = frames.number.unpack(payload)[0] & frames.LARGEST_WINDOW
        if stream == 0:
            self._window += more
        elif stream in self._open:
            self._open[stream].window += more
        if self._sending:
            self._fill()
