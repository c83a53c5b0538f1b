"""How far an amount is from what a fraud of its category typically costs: learnt in a fit, and part of the model.

Thieves take similar amounts within a category. A tree needs a split for each side of each category's to see that, and
extremely randomised trees, which draw their thresholds at random, hardly find them; one more column states it outright.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from model.contract import CATEGORIES
from model.data.features import Matrix

AMOUNT, CATEGORY = "log_amt", "category"
"""The features that it is made from."""


@dataclass(frozen=True, slots=True)
class TypicalFrauds:
    """Where a matrix has amount and category, and per category the median of its frauds' `log_amt`."""

    amount: int
    category: int
    medians: tuple[float, ...]

    def added(self, matrix: Matrix) -> Matrix:
        """`matrix` (n, k) and one more column, the distance from the category's median: (n, k + 1)."""
        medians = np.array(self.medians, dtype=np.float32)[matrix[:, self.category].astype(np.int64)]
        return np.column_stack([matrix, np.abs(matrix[:, self.amount] - medians)])

    def dollars(self) -> dict[str, float]:
        """What the typical fraud of each category costs, for display."""
        return {
            name: round(float(np.expm1(median)), 2)
            for name, median in zip(CATEGORIES, self.medians, strict=True)
        }


def learn(frauds: Matrix, features: Sequence[str]) -> TypicalFrauds:
    """Of frauds' `features`: matrix (n, k), n at least 1. A category without a fraud gets the median of all."""
    amount, category = features.index(AMOUNT), features.index(CATEGORY)
    medians = []
    for code in range(len(CATEGORIES)):
        own = frauds[frauds[:, category] == code]
        medians.append(float(np.median((own if len(own) else frauds)[:, amount])))
    return TypicalFrauds(amount, category, tuple(medians))
