"""One started pack for all tests of this room: a start takes longer than a hundred judgements."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.endpoint_guard import guard_process


@pytest.fixture(scope="session")
def pack() -> Iterator[guard_process.Pack]:
    with guard_process.started() as started:
        yield started
