"""The same figures on parts of the test file: where the model is weakest, and whether it stays as good."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TypedDict

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import average_precision_score

from model.data.dataset import TIME
from model.evaluation.metrics import Alerts, Floats

_DOLLARS = (0, 10, 25, 50, 100, 250, 500, 1000, np.inf)
_YEARS = (0, 30, 40, 50, 60, 70, np.inf)
FEWEST_FRAUDS = 20
"""Of a slice that may be named as one of the worst: fewer say nothing."""
_WORST = 5

Codes = npt.NDArray[np.int64]


class Slice(TypedDict):
    """Figures of the rows of one slice; None where they have no meaning."""

    slice: str
    rows: int
    frauds: int
    alerts: int
    precision: float | None
    recall: float | None
    f1: float | None
    pr_auc: float | None


class WorstSlice(Slice):
    """A slice with the dimension that it belongs to."""

    dimension: str


class Slices(TypedDict):
    """Every slice by dimension, and those with the lowest F1."""

    dimensions: dict[str, list[Slice]]
    worst: list[WorstSlice]


def slices(frame: pd.DataFrame, score: Floats, alert: Alerts) -> Slices:
    """Figures per value of each dimension of a test frame of `model.data.dataset`, with scores and alerts (n,).

    Dimensions are category, hour, amount, age and month. Values without rows have no entry.
    """
    fraud = frame["is_fraud"].to_numpy() == 1
    found = {
        name: [_figures(value, fraud[rows], score[rows], alert[rows]) for value, rows in _parts(codes, names)]
        for name, (codes, names) in _dimensions(frame).items()
    }
    return {"dimensions": found, "worst": _worst(found)}


def _dimensions(frame: pd.DataFrame) -> dict[str, tuple[Codes, Sequence[str]]]:
    """Per dimension a code per row (n,), and the name of each code in the order of the table."""
    times, category = frame[TIME].to_numpy(), frame["category"].astype("category").cat
    months = times.astype("datetime64[M]")
    hours = (times.astype("datetime64[h]") - times.astype("datetime64[D]")).astype(np.int64)
    first = months.min()
    count = int((months.max() - first).astype(np.int64)) + 1
    return {
        "category": (category.codes.to_numpy().astype(np.int64), [str(name) for name in category.categories]),
        "hour": (hours, [f"{hour:02d}" for hour in range(24)]),
        "amount": _banded(frame["amt"].to_numpy(), _DOLLARS, "$"),
        "age": _banded(frame["age"].to_numpy(), _YEARS, ""),
        "month": ((months - first).astype(np.int64), [str(first + month) for month in range(count)]),
    }


def _banded(values: Floats, edges: tuple[float, ...], sign: str) -> tuple[Codes, Sequence[str]]:
    names = [
        f"{sign}{low:g} and more" if high == np.inf else f"{sign}{low:g} to {sign}{high:g}"
        for low, high in pairwise(edges)
    ]
    return np.searchsorted(edges, values, side="right") - 1, names


def _parts(codes: Codes, names: Sequence[str]) -> Iterator[tuple[str, npt.NDArray[np.intp]]]:
    order = np.argsort(codes, kind="stable")
    ends = np.cumsum(np.bincount(codes, minlength=len(names)))
    for name, rows in zip(names, np.split(order, ends[:-1]), strict=True):
        if len(rows):
            yield name, rows


def _figures(name: str, fraud: Alerts, score: Floats, alert: Alerts) -> Slice:
    caught = int((fraud & alert).sum())
    frauds, alerts = int(fraud.sum()), int(alert.sum())
    return {
        "slice": name,
        "rows": len(fraud),
        "frauds": frauds,
        "alerts": alerts,
        "precision": round(caught / alerts, 4) if alerts else None,
        "recall": round(caught / frauds, 4) if frauds else None,
        "f1": round(2 * caught / (alerts + frauds), 4) if alerts + frauds else None,
        "pr_auc": round(float(average_precision_score(fraud, score)), 4) if frauds else None,
    }


def _worst(found: dict[str, list[Slice]]) -> list[WorstSlice]:
    rows: list[WorstSlice] = [
        {"dimension": dimension, **row}
        for dimension, part in found.items()
        for row in part
        if row["frauds"] >= FEWEST_FRAUDS
    ]
    return sorted(rows, key=lambda row: (row["f1"] or 0, row["slice"]))[:_WORST]
