"""Intervals of figures, by drawing cards anew: rows of one card are no independent witnesses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

FIGURES = ("pr_auc", "precision", "recall", "f1", "money_caught", "alerts_per_1000")
DRAWS = 200
LEVEL = 0.95


@dataclass(frozen=True)
class Scored:
    """Test rows and one model's scores of them; `amounts` are dollars, `score >= threshold` is an alert."""

    cards: npt.NDArray[np.int64]
    labels: npt.NDArray[np.int8]
    amounts: Floats
    score: Floats
    threshold: float


def draws(cards: npt.NDArray[np.int64], count: int, seed: int) -> Iterator[Floats]:
    """Per draw, how often each row counts: the cards are drawn with replacement, their rows with them."""
    names, card_of_row = np.unique(cards, return_inverse=True)
    rng = np.random.default_rng(seed)
    for _ in range(count):
        often = np.bincount(rng.integers(0, len(names), len(names)), minlength=len(names))
        yield often[card_of_row].astype(np.float64)


class Weighted:
    """The figures of scored rows under weights; sorts once, so that a draw is quick."""

    def __init__(self, rows: Scored) -> None:
        order = np.argsort(-rows.score, kind="stable")
        ordered = rows.score[order]
        self._order = order
        self._fraud = rows.labels[order] == 1
        self._alert = ordered >= rows.threshold
        self._dollars = rows.amounts[order]
        # Rows of the same score are one step of the curve.
        self._steps = np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)

    def figures(self, weights: Floats) -> dict[str, float]:
        """FIGURES of the rows, each counted `weights` times; a share of nothing is 0."""
        weight = weights[self._order]
        fraud = weight * self._fraud
        caught = float(fraud[self._alert].sum())
        alerts, frauds = float(weight[self._alert].sum()), float(fraud.sum())
        stolen = fraud * self._dollars
        return {
            "pr_auc": self._average_precision(weight, fraud),
            "precision": _share(caught, alerts),
            "recall": _share(caught, frauds),
            "f1": _share(2 * caught, alerts + frauds),
            "money_caught": _share(float(stolen[self._alert].sum()), float(stolen.sum())),
            "alerts_per_1000": 1000 * _share(alerts, float(weight.sum())),
        }

    def _average_precision(self, weight: Floats, fraud: Floats) -> float:
        hits, seen = np.cumsum(fraud)[self._steps], np.cumsum(weight)[self._steps]
        if not hits[-1]:
            return 0.0
        gained = np.diff(hits, prepend=0.0)
        return float((gained * hits / np.maximum(seen, 1e-12)).sum() / hits[-1])


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def intervals(rows: Scored, *, count: int = DRAWS, seed: int = 42) -> dict[str, list[float]]:
    """Per figure, the bounds between which 95 % of `count` draws of cards lie."""
    weighted = Weighted(rows)
    return _bounds([weighted.figures(weights) for weights in draws(rows.cards, count, seed)])


def differences(first: Scored, second: Scored, *, count: int = DRAWS, seed: int = 42) -> dict[str, Any]:
    """Per figure of two models on the same rows: `first`, `second`, and the `interval` of second - first.

    Both see the same drawn cards, so what is common to both cancels out.
    """
    one, two = Weighted(first), Weighted(second)
    ones = np.ones(len(first.labels))
    whole_one, whole_two = one.figures(ones), two.figures(ones)
    drawn = []
    for weights in draws(first.cards, count, seed):
        left, right = one.figures(weights), two.figures(weights)
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
