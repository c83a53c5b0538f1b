"""`python -m model drift`: live traffic against the histograms of a card."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from model import progress
from model.errors import UserError
from model.evaluation.drift import Shift, baseline, read, shifts


def _table(found: Sequence[Shift], threshold: float) -> Table:
    table = Table(title="population stability", title_justify="left")
    for heading in ("feature", "values", "index", ""):
        table.add_column(heading, justify="right" if heading in {"values", "index"} else "left")
    for shift in found:
        verdict = "[red]moved[/]" if shift.index > threshold else "stable"
        table.add_row(shift.feature, f"{shift.values:,}", f"{shift.index:.3f}", verdict)
    return table


def main(
    card: Annotated[Path, typer.Argument(help="card.json of the model that answered.")],
    captured: Annotated[
        list[Path], typer.Argument(help="Data capture or function log files, JSON lines; or folders of them.")
    ],
    threshold: Annotated[float, typer.Option(min=0, help="An index above this is a move.")] = 0.2,
    min_rows: Annotated[int, typer.Option(min=1, help="Fewer transactions give no verdict.")] = 500,
) -> None:
    """Compare live traffic with the card's histograms. Exit code 1: a feature or the score has moved; 2: a mistake."""
    try:
        expected = baseline(card)
        seen = read(captured)
        found = shifts(expected, seen)
        if not found or max(shift.values for shift in found) < min_rows:
            raise UserError(
                f"The files hold fewer than {min_rows} transactions to compare: add files or lower --min-rows."
            )
    except (UserError, OSError) as mistake:
        progress.err.print(f"error: {mistake}", highlight=False, markup=False)
        raise typer.Exit(2) from None
    progress.out.print(_table(found, threshold))
    if seen.skipped_lines:
        progress.say(f"{seen.skipped_lines:,} lines held neither a captured request nor bins")
    if any(shift.index > threshold for shift in found):
        raise typer.Exit(1)
