"""What every command shares: its exit codes, how it reports a mistake, and the option that shows a traceback."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from pulumi_preflight.errors import UserError

PASSED, REFUSED, NOT_JUDGED = 0, 1, 2
"""The verdict is good; it is not; there is none, because of a mistake that is named on standard error."""

Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]


def say(message: str) -> None:
    """A line on standard error: standard output carries the report alone."""
    typer.echo(message, err=True)


def explain(error: BaseException, mistakes: tuple[type[Exception], ...] = ()) -> tuple[str, int]:
    """(sentence, exit code) for whatever ended a command; `mistakes` are users' mistakes of other packages."""
    if isinstance(error, UserError):
        return str(error), error.exit_code
    if isinstance(error, mistakes):
        return str(error), NOT_JUDGED
    if isinstance(error, KeyboardInterrupt):
        return "interrupted.", NOT_JUDGED
    if isinstance(error, BrokenPipeError):
        return "nobody reads standard output any more.", NOT_JUDGED
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(frame.filename).name}, line {frame.lineno}"
    return f"unexpected {type(error).__name__} in {place}: run again with --debug and report it.", NOT_JUDGED


@contextlib.contextmanager
def exit_codes(debug: bool = False, *mistakes: type[Exception]) -> Iterator[None]:
    """Ends the command with 0, 1 or 2 and nothing else; a mistake is a sentence a line on standard error."""
    try:
        yield
    except typer.Exit:
        raise
    except (Exception, KeyboardInterrupt) as error:
        if debug:
            traceback.print_exc()
        text, code = explain(error, mistakes)
        for sentence in text.splitlines():
            say(f"error: {sentence}")
        raise typer.Exit(code) from None
