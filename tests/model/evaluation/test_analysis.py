from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from model.decision import Prices, Rule
from model.evaluation import curves, decisions, slices

LABELS = np.array([0, 0, 0, 1, 1, 1], dtype=np.int8)
SCORE = np.array([0.1, 0.3, 0.8, 0.25, 0.8, 0.95])
AMOUNTS = np.array([10, 20, 30, 100, 200, 400], dtype=np.float64)


def test_the_cost_of_a_threshold_counted_by_hand() -> None:
    rows = curves.thresholds(LABELS, SCORE, AMOUNTS, Prices(false_alarm=7, missed_fraud=5))
    at = {row["threshold"]: row for row in rows}
    assert at[0.6] == {
        "threshold": 0.6,
        "alerts_per_1000": 500,
        "precision": 0.6667,
        "recall": 0.6667,
        "false_alarms": 1,
        "missed_frauds": 1,
        "money_lost": 100,
        "cost": 100 + 5 + 7,
    }
    assert at[0.01]["cost"] == 3 * 7
    assert at[0.99]["cost"] == 700 + 3 * 5
    assert (at[0.99]["precision"], at[0.95]["precision"]) == (None, 1)
    assert list(at) == sorted(at)


def test_calibration_counts_every_row_once() -> None:
    times = np.array(["2020-07-31T23:59:59"] * 3 + ["2020-08-01T00:00:00"] * 3, dtype="datetime64[s]")
    found = curves.calibration(LABELS, np.array([0, 0.05, 0.95, 1.0, 0.55, 0.1]), times)
    tenths = found["tenths"]
    assert [(row["from"], row["rows"], row["fraud_share"]) for row in tenths] == [
        (0.0, 2, 0),
        (0.1, 1, 1),
        (0.5, 1, 1),
        (0.9, 2, 0.5),
    ]
    assert tenths[-1]["mean_score"] == 0.975
    assert found["error"] == pytest.approx((0.9 + 0.45 + 2 * 0.475) / 4)
    assert found["sum_over_frauds"] == pytest.approx(2.65 / 3, abs=1e-4)
    assert found["months"] == [{"month": "2020-08", "frauds": 3, "sum_over_frauds": 0.55}]


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
    found = slices.slices(frame, np.ones(5), np.ones(5, dtype=bool))["dimensions"]
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
    found = slices.slices(frame, np.array(caught), np.array(caught) >= 0.5)
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


def episodes() -> pd.DataFrame:
    """Card 1 has two episodes three weeks apart, cards 2 and 3 one each; a normal purchase on each of cards 1 and 2."""
    return purchases(
        cc_num=[1, 2, 1, 1, 3, 3, 1, 2, 1],
        is_fraud=[1, 1, 1, 1, 1, 1, 0, 0, 1],
        amt=[10.0, 5, 20, 40, 3, 4, 99, 99, 7],
        trans_date_trans_time=[pd.Timestamp("2020-07-01 22:10:00")] * 8
        + [pd.Timestamp("2020-07-22 22:10:00")],
    )


ALERT = np.array([0, 1, 1, 0, 0, 0, 1, 1, 0], dtype=bool)


def test_what_is_missed_before_the_first_alert() -> None:
    assert decisions.before_first_alert(episodes(), ALERT) == {
        "episodes": 4,
        "without_alert": 2,  # card 3, and the second of card 1; an alert on a normal purchase saves nothing
        "first_fraud_recall": 0.25,
        "missed_before_mean": 1,  # one, none, two, and one
        "missed_before_p90": pytest.approx(1.7),
        "money_before": 10 + 3 + 4 + 7,
    }


def test_a_file_without_frauds_has_no_episodes() -> None:
    frame = purchases(is_fraud=[0, 0])
    assert decisions.before_first_alert(frame, np.zeros(2, dtype=bool))["episodes"] == 0


def test_a_rule_counted_by_hand() -> None:
    frame, prices = episodes(), Prices(false_alarm=3, missed_fraud=2)
    score = np.where(ALERT, 0.9, 0.1)
    first, second = decisions.of_rules(
        frame, score, (Rule("f1", prices, 0.5, decline=0.95), Rule("cost", prices))
    )
    assert (first["chosen"], second["chosen"]) == (True, False)
    assert (first["false_alarms"], first["missed_frauds"], first["money_lost"]) == (2, 5, 10 + 40 + 3 + 4 + 7)
    assert first["cost"] == 64 + 5 * 2 + 2 * 3
    assert first["cost_if_blocked"] == 24 + 4 * 2 + 2 * 3
    assert first["for_review"] == pytest.approx(1000 * 4 / 9, abs=1e-3)
    assert second["for_review"] is None
    # 0.1 x (amount + 2) reaches 0.9 x 3 from $25 on: the fraud of $40 is an alert, too.
    assert (second["missed_frauds"], second["false_alarms"]) == (4, 2)
