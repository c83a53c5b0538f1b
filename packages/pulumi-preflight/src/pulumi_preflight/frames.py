"""HTTP/2's frames (RFC 9113) and the headers of gRPC's requests, as bytes."""

from __future__ import annotations

from struct import Struct
from typing import Final

PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9
END_STREAM = ACK = 0x1
END_HEADERS, _PADDED, _HAS_PRIORITY = 0x4, 0x8, 0x20
MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE = 0x3, 0x4
DEFAULT_WINDOW, LARGEST_WINDOW = 65_535, 2**31 - 1
MAX_FRAME_BYTES: Final = 2**14
"""What every peer takes and, unless it is told otherwise, sends."""
REFUSED_STREAM, CANCEL = 0x7, 0x8
_PRIORITY_BYTES: Final = 5
_head, setting, number = Struct(">HBBBL"), Struct(">HL"), Struct(">L")
HEAD_BYTES: Final = _head.size


def frame(kind: int, flags: int, stream: int, payload: bytes | memoryview) -> bytes:
    """A whole frame."""
    return b"".join((_head.pack(len(payload) >> 8, len(payload) & 0xFF, kind, flags, stream), payload))


def read_head(data: bytearray) -> tuple[int, int, int, int]:
    """The size, kind, flags and stream of the frame that these bytes begin with."""
    high, low, kind, flags, stream = _head.unpack_from(data)
    return high << 8 | low, kind, flags, stream & LARGEST_WINDOW


def unpadded(flags: int, payload: bytes) -> bytes:
    """The payload of DATA without its padding."""
    return payload[1 : len(payload) - payload[0]] if flags & _PADDED else payload


def block_of(flags: int, payload: bytes) -> bytes:
    """The block of headers in a HEADERS frame, without padding and priority."""
    return unpadded(flags, payload)[_PRIORITY_BYTES if flags & _HAS_PRIORITY else 0 :]


def request(path: str, authority: str) -> bytes:
    """The headers of a call as HPACK's bytes (RFC 7541), none of which enters a table."""
    post_http = b"\x83\x86"
    named = _text(b"\x04", path.encode()) + _text(b"\x01", authority.encode())
    kind = _text(b"\x0f\x10", b"application/grpc")
    return post_http + named + kind + _text(_text(b"\x00", b"te"), b"trailers")


def _text(before: bytes, text: bytes) -> bytes:
    """A text that is not Huffman-coded after what names it (RFC 7541, 6.2.2). It has fewer than 127 bytes."""
    return before + bytes([len(text)]) + text
