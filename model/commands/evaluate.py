"""`python -m model evaluate`: recipes side by side, as tables and one page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from model import progress
from model.commands import cli
from model.data.dataset import Dataset
from model.data.folder import SAMPLE_ROWS
from model.data.opening import open_data
from model.decision import Choice, Prices
from model.errors import UserError
from model.evaluation import page, plots, terminal
from model.evaluation import report as reports
from model.files import write_json
from model.training import recipes
from model.training.train import train

SIZES = "10000,50000,100000,150000,200000"


def over_sizes(
    data: Dataset,
    recipe: recipes.Recipe,
    sizes: list[int],
    choice: Choice | None = None,
    *,
    seed: int = 42,
    say: progress.Say = progress.silent,
) -> list[reports.Report]:
    """One report per training size, in rising order; sizes beyond the file's rows become one, all rows."""
    found = []
    for size in sorted({min(size, len(data.train)) for size in sizes}):
        trained = train(data.train, recipe.of_size(size, data.train), choice, seed=seed, say=say)
        found.append(reports.describe(trained, data, reports.score_test(trained, data, say=say)))
    return found


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
    owners: Annotated[
        bool, typer.Option(help="Also fit and test with the owners' purchases put back into the episodes.")
    ] = True,
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
    """Train and test recipes side by side: tables, one HTML page, figures as JSON, and heat maps."""
    cli.check_source(data, sample_data)
    cli.check_folder(out)
    chosen = [recipes.named(name) for name in recipe or recipes.RECIPES]
    decision = cli.choice(rule, false_alarm, missed_fraud, precision, alerts_per_1000, decline)
    counts = _parse_sizes(sizes) if sizes else []
    frames = open_data(data, sample_rows, seed, progress.say, max_bad_rows)
    found = []
    for one in chosen:
        trained = train(frames.train, one, decision, seed=seed, say=progress.say)
        score = reports.score_test(trained, frames, say=progress.say)
        back = reports.on_owners(trained, frames, decision, seed=seed, say=progress.say) if owners else None
        found.append(reports.in_full(trained, frames, score, back, say=progress.say))
        terminal.show(found[-1], progress.out)
    grid = (
        [over_sizes(frames, one, counts, decision, seed=seed, say=progress.say) for one in chosen]
        if counts
        else []
    )
    out.mkdir(parents=True, exist_ok=True)
    plots.save(plots.confusions([found]), out / "confusion.png")
    write_json(out / "evaluation.json", found)
    if grid:
        plots.save(plots.confusions(grid), out / "sizes.png")
        write_json(out / "sizes.json", [report for row in grid for report in row])
    page.write(found, out / "evaluation.html", grid)
    progress.say(f"written to {out / 'evaluation.html'}")
