"""`python -m model compare`: a new artifact against the one that serves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from model import progress
from model.artifact.compare import judged, opened, scored, verdict
from model.commands import cli
from model.data.folder import SAMPLE_ROWS
from model.data.opening import open_data
from model.evaluation import bootstrap
from model.files import write_json

_TITLES = {
    "pr_auc": "PR-AUC",
    "cost": "cost, $",
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "money_caught": "money caught",
    "alerts_per_1000": "alerts per 1,000",
}


def _table(found: Mapping[str, Mapping[str, Any]], judged: Sequence[str]) -> Table:
    table = Table(title="B against A, 95 % of draws of cards", title_justify="left")
    table.add_column("")
    for heading in ("A", "B", "B - A", "interval", "verdict"):
        table.add_column(heading, justify="right")
    for name, title in _TITLES.items():
        row, digits = found[name], ",.0f" if name == "cost" else ".3f"
        first, second = row["first"], row["second"]
        low, high = (format(bound, f"+{digits}") for bound in row["interval"])
        said = (verdict(name, row) or "no difference") if name in judged else ""
        numbers = format(first, digits), format(second, digits), format(second - first, f"+{digits}")
        table.add_row(title, *numbers, f"{low} to {high}", said)
    return table


def main(
    first: Annotated[Path, typer.Argument(help="A: the model that serves, as model.tar.gz or its folder.")],
    second: Annotated[Path, typer.Argument(help="B: the model that would replace it.")],
    data: cli.DataOption = None,
    out: Annotated[Path | None, typer.Option(help="Write the comparison as JSON to this file.")] = None,
    draws: Annotated[int, typer.Option(min=20, help="Draws of cards for the intervals.")] = bootstrap.DRAWS,
    sample_data: cli.SampleOption = False,
    sample_rows: cli.RowsOption = SAMPLE_ROWS,
    max_bad_rows: cli.BadRowsOption = 0,
    seed: int = 42,
) -> None:
    """Compare two artifacts on the same test file. Code 1 if B is worse than A beyond the interval.

    Judged by PR-AUC and, where B decides by cost, by what its alerts cost at B's prices; else by F1 and money caught.
    """
    cli.check_source(data, sample_data)
    cli.check_output(out)
    one, two = opened(first), opened(second)
    frames = open_data(data, sample_rows, seed, progress.say, max_bad_rows)
    with progress.step(progress.say, f"scoring {len(frames.test):,} test rows twice"):
        rows_two = scored(two, frames)
        rows_one = replace(scored(one, frames), prices=rows_two.prices)
    with progress.step(progress.say, f"drawing cards {draws} times"):
        found = bootstrap.differences(rows_one, rows_two, count=draws, seed=seed)
    progress.out.print(f"A: {one.version}, {one.rule}\nB: {two.version}, {two.rule}", highlight=False)
    by = judged(two.rule)
    progress.out.print(_table(found, by))
    losses = [name for name in by if verdict(name, found[name]) == "worse"]
    if out is not None:
        document = {"first": one.version, "second": two.version, "figures": found, "worse": losses}
        write_json(out, document)
    if losses:
        named = ", ".join(_TITLES[name] for name in losses)
        progress.out.print(f"B is worse than A: {named}.", highlight=False)
        raise typer.Exit(1)
    progress.out.print("B is not worse than A.", highlight=False)
