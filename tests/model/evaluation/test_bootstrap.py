from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, precision_recall_fscore_support

from model.decision import Prices
from model.evaluation import bootstrap
from model.evaluation.bootstrap import FIGURES, Scored, Weighted


def rows(seed: int = 1, count: int = 400) -> Scored:
    rng = np.random.default_rng(seed)
    labels = (rng.random(count) < 0.2).astype(np.int8)
    score = np.clip(0.4 * labels.astype(np.float64) + rng.random(count) * 0.7, 0, 1).round(2)
    amounts = rng.uniform(1, 500, count).round(2)
    return Scored(rng.integers(0, 30, count), labels, amounts, score, score >= 0.6, Prices(10, 40))


@given(st.integers(0, 1_000))
def test_a_card_drawn_twice_means_its_rows_twice(seed: int) -> None:
    scored = rows(seed)
    names, card = np.unique(scored.cards, return_inverse=True)
    often = np.random.default_rng(seed).integers(0, 3, len(names))
    found = Weighted(scored).figures(often)
    weights = often[card]
    labels, score = np.repeat(scored.labels, weights), np.repeat(scored.score, weights)
    alerts, dollars = score >= 0.6, np.repeat(scored.amounts, weights)
    missed = (labels == 1) & ~alerts
    precision, recall, f1, _ = precision_recall_fscore_support(labels, alerts, average="binary")
    assert found == pytest.approx(
        {
            "pr_auc": average_precision_score(labels, score),
            "precision": precision,
            "recall": recall,
            "f1": f1,
            "money_caught": dollars[(labels == 1) & alerts].sum() / dollars[labels == 1].sum(),
            "alerts_per_1000": 1000 * alerts.mean(),
            "cost": dollars[missed].sum() + 40 * missed.sum() + 10 * ((labels == 0) & alerts).sum(),
        }
    )


def test_a_draw_takes_as_many_cards_as_there_are() -> None:
    drawn = list(bootstrap.draws(3, 20, 1))
    assert all(often.sum() == 3 and often.shape == (3,) for often in drawn)
    assert len({tuple(often) for often in drawn}) > 3


def test_an_interval_holds_the_figure_and_is_wider_for_fewer_cards() -> None:
    scored = rows()
    whole = Weighted(scored).figures(np.ones(len(set(scored.cards)), dtype=np.int64))
    found = bootstrap.intervals(scored)
    assert all(found[name][0] < whole[name] < found[name][1] for name in FIGURES)
    few = bootstrap.intervals(replace(scored, cards=scored.cards % 3))
    many = bootstrap.intervals(replace(scored, cards=np.arange(len(scored.labels))))
    # The rows of these cards are independent, so only the number of draws' units differs.
    assert found["pr_auc"] != few["pr_auc"] != many["pr_auc"]
    assert found == bootstrap.intervals(scored)


def test_what_both_models_share_cancels_out() -> None:
    scored = rows()
    same = bootstrap.differences(scored, scored)
    assert all(same[name]["interval"] == [0, 0] for name in FIGURES)
    worse = replace(scored, score=np.where(scored.labels == 1, scored.score * 0.9, scored.score))
    found = bootstrap.differences(scored, worse)
    low, high = bootstrap.intervals(scored)["pr_auc"]
    assert found["pr_auc"]["interval"][1] < 0
    assert found["pr_auc"]["interval"][1] - found["pr_auc"]["interval"][0] < high - low
    assert found["pr_auc"]["second"] < found["pr_auc"]["first"]


def test_draws_without_frauds_or_alerts_are_zero_not_an_error() -> None:
    scored = rows()
    nothing = Weighted(scored).figures(np.zeros(len(set(scored.cards)), dtype=np.int64))
    assert set(nothing.values()) == {0}
