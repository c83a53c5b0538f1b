"""Cards of artifacts -> the model card for people, in Markdown."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from model.decision import Rule
from model.evaluation.terminal import RULE_HEADINGS, rule_cells

Card = Mapping[str, Any]

_INTRO = """\
# Model card

Written by `python -m model card`; do not edit.

**For.** Telling a card issuer, purchase by purchase, which ones to hold. A person should decide about what is held;
an alert proves nothing against a cardholder. **Not for** credit decisions, nor for data unlike those below.

**Models.** {kinds}. A smaller model of the weeks before finds calibration and rule on the last 16 weeks of the
training file; the model is then fitted on all of it. A fit sees frauds more often than the data hold them: the odds
are divided by that and calibrated by three numbers (beta calibration), so that scores are probabilities; the tables
below say how far they are.{seasons} What a caller must send is in `model/contract.py`.

**Decision.** {rule}. An alert is a purchase whose score reaches the rule. With prices, that is the decision of least
expected cost: a purchase of $5 needs a high score, one of $1,000 a low one. None of it was chosen on the test file.

**Left out on purpose.** The card number and the coordinates add nothing: only `reference` reads them. Gender adds
{gender} and stays out, as do name, address and job. Age and city population are read by `stateless` only, for callers
who keep no history of a card; slices by age are below, so that a difference between them is seen.

**Known limits.** The data are simulated. In an episode of fraud their owners buy nothing (899 of 900 episodes), so
that every number of a card's last day is the thief's; real owners go on. The table below has both figures: on the
files as they are, and with the owners' purchases of two weeks earlier put into the episodes. Expect the second.
Customers without any normal spending are an artefact of the simulator:
their frauds are kept out of fitting, and figures without them are given. A history of less than a day, a card's
first purchase among them, leaves the model with amount, hour and category alone. Frauds follow the simulator's
habits, which a real thief need not share, least of all its narrow range of amounts in each category, from which the
models learn what a typical fraud is: watch drift (`python -m model drift`) and train again on own data.
"""
_SEASONS = """ Frauds need not follow the seasons of spending, and a model without a card's history
sees nothing of a busy month: odds of `{}` have a factor for the purchase's calendar month, learnt from how
the share of frauds fell with the purchases of a month in the training file, and 1 where that did not hold a year."""
_KINDS = {
    "boosting": "{} boosted trees",
    "forest": "a forest of {} trees",
    "extra_trees": "a forest of {} extremely randomised trees",
}
_OTHER_ROWS = " (other normal rows for every ten trees)"
_DRAWN = {"boosting": "", "forest": _OTHER_ROWS, "extra_trees": _OTHER_ROWS}
_GENDER = "0.006 to 0.008 PR-AUC and 0.004 to 0.006 F1 to `stateless` (three seeds, on validation by time)"


def markdown(cards: Sequence[Card]) -> str:
    """The document of one or more cards, in the order given."""
    kinds = "; ".join(
        f"`{card['recipe']}`: {_kind(card)} on {_columns(card)}{_learnt(card)}{_as_published(card)}"
        for card in cards
    )
    seasonal = "`, `".join(card["recipe"] for card in cards if card.get("season"))
    seasons = _SEASONS.format(seasonal) if seasonal else ""
    rule = str(Rule.of_card(cards[0]["rule"]))
    parts = [
        _INTRO.format(kinds=kinds, gender=_GENDER, rule=rule, seasons=seasons),
        _data(cards[0]),
        _figures(cards),
    ]
    parts += [_one(card) for card in cards]
    return "\n".join(parts)


def _kind(card: Card) -> str:
    trees = card["parameters"].get("max_iter") or card["parameters"].get("n_estimators")
    return _KINDS[card["kind"]].format(trees)


def _columns(card: Card) -> str:
    """What trees read of the features: the month is the season's."""
    return ", ".join(name for name in card["features"] if not (card.get("season") and name == "month"))


def _learnt(card: Card) -> str:
    return (
        ", and how far the amount is from its category's typical fraud" if card.get("typical_frauds") else ""
    )


def _as_published(card: Card) -> str:
    """How a published recipe differs from what the card says of all recipes."""
    rule = Rule.of_card(card["rule"])
    return ", as published: not calibrated, alerts from a fixed score" if rule.name == "fixed" else ""


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
    first, chosen, calibration = metrics["episodes"], metrics["rules"][0], metrics["calibration"]
    months = [row["sum_over_frauds"] for row in calibration["months"]]
    owners = metrics["owners"]
    return {
        title: "{:.3f} ({:.3f} to {:.3f})".format(values[name], *metrics["intervals"][name])
        for name, title in _FIGURES.items()
    } | {
        "recall at precision 0.9": f"{metrics['recall_at_precision_90']:.3f}",
        "fraud F1 without cards whose every row is a fraud": (
            f"{metrics['without_only_fraud_cards']['f1']:.3f}"
        ),
        "cost of the rule": f"${chosen['cost']:,.0f}",
        "first fraud of an episode caught": f"{first['first_fraud_recall']:.3f}",
        "frauds of an episode before its first alert, mean": f"{first['missed_before_mean']:.2f}",
        "episodes without an alert": f"{first['without_alert']} of {first['episodes']}",
        "sum of scores over frauds": f"{calibration['sum_over_frauds']:.3f}",
        "the same by month, least and most": f"{min(months):.3f} to {max(months):.3f}",
        "calibration error of scores from 0.1": f"{calibration['error']:.3f}",
        "PR-AUC with the owners' purchases put back": _owners(owners, "as_it_is", "pr_auc"),
        "the same, fitted on such data": _owners(owners, "refitted", "pr_auc"),
        "cost with them put back": _owners(owners, "as_it_is", "cost"),
        "cost, fitted on such data": _owners(owners, "refitted", "cost"),
    }


def _owners(owners: Mapping[str, Any] | None, fitted: str, figure: str) -> str:
    if owners is None:
        return "none missing"
    value = owners[fitted][figure]
    return f"${value:,.0f}" if figure == "cost" else f"{value:.3f}"


def _one(card: Card) -> str:
    metrics = card["metrics"]
    worst = [_slice(f"{row['dimension']} {row['slice']}", row) for row in metrics["worst_slices"]]
    ages = [_slice(row["slice"], row) for row in metrics["ages"]]
    rules = [rule_cells(row) for row in metrics["rules"]]
    tenths = [
        [
            f"{row['from']:g} to {row['to']:g}",
            f"{row['rows']:,}",
            *(f"{row[key]:.3f}" for key in ("mean_score", "fraud_share")),
        ]
        for row in metrics["calibration"]["tenths"]
    ]
    prices, found = card["rule"], metrics["selection"]
    fitted = card["fitted_on"]
    return (
        f"## `{card['recipe']}`\n\nVersion `{card['version']}`, fitted on {fitted['rows']:,} rows with "
        f"{fitted['frauds']:,} frauds{_DRAWN[card['kind']]}; "
        f"scikit-learn {card['libraries']['scikit-learn']}. "
        f"Parameters: `{json.dumps(card['parameters'])}`.{_typical(card)}{_season(card)}{_selection(found)}"
        "\n\nWorst slices with 20 frauds or more:\n\n"
        + _table(["slice", "frauds", "precision", "recall", "F1"], worst)
        + "\nAges of cardholders:\n\n"
        + _table(["age", "frauds", "precision", "recall", "F1"], ages)
        + f"\nRules; a false alarm costs ${prices['false_alarm']:g}, a missed fraud its amount and "
        f"${prices['missed_fraud']:g}. Blocked: as if the card were blocked at the first alert of an episode.\n\n"
        + _table(RULE_HEADINGS, rules)
        + "\nCalibration:\n\n"
        + _table(["score", "purchases", "mean score", "share of frauds"], tenths)
    )


def _typical(card: Card) -> str:
    typical = card.get("typical_frauds") or {}
    dollars = ", ".join(f"{name} ${amount:,.0f}" for name, amount in typical.items())
    return f" Typical frauds, learnt: {dollars}." if dollars else ""


def _season(card: Card) -> str:
    months = ", ".join(f"{number} {odds:.2f}" for number, odds in (card.get("season") or {}).items())
    return f" Factors of the odds by calendar month, learnt: {months}." if months else ""


def _selection(found: Mapping[str, Any]) -> str:
    if "calibration" not in found:
        return ""
    numbers = ", ".join(f"{number:g}" for number in found["calibration"])
    return (
        f" On the {found['rows']:,} validation rows from {found['first'][:10]} with {found['frauds']:,} frauds the "
        f"rule has precision {found['precision']:.3f}, recall {found['recall']:.3f} and "
        f"{found['alerts_per_1000']:.2f} alerts per 1,000; calibration {numbers}."
    )


def _slice(name: str, row: Mapping[str, Any]) -> list[str]:
    return [name, f"{row['frauds']:,}", *(_share(row[key]) for key in ("precision", "recall", "f1"))]


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [headings, ["---", *["---:"] * (len(headings) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"
