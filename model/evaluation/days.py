"""How much single days differ from the whole: the limits of drift, learnt from the data's own days.

Weekdays, seasons and chance move every day a little. What a day of the training data differs by is no reason for an
alarm; a limit that is the same for all features is either too low for one or too high for another.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

import numpy as np
import numpy.typing as npt

from model import histograms

LEAST_PURCHASES = 1000
"""A day with fewer is not judged by itself; where a file's days have fewer, several in a row count as one."""
USUAL = 0.99
"""The share of the data's days whose index is below the limit."""
_MARGIN = np.timedelta64(1, "h")
"""A file that begins so soon after midnight, or ends so soon before it, holds the whole day."""
_LEAST_INDEX = 1e-6
"""Of a feature that never changes: a multiple of nothing would have no meaning."""

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


class Entry(TypedDict):
    """A feature in a card: inner `edges` and `counts` of its bins, and the day's part.

    `day_index` is the population stability index, over the bands of `histograms.BANDS`, that 99 in 100 of the days
    stay below, and `day_purchases` how many purchases such a day has.
    """

    edges: list[float]
    counts: list[float]
    day_index: float
    day_purchases: float


@dataclass(frozen=True)
class Days:
    """The day of each row (n,), counted from 0, and for each day whether the data hold all of it (days,)."""

    of_row: Integers
    whole: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, times: npt.NDArray[np.datetime64]) -> Days:
        """Days of rows at rising `times` (n,), joined where it takes several to reach LEAST_PURCHASES.

        A file may begin and end in the middle of a day, whose hours are then not those of a day.
        """
        day = times.astype("datetime64[D]").astype(np.int64)
        day -= day[0]
        together = math.ceil(LEAST_PURCHASES * (int(day[-1]) + 1) / len(day))
        number = day // together
        whole = np.ones(int(number[-1]) + 1, dtype=bool)
        whole[0] = times[0] - times[0].astype("datetime64[D]") < _MARGIN
        whole[-1] &= times[-1].astype("datetime64[D]") + np.timedelta64(1, "D") - times[-1] < _MARGIN
        return cls(number, whole if whole.any() else np.ones_like(whole))


def entries(columns: Mapping[str, npt.NDArray[Any]], days: Days) -> dict[str, Entry]:
    """The card's entry of each feature, from its values (n,) in their natural proportion."""
    return {name: _entry(name, values, days) for name, values in columns.items()}


def _entry(name: str, values: npt.NDArray[Any], days: Days) -> Entry:
    bins = len(histograms.EDGES[name]) + 1
    place = histograms.places(name, values)
    counts = np.bincount(place, minlength=bins).astype(np.float64)
    by_day = banded_days(name, place, days)
    purchases = by_day.sum(axis=1)
    enough = days.whole & (purchases >= min(LEAST_PURCHASES, float(purchases[days.whole].max())))
    found = indices(np.array(histograms.banded(name, counts.tolist())), by_day[enough])
    return {
        "edges": list(histograms.EDGES[name]),
        "counts": counts.tolist(),
        "day_index": max(round(float(np.quantile(found, USUAL)), 6), _LEAST_INDEX),
        "day_purchases": round(float(purchases[enough].mean()), 1),
    }


def banded_days(name: str, place: npt.NDArray[Any], days: Days) -> Floats:
    """Counts (days, bands) of rows whose bin numbers are `place` (n,)."""
    bands = histograms.BANDS[name]
    band = np.searchsorted(bands, place, side="right") - 1
    shape = len(days.whole), len(bands)
    flat = np.bincount(days.of_row * len(bands) + band, minlength=shape[0] * shape[1])
    return flat.reshape(shape).astype(np.float64)


def indices(expected: Floats, seen: Floats) -> Floats:
    """Population stability index (days,) of counts (days, bands) against counts (bands,).

    0 for the same shares, without bound. Half a count is added to every band, so that an empty one gives a finite
    index.
    """
    before = (expected + 0.5) / (expected.sum() + 0.5 * len(expected))
    after = (seen + 0.5) / (seen.sum(axis=1, keepdims=True) + 0.5 * len(expected))
    found: Floats = ((after - before) * np.log(after / before)).sum(axis=1)
    return found
