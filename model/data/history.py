"""What a card did before each purchase, computed from the purchases; callers of the model count the same way."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from model.contract import DAY_SECONDS

Column = npt.NDArray[Any]

HISTORY_FIELDS = ("seconds_since_previous", "count_24h", "sum_24h", "max_24h")
_PART_ROWS = 200_000
"""Roughly this many rows at a time: intermediate arrays are several times as large as the result."""


def card_history(cards: Column, times: Column, amounts: Column) -> dict[str, Column]:
    """Each row's HISTORY_FIELDS, from strictly earlier purchases of the same card.

    Takes card numbers, datetime64 and dollars in any order and answers in that order. Purchases of one card
    in the same second do not see each other; one made exactly 24 hours earlier counts. A card's first
    purchase has NaN seconds and zeros.
    """
    kinds = (np.float64, np.int32, np.float64, np.float64)
    history: dict[str, Column] = {
        name: np.empty(len(cards), kind) for name, kind in zip(HISTORY_FIELDS, kinds, strict=True)
    }
    parts = len(cards) // _PART_ROWS + 1
    part = (cards % parts).astype(np.int16)
    for number in range(parts):
        rows = np.flatnonzero(part == number)
        found = _of_part(cards[rows], times[rows], amounts[rows])
        for name, values in zip(HISTORY_FIELDS, found, strict=True):
            history[name][rows] = values
    return history


def _of_part(cards: Column, times: Column, amounts: Column) -> tuple[Column, ...]:
    """`card_history` of some cards, with all of their purchases."""
    order, key, of_card = _ordered(cards, times)
    end = np.searchsorted(key, key, side="left")
    before = key[np.maximum(end - 1, 0)]  # the same card's, or another's
    seconds = np.where(before >= of_card, (key - before).astype(np.float64), np.nan)
    seconds[end == 0] = np.nan
    start = np.searchsorted(key, key - DAY_SECONDS, side="left")
    # Whole cents: prefix sums of floats would depend on all rows before.
    prefix = np.concatenate(([0], np.cumsum(np.rint(amounts[order] * 100).astype(np.int64))))
    total = (prefix[end] - prefix[start]) / 100
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    largest = _window_max(amounts[order], start, end)
    return seconds[back], (end - start)[back], total[back], largest[back]


def _ordered(cards: Column, times: Column) -> tuple[Column, Column, Column]:
    """The order by card and time, a rising key (n,) of both in that order, and the least key of each row's card.

    Between two cards' keys is a gap of more than a day.
    """
    _, card = np.unique(cards, return_inverse=True)
    second = times.astype("datetime64[s]").astype(np.int64)
    second -= second.min(initial=np.iinfo(np.int64).max)
    order = np.lexsort((second, card))
    stride = int(second.max(initial=0)) + DAY_SECONDS + 1
    of_card = card[order].astype(np.int64) * stride
    return order, of_card + second[order], of_card


def _window_max(values: Column, start: Column, end: Column) -> Column:
    """Maximum of values[start:end] per row, 0 where the window is empty (a sparse table, level by level)."""
    length = end - start
    level_of = np.frexp(length)[1] - 1
    result = np.zeros(len(values))
    table = values.astype(np.float64)  # table[i] = max of the 2**level values from i
    for level in range(int(level_of.max(initial=-1)) + 1):
        rows = np.flatnonzero(level_of == level)
        result[rows] = np.maximum(table[start[rows]], table[end[rows] - 2**level])
        table = np.maximum(table[: -(2**level)], table[2**level :]) if len(table) > 2**level else table[:0]
    return result
