"""`python -m model train`: one recipe fitted and measured."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import joblib
import typer

from model import progress
from model.commands import cli
from model.data import sample
from model.data.opening import open_data
from model.evaluation import report as reports
from model.evaluation import terminal
from model.training import recipes
from model.training.train import train


def main(
    data: cli.DataOption = None,
    recipe: Annotated[str, typer.Option(help=f"One of: {', '.join(recipes.RECIPES)}.")] = "default",
    out: Annotated[Path, typer.Option(help="Folder for model.joblib and the evaluation.")] = Path(
        "build/train"
    ),
    sample_data: cli.SampleOption = False,
    sample_rows: cli.RowsOption = sample.DEFAULT_ROWS,
    max_bad_rows: cli.BadRowsOption = 0,
    seed: int = 42,
) -> None:
    """Train one recipe, print its table on the test file, write model.joblib, metrics and a picture."""
    cli.check_source(data, sample_data)
    chosen = recipes.named(recipe)
    frames = open_data(data, sample_rows, seed, progress.say, max_bad_rows)
    trained = train(frames.train, chosen, seed=seed, say=progress.say)
    score = reports.score_test(trained, frames, say=progress.say)
    report = reports.in_full(trained, frames, score, say=progress.say)
    terminal.show(report, progress.out)
    reports.write(report, out)
    joblib.dump(trained.estimator, out / "model.joblib.part", compress=3)
    (out / "model.joblib.part").replace(out / "model.joblib")
    progress.say(f"written to {out}")
