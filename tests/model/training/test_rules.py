from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.decision import Choice, Prices, Rule
from model.training import rules

ROWS = st.lists(st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9, 1.0])), min_size=2)
Array = np.ndarray[Any, Any]


def arrays(rows: list[tuple[bool, float]]) -> tuple[Array, Array]:
    labels, score = np.array(rows).T
    labels = labels.astype(np.int8)
    labels[0], labels[1] = 1, 0
    return labels, score


def f1(labels: Array, decided: Array) -> float:
    hits = int((decided & (labels == 1)).sum())
    return float(2 * hits / (decided.sum() + labels.sum()))


def precision(labels: Array, decided: Array) -> float:
    return float(labels[decided].mean())


@given(ROWS)
def test_no_other_threshold_has_a_better_f1(rows: list[tuple[bool, float]]) -> None:
    labels, score = arrays(rows)
    threshold, best = rules.best_f1(labels, score)
    assert f1(labels, score >= threshold) == pytest.approx(best)
    assert all(f1(labels, score >= other) <= best + 1e-12 for other in {0.05, *score})


@given(ROWS, st.sampled_from([0.2, 0.5, 0.8, 1.0]))
def test_no_lower_threshold_has_the_wanted_precision(rows: list[tuple[bool, float]], wanted: float) -> None:
    labels, score = arrays(rows)
    threshold = rules.of_precision(labels, score, wanted)
    reached = [one for one in set(score) if precision(labels, score >= one) >= wanted]
    if reached:
        assert precision(labels, score >= threshold) >= wanted
        assert not [one for one in reached if one < threshold]
    else:
        assert (score >= threshold).tolist() == (score == score.max()).tolist()


@given(ROWS, st.sampled_from([1.0, 200.0, 500.0, 1000.0]))
def test_no_lower_threshold_keeps_to_the_budget(rows: list[tuple[bool, float]], budget: float) -> None:
    _, score = arrays(rows)
    threshold = rules.of_budget(score, budget)
    alerts = 1000 * (score >= threshold).mean()
    assert alerts <= budget or threshold == 1.0
    assert all(1000 * (score >= one).mean() > budget for one in set(score) if one < threshold)


def test_the_cost_rule_needs_no_threshold_and_keeps_its_prices() -> None:
    labels, score = np.array([0, 1], dtype=np.int8), np.array([0.1, 0.9])
    found = rules.find(Choice("cost", Prices(3, 2), decline=0.8), labels, score)
    assert found == Rule("cost", Prices(3, 2), None, 0.8)
