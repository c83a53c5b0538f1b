"""What every command shares: its exit codes, how it reports a mistake, and the option that shows a traceback."""

from __future__ import annotations

import contextlib
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Annotated, Self

import typer
from rich.console import Console
from rich.status import Status
from rich.text import Text

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
    if isinstance(error, OSError) and isinstance(error.filename, str) and error.strerror:
        return f"{error.filename} cannot be used: {error.strerror}.", NOT_JUDGED
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


class Working:
    """Shows, from the third second on, that work goes on: a moving line on a terminal, else one every 10 seconds."""

    FIRST, NEXT = 2.0, 10.0

    def __init__(self, what: str) -> None:
        self._what = what
        self._started = time.monotonic()
        self._due = self.FIRST
        self._console = Console(stderr=True)
        self._status: Status | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status is not None:
            self._status.stop()

    def show(self, how_far: str) -> None:
        """To be called again and again with how far the work has come."""
        seconds = time.monotonic() - self._started
        if seconds < self._due:
            return
        text = f"{self._what}: {how_far}, {seconds:.0f} s"
        if not self._console.is_terminal:
            say(text)
            self._due = seconds + self.NEXT
        elif self._status is None:
            self._status = self._console.status(Text(text))
            self._status.start()
        else:
            self._status.update(Text(text))
