"""`python -m model train`: one recipe fitted and measured."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import joblib
import typer

from model import progress
from model.artifact.source import ArtifactSource
from model.commands import cli, managed
from model.data.folder import SAMPLE_ROWS
from model.data.opening import open_data
from model.decision import Choice, Prices
from model.evaluation import page, terminal
from model.evaluation import report as reports
from model.training import recipes
from model.training.train import train


def main(
    data: cli.DataOption = None,
    recipe: Annotated[str, typer.Option(help=f"One of: {', '.join(recipes.RECIPES)}.")] = recipes.DEFAULT,
    out: Annotated[Path, typer.Option(help="Folder for model.joblib and the evaluation.")] = Path(
        "build/train"
    ),
    rule: cli.RuleOption = Choice.rule,
    false_alarm: cli.FalseAlarmOption = Prices.false_alarm,
    missed_fraud: cli.MissedFraudOption = Prices.missed_fraud,
    precision: cli.PrecisionOption = Choice.precision,
    alerts_per_1000: cli.AlertsOption = Choice.alerts_per_1000,
    decline: cli.DeclineOption = None,
    sample_data: cli.SampleOption = False,
    sample_rows: cli.RowsOption = SAMPLE_ROWS,
    max_bad_rows: cli.BadRowsOption = 0,
    seed: int = 42,
    on: Annotated[
        str,
        typer.Option(help="here, or sagemaker: a managed job that builds the artifact, which is fetched."),
    ] = "here",
    stack_outputs: Annotated[
        Path | None, typer.Option(help="For sagemaker: file of `pulumi stack output --json`.")
    ] = None,
    image_tag: Annotated[str, typer.Option(help="For sagemaker: tag of the pushed image.")] = "",
    instance_type: Annotated[str, typer.Option(help="For sagemaker.")] = "ml.m5.xlarge",
    spot: Annotated[
        bool, typer.Option("--spot", help="For sagemaker: spare capacity, may be interrupted.")
    ] = False,
) -> None:
    """Train one recipe, print its table on the test file, write model.joblib, metrics and a picture."""
    cli.check_source(data, sample_data)
    cli.check_folder(out)
    chosen = recipes.named(recipe)
    decision = cli.choice(rule, false_alarm, missed_fraud, precision, alerts_per_1000, decline)
    if on != "here":
        source = ArtifactSource(
            data, recipe, sample_rows=sample_rows, seed=seed, max_bad_rows=max_bad_rows, decision=decision
        )
        order = managed.Order(image_tag, instance_type, spot)
        managed.train(on, stack_outputs, order, source)
        return
    frames = open_data(data, sample_rows, seed, progress.say, max_bad_rows)
    trained = train(frames.train, chosen, decision, seed=seed, say=progress.say)
    score = reports.score_test(trained, frames, say=progress.say)
    report = reports.in_full(trained, frames, score, say=progress.say)
    terminal.show(report, progress.out)
    page.write_folder(report, out)
    joblib.dump(trained.fit.estimator, out / "model.joblib.part", compress=3)
    (out / "model.joblib.part").replace(out / "model.joblib")
    progress.say(f"written to {out}")
