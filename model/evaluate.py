"""Scores and labels of the test file -> figures, tables and pictures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import sklearn
import typer
from rich.console import Console
from rich.table import Table
from sklearn.metrics import (
    average_precision_score,
    confusion_matrix,
    precision_recall_curve,
    precision_recall_fscore_support,
    roc_auc_score,
)

from model import analysis, cli, features, page, plots, recipes, sample
from model.curves import Prices
from model.dataset import Dataset
from model.errors import UserError
from model.train import Labels, Scores, Trained, open_data, scores, train

CLASSES = ("normal", "fraud")
SIZES = "10000,50000,100000,150000,200000"

Report = dict[str, Any]
"""JSON-able: what `measure` gives, with the recipe's name and training rows."""


def measure(labels: Labels, score: Scores, threshold: float, amounts: Scores) -> Report:
    """Every headline figure of scores on rows with both classes; `score >= threshold` is a fraud.

    Confusion matrices are [[true normal, false alarm], [missed fraud, caught fraud]]. `amounts` are dollars.
    """
    if not 0 < labels.sum() < len(labels):
        raise UserError("The test file holds one class only: figures need frauds and normal rows.")
    decided = (score >= threshold).astype(np.int8)
    confusion = confusion_matrix(labels, decided, labels=[0, 1])
    columns = precision_recall_fscore_support(labels, decided, labels=[0, 1], zero_division=0)
    precision, recall, _ = precision_recall_curve(labels, score)
    fraud = labels == 1
    return {
        "rows": len(labels),
        "frauds": int(fraud.sum()),
        "threshold": threshold,
        "accuracy": _short(np.trace(confusion) / len(labels)),
        "confusion": confusion.tolist(),
        "normalised": [[_short(cell) for cell in row] for row in confusion / confusion.sum(1, keepdims=True)],
        "classes": {
            name: {
                "precision": _short(columns[0][index]),
                "recall": _short(columns[1][index]),
                "f1": _short(columns[2][index]),
                "support": int(columns[3][index]),
            }
            for index, name in enumerate(CLASSES)
        },
        "pr_auc": _short(average_precision_score(labels, score)),
        "roc_auc": _short(roc_auc_score(labels, score)),
        "recall_at_precision_0.9": _short(recall[precision >= 0.9].max()),
        "alerts_per_1000": _short(1000 * decided.mean()),
        "money_caught": _short(amounts[fraud & (decided == 1)].sum() / amounts[fraud].sum()),
        "scikit_learn": sklearn.__version__,
    }


def _short(value: Any) -> float:
    return round(float(value), 6)


def score_test(trained: Trained, data: Dataset, *, say: cli.Say = cli.silent) -> Scores:
    """Scores of the test file, whose cards' history goes on from the training file."""
    with cli.step(say, f"{trained.recipe.name}: scoring {len(data.test):,} test rows"):
        matrix = features.from_frame(data.test, trained.recipe.features, earlier=data.train)
        return scores(trained.estimator, matrix)


def on_test(trained: Trained, data: Dataset, *, say: cli.Say = cli.silent) -> Report:
    """The headline figures of a trained model on the test file."""
    return describe(trained, data, score_test(trained, data, say=say))


def in_full(
    trained: Trained,
    data: Dataset,
    score: Scores,
    prices: Prices | None = None,
    *,
    say: cli.Say = cli.silent,
) -> Report:
    """Everything that is told of test scores: `describe` and `analysis.analyse`."""
    with cli.step(say, f"{trained.recipe.name}: intervals, slices and curves"):
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


def show(report: Mapping[str, Any], console: Console) -> None:
    """Print the reference's table, and the figures that it lacks."""
    console.print(
        f"\n[bold]{report['recipe']}[/] trained on {report['train_rows']:,} rows, "
        f"tested on {report['rows']:,} with {report['frauds']:,} frauds",
        highlight=False,
    )
    matrix = Table(title="confusion (share of the row)", title_justify="left")
    for heading in ("", "predicted normal", "predicted fraud"):
        matrix.add_column(heading, justify="left" if not heading else "right")
    for name, counts, shares in zip(CLASSES, report["confusion"], report["normalised"], strict=True):
        matrix.add_row(name, *(f"{n:,} ({share:.3f})" for n, share in zip(counts, shares, strict=True)))
    classes = Table(title="per class", title_justify="left")
    for heading in ("", "precision", "recall", "F1", "support"):
        classes.add_column(heading, justify="left" if not heading else "right")
    for name, row in report["classes"].items():
        classes.add_row(
            name, *(f"{row[key]:.3f}" for key in ("precision", "recall", "f1")), f"{row['support']:,}"
        )
    console.print(matrix)
    console.print(classes)
    console.print(
        f"accuracy {report['accuracy']:.4f}   PR-AUC {report['pr_auc']:.3f}   "
        f"ROC-AUC {report['roc_auc']:.3f}   recall at P 0.9: {report['recall_at_precision_0.9']:.3f}\n"
        f"alerts per 1,000: {report['alerts_per_1000']:.1f}   share of the stolen money caught: "
        f"{report['money_caught']:.3f}   threshold {report['threshold']:g}   "
        f"scikit-learn {report['scikit_learn']}",
        highlight=False,
    )
    if "intervals" in report:
        _show_more(report, console)


def _show_more(report: Mapping[str, Any], console: Console) -> None:
    between = {name: f"{low:.3f} to {high:.3f}" for name, (low, high) in report["intervals"].items()}
    console.print(
        f"95 % over cards: PR-AUC {between['pr_auc']}   F1 {between['f1']}   money {between['money_caught']}\n"
        f"frauds on a card before its first alert: {report['before_first_alert']['missed_per_card_mean']:.2f}",
        highlight=False,
    )
    worst = [f"{row['dimension']} {row['slice']} (F1 {row['f1']:.3f})" for row in report["worst_slices"][:3]]
    if worst:
        console.print(f"worst slices: {', '.join(worst)}", highlight=False)


def write(full: Mapping[str, Any], folder: Path) -> None:
    """metrics.json, confusion.png and evaluation.html in `folder`, each written aside and renamed."""
    folder.mkdir(parents=True, exist_ok=True)
    plots.save(plots.confusions([[full]]), folder / "confusion.png")
    page.write([full], folder / "evaluation.html")
    _write_json(analysis.brief(full), folder / "metrics.json")


def _write_json(document: Any, path: Path) -> None:
    aside = path.with_name(f".{path.name}")
    aside.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    aside.replace(path)


def over_sizes(
    data: Dataset, recipe: recipes.Recipe, sizes: list[int], *, seed: int = 42, say: cli.Say = cli.silent
) -> list[Report]:
    """One report per training size, in rising order; sizes beyond the file's rows become one, all rows."""
    reports = []
    for size in sorted({min(size, len(data.train)) for size in sizes}):
        trained = train(data.train, recipe.of_size(size, data.train), seed=seed, say=say)
        reports.append(on_test(trained, data, say=say))
    return reports


def _parse_sizes(text: str) -> list[int]:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise UserError(f"--sizes must be row counts separated by commas, such as {SIZES}.")
    return [int(part) for part in parts]


def main(
    data: cli.DataOption = None,
    recipe: Annotated[list[str] | None, typer.Option(help="Repeatable. Default: all recipes.")] = None,
    sizes: Annotated[str, typer.Option(help=f"Training sizes to compare as well, such as {SIZES}.")] = "",
    out: Annotated[Path, typer.Option(help="Folder for the page, the JSON and the pictures.")] = Path(
        "build/evaluation"
    ),
    false_alarm: cli.FalseAlarmOption = Prices.false_alarm,
    missed_fraud: cli.MissedFraudOption = Prices.missed_fraud,
    sample_data: cli.SampleOption = False,
    sample_rows: cli.RowsOption = sample.DEFAULT_ROWS,
    max_bad_rows: cli.BadRowsOption = 0,
    seed: int = 42,
) -> None:
    """Train and test recipes side by side: tables, one HTML page, figures as JSON, and heat maps."""
    cli.check_source(data, sample_data)
    chosen = [recipes.named(name) for name in recipe or recipes.RECIPES]
    counts = _parse_sizes(sizes) if sizes else []
    frames = open_data(data, sample_rows, seed, cli.say, max_bad_rows)
    prices = Prices(false_alarm, missed_fraud)
    reports = []
    for one in chosen:
        trained = train(frames.train, one, seed=seed, say=cli.say)
        score = score_test(trained, frames, say=cli.say)
        reports.append(in_full(trained, frames, score, prices, say=cli.say))
        show(reports[-1], cli.out)
    grid = [over_sizes(frames, one, counts, seed=seed, say=cli.say) for one in chosen] if counts else []
    out.mkdir(parents=True, exist_ok=True)
    plots.save(plots.confusions([reports]), out / "confusion.png")
    _write_json(reports, out / "evaluation.json")
    if grid:
        plots.save(plots.confusions(grid), out / "sizes.png")
        _write_json([report for row in grid for report in row], out / "sizes.json")
    page.write(reports, out / "evaluation.html", grid)
    cli.say(f"written to {out / 'evaluation.html'}")


if __name__ == "__main__":
    cli.run(main)
