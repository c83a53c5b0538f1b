from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.decision import Choice, Prices, Rule

SCORES = st.floats(0, 1, allow_nan=False)
AMOUNTS = st.floats(0.01, 100_000)
PRICES = st.builds(Prices, st.floats(0, 10_000), st.floats(0, 10_000))
DECLINE = st.none() | st.floats(0.01, 1, allow_nan=False)
RULES = st.builds(Rule, st.just("cost"), PRICES, st.none(), DECLINE) | st.builds(
    Rule, st.sampled_from(["f1", "fixed"]), PRICES, SCORES, DECLINE
)


@given(PRICES, SCORES, AMOUNTS)
def test_the_cost_rule_takes_the_decision_of_less_expected_cost(
    prices: Prices, score: float, amount: float
) -> None:
    passing = score * (amount + prices.missed_fraud)
    holding = (1 - score) * prices.false_alarm
    assert Rule("cost", prices).alerts(score, amount) == (passing >= holding)


def test_a_small_purchase_needs_a_higher_score() -> None:
    rule = Rule("cost", Prices(10, 0))
    assert [bool(rule.alerts(0.2, amount)) for amount in (5, 39.99, 40, 1_000)] == [False, False, True, True]
    assert rule.alerts(1.0, 0.01)
    assert not rule.alerts(0.0, 100_000)


def test_a_missed_fraud_that_costs_more_than_its_amount_raises_alerts() -> None:
    assert not Rule("cost", Prices(10, 0)).alerts(0.2, 20)
    assert Rule("cost", Prices(10, 25)).alerts(0.2, 20)


def test_a_score_at_the_threshold_is_an_alert() -> None:
    rule = Rule("f1", Prices(), 0.5)
    assert [rule.alerts(score, 1.0) for score in (0.49, 0.5)] == [False, True]


@given(RULES, st.lists(st.tuples(SCORES, AMOUNTS), min_size=1))
def test_rows_are_decided_as_one_by_one(rule: Rule, rows: list[tuple[float, float]]) -> None:
    score, amount = np.array(rows).T
    assert rule.alerts(score, amount).tolist() == [bool(rule.alerts(s, a)) for s, a in rows]


@given(RULES, SCORES, AMOUNTS)
def test_the_decision_agrees_with_the_alert(rule: Rule, score: float, amount: float) -> None:
    decision = rule.decision(score, amount)
    if rule.decline is None:
        assert decision is None
    else:
        assert (decision == "approve") == (not rule.alerts(score, amount))
        assert (decision == "decline") == (rule.alerts(score, amount) and score >= rule.decline)


@given(RULES)
def test_a_card_gives_the_rule_back(rule: Rule) -> None:
    assert Rule.of_card(json.loads(json.dumps(rule.to_card()))) == rule


@pytest.mark.parametrize(
    "change",
    [
        {"threshold": 1.5},
        {"threshold": -0.1},
        {"threshold": float("nan")},
        {"threshold": "0.5"},
        {"threshold": True},
        {"decline": 0},
        {"decline": 2},
        {"false_alarm": -1},
        {"false_alarm": float("inf")},
        {"missed_fraud": None},
        {"rule": "cost"},
        {"threshold": None},
        {"rule": "mood"},
        {"rule": []},
    ],
)
def test_an_impossible_rule_of_a_card_is_refused(change: dict[str, Any]) -> None:
    entry = Rule("f1", Prices(), 0.5, 0.9).to_card() | change
    with pytest.raises((TypeError, ValueError)):
        Rule.of_card(entry)


def test_a_rule_in_words() -> None:
    assert str(Rule("cost", Prices(10, 0))) == "cost: score / (1 - score) x amount at least $10"
    assert str(Rule("cost", Prices(2.5, 7))) == "cost: score / (1 - score) x (amount + $7) at least $2.5"
    assert str(Rule("f1", Prices(), 0.25)) == "f1: score at least 0.25"
    assert Choice() == Choice("cost", Prices(10, 40), 0.9, 5, None)
