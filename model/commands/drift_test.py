"""`python -m model drift-test`: which faults of callers the drift alarms of a model notice."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE
from rich.table import Table

from model import progress
from model.artifact import compare
from model.commands import cli
from model.data.folder import SAMPLE_ROWS
from model.data.opening import open_data
from model.errors import UserError
from model.evaluation import drift
from model.evaluation.faults import Noticed, Simulation, faults
from model.files import write_text
from model.training import export

_HEADINGS = ("fault", "days with an alarm", "days of 1,000 purchases", "by")
_BY = 3


def _cells(found: Noticed) -> list[str]:
    named = ", ".join(found.features[:_BY]) + (", ..." if len(found.features) > _BY else "")
    counts = f"{found.alarms} of {found.days}", f"{found.small_alarms} of {found.small_days}"
    return [found.title, *counts, named]


def _table(rows: Sequence[Noticed]) -> Table:
    table = Table(
        title="alarms on the test file's days", title_justify="left", box=SIMPLE, padding=(0, 1, 0, 0)
    )
    for heading in _HEADINGS:
        table.add_column(heading, justify="right" if "days" in heading else "left")
    for row in rows:
        table.add_row(*_cells(row))
    return table


def _markdown(rows: Sequence[Noticed]) -> str:
    lines = [_HEADINGS, ("---", "---:", "---:", "---"), *map(_cells, rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def main(
    artifact: Annotated[Path, typer.Argument(help="The model, as model.tar.gz or its folder.")],
    data: cli.DataOption = None,
    margin: Annotated[
        float, typer.Option(min=0.01, help="Multiple of a usual training day's index that is an alarm.")
    ] = drift.MARGIN,
    out: Annotated[Path | None, typer.Option(help="Write the table as Markdown to this file.")] = None,
    sample_data: cli.SampleOption = False,
    sample_rows: cli.RowsOption = SAMPLE_ROWS,
    max_bad_rows: cli.BadRowsOption = 0,
    seed: int = 42,
) -> None:
    """Put faults of callers into the test file's days and count those on which an alarm would go off."""
    cli.check_source(data, sample_data)
    cli.check_output(out)
    model = compare.opened(artifact)
    try:
        expected = drift.of_card(model.card["histograms"])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UserError(f"{artifact} was built by another version: build it again.") from None
    frames = open_data(data, sample_rows, seed, progress.say, max_bad_rows)

    def scored(matrix: compare.Matrix) -> compare.Scores:
        return export.onnx_scores(model.onnx, matrix)

    with progress.step(progress.say, f"scoring {len(frames.test):,} test rows"):
        simulation = Simulation(
            frames, model.features, model.rule, scored, expected, margin=margin, seed=seed
        )
    rows = [simulation.clean()]
    planned = list(faults(simulation.fields))
    with progress.bar(progress.say, f"putting in {len(planned)} faults", len(planned)) as done:
        for number, fault in enumerate(planned, 1):
            rows.append(simulation.of(fault))
            done(number)
    progress.out.print(_table(rows))
    if out is not None:
        write_text(out, _markdown(rows))
