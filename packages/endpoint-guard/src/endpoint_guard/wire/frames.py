"""HTTP/2's frames (RFC 9113) as bytes."""

from __future__ import annotations

from struct import Struct
from typing import Final

PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
"""What a client sends first."""

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE = range(6)
PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(6, 10)

END_STREAM: Final = 0x1
ACK: Final = 0x1
END_HEADERS: Final = 0x4
PADDED: Final = 0x8
HAS_PRIORITY: Final = 0x20

ENABLE_PUSH, MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE = 0x2, 0x3, 0x4, 0x5
DEFAULT_WINDOW, LARGEST_WINDOW = 65_535, 2**31 - 1
SMALLEST_FRAME, LARGEST_FRAME = 2**14, 2**24 - 1
"""Between these a side may set how many bytes a frame may have; the first is the default."""

NO_ERROR, PROTOCOL_ERROR, FLOW_CONTROL_ERROR = 0x0, 0x1, 0x3
STREAM_CLOSED, FRAME_SIZE_ERROR, REFUSED_STREAM = 0x5, 0x6, 0x7
COMPRESSION_ERROR, ENHANCE_YOUR_CALM = 0x9, 0xB

PRIORITY_BYTES: Final = 5
PING_BYTES: Final = 8

_head = Struct(">HBBBL")
HEAD_BYTES: Final = _head.size
setting = Struct(">HL")
number = Struct(">L")


class Http2Error(Exception):
    """The peer does not speak HTTP/2 as it should; the connection ends with this error code."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(why)
        self.code = code


def expect(holds: bool, code: int, why: str) -> None:
    """Raises Http2Error with this code and reason unless `holds`."""
    if not holds:
        raise Http2Error(code, why)


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    """A whole frame."""
    return head(len(payload), kind, flags, stream) + payload


def head(size: int, kind: int, flags: int, stream: int) -> bytes:
    """The head of a frame whose payload has `size` bytes."""
    return _head.pack(size >> 8, size & 0xFF, kind, flags, stream)


def read_head(data: bytearray) -> tuple[int, int, int, int]:
    """The size, kind, flags and stream of the frame that these bytes begin with."""
    high, low, kind, flags, stream = _head.unpack_from(data)
    return high << 8 | low, kind, flags, stream & LARGEST_WINDOW


def settings(values: dict[int, int]) -> bytes:
    """A SETTINGS frame."""
    return frame(SETTINGS, 0, 0, b"".join(setting.pack(name, value) for name, value in values.items()))


def reset(stream: int, code: int) -> bytes:
    """A RST_STREAM frame."""
    return frame(RST_STREAM, 0, stream, number.pack(code))


def window_update(stream: int, more: int) -> bytes:
    """A WINDOW_UPDATE frame."""
    return frame(WINDOW_UPDATE, 0, stream, number.pack(more))


def unpadded(flags: int, payload: bytes) -> bytes:
    """A payload of DATA or HEADERS without its padding. Raises Http2Error when there is more padding than payload."""
    if not flags & PADDED:
        return payload
    expect(bool(payload) and payload[0] < len(payload), PROTOCOL_ERROR, "more padding than frame")
    return payload[1 : len(payload) - payload[0]]
