from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from model.evaluation import curves, slices
from model.evaluation.curves import Prices

LABELS = np.array([0, 0, 0, 1, 1, 1], dtype=np.int8)
SCORE = np.array([0.1, 0.3, 0.8, 0.25, 0.8, 0.95])
AMOUNTS = np.array([10, 20, 30, 100, 200, 400], dtype=np.float64)


def at(rows: list[dict[str, Any]], threshold: float) -> dict[str, Any]:
    (row,) = [row for row in rows if row["threshold"] == threshold]
    return row


def test_the_cost_of_a_threshold_counted_by_hand() -> None:
    rows = curves.thresholds(LABELS, SCORE, AMOUNTS, 0.7777, Prices(false_alarm=7, missed_fraud=5))
    assert at(rows, 0.7777) == {
        "threshold": 0.7777,
        "chosen": True,
        "alerts_per_1000": 500,
        "precision": 0.6667,
        "recall": 0.6667,
        "false_alarms": 1,
        "missed_frauds": 1,
        "money_lost": 100,
        "cost": 100 + 5 + 7,
    }
    assert at(rows, 0.01)["cost"] == 3 * 7
    assert at(rows, 0.99)["cost"] == 700 + 3 * 5
    assert (at(rows, 0.99)["precision"], at(rows, 0.95)["precision"]) == (None, 1)
    assert [row["threshold"] for row in rows] == sorted(row["threshold"] for row in rows)
    assert sum(row["chosen"] for row in rows) == 1


def test_calibration_counts_every_row_once() -> None:
    bins = curves.calibration(LABELS, np.array([0, 0.05, 0.95, 1.0, 0.55, 0.1]))
    assert [(row["from"], row["rows"], row["fraud_share"]) for row in bins] == [
        (0.0, 2, 0),
        (0.1, 1, 1),
        (0.5, 1, 1),
        (0.9, 2, 0.5),
    ]
    assert bins[-1]["mean_score"] == 0.975


def test_curves_are_thinned_and_keep_their_ends() -> None:
    rng = np.random.default_rng(1)
    labels, score = (rng.random(50_000) < 0.01).astype(np.int8), rng.random(50_000)
    found = curves.curves(labels, score)
    recall = np.array(found["precision_recall"]["recall"])
    assert len(recall) <= 303
    assert np.abs(np.diff(recall)).max() < 0.01
    assert len(found["roc"]["recall"]) <= 606
    assert (found["roc"]["recall"][0], found["roc"]["recall"][-1]) == (0, 1)
    assert found["precision_recall"]["recall"][-1] == 0


def purchases(**columns: list[Any]) -> pd.DataFrame:
    count = len(next(iter(columns.values())))
    usual: dict[str, Any] = {
        "cc_num": [1] * count,
        "trans_date_trans_time": pd.to_datetime(["2020-07-01 22:10:00"] * count),
        "category": ["home"] * count,
        "amt": [50.0] * count,
        "age": [40] * count,
        "is_fraud": [1] * count,
    }
    return pd.DataFrame(usual | columns)


def test_bands_hold_their_lower_edge() -> None:
    frame = purchases(amt=[9.99, 10.0, 24.99, 1000.0, 25_000.0], age=[17, 29, 30, 69, 99])
    found = slices.slices(frame, np.ones(5), 0.5)["dimensions"]
    assert [(row["slice"], row["rows"]) for row in found["amount"]] == [
        ("$0 to $10", 1),
        ("$10 to $25", 2),
        ("$1000 and more", 2),
    ]
    assert [(row["slice"], row["rows"]) for row in found["age"]] == [
        ("0 to 30", 2),
        ("30 to 40", 1),
        ("60 to 70", 1),
        ("70 and more", 1),
    ]
    assert [row["slice"] for row in found["hour"]] == ["22"]


def test_the_worst_slices_are_named_and_small_ones_are_not() -> None:
    count = 100
    category = ["home"] * 40 + ["travel"] * 40 + ["misc_net"] * 20
    fraud = [1] * 25 + [0] * 15 + [1] * 25 + [0] * 15 + [1] * 5 + [0] * 15
    caught = [0.9] * 25 + [0] * 15 + [0.9] * 5 + [0] * 35 + [0] * 20
    frame = purchases(category=category, is_fraud=fraud, amt=[50.0] * count)
    found = slices.slices(frame, np.array(caught), 0.5)
    worst = found["worst"][0]
    assert (worst["dimension"], worst["slice"], worst["recall"], worst["precision"]) == (
        "category",
        "travel",
        0.2,
        1,
    )
    assert "misc_net" not in {row["slice"] for row in found["worst"]}
    (small,) = [row for row in found["dimensions"]["category"] if row["slice"] == "misc_net"]
    assert (small["recall"], small["precision"], small["f1"]) == (0, None, 0)


def test_what_is_missed_before_the_first_alert() -> None:
    frame = purchases(
        cc_num=[1, 2, 1, 1, 3, 3, 1, 2],
        is_fraud=[1, 1, 1, 1, 1, 1, 0, 0],
        amt=[10.0, 5, 20, 40, 3, 4, 99, 99],
    )
    score = np.array([0, 0.9, 0.9, 0.1, 0.1, 0.2, 0.9, 0.9])
    assert slices.before_first_alert(frame, score, 0.5) == {
        "cards_with_fraud": 3,
        "cards_without_alert": 1,  # card 3; the alert on a normal purchase of card 1 saves nothing
        "missed_per_card_mean": 1,  # one on card 1, none on card 2, two on card 3
        "missed_per_card_p90": 1.8,
        "caught_at_once_share": pytest.approx(1 / 3, abs=1e-4),
        "money_before": 10 + 3 + 4,
    }
