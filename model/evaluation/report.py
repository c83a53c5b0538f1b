"""A trained model and the test file -> its report: everything that is said of one model, as plain typed data."""

from __future__ import annotations

from typing import Any, TypedDict, cast

from model import progress
from model.data import features
from model.data.dataset import TIME, Dataset
from model.data.episodes import with_owners
from model.decision import Choice
from model.evaluation import bootstrap, curves, decisions, slices
from model.evaluation.metrics import Floats, Headline, measure
from model.training import recipes
from model.training.train import Selection, Trained, train


class Usual(TypedDict):
    """Figures on cards that also have normal purchases: the others are an artefact of the data's generator."""

    rows: int
    frauds: int
    pr_auc: float
    precision: float
    recall: float
    f1: float


class OnOwners(TypedDict):
    """A model on the test file into whose episodes the owners' purchases were put back; `cost` in dollars."""

    pr_auc: float
    precision: float
    recall: float
    first_fraud_recall: float
    cost: float


class Owners(TypedDict):
    """How many purchases were put back into both files, and what they do to the model as it is and fitted on them."""

    purchases: int
    as_it_is: OnOwners
    refitted: OnOwners


class Report(Headline):
    """Figures of one model on the test file: the headline, and what `describe` adds. `data` says what was read."""

    recipe: str
    data: str
    train_rows: int
    train_frauds: int
    rule: dict[str, Any]
    selection: Selection
    without_only_fraud_cards: Usual


class FullReport(Report):
    """What the card keeps of a model. `owners` is None where no purchase is missing or none was put back."""

    intervals: dict[str, list[float]]
    rules: list[decisions.RuleFigures]
    thresholds: list[curves.Threshold]
    calibration: curves.Calibration
    episodes: decisions.EpisodeFigures
    worst_slices: list[slices.WorstSlice]
    ages: list[slices.Slice]
    owners: Owners | None


class WholeReport(FullReport):
    """With what only pictures need."""

    curves: curves.Curves
    slices: dict[str, list[slices.Slice]]


_FOR_PICTURES = ("curves", "slices")


def score_test(trained: Trained, data: Dataset, *, say: progress.Say = progress.silent) -> Floats:
    """Scores (n,) of the test file's rows, whose cards' history goes on from the training file."""
    with progress.step(say, f"{trained.recipe.name}: scoring {len(data.test):,} test rows"):
        return trained.scores(features.from_frame(data.test, trained.recipe.features, earlier=data.train))


def describe(trained: Trained, data: Dataset, score: Floats) -> Report:
    """The headline figures of scores (n,) of the test file."""
    labels, amounts = data.test["is_fraud"].to_numpy(), data.test["amt"].to_numpy()
    alert = trained.rule.alerts(score, amounts)
    whole = measure(labels, score, alert, amounts)
    usual = ~recipes.only_fraud(data.test)
    part = whole
    if labels[usual].any() and not usual.all():
        part = measure(labels[usual], score[usual], alert[usual], amounts[usual])
    fraud = part["classes"]["fraud"]
    return {
        "recipe": trained.recipe.name,
        "data": f"{data.origin}; purchases from {str(data.train[TIME].iloc[0])[:10]} to "
        f"{str(data.test[TIME].iloc[-1])[:10]}",
        "train_rows": trained.fit.rows,
        "train_frauds": trained.fit.frauds,
        "rule": trained.rule.to_card(),
        "selection": trained.selection,
        **whole,
        "without_only_fraud_cards": {
            "rows": part["rows"],
            "frauds": part["frauds"],
            "pr_auc": part["pr_auc"],
            "precision": fraud["precision"],
            "recall": fraud["recall"],
            "f1": fraud["f1"],
        },
    }


def in_full(
    trained: Trained,
    data: Dataset,
    score: Floats,
    owners: Owners | None = None,
    *,
    seed: int = 42,
    say: progress.Say = progress.silent,
) -> WholeReport:
    """`describe` with intervals, rules and their cost, curves, calibration, episodes and slices."""
    with progress.step(say, f"{trained.recipe.name}: intervals, slices and curves"):
        test = data.test
        labels, amounts = test["is_fraud"].to_numpy(), test["amt"].to_numpy()
        alert = trained.rule.alerts(score, amounts)
        prices = trained.rule.prices
        rows = bootstrap.Scored(test["cc_num"].to_numpy(), labels, amounts, score, alert, prices)
        parts = slices.slices(test, score, alert)
        return {
            **describe(trained, data, score),
            "intervals": bootstrap.intervals(rows, seed=seed),
            "rules": decisions.of_rules(test, score, (trained.rule, *trained.alternatives)),
            "thresholds": curves.thresholds(labels, score, amounts, trained.rule.prices),
            "calibration": curves.calibration(labels, score, test[TIME].to_numpy()),
            "episodes": decisions.before_first_alert(test, alert),
            "worst_slices": parts["worst"],
            "ages": parts["dimensions"]["age"],
            "owners": owners,
            "curves": curves.curves(labels, score),
            "slices": parts["dimensions"],
        }


def on_owners(
    trained: Trained,
    data: Dataset,
    choice: Choice | None = None,
    *,
    seed: int = 42,
    say: progress.Say = progress.silent,
) -> Owners | None:
    """Figures with the owners' purchases put back into the episodes, of the model as it is and fitted again.

    None when no purchase is missing. Of the recipe's own rows, so a second training on all of them.
    """
    completed, count = with_owners(data)
    if not count:
        return None
    say(f"{trained.recipe.name}: again with {count:,} purchases of owners put back into the episodes")
    again = train(completed.train, trained.recipe, choice, seed=seed, say=say)
    return {
        "purchases": count,
        "as_it_is": _on_owners(trained, completed, say),
        "refitted": _on_owners(again, completed, say),
    }


def _on_owners(trained: Trained, data: Dataset, say: progress.Say) -> OnOwners:
    score = score_test(trained, data, say=say)
    figures = measure(
        data.test["is_fraud"].to_numpy(),
        score,
        trained.rule.alerts(score, data.test["amt"].to_numpy()),
        data.test["amt"].to_numpy(),
    )
    (rule,) = decisions.of_rules(data.test, score, (trained.rule,))
    return {
        "pr_auc": figures["pr_auc"],
        "precision": rule["precision"],
        "recall": rule["recall"],
        "first_fraud_recall": rule["first_fraud_recall"],
        "cost": rule["cost"],
    }


def without_pictures(full: WholeReport) -> FullReport:
    """What a card keeps of `in_full`: all but what only pictures need."""
    return cast(FullReport, {name: value for name, value in full.items() if name not in _FOR_PICTURES})
