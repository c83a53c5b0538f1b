"""What API Gateway does to a body and a path before the API sees them."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.pulumi_preflight.hardened import BODY, URL, here

PACKED = gzip.compress(BODY, mtime=0)


@pytest.mark.parametrize(("coding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_a_packed_body_is_unpacked_behind_the_firewall(
    tmp_path: Path, coding: str, pack: Callable[[bytes], bytes]
) -> None:
    with here(tmp_path) as gateway:
        answer = gateway.send(pack(BODY), headers={"content-encoding": coding})
        assert answer.status_code == 200
        assert gateway.function.events[0]["body"] == BODY.decode()


def test_the_firewall_measures_the_packed_body(tmp_path: Path) -> None:
    """A body over its 8 KB is refused as it is, and comes as far as the schema when it is packed."""
    long = b'{"transactions": []' + b" " * 20_000 + b"}"
    with here(tmp_path) as gateway:
        gateway.send(long)
        gateway.send(gzip.compress(long), headers={"content-encoding": "gzip"})
        assert gateway.kinds() == ["WAF_FILTERED", "BAD_REQUEST_BODY"]


@pytest.mark.parametrize(
    ("coding", "body"),
    [("gzip", BODY), ("deflate", PACKED), ("br", BODY), ("gzip", PACKED[:-9])],
    ids=["not packed", "packed otherwise", "unknown coding", "cut off"],
)
def test_a_body_that_is_not_coded_as_it_says_is_415(tmp_path: Path, coding: str, body: bytes) -> None:
    with here(tmp_path) as gateway:
        assert gateway.send(body, headers={"content-encoding": coding}).status_code == 415
        assert gateway.function.events == []


@pytest.mark.parametrize("path", ["/prod%2fscore", "/prod%2Fscore", "/prod/%2e%2e/prod/score"])
def test_a_coded_slash_separates_nothing(tmp_path: Path, path: str) -> None:
    with here(tmp_path) as gateway:
        answer = gateway.send(url=URL.replace("/prod/score", path))
        assert answer.status_code == 403
        assert gateway.function.events == []
