"""What a managed training job runs: builds the artifact from the job's channel, where SageMaker will find it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from model import progress
from model.artifact.package import ensure
from model.artifact.source import ArtifactSource
from model.commands import cli
from model.commands.managed import INPUT, MODEL_DIR
from model.data.folder import SAMPLE_ROWS
from model.decision import Choice, Prices
from model.errors import UserError
from model.training import recipes

FAILURE = Path("/opt/ml/output/failure")
"""What this file says becomes the job's FailureReason."""


def main(
    expect: Annotated[str, typer.Option(help="Fingerprint that the artifact has to have.")],
    recipe: str = recipes.DEFAULT,
    rule: cli.RuleOption = Choice.rule,
    false_alarm: cli.FalseAlarmOption = Prices.false_alarm,
    missed_fraud: cli.MissedFraudOption = Prices.missed_fraud,
    precision: cli.PrecisionOption = Choice.precision,
    alerts_per_1000: cli.AlertsOption = Choice.alerts_per_1000,
    decline: cli.DeclineOption = None,
    sample_rows: cli.RowsOption = SAMPLE_ROWS,
    max_bad_rows: cli.BadRowsOption = 0,
    seed: int = 42,
    channel: Path = INPUT,
    model_dir: Path = MODEL_DIR,
    build_dir: Path = Path("build"),
) -> None:
    """Build the artifact of the channel's data, or of sample data where there is no channel."""
    decision = cli.choice(rule, false_alarm, missed_fraud, precision, alerts_per_1000, decline)
    data = channel if channel.is_dir() else None
    source = ArtifactSource(data, recipe, build_dir, True, sample_rows, seed, max_bad_rows, decision)
    if source.fingerprint != expect:
        raise UserError(
            "The image's code, lock or Python differs from that of the machine that started the job, "
            "or the data differ: build and push the image from that commit."
        )
    artifact = ensure(source, progress.say)
    shutil.copytree(artifact.path.parent, model_dir / source.fingerprint)
    progress.say(f"sha256 {artifact.sha256}")


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    try:
        app()
    except (UserError, OSError) as mistake:
        FAILURE.parent.mkdir(parents=True, exist_ok=True)
        FAILURE.write_text(str(mistake), encoding="utf-8")
        sys.exit(2)
