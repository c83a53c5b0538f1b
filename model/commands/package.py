"""`python -m model package`: the artifact of data and a recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from model import progress
from model.artifact.package import ensure
from model.artifact.source import ArtifactSource
from model.commands import cli
from model.data.folder import SAMPLE_ROWS
from model.decision import Choice, Prices
from model.training import recipes


def main(
    data: cli.DataOption = None,
    recipe: Annotated[str, typer.Option(help=f"One of: {', '.join(recipes.RECIPES)}.")] = recipes.DEFAULT,
    build_dir: Annotated[Path, typer.Option(help="Where artifacts and wheels are kept.")] = Path("build"),
    runtime: Annotated[bool, typer.Option(help="Carry the ONNX runtime for the container.")] = True,
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
) -> None:
    """Build the artifact when there is none for these inputs, and print where it is."""
    cli.check_source(data, sample_data)
    cli.check_folder(build_dir)
    decision = cli.choice(rule, false_alarm, missed_fraud, precision, alerts_per_1000, decline)
    source = ArtifactSource(data, recipe, build_dir, runtime, sample_rows, seed, max_bad_rows, decision)
    artifact = ensure(source, progress.say)
    for line in (
        f"path     {artifact.path}",
        f"sha256   {artifact.sha256}",
        f"size     {artifact.path.stat().st_size:,} bytes",
        f"version  {artifact.version}",
    ):
        progress.out.print(line, highlight=False, markup=False)
