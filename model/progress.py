"""What long work says while it runs: lines on stderr, and on a terminal a spinner or a bar."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress

out = Console(soft_wrap=True)
err = Console(stderr=True, soft_wrap=True)

Say = Callable[[str], None]
Grown = Callable[[int], None]
"""Called with the number of units of work that are done."""


def say(message: str) -> None:
    """One line of progress on stderr."""
    err.print(message, highlight=False, markup=False)


def silent(_: str) -> None:
    """Progress that nobody sees."""


@contextmanager
def step(say_: Say, what: str) -> Iterator[None]:
    """Say what begins, and how many seconds it took; on a terminal, `say` shows a spinner meanwhile."""
    start = time.perf_counter()
    if say_ is say and err.is_terminal:
        with err.status(what):
            yield
    else:
        say_(f"{what} ...")
        yield
    say_(f"{what}: {time.perf_counter() - start:.1f} s")


@contextmanager
def bar(say_: Say, what: str, total: int) -> Iterator[Grown]:
    """`step` for work that counts up to `total`: on a terminal, `say` shows a bar that the yielded call moves."""
    if say_ is not say or not err.is_terminal:
        with step(say_, what):
            yield lambda _: None
        return
    start = time.perf_counter()
    with Progress(*Progress.get_default_columns(), console=err, transient=True) as progress:
        task = progress.add_task(what, total=total)
        yield lambda done: progress.update(task, completed=done)
    say_(f"{what}: {time.perf_counter() - start:.1f} s")
