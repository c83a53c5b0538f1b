"""Scores and labels -> curves, thresholds with their cost, and calibration, as plain data."""

from __future__ import annotations

from typing import TypedDict

import numpy as np
import numpy.typing as npt
from sklearn.metrics import precision_recall_curve, roc_curve

from model.decision import Prices
from model.evaluation.decisions import cost
from model.evaluation.metrics import Floats, Labels, short

THRESHOLDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
_POINTS = 300
_LOWEST_RATE = 1e-6
_BINS = 10
_ALARMING = 0.1
"""Calibration error is of scores from here on: the many rows below would hide the rest."""


class PrecisionRecall(TypedDict):
    """Points of the curve, recall falling."""

    recall: list[float]
    precision: list[float]


class Roc(TypedDict):
    """Points of the curve, rising."""

    false_positive_rate: list[float]
    recall: list[float]


class Curves(TypedDict):
    """Both curves."""

    precision_recall: PrecisionRecall
    roc: Roc


class Threshold(TypedDict):
    """Alerts at one threshold; the precision of no alert at all is None. `money_lost` and `cost` in dollars."""

    threshold: float
    alerts_per_1000: float
    precision: float | None
    recall: float
    false_alarms: int
    missed_frauds: int
    money_lost: float
    cost: float


Tenth = TypedDict(
    "Tenth", {"from": float, "to": float, "rows": int, "mean_score": float, "fraud_share": float}
)
"""Rows whose scores lie between `from` and `to`."""


class Month(TypedDict):
    """Sum of the scores of a month over its frauds: 1 when scores are probabilities."""

    month: str
    frauds: int
    sum_over_frauds: float


class Calibration(TypedDict):
    """How far scores are probabilities. `error` is the mean distance of score and share of frauds, by tenths, of
    rows whose score is at least 0.1 (expected calibration error)."""

    tenths: list[Tenth]
    months: list[Month]
    sum_over_frauds: float
    error: float


def curves(labels: Labels, score: Floats) -> Curves:
    """Points of the precision-recall and the ROC curve of labels (n,) and scores (n,).

    A few hundred of each, spread along the axes they are drawn on.
    """
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
    return [short(value) for value in values]


def thresholds(labels: Labels, score: Floats, amounts: Floats, prices: Prices) -> list[Threshold]:
    """One row per threshold of a fixed scale, rising, on labels (n,), scores (n,) and amounts (n,) in dollars."""
    rows: list[Threshold] = []
    for threshold in THRESHOLDS:
        alert, fraud = score >= threshold, labels == 1
        caught, false, missed = (int(x.sum()) for x in (alert & fraud, alert & ~fraud, fraud & ~alert))
        lost = float(amounts[fraud & ~alert].sum())
        rows.append(
            {
                "threshold": threshold,
                "alerts_per_1000": round(1000 * float(alert.mean()), 3),
                "precision": round(caught / (caught + false), 4) if caught + false else None,
                "recall": round(caught / max(caught + missed, 1), 4),
                "false_alarms": false,
                "missed_frauds": missed,
                "money_lost": round(lost, 2),
                "cost": cost(lost, missed, false, prices),
            }
        )
    return rows


def calibration(labels: Labels, score: Floats, times: npt.NDArray[np.datetime64]) -> Calibration:
    """Tenths that hold rows, months that hold frauds, and their summary; labels, scores and times are (n,)."""
    bins = np.minimum((score * _BINS).astype(int), _BINS - 1)
    tenths: list[Tenth] = [
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
    of_month = times.astype("datetime64[M]")
    months: list[Month] = [
        {
            "month": str(month),
            "frauds": frauds,
            "sum_over_frauds": round(float(score[inside].sum()) / frauds, 4),
        }
        for month in np.unique(of_month)
        if (frauds := int(labels[inside := of_month == month].sum()))
    ]
    high = [row for row in tenths if row["from"] >= _ALARMING]
    off = sum(row["rows"] * abs(row["mean_score"] - row["fraud_share"]) for row in high)
    return {
        "tenths": tenths,
        "months": months,
        "sum_over_frauds": round(float(score.sum() / labels.sum()), 4),
        "error": round(off / max(sum(row["rows"] for row in high), 1), 4),
    }
