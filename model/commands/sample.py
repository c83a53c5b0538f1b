"""`python -m model sample`: generated sample data as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from model import progress
from model.commands import cli
from model.data import sample
from model.data.folder import SAMPLE_ROWS


def main(
    folder: Annotated[Path, typer.Argument(help="Where fraudTrain.csv and fraudTest.csv go.")],
    rows: Annotated[int, typer.Option(min=160, help="Rows of both files together.")] = SAMPLE_ROWS,
    seed: int = sample.DEFAULT_SEED,
) -> None:
    """Write generated sample data in the form of the Kaggle files."""
    cli.check_folder(folder)
    sample.write(folder, rows, seed)
    progress.out.print(f"{rows:,} rows in {folder}", highlight=False)
