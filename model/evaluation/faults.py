"""Faults of callers, put into the test file's days: which of them the drift alarm would notice, and on how many days.

Each fault changes the fields of a request, as a caller would; the model then scores what it is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model import histograms
from model.contract import CATEGORIES, DAY_SECONDS, FIELDS
from model.data import features
from model.data.dataset import TIME, Dataset
from model.data.features import Column
from model.decision import Rule
from model.evaluation import days
from model.evaluation.drift import Expected

Columns = Mapping[str, Column]
Change = Callable[[Columns], dict[str, Column]]
"""Fields (n,) of the purchases that the fault meets -> those of them that it changes."""
Score = Callable[[features.Matrix], npt.NDArray[np.float64]]
_SMALL_DAY = 1000
"""Purchases that a small client makes in a day."""


@dataclass(frozen=True)
class Fault:
    """A fault that meets this share of the purchases."""

    name: str
    share: float
    change: Change

    @property
    def title(self) -> str:
        """The fault and its share."""
        return self.name if self.share == 1 else f"{self.name}, {self.share:.0%} of purchases"


def clock(hours: int) -> Fault:
    """A clock that is ahead by `hours`, or behind when they are negative."""

    def change(columns: Columns) -> dict[str, Column]:
        return {"time": columns["time"] + np.timedelta64(hours, "h")}

    return Fault(f"clock {hours:+d} h", 1, change)


def constant_category(category: str, share: float) -> Fault:
    """One category instead of the purchase's own."""

    def change(columns: Columns) -> dict[str, Column]:
        return {"category": np.full(len(columns["category"]), CATEGORIES.index(category))}

    return Fault(f"category always {category}", share, change)


def missing_history(share: float) -> Fault:
    """As if each purchase were its card's first."""

    def change(columns: Columns) -> dict[str, Column]:
        count = len(columns["amt"])
        nothing = {name: np.zeros(count) for name in ("count_24h", "sum_24h", "max_24h")}
        return {**nothing, "seconds_since_previous": np.full(count, np.nan)}

    return Fault("history missing", share, change)


def old_history(share: float) -> Fault:
    """The history as it was a day before: at least a day since the last purchase, and none in the last day."""

    def change(columns: Columns) -> dict[str, Column]:
        found = missing_history(share).change(columns)
        return {**found, "seconds_since_previous": columns["seconds_since_previous"] + DAY_SECONDS}

    return Fault("history a day old", share, change)


def times_amount(name: str, factor: float, share: float) -> Fault:
    """Amounts in another unit, up to what the contract allows."""

    def change(columns: Columns) -> dict[str, Column]:
        field = FIELDS["amt"]
        return {"amt": np.clip(columns["amt"] * factor, field.minimum, field.maximum)}

    return Fault(name, share, change)


def faults(fields: Sequence[str]) -> Iterator[Fault]:
    """Every fault that a model which reads these fields can meet."""
    if "time" in fields:
        yield from (clock(hours) for hours in (1, -1, 2, -2, 3, -3, 5, -5, 8, -8, 12))
    if "category" in fields:
        yield from (constant_category(category, 0.2) for category in CATEGORIES)
    if "seconds_since_previous" in fields:
        yield from (missing_history(share) for share in (0.05, 0.2, 1))
        yield from (old_history(share) for share in (0.2, 1))
    yield from (times_amount("amounts in cents", 100, share) for share in (0.05, 1))
    yield times_amount("amounts in thousands", 0.001, 0.2)


@dataclass(frozen=True)
class Noticed:
    """What a fault does: on how many of the judged days it is an alarm, on how many of days of 1,000 purchases, and
    by which features, the most frequent first."""

    title: str
    days: int
    alarms: int
    small_days: int
    small_alarms: int
    features: list[str]


class Simulation:
    """The test file's days, clean, and with faults put into them. The same arguments give the same figures."""

    def __init__(
        self,
        data: Dataset,
        names: Sequence[str],
        rule: Rule,
        score: Score,
        expected: Mapping[str, Expected],
        *,
        margin: float,
        seed: int = 42,
    ) -> None:
        self._names, self._rule, self._score, self._expected = names, rule, score, expected
        self._margin, self._seed = margin, seed
        self.fields = features.required_fields(names)
        self._columns = features.frame_columns(data.test, names, data.train)
        self._days = days.Days.of(data.test[TIME].to_numpy())
        self._clean = self._places(self._columns)

    def clean(self) -> Noticed:
        """Days without a fault: each alarm is a false one."""
        return self._judged("no fault", self._clean)

    def of(self, fault: Fault) -> Noticed:
        """Days on all of which the fault is there."""
        rng = np.random.default_rng(self._seed)
        count = len(self._days.of_row)
        rows = np.arange(count) if fault.share == 1 else np.flatnonzero(rng.random(count) < fault.share)
        met = {name: values[rows] for name, values in self._columns.items()}
        changed = self._places({**met, **fault.change(met)})
        places = {name: place.copy() for name, place in self._clean.items()}
        for name, place in changed.items():
            places[name][rows] = place
        return self._judged(fault.title, places)

    def _places(self, columns: Columns) -> dict[str, npt.NDArray[np.intp]]:
        """Bin numbers (n,) of every feature with bins, of the scores and of the alerts."""
        watched = histograms.watched(self.fields)
        matrix = features.from_columns(columns, watched)
        values: dict[str, Column] = {name: matrix[:, place] for place, name in enumerate(watched)}
        score = self._score(features.from_columns(columns, self._names))
        alert = self._rule.alerts(score, columns["amt"].astype(np.float64))
        values |= {"score": score, "alert": alert.astype(np.float64)}
        return {name: histograms.places(name, of) for name, of in values.items() if name in self._expected}

    def _judged(self, title: str, places: Mapping[str, npt.NDArray[np.intp]]) -> Noticed:
        whole = {name: days.banded_days(name, place, self._days) for name, place in places.items()}
        first = self._first_rows()
        few = days.Days(self._days.of_row[first], self._days.whole)
        small = {name: days.banded_days(name, place[first], few) for name, place in places.items()}
        moved, moved_small = self._moved(whole), self._moved(small)
        by_feature = {name: int(np.sum(above)) for name, above in moved.items()}
        any_, any_small = (np.any(list(found.values()), axis=0) for found in (moved, moved_small))
        named = sorted((name for name, count in by_feature.items() if count), key=lambda n: -by_feature[n])
        return Noticed(title, len(any_), int(any_.sum()), len(any_small), int(any_small.sum()), named)

    def _moved(self, by_day: Mapping[str, npt.NDArray[np.float64]]) -> dict[str, npt.NDArray[np.bool_]]:
        """Per feature, whether each whole day of enough purchases is an alarm."""
        enough = self._days.whole & (next(iter(by_day.values())).sum(axis=1) >= days.LEAST_PURCHASES)
        return {
            name: self._expected[name].multiples(counts[enough]) > self._margin
            for name, counts in by_day.items()
        }

    def _first_rows(self) -> npt.NDArray[np.intp]:
        """As many purchases of each day as a small client makes, drawn at random."""
        rng = np.random.default_rng(self._seed)
        mixed = rng.permutation(len(self._days.of_row))
        by_day = mixed[np.argsort(self._days.of_row[mixed], kind="stable")]
        start = np.searchsorted(self._days.of_row[by_day], np.arange(len(self._days.whole)))
        place = np.arange(len(by_day)) - start[self._days.of_row[by_day]]
        return by_day[place < _SMALL_DAY]
