"""How much rarer frauds are in a busy calendar month: learnt in a fit, and part of the model.

Where thieves do not follow the seasons of spending, a December with twice the purchases has half the share of frauds,
and a model without a card's history cannot see that. How far they follow is learnt from the months of the rows that
are fitted, as the power of a month's purchases a day with which the share of frauds rises: 0 where frauds grow with
spending, -1 where they stay as many. The odds of fraud are multiplied by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import PoissonRegressor

from model.data.features import Matrix
from model.training import fitting

MONTH = "month"
"""The feature that it is made from, which no tree reads: twelve months would tell a tree which episodes it is shown."""
MONTHS = 12
_FEWEST_DAYS = 14
_DOUBT_FRAUDS = 10
"""Of the power's prior, which is 0 +- 1: frauds come in episodes of about this many, and few of them say little
about a season."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Season:
    """Where a matrix has the month, 0 for January; per month its purchases a day against the average; the power."""

    month: int
    volumes: tuple[float, ...]
    power: float

    def by_month(self) -> dict[str, float]:
        """Per month, "01" for January, what the odds are multiplied by, for display."""
        return {
            f"{number:02d}": round(float(odds), 2) for number, odds in enumerate(np.exp(self.shifts()), 1)
        }

    def others(self, matrix: Matrix) -> Matrix:
        """`matrix` (n, k) without the month: (n, k - 1)."""
        return np.delete(matrix, self.month, axis=1)

    def shifts(self) -> Floats:
        """Per month, what to add to the logarithm of the odds: (12,)."""
        return np.asarray(self.power * np.log(self.volumes), dtype=np.float64)

    def shift(self, matrix: Matrix) -> Floats:
        """The same per row (n,) of `matrix` (n, k)."""
        of_row: Floats = self.shifts()[matrix[:, self.month].astype(np.int64)]
        return of_row


def learn(times: npt.NDArray[np.datetime64], labels: npt.NDArray[Any], features: Sequence[str]) -> Season:
    """Of the purchases at `times` (n,), n at least 1, of which `labels` (n,) are frauds where they are 1.

    Where a calendar month has fewer than 14 days with purchases, a year has not been seen: every month then counts
    as average.
    """
    days, purchases = np.unique(times.astype("datetime64[D]"), return_counts=True)
    month = days.astype("datetime64[M]").astype(np.int64) % MONTHS
    seen = np.bincount(month, minlength=MONTHS)
    place = features.index(MONTH)
    if seen.min() < _FEWEST_DAYS:
        return Season(place, (1.0,) * MONTHS, 0.0)
    a_day = np.bincount(month, weights=purchases, minlength=MONTHS) / seen
    volumes = tuple(round(float(volume), 6) for volume in a_day / purchases.mean())
    return Season(place, volumes, _power(times.astype("datetime64[M]"), days, labels))


def _power(months: npt.NDArray[Any], days: npt.NDArray[Any], labels: npt.NDArray[Any]) -> float:
    """Between -1 and 0, of the month (n,) and label (n,) of each row and of the days that are seen.

    A Poisson regression of the share of frauds on the logarithm of the purchases a day, month by month of each year.
    """
    if not labels.any():
        return 0.0
    _, row, purchases = np.unique(months, return_inverse=True, return_counts=True)
    _, length = np.unique(days.astype("datetime64[M]"), return_counts=True)
    share = np.bincount(row, weights=labels) / purchases
    busy = np.log(purchases / length)
    busy -= np.average(busy, weights=purchases)
    found = PoissonRegressor(alpha=_DOUBT_FRAUDS / len(months), tol=1e-9, max_iter=1_000)
    with fitting.one_thread():
        found.fit(busy[:, np.newaxis], share, sample_weight=purchases)
    return round(float(np.clip(found.coef_[0], -1, 0)), 3)
