"""`python -m model drift`: live traffic against the histograms of a card."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE
from rich.table import Table

from model import progress
from model.errors import UserError
from model.evaluation import captured as captures
from model.evaluation import days
from model.evaluation.drift import MARGIN, Shift, baseline, shifts


def _table(found: Sequence[Shift], margin: float) -> Table:
    title = f"drift: index of a day, usual day = 1, alarm above {margin:g}"
    table = Table(title=title, title_justify="left", box=SIMPLE, padding=(0, 1, 0, 0))
    table.add_column("client")
    table.add_column("feature", no_wrap=True)
    for heading in ("purchases", "days", "largest", "above"):
        table.add_column(heading, justify="right")
    table.add_column("")
    for shift in found:
        verdict = "[red]moved[/]" if shift.above else "stable"
        numbers = f"{shift.purchases:,}", str(shift.days), f"{shift.largest:.2f}", str(shift.above)
        table.add_row(shift.client, shift.feature, *numbers, verdict)
    return table


def main(
    card: Annotated[Path, typer.Argument(help="card.json of the model that answered.")],
    captured: Annotated[
        list[Path], typer.Argument(help="Data capture or function log files, JSON lines; or folders of them.")
    ],
    margin: Annotated[
        float, typer.Option(min=0.01, help="Multiple of a usual training day's index that is an alarm.")
    ] = MARGIN,
    min_rows: Annotated[
        int, typer.Option(min=1, help="Days of fewer purchases give no verdict.")
    ] = days.LEAST_PURCHASES,
) -> None:
    """Judge live traffic as the stack's alarms do: by day and client, every feature, scores and alerts.

    Exit code 1: something has moved; 2: a mistake.
    """
    expected = baseline(card)
    seen = captures.read(captured)
    found = shifts(expected, seen, margin=margin, least=min_rows)
    if not found:
        raise UserError(f"No day in the files holds {min_rows:,} purchases: add files or lower --min-rows.")
    progress.out.print(_table(found, margin))
    if seen.skipped_lines:
        progress.say(f"{seen.skipped_lines:,} lines held neither a captured request nor bins")
    if any(shift.above for shift in found):
        raise typer.Exit(1)
