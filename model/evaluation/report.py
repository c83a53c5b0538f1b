"""A trained model and the test file -> its report, and the report's files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from model import progress
from model.data import features
from model.data.dataset import Dataset
from model.evaluation import analysis, page, plots
from model.evaluation.curves import Prices
from model.evaluation.metrics import Report, measure
from model.training import recipes
from model.training.train import Scores, Trained, scores


def score_test(trained: Trained, data: Dataset, *, say: progress.Say = progress.silent) -> Scores:
    """Scores of the test file, whose cards' history goes on from the training file."""
    with progress.step(say, f"{trained.recipe.name}: scoring {len(data.test):,} test rows"):
        matrix = features.from_frame(data.test, trained.recipe.features, earlier=data.train)
        return scores(trained.estimator, matrix)


def on_test(trained: Trained, data: Dataset, *, say: progress.Say = progress.silent) -> Report:
    """The headline figures of a trained model on the test file."""
    return describe(trained, data, score_test(trained, data, say=say))


def in_full(
    trained: Trained,
    data: Dataset,
    score: Scores,
    prices: Prices | None = None,
    *,
    say: progress.Say = progress.silent,
) -> Report:
    """Everything that is told of test scores: `describe` and `analysis.analyse`."""
    with progress.step(say, f"{trained.recipe.name}: intervals, slices and curves"):
        return analysis.analyse(describe(trained, data, score), data.test, score, prices)


def describe(trained: Trained, data: Dataset, score: Scores) -> Report:
    """The headline figures of test scores that are already there.

    `without_only_fraud_cards` repeats them on cards that also have normal purchases: the others are an artefact
    of the data's generator.
    """
    labels, amounts = data.test["is_fraud"].to_numpy(), data.test["amt"].to_numpy()
    whole = measure(labels, score, trained.threshold, amounts)
    usual = ~recipes.only_fraud(data.test)
    part = (
        measure(labels[usual], score[usual], trained.threshold, amounts[usual])
        if labels[usual].any()
        else whole
    )
    return {
        "recipe": trained.recipe.name,
        "train_rows": trained.rows,
        "train_frauds": trained.frauds,
        "threshold_chosen": dict(trained.chosen),
        **whole,
        "without_only_fraud_cards": {
            "rows": part["rows"],
            "frauds": part["frauds"],
            "pr_auc": part["pr_auc"],
            "precision": part["classes"]["fraud"]["precision"],
            "recall": part["classes"]["fraud"]["recall"],
            "f1": part["classes"]["fraud"]["f1"],
        },
    }


def write(full: Mapping[str, Any], folder: Path) -> None:
    """metrics.json, confusion.png and evaluation.html in `folder`, each written aside and renamed."""
    folder.mkdir(parents=True, exist_ok=True)
    plots.save(plots.confusions([[full]]), folder / "confusion.png")
    page.write([full], folder / "evaluation.html")
    write_json(analysis.brief(full), folder / "metrics.json")


def write_json(document: Any, path: Path) -> None:
    aside = path.with_name(f".{path.name}")
    aside.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    aside.replace(path)
