"""`python -m model compare`: a new artifact against the one that serves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from model import progress
from model.artifact.compare import JUDGED, scored, worse
from model.commands import cli
from model.data import sample
from model.data.opening import open_data
from model.evaluation import bootstrap
from model.files import write_json

_TITLES = {
    "pr_auc": "PR-AUC",
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "money_caught": "money caught",
    "alerts_per_1000": "alerts per 1,000",
}


def _table(found: Mapping[str, Mapping[str, Any]]) -> Table:
    table = Table(title="B against A, 95 % of draws of cards", title_justify="left")
    table.add_column("")
    for heading in ("A", "B", "B - A", "interval", "verdict"):
        table.add_column(heading, justify="right")
    for name, title in _TITLES.items():
        row = found[name]
        low, high = row["interval"]
        verdict = (
            "" if name not in JUDGED else "worse" if high < 0 else "better" if low > 0 else "no difference"
        )
        table.add_row(
            title,
            f"{row['first']:.3f}",
            f"{row['second']:.3f}",
            f"{row['second'] - row['first']:+.3f}",
            f"{low:+.3f} to {high:+.3f}",
            verdict,
        )
    return table


def main(
    first: Annotated[Path, typer.Argument(help="A: the model that serves, as model.tar.gz or its folder.")],
    second: Annotated[Path, typer.Argument(help="B: the model that would replace it.")],
    data: cli.DataOption = None,
    out: Annotated[Path | None, typer.Option(help="Write the comparison as JSON to this file.")] = None,
    draws: Annotated[int, typer.Option(min=20, help="Draws of cards for the intervals.")] = bootstrap.DRAWS,
    sample_data: cli.SampleOption = False,
    sample_rows: cli.RowsOption = sample.DEFAULT_ROWS,
    max_bad_rows: cli.BadRowsOption = 0,
    seed: int = 42,
) -> None:
    """Compare two artifacts on the same test file. Code 1 if B is worse than A beyond the interval."""
    cli.check_source(data, sample_data)
    frames = open_data(data, sample_rows, seed, progress.say, max_bad_rows)
    with progress.step(progress.say, f"scoring {len(frames.test):,} test rows twice"):
        (one, rows_one), (two, rows_two) = scored(first, frames), scored(second, frames)
    with progress.step(progress.say, f"drawing cards {draws} times"):
        found = bootstrap.differences(rows_one, rows_two, count=draws, seed=seed)
    progress.out.print(f"A: {one}\nB: {two}", highlight=False)
    progress.out.print(_table(found))
    losses = worse(found)
    if out is not None:
        document = {"first": one, "second": two, "figures": found, "worse": losses}
        write_json(out, document)
    if losses:
        progress.out.print(
            f"B is worse than A: {', '.join(_TITLES[name] for name in losses)}.", highlight=False
        )
        raise typer.Exit(1)
    progress.out.print("B is not worse than A.", highlight=False)
