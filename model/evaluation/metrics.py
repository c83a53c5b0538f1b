"""Scores and labels of rows -> headline figures."""

from __future__ import annotations

from typing import Any

import numpy as np
import sklearn
from sklearn.metrics import (
    average_precision_score,
    confusion_matrix,
    precision_recall_curve,
    precision_recall_fscore_support,
    roc_auc_score,
)

from model.errors import UserError
from model.training.train import Labels, Scores

CLASSES = ("normal", "fraud")

Report = dict[str, Any]
"""JSON-able: what `measure` gives, with the recipe's name and training rows."""


def measure(labels: Labels, score: Scores, threshold: float, amounts: Scores) -> Report:
    """Every headline figure of scores on rows with both classes; `score >= threshold` is a fraud.

    Confusion matrices are [[true normal, false alarm], [missed fraud, caught fraud]]. `amounts` are dollars.
    """
    if not 0 < labels.sum() < len(labels):
        raise UserError("The test file holds one class only: figures need frauds and normal rows.")
    decided = (score >= threshold).astype(np.int8)
    confusion = confusion_matrix(labels, decided, labels=[0, 1])
    columns = precision_recall_fscore_support(labels, decided, labels=[0, 1], zero_division=0)
    precision, recall, _ = precision_recall_curve(labels, score)
    fraud = labels == 1
    return {
        "rows": len(labels),
        "frauds": int(fraud.sum()),
        "threshold": threshold,
        "accuracy": _short(np.trace(confusion) / len(labels)),
        "confusion": confusion.tolist(),
        "normalised": [[_short(cell) for cell in row] for row in confusion / confusion.sum(1, keepdims=True)],
        "classes": {
            name: {
                "precision": _short(columns[0][index]),
                "recall": _short(columns[1][index]),
                "f1": _short(columns[2][index]),
                "support": int(columns[3][index]),
            }
            for index, name in enumerate(CLASSES)
        },
        "pr_auc": _short(average_precision_score(labels, score)),
        "roc_auc": _short(roc_auc_score(labels, score)),
        "recall_at_precision_0.9": _short(recall[precision >= 0.9].max()),
        "alerts_per_1000": _short(1000 * decided.mean()),
        "money_caught": _short(amounts[fraud & (decided == 1)].sum() / amounts[fraud].sum()),
        "scikit_learn": sklearn.__version__,
    }


def _short(value: Any) -> float:
    return round(float(value), 6)
