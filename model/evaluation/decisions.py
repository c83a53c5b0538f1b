"""What a rule would have done on the test file, in counts and in dollars."""

from __future__ import annotations

from typing import TypedDict

import numpy as np
import pandas as pd

from model.data.dataset import TIME
from model.data.episodes import numbered
from model.decision import Prices, Rule
from model.evaluation.metrics import Alerts, Floats, share


class RuleFigures(TypedDict):
    """A rule on the test file. Dollars: `money_lost` are the amounts of missed frauds, `cost` adds the prices.

    `first_fraud_recall` is the share of episodes whose first fraud is an alert. `cost_if_blocked` is the cost when
    the card is blocked at its first alert on a fraud of the episode, so that later frauds do not happen.
    `for_review` are the alerts in a thousand transactions below the second threshold, None without one.
    """

    rule: str
    text: str
    chosen: bool
    threshold: float | None
    precision: float
    recall: float
    f1: float
    alerts_per_1000: float
    for_review: float | None
    false_alarms: int
    missed_frauds: int
    money_caught: float
    money_lost: float
    cost: float
    first_fraud_recall: float
    cost_if_blocked: float


class EpisodeFigures(TypedDict):
    """Frauds that follow one another on a card, up to the first alert on one of them (all, where there is none)."""

    episodes: int
    without_alert: int
    first_fraud_recall: float
    missed_before_mean: float
    missed_before_p90: float
    money_before: float


def of_rules(frame: pd.DataFrame, score: Floats, rules: tuple[Rule, ...]) -> list[RuleFigures]:
    """Figures of each rule, the chosen one first, on a frame of `model.data.dataset` with scores (n,)."""
    return [_figures(frame, score, rule, chosen=place == 0) for place, rule in enumerate(rules)]


def _figures(frame: pd.DataFrame, score: Floats, rule: Rule, *, chosen: bool) -> RuleFigures:
    fraud, amounts = frame["is_fraud"].to_numpy() == 1, frame["amt"].to_numpy()
    alert = rule.alerts(score, amounts)
    caught, false, missed = (int(rows.sum()) for rows in (alert & fraud, alert & ~fraud, fraud & ~alert))
    lost = float(amounts[fraud & ~alert].sum())
    first = before_first_alert(frame, alert)
    review = None if rule.decline is None else float((alert & (score < rule.decline)).mean())
    return {
        "rule": rule.name,
        "text": str(rule),
        "chosen": chosen,
        "threshold": rule.threshold,
        "precision": share(caught, caught + false),
        "recall": share(caught, caught + missed),
        "f1": share(2 * caught, 2 * caught + false + missed),
        "alerts_per_1000": round(1000 * float(alert.mean()), 3),
        "for_review": None if review is None else round(1000 * review, 3),
        "false_alarms": false,
        "missed_frauds": missed,
        "money_caught": share(float(amounts[fraud & alert].sum()), float(amounts[fraud].sum())),
        "money_lost": round(lost, 2),
        "cost": cost(lost, missed, false, rule.prices),
        "first_fraud_recall": first["first_fraud_recall"],
        "cost_if_blocked": cost(
            first["money_before"],
            round(first["missed_before_mean"] * first["episodes"]),
            false,
            rule.prices,
        ),
    }


def cost(lost: float, missed: int, false: int, prices: Prices) -> float:
    """Dollars of missed frauds, which lose `lost` dollars, and of false alarms."""
    return round(lost + missed * prices.missed_fraud + false * prices.false_alarm, 2)


def before_first_alert(frame: pd.DataFrame, alert: Alerts) -> EpisodeFigures:
    """What a thief gets away with in each episode of the frame, with alerts (n,) per row."""
    episode = numbered(*(frame[name].to_numpy() for name in ("cc_num", TIME, "is_fraud")))
    rows = np.flatnonzero(episode >= 0)
    # By time within the episode; rows of one second keep the frame's order.
    rows = rows[np.argsort(episode[rows], kind="stable")]
    number = episode[rows]
    count = int(number.max(initial=-1)) + 1
    start = np.searchsorted(number, np.arange(count))
    seen = np.cumsum(alert[rows])
    before: Alerts = (
        seen - np.repeat(seen[start] - alert[rows][start], np.bincount(number, minlength=count)) == 0
    )
    missed = np.bincount(number[before], minlength=count)
    return {
        "episodes": count,
        "without_alert": int((missed == np.bincount(number, minlength=count)).sum()),
        "first_fraud_recall": share(int((missed == 0).sum()), count),
        "missed_before_mean": round(float(missed.mean()), 6) if count else 0.0,
        "missed_before_p90": float(np.quantile(missed, 0.9)) if count else 0.0,
        "money_before": round(float(frame["amt"].to_numpy()[rows[before]].sum()), 2),
    }
