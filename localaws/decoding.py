"""Compressed request bodies, as API Gateway takes them."""

from __future__ import annotations

import zlib

from localaws.responses import Refused

_FORMATS = {"gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}
"""docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-make-request-with-compressed-payload.html"""


def decoded(body: bytes, encoding: str, limit: int) -> bytes:
    """The body without its coding. Raises Refused: 415 for one that is not so coded, 413 beyond `limit` bytes."""
    coding = encoding.strip().lower()
    if coding in ("", "identity") or not body:
        return body
    if coding not in _FORMATS:
        raise Refused("UNSUPPORTED_MEDIA_TYPE")
    stream = zlib.decompressobj(_FORMATS[coding])
    try:
        content = stream.decompress(body, limit + 1)
    except zlib.error:
        raise Refused("UNSUPPORTED_MEDIA_TYPE") from None
    if len(content) > limit:
        raise Refused("REQUEST_TOO_LARGE")
    if not stream.eof:
        raise Refused("UNSUPPORTED_MEDIA_TYPE")
    return content
