"""Everything that is told of one model beyond its headline figures, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from model.evaluation import bootstrap, curves, slices

Report = dict[str, Any]
_FOR_PICTURES = ("curves", "slices")


def analyse(
    report: Mapping[str, Any],
    frame: pd.DataFrame,
    score: npt.NDArray[np.float64],
    prices: curves.Prices | None = None,
    seed: int = 42,
) -> Report:
    """`report` from `evaluate.describe` with intervals, curves, thresholds and their cost, calibration, slices.

    `frame` is the test frame that the scores belong to. The same arguments give the same data.
    """
    prices = prices or curves.Prices()
    labels, amounts = frame["is_fraud"].to_numpy(), frame["amt"].to_numpy()
    threshold = float(report["threshold"])
    rows = bootstrap.Scored(frame["cc_num"].to_numpy(), labels, amounts, score, threshold)
    parts = slices.slices(frame, score, threshold)
    return {
        **report,
        "intervals": bootstrap.intervals(rows, seed=seed),
        "prices": {"false_alarm": prices.false_alarm, "missed_fraud": prices.missed_fraud},
        "thresholds": curves.thresholds(labels, score, amounts, threshold, prices),
        "calibration": curves.calibration(labels, score),
        "before_first_alert": slices.before_first_alert(frame, score, threshold),
        "worst_slices": parts["worst"],
        "ages": parts["dimensions"]["age"],
        "curves": curves.curves(labels, score),
        "slices": parts["dimensions"],
    }


def brief(full: Mapping[str, Any]) -> Report:
    """What a card keeps of `analyse`: all but what only pictures need."""
    return {name: value for name, value in full.items() if name not in _FOR_PICTURES}
