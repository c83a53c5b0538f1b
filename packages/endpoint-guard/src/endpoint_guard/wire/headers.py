"""The headers of gRPC's requests, read strictly, and those of its answers, as HPACK's bytes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from urllib.parse import quote

_PSEUDO: Final = frozenset({b":method", b":scheme", b":path", b":authority"})
_OF_A_CONNECTION: Final = frozenset(
    {b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade"}
)


def path_of(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """The path that a request asks for; None when it is malformed (RFC 9113, 8.1.2) or not one of gRPC's."""
    pseudo: dict[bytes, bytes] = {}
    regular: dict[bytes, bytes] = {}
    for name, value in headers:
        if name.startswith(b":"):
            if name not in _PSEUDO or name in pseudo or regular:
                return None
            pseudo[name] = value
        elif name in _OF_A_CONNECTION or name != name.lower():
            return None
        else:
            regular[name] = value
    is_grpc = regular.get(b"content-type", b"").startswith(b"application/grpc")
    if not is_grpc or regular.get(b"te", b"trailers") != b"trailers":
        return None
    if pseudo.get(b":method") != b"POST" or not pseudo.get(b":scheme"):
        return None
    return pseudo.get(b":path", b"").decode("utf-8", "replace") or None


def _field(name: bytes, value: bytes) -> bytes:
    """A header field that enters no table (RFC 7541, 6.2.2)."""
    return b"\x00" + _length(name) + name + _length(value) + value


def _length(text: bytes) -> bytes:
    """The length of a text that is not Huffman-coded (RFC 7541, 5.1 and 5.2)."""
    size, found = len(text), bytearray()
    if size < 0x7F:
        return bytes([size])
    size -= 0x7F
    while size >= 0x80:
        found.append(size & 0x7F | 0x80)
        size >>= 7
    return bytes([0x7F, *found, size])


_UNQUOTED: Final = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) != "%")
_STATUS_200: Final = b"\x88"  # an index of the static table
ANSWER: Final = _STATUS_200 + _field(b"content-type", b"application/grpc")
OK: Final = _field(b"grpc-status", b"0")


def failure(status: int, details: str) -> bytes:
    """The headers of a call that ends without an answer, with one of gRPC's status codes."""
    block = ANSWER + _field(b"grpc-status", str(status).encode())
    return block + _field(b"grpc-message", quote(details, safe=_UNQUOTED).encode()) if details else block
