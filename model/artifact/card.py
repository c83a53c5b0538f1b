"""Cards of artifacts -> the model card for people, in Markdown."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

Card = Mapping[str, Any]

_INTRO = """\
# Model card

Written by `python -m model card`; do not edit.

**For.** Telling a card issuer, purchase by purchase, which ones to hold. A person should decide about what is held;
an alert is no proof against a cardholder. **Not for** credit decisions, nor for data of another kind than below.

**Models.** {kinds}. Each threshold has the best F1 on the last 16 weeks of the training file; the model is then
fitted anew on all of it. A fit sees frauds more often than the data hold them, and the odds of its leaves are divided
by that: scores are meant as probabilities, and the tables of calibration below say how far they are. What a caller
must send is in `model/contract.py`.

**Left out on purpose.** The card number and the coordinates add nothing. Gender adds {gender} and stays out, as do
name, address and job. Age and city population are read by `stateless` only, for callers who keep no history of a
card; slices by age are below, so that a difference between them is seen.

**Known limits.** The data are simulated. Customers without any normal spending are an artefact of the simulator:
their frauds are kept out of fitting, and figures without them are given. A history of less than a day, a card's
first purchase among them, leaves the model with amount, hour and category alone. Frauds follow the simulator's
habits, which a real thief need not share: watch drift (`python -m model drift`) and train again on own data.
"""
_DRAWN = {"boosting": "", "forest": " (other normal rows for every ten trees)"}
_GENDER = "0.006 to 0.008 PR-AUC and 0.004 to 0.006 F1 to `stateless` (three seeds, on validation by time)"


def markdown(cards: Sequence[Card]) -> str:
    """The document of one or more cards, in the order given."""
    kinds = "; ".join(f"`{card['recipe']}`: {_kind(card)} on {', '.join(card['features'])}" for card in cards)
    parts = [_INTRO.format(kinds=kinds, gender=_GENDER), _data(cards[0]), _figures(cards)]
    parts += [_one(card) for card in cards]
    return "\n".join(parts)


def _kind(card: Card) -> str:
    trees = card["parameters"].get("max_iter") or card["parameters"].get("n_estimators")
    return f"{trees} boosted trees" if card["kind"] == "boosting" else f"a forest of {trees} trees"


def _data(card: Card) -> str:
    train, test = card["data"]["train"], card["data"]["test"]
    return (
        "## Data\n\n"
        f"Training: {train['rows']:,} purchases, {train['from'][:10]} to {train['to'][:10]}. "
        f"Test: {test['rows']:,} later ones, {test['from'][:10]} to {test['to'][:10]}, of which "
        f"{card['metrics']['frauds']:,} frauds. Kind: {card['data']['kind']}; digest "
        f"`{card['digests']['data'][:12]}`; rows dropped: {'; '.join(card['data']['dropped']) or 'none'}\n"
    )


_FIGURES = {
    "pr_auc": "PR-AUC",
    "precision": "fraud precision",
    "recall": "fraud recall",
    "f1": "fraud F1",
    "money_caught": "share of the stolen money caught",
    "alerts_per_1000": "alerts per 1,000",
}


def _figures(cards: Sequence[Card]) -> str:
    lines = ["## Figures on the test file\n", "In brackets, 95 % of draws of cards with replacement.\n"]
    columns = [_column(card["metrics"]) for card in cards]
    rows = [[title, *(column[title] for column in columns)] for title in columns[0]]
    return "\n".join([*lines, _table(["", *(card["recipe"] for card in cards)], rows)])


def _column(metrics: Mapping[str, Any]) -> dict[str, str]:
    values = {**metrics["classes"]["fraud"], **metrics}
    first = metrics["before_first_alert"]
    return {
        title: "{:.3f} ({:.3f} to {:.3f})".format(values[name], *metrics["intervals"][name])
        for name, title in _FIGURES.items()
    } | {
        "recall at precision 0.9": f"{metrics['recall_at_precision_0.9']:.3f}",
        "fraud F1 without cards whose every row is a fraud": (
            f"{metrics['without_only_fraud_cards']['f1']:.3f}"
        ),
        "frauds on a card before its first alert, mean": f"{first['missed_per_card_mean']:.2f}",
        "cards whose frauds raised no alert": (
            f"{first['cards_without_alert']} of {first['cards_with_fraud']}"
        ),
    }


def _one(card: Card) -> str:
    metrics = card["metrics"]
    worst = [_slice(f"{row['dimension']} {row['slice']}", row) for row in metrics["worst_slices"]]
    ages = [_slice(row["slice"], row) for row in metrics["ages"]]
    scale = [
        [
            f"{row['threshold']:g}{' (chosen)' if row['chosen'] else ''}",
            *(_share(row[key]) for key in ("precision", "recall")),
            f"{row['alerts_per_1000']:.2f}",
            f"{row['cost']:,.0f}",
        ]
        for row in metrics["thresholds"]
    ]
    tenths = [
        [
            f"{row['from']:g} to {row['to']:g}",
            f"{row['rows']:,}",
            *(f"{row[key]:.3f}" for key in ("mean_score", "fraud_share")),
        ]
        for row in metrics["calibration"]
    ]
    prices = metrics["prices"]
    fitted = card["fitted_on"]
    return (
        f"## `{card['recipe']}`\n\nVersion `{card['version']}`, fitted on {fitted['rows']:,} rows with "
        f"{fitted['frauds']:,} frauds{_DRAWN[card['kind']]}; "
        f"scikit-learn {card['libraries']['scikit-learn']}. "
        f"Parameters: `{json.dumps(card['parameters'])}`.\n\nWorst slices with 20 frauds or more:\n\n"
        + _table(["slice", "frauds", "precision", "recall", "F1"], worst)
        + "\nAges of cardholders:\n\n"
        + _table(["age", "frauds", "precision", "recall", "F1"], ages)
        + f"\nThresholds; a false alarm costs ${prices['false_alarm']:g}, a missed fraud its amount and "
        f"${prices['missed_fraud']:g}:\n\n"
        + _table(["threshold", "precision", "recall", "alerts per 1,000", "$ cost"], scale)
        + "\nCalibration:\n\n"
        + _table(["score", "purchases", "mean score", "share of frauds"], tenths)
    )


def _slice(name: str, row: Mapping[str, Any]) -> list[str]:
    return [name, f"{row['frauds']:,}", *(_share(row[key]) for key in ("precision", "recall", "f1"))]


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [headings, ["---", *["---:"] * (len(headings) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"
