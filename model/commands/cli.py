"""What the commands share: options, and one sentence for a user's mistake."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from model import progress
from model.errors import UserError

DataOption = Annotated[
    Path | None,
    typer.Option(help="Folder of fraudTrain and fraudTest, CSV or Parquet. Default: sample data."),
]
SampleOption = Annotated[
    bool, typer.Option("--sample", help="Use generated sample data, as when no folder is named.")
]
BadRowsOption = Annotated[
    int, typer.Option(min=0, help="Drop up to this many bad rows of each file, and say which.")
]
FalseAlarmOption = Annotated[float, typer.Option(min=0, help="Dollars that a false alarm costs.")]
MissedFraudOption = Annotated[
    float, typer.Option(min=0, help="Dollars that a missed fraud costs beside its amount.")
]
RowsOption = Annotated[int, typer.Option(min=160, help="Rows of sample data, when no folder is named.")]


def check_source(data: Path | None, sample_data: bool) -> None:
    """UserError when both sources of data are named."""
    if data is not None and sample_data:
        raise UserError("Name either --data or --sample, not both.")


def run(main: Callable[..., Any]) -> None:
    """Run a command; a UserError or OSError becomes one sentence and code 2."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    one_sentence(app)


def one_sentence(app: Callable[[], Any]) -> None:
    """Call `app`; a UserError or OSError becomes one sentence on stderr and code 2."""
    try:
        app()
    except (UserError, OSError) as mistake:
        progress.err.print(f"error: {mistake}", highlight=False, markup=False)
        sys.exit(2)
