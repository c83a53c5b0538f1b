"""Scores and labels -> curves, thresholds with their cost, and calibration, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import precision_recall_curve, roc_curve

Labels = npt.NDArray[np.int8]
Floats = npt.NDArray[np.float64]

THRESHOLDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
_POINTS = 300
_LOWEST_RATE = 1e-6
_BINS = 10


@dataclass(frozen=True)
class Prices:
    """Dollars that decisions cost: a false alarm (a call to the customer), and a missed fraud beside its amount."""

    false_alarm: float = 10.0
    missed_fraud: float = 0.0


def curves(labels: Labels, score: Floats) -> dict[str, dict[str, list[float]]]:
    """Points of the precision-recall and the ROC curve, a few hundred spread along the axes they are drawn on."""
    precision, recall, _ = precision_recall_curve(labels, score)
    kept = _spread(-recall)
    false, true, _ = roc_curve(labels, score)
    # The ROC curve is looked at on a logarithmic axis.
    kept_roc = np.union1d(_spread(true), _spread(np.log10(np.maximum(false, _LOWEST_RATE))))
    return {
        "precision_recall": {"recall": _short(recall[kept]), "precision": _short(precision[kept])},
        "roc": {"false_positive_rate": _short(false[kept_roc]), "recall": _short(true[kept_roc])},
    }


def _spread(rising: Floats) -> npt.NDArray[np.intp]:
    grid = np.linspace(rising[0], rising[-1], _POINTS)
    inside = np.clip(np.searchsorted(rising, grid), 0, len(rising) - 1)
    return np.unique(np.concatenate([[0], inside, [len(rising) - 1]]))


def _short(values: Floats) -> list[float]:
    return [round(float(value), 6) for value in values]


def thresholds(
    labels: Labels, score: Floats, amounts: Floats, chosen: float, prices: Prices
) -> list[dict[str, Any]]:
    """One row per threshold of a fixed scale and the chosen one, rising: decisions, shares and cost in dollars.

    The precision of no alert at all is None.
    """
    rows = []
    for threshold in sorted({*THRESHOLDS, chosen}):
        alert, fraud = score >= threshold, labels == 1
        caught, false, missed = (int(x.sum()) for x in (alert & fraud, alert & ~fraud, fraud & ~alert))
        lost = float(amounts[fraud & ~alert].sum())
        rows.append(
            {
                "threshold": threshold,
                "chosen": threshold == chosen,
                "alerts_per_1000": round(1000 * float(alert.mean()), 3),
                "precision": round(caught / (caught + false), 4) if caught + false else None,
                "recall": round(caught / max(caught + missed, 1), 4),
                "false_alarms": false,
                "missed_frauds": missed,
                "money_lost": round(lost, 2),
                "cost": round(lost + missed * prices.missed_fraud + false * prices.false_alarm, 2),
            }
        )
    return rows


def calibration(labels: Labels, score: Floats) -> list[dict[str, Any]]:
    """Per tenth of the score that holds rows: how many, their mean score, and the share that are frauds."""
    bins = np.minimum((score * _BINS).astype(int), _BINS - 1)
    return [
        {
            "from": round(number / _BINS, 3),
            "to": round((number + 1) / _BINS, 3),
            "rows": int(inside.sum()),
            "mean_score": round(float(score[inside].mean()), 5),
            "fraud_share": round(float(labels[inside].mean()), 5),
        }
        for number in range(_BINS)
        if (inside := bins == number).any()
    ]
