"""What the commands share: options, and one sentence for a user's mistake."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from model import progress
from model.decision import RULES, Choice, Prices
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
RowsOption = Annotated[int, typer.Option(min=160, help="Rows of sample data, when no folder is named.")]
RuleOption = Annotated[
    str, typer.Option(help=f"What an alert is, found on the last training weeks: {', '.join(RULES)}.")
]
FalseAlarmOption = Annotated[float, typer.Option(min=0, help="Dollars that a false alarm costs.")]
MissedFraudOption = Annotated[
    float, typer.Option(min=0, help="Dollars that a missed fraud costs on top of its amount.")
]
PrecisionOption = Annotated[
    float, typer.Option(min=0.01, max=1, help="Share of alerts that are frauds, for rule precision.")
]
AlertsOption = Annotated[
    float, typer.Option(min=0.01, max=1000, help="Alerts in a thousand purchases, for rule alerts-per-1000.")
]
DeclineOption = Annotated[
    float | None,
    typer.Option(min=0.01, max=1, help="Alerts from this score on are declined, those below are for review."),
]


def check_source(data: Path | None, sample_data: bool) -> None:
    """UserError when both sources of data are named."""
    if data is not None and sample_data:
        raise UserError("Name either --data or --sample, not both.")


def check_output(path: Path | None) -> None:
    """UserError when no file of that name can be written, checked before the work that fills it."""
    if path is None:
        return
    if path.is_dir():
        raise UserError(f"{path} is a folder: name a file.")
    _check_place(path, path)


def check_folder(path: Path) -> None:
    """UserError when no file can be written into a folder of that name, checked before the work that fills it."""
    if path.exists() and not path.is_dir():
        raise UserError(f"{path} is a file: name a folder.")
    _check_place(path / "any", path)


def _check_place(file: Path, named: Path) -> None:
    """UserError when `file` cannot be written; the sentence names `named`. Leaves nothing behind."""
    nearest = next(part for part in file.absolute().parents if part.exists())
    try:
        tempfile.TemporaryFile(dir=nearest).close()
    except OSError:
        why = "a folder that you may write to" if nearest.is_dir() else "a folder"
        raise UserError(f"{named} cannot be written: {nearest} is not {why}; name another place.") from None


def choice(
    rule: str,
    false_alarm: float,
    missed_fraud: float,
    precision: float,
    alerts_per_1000: float,
    decline: float | None,
) -> Choice:
    """The options of a decision rule as one; UserError for a rule that does not exist."""
    if rule not in RULES:
        raise UserError(f"There is no rule {rule!r}: choose one of {', '.join(RULES)}.")
    return Choice(rule, Prices(false_alarm, missed_fraud), precision, alerts_per_1000, decline)


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
        progress.err.print(f"error: {_sentence(mistake)}", highlight=False, markup=False)
        sys.exit(2)


def _sentence(mistake: UserError | OSError) -> str:
    if isinstance(mistake, OSError) and mistake.filename is not None and mistake.strerror:
        return f"{mistake.filename2 or mistake.filename} cannot be used: {mistake.strerror}."
    return str(mistake)
