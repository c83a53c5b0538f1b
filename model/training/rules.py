"""A user's choice and validation scores -> the rule that decides, and what follows from it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from sklearn.metrics import precision_recall_curve

from model.decision import Choice, Rule

Labels = npt.NDArray[np.int8]
Floats = npt.NDArray[np.float64]


def find(choice: Choice, labels: Labels, score: Floats) -> Rule:
    """The rule of `choice` on validation rows: labels (n,) of both classes, scores (n,) between 0 and 1."""
    if choice.rule == "cost":
        return Rule("cost", choice.prices, None, choice.decline)
    if choice.rule == "f1":
        threshold = best_f1(labels, score)[0]
    elif choice.rule == "precision":
        threshold = of_precision(labels, score, choice.precision)
    else:
        threshold = of_budget(score, choice.alerts_per_1000)
    return Rule(choice.rule, choice.prices, threshold, choice.decline)


def best_f1(labels: Labels, score: Floats) -> tuple[float, float]:
    """The threshold with the best F1 of labels (n,) and scores (n,), and that F1."""
    precision, recall, thresholds = precision_recall_curve(labels, score)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    best = int(np.argmax(f1[:-1]))
    return _between(thresholds, best), float(f1[best])


def of_precision(labels: Labels, score: Floats, wanted: float) -> float:
    """The lowest threshold whose alerts are frauds by at least `wanted`; where none is, the highest score."""
    precision, _, thresholds = precision_recall_curve(labels, score)
    enough = np.flatnonzero(precision[:-1] >= wanted)
    return _between(thresholds, int(enough[0]) if len(enough) else len(thresholds) - 1)


def of_budget(score: Floats, alerts_per_1000: float) -> float:
    """The lowest threshold that gives at most this many alerts in a thousand scores (n,)."""
    levels, counts = np.unique(score, return_counts=True)
    alerts = counts[::-1].cumsum()[::-1]
    within = np.flatnonzero(alerts <= alerts_per_1000 / 1000 * len(score))
    return _between(levels, int(within[0])) if len(within) else 1.0


def _between(levels: Floats, place: int) -> float:
    """Halfway between the score that is an alert and the next below it, so that rounding moves no row."""
    below = levels[place - 1] if place else 0.0
    return round(float(levels[place] + below) / 2, 6)
