"""Intervals of figures, by drawing cards with replacement: rows of one card are not independent witnesses.

The cluster bootstrap of Field and Welsh, Bootstrapping clustered data (2007).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

import numpy as np
import numpy.typing as npt

from model.decision import Prices

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

FIGURES = ("pr_auc", "precision", "recall", "f1", "money_caught", "alerts_per_1000", "cost")
"""Shares, alerts in a thousand transactions, and dollars of missed frauds and false alarms."""
DRAWS = 200
LEVEL = 0.95


class Difference(TypedDict):
    """A figure of two models, and the bounds between which 95 % of the drawn differences lie."""

    first: float
    second: float
    interval: list[float]


@dataclass(frozen=True)
class Scored:
    """Test rows (n,) and what one model makes of them: card numbers, labels, dollars, scores, alerts.

    `prices` are what its decisions cost.
    """

    cards: Integers
    labels: npt.NDArray[np.int8]
    amounts: Floats
    score: Floats
    alert: npt.NDArray[np.bool_]
    prices: Prices


def draws(cards: int, count: int, seed: int) -> Iterator[Integers]:
    """For each of `count` draws, how often each card is drawn (cards,)."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        yield np.bincount(rng.integers(0, cards, cards), minlength=cards)


class Weighted:
    """The figures of scored rows when each card counts a given number of times.

    All that is summed are whole numbers, money in cents among them, so the order of a sum changes nothing. Rows of
    one score are one step of the curve, and only steps with a fraud matter.
    """

    def __init__(self, rows: Scored) -> None:
        names, card = np.unique(rows.cards, return_inverse=True)
        self._prices = rows.prices
        self.cards = len(names)
        fraud = rows.labels == 1
        cents = np.rint(rows.amounts * 100).astype(np.int64)
        kinds = {
            "rows": np.ones(len(card), dtype=np.int64),
            "frauds": fraud,
            "alerts": rows.alert,
            "caught": fraud & rows.alert,
            "stolen": cents * fraud,
            "saved": cents * (fraud & rows.alert),
        }
        self._of_card = {name: _sums(card, values, self.cards) for name, values in kinds.items()}
        steps = np.unique(-rows.score[fraud])
        self._steps = len(steps)
        step = np.searchsorted(steps, -rows.score, side="left")
        counted = step < len(steps)
        self._fraud_step, self._fraud_card = step[fraud], card[fraud]
        self._normal_step, self._normal_card = step[counted & ~fraud], card[counted & ~fraud]

    def figures(self, often: Integers) -> dict[str, float]:
        """FIGURES when each card counts `often` (cards,) times; a share of nothing is 0."""
        sums = {name: int((values * often).sum()) for name, values in self._of_card.items()}
        return {
            "pr_auc": self._average_precision(often),
            "precision": _share(sums["caught"], sums["alerts"]),
            "recall": _share(sums["caught"], sums["frauds"]),
            "f1": _share(2 * sums["caught"], sums["alerts"] + sums["frauds"]),
            "money_caught": _share(sums["saved"], sums["stolen"]),
            "alerts_per_1000": 1000 * _share(sums["alerts"], sums["rows"]),
            "cost": self._cost(sums),
        }

    def _cost(self, sums: Mapping[str, int]) -> float:
        missed, false = sums["frauds"] - sums["caught"], sums["alerts"] - sums["caught"]
        lost = (sums["stolen"] - sums["saved"]) / 100
        return lost + missed * self._prices.missed_fraud + false * self._prices.false_alarm

    def _average_precision(self, often: Integers) -> float:
        gained = _sums(self._fraud_step, often[self._fraud_card], self._steps)
        normal = _sums(self._normal_step, often[self._normal_card], self._steps)
        hits, seen = np.cumsum(gained), np.cumsum(gained + normal)
        if not len(hits) or not hits[-1]:
            return 0.0
        return float((gained * hits / np.maximum(seen, 1)).sum() / hits[-1])


def _sums(group: Integers, values: npt.NDArray[np.int64], groups: int) -> Integers:
    """Sum of whole numbers (n,) per group (groups,); exact as long as it stays below 2 to the 53rd."""
    return np.bincount(group, weights=values, minlength=groups).astype(np.int64)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def intervals(rows: Scored, *, count: int = DRAWS, seed: int = 42) -> dict[str, list[float]]:
    """Per figure, the bounds between which 95 % of `count` draws of cards lie."""
    weighted = Weighted(rows)
    return _bounds([weighted.figures(often) for often in draws(weighted.cards, count, seed)])


def differences(
    first: Scored, second: Scored, *, count: int = DRAWS, seed: int = 42
) -> dict[str, Difference]:
    """Per figure of two models on the same rows: `first`, `second`, and the `interval` of second - first.

    Both see the same drawn cards, so what is common to both cancels out.
    """
    one, two = Weighted(first), Weighted(second)
    ones = np.ones(one.cards, dtype=np.int64)
    whole_one, whole_two = one.figures(ones), two.figures(ones)
    drawn = []
    for often in draws(one.cards, count, seed):
        left, right = one.figures(often), two.figures(often)
        drawn.append({name: right[name] - left[name] for name in FIGURES})
    bounds = _bounds(drawn)
    return {
        name: {"first": whole_one[name], "second": whole_two[name], "interval": bounds[name]}
        for name in FIGURES
    }


def _bounds(drawn: Sequence[Mapping[str, float]]) -> dict[str, list[float]]:
    tails = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
    return {
        name: [round(float(bound), 6) for bound in np.quantile([one[name] for one in drawn], tails)]
        for name in FIGURES
    }
