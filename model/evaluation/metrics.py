"""Scores, alerts and labels of rows -> headline figures."""

from __future__ import annotations

from typing import Any, TypedDict

import numpy as np
import numpy.typing as npt
import sklearn
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score

from model.errors import UserError

CLASSES = ("normal", "fraud")
Labels = npt.NDArray[np.int8]
Floats = npt.NDArray[np.float64]
Alerts = npt.NDArray[np.bool_]


class ClassFigures(TypedDict):
    """Shares, and how many rows the class has."""

    precision: float
    recall: float
    f1: float
    support: int


class Headline(TypedDict):
    """Every headline figure of alerts and scores on rows of both classes.

    Confusion matrices are [[true normal, false alarm], [missed fraud, caught fraud]], `normalised` by row.
    `money_caught` is a share of dollars, `alerts_per_1000` is in transactions.
    """

    rows: int
    frauds: int
    accuracy: float
    confusion: list[list[int]]
    normalised: list[list[float]]
    classes: dict[str, ClassFigures]
    pr_auc: float
    roc_auc: float
    recall_at_precision_90: float
    alerts_per_1000: float
    money_caught: float
    scikit_learn: str


def measure(labels: Labels, score: Floats, alert: Alerts, amounts: Floats) -> Headline:
    """Figures of labels (n,), scores (n,), alerts (n,) and amounts (n,) in dollars. UserError for one class only."""
    if not 0 < labels.sum() < len(labels):
        raise UserError("The test file holds one class only: figures need frauds and normal rows.")
    fraud = labels == 1
    confusion = np.array(
        [[(~fraud & ~alert).sum(), (~fraud & alert).sum()], [(fraud & ~alert).sum(), (fraud & alert).sum()]]
    )
    precision, recall, _ = precision_recall_curve(labels, score)
    return {
        "rows": len(labels),
        "frauds": int(fraud.sum()),
        "accuracy": short(np.trace(confusion) / len(labels)),
        "confusion": confusion.tolist(),
        "normalised": [[short(cell) for cell in row] for row in confusion / confusion.sum(1, keepdims=True)],
        "classes": {name: _of_class(confusion, index) for index, name in enumerate(CLASSES)},
        "pr_auc": short(average_precision_score(labels, score)),
        "roc_auc": short(roc_auc_score(labels, score)),
        "recall_at_precision_90": short(recall[precision >= 0.9].max()),
        "alerts_per_1000": short(1000 * alert.mean()),
        "money_caught": short(amounts[fraud & alert].sum() / amounts[fraud].sum()),
        "scikit_learn": sklearn.__version__,
    }


def _of_class(confusion: npt.NDArray[np.int64], index: int) -> ClassFigures:
    hits, support, predicted = confusion[index, index], confusion[index].sum(), confusion[:, index].sum()
    return {
        "precision": share(hits, predicted),
        "recall": share(hits, support),
        "f1": share(2 * hits, predicted + support),
        "support": int(support),
    }


def share(part: Any, whole: Any) -> float:
    """`part` of `whole` to six digits, 0 of nothing."""
    return short(part / whole) if whole else 0.0


def short(value: Any) -> float:
    """A number to six digits."""
    return round(float(value), 6)
