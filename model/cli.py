"""What the commands of this folder share: consoles, progress, and one sentence for a user's mistake."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from model.errors import UserError

out = Console(soft_wrap=True)
err = Console(stderr=True, soft_wrap=True)

Say = Callable[[str], None]
Grown = Callable[[int], None]
"""Is told how many units of the work are done."""

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


def say(message: str) -> None:
    """One line of progress on stderr."""
    err.print(message, highlight=False, markup=False)


def silent(_: str) -> None:
    """Progress that nobody sees."""


@contextmanager
def step(tell: Say, what: str) -> Iterator[None]:
    """Tell what begins, and how many seconds it took; on a terminal, `say` shows a spinner meanwhile."""
    start = time.perf_counter()
    if tell is say and err.is_terminal:
        with err.status(what):
            yield
    else:
        tell(f"{what} ...")
        yield
    tell(f"{what}: {time.perf_counter() - start:.1f} s")


@contextmanager
def bar(tell: Say, what: str, total: int) -> Iterator[Grown]:
    """`step` for work that counts up to `total`: on a terminal, `say` shows a bar that the yielded call moves."""
    if tell is not say or not err.is_terminal:
        with step(tell, what):
            yield lambda _: None
        return
    start = time.perf_counter()
    with Progress(*Progress.get_default_columns(), console=err, transient=True) as progress:
        task = progress.add_task(what, total=total)
        yield lambda done: progress.update(task, completed=done)
    tell(f"{what}: {time.perf_counter() - start:.1f} s")


def check_source(data: Path | None, sample_data: bool) -> None:
    """UserError when both sources of data are named."""
    if data is not None and sample_data:
        raise UserError("Name either --data or --sample, not both.")


def run(main: Callable[..., Any]) -> None:
    """Run a command; a UserError or OSError becomes one sentence and code 2."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    try:
        app()
    except (UserError, OSError) as mistake:
        err.print(f"error: {mistake}", highlight=False, markup=False)
        sys.exit(2)
