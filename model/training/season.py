"""How busy each calendar month is: learnt in a fit, and part of the model.

Thieves do not follow the seasons of spending: a December of twice the purchases holds half the share of frauds. A
model without a card's history cannot see that, so the odds of fraud that it gives are divided by the month's number of
purchases against the average. Labels play no part in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model.data.features import Matrix

MONTH = "month"
"""The feature that it is made from, which no tree reads: twelve months would tell a tree which episodes it is shown."""
MONTHS = 12
_FEWEST_DAYS = 14

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Season:
    """Where a matrix has the month, 0 for January, and per month its purchases a day against the average."""

    month: int
    volumes: tuple[float, ...]

    def by_month(self) -> dict[str, float]:
        """Per month, "01" for January, its purchases a day against the average, for people."""
        return {f"{number:02d}": round(volume, 2) for number, volume in enumerate(self.volumes, 1)}

    def others(self, matrix: Matrix) -> Matrix:
        """`matrix` (n, k) without the month: (n, k - 1)."""
        return np.delete(matrix, self.month, axis=1)

    def shifts(self) -> Floats:
        """Per month, what to add to the logarithm of the odds: (12,)."""
        return np.asarray(-np.log(self.volumes), dtype=np.float64)

    def shift(self, matrix: Matrix) -> Floats:
        """The same per row (n,) of `matrix` (n, k)."""
        of_row: Floats = self.shifts()[matrix[:, self.month].astype(np.int64)]
        return of_row


def learn(times: npt.NDArray[np.datetime64], features: Sequence[str]) -> Season:
    """Of the purchases at `times` (n,), n at least 1.

    Where a calendar month has fewer than 14 days with purchases, a year has not been seen: every month counts as
    average then.
    """
    days, purchases = np.unique(times.astype("datetime64[D]"), return_counts=True)
    month = days.astype("datetime64[M]").astype(np.int64) % MONTHS
    seen = np.bincount(month, minlength=MONTHS)
    place = features.index(MONTH)
    if seen.min() < _FEWEST_DAYS:
        return Season(place, (1.0,) * MONTHS)
    a_day = np.bincount(month, weights=purchases, minlength=MONTHS) / seen
    return Season(place, tuple(round(float(volume), 6) for volume in a_day / purchases.mean()))
