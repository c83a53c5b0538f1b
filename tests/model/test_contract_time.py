"""The time of a purchase: exactly the one form, as the standard library reads it."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model import contract

SHAPED = st.from_regex(
    r"[0-9]{4}[-W/][0-9W]{1,2}[-]?[0-9]{1,2}[T ][0-9]{1,2}:?[0-9]{2}:?[0-9]{2}[Z.0-9]?", fullmatch=True
)


def read(text: str) -> bool:
    """What the format says, by the slow way."""
    if len(text) != len(contract.TIME_FORMAT) or not text.isascii():
        return False
    try:
        time = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S")
    except ValueError:
        return False
    return time.isoformat() == text and 2000 <= time.year <= 2099


@given(
    st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2099, 12, 31)).map(
        lambda time: time.replace(microsecond=0).isoformat()
    )
)
def test_every_time_is_read(text: str) -> None:
    assert contract._is_time(text)


@given(st.one_of(SHAPED, st.text(alphabet="0123456789-:TWZ. +", min_size=19, max_size=19)))
def test_what_is_not_that_form_is_refused(text: str) -> None:
    assert contract._is_time(text) is read(text)


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-29T00:00:00",
        "2026-00-10T00:00:00",
        "2026-13-10T00:00:00",
        "0000-01-01T00:00:00",
        "2026-03-02T24:00:00",
        "2026-03-02T23:60:00",
        "2026-03-02T23:59:60",
        "2026-W10-1T23:59:59",
        "2026-03-02 23:59:59",
        "2026-03-02T23:59:59\n",
        "２026-03-02T23:59:59",  # noqa: RUF001 - a wide digit
        "2026-03-02T235959.1",
        "+026-03-02T23:59:59",
    ],
)
def test_near_misses_are_refused(text: str) -> None:
    assert not contract._is_time(text)
