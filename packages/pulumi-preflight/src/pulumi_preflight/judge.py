"""From what a check is given to its result: graphs through the pack, or an event log as the engine wrote it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from pulumi_preflight import engine_log as events
from pulumi_preflight import reports as report
from pulumi_preflight.check import check, scrubber
from pulumi_preflight.findings import Result, merge
from pulumi_preflight.graph import Graph
from pulumi_preflight.shape import Shape, shape


def judged(
    graphs: Sequence[Graph], policy_pack: Path, levels: Path | None, project: Path
) -> tuple[Result, Shape]:
    """All forms of a stack at once, each by a pack process of its own; neither result nor shape holds a secret.

    The shape is that of the last graph. Progress is shown on a terminal's stderr.
    """
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with (
        Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar,
        ThreadPoolExecutor(len(graphs)) as pool,
    ):

        def judge(declared: Graph) -> Result:
            form = "preview" if declared.preview else "update"
            task = bar.add_task(f"{declared.stack} {form}", total=None)

            def advance(done: int, total: int) -> None:
                bar.update(task, completed=done, total=total)

            return check(declared, policy_pack, levels, advance)

        result = merge(pool.map(judge, graphs))
    scrub = _all(scrubber(declared) for declared in graphs)
    return report.scrubbed(result, scrub), shape(graphs[-1], project, scrub)


def logged(path: Path, policy_pack: Path, levels: Path | None, project: Path) -> tuple[Result, Shape]:
    """What an event log says, with the pack's own account of its rules where the pack is at hand."""

    def known(graph: Graph) -> Result | None:
        if not policy_pack.is_dir():
            return None
        # Judging nothing is how a pack is asked for its rules and their levels.
        return check(replace(graph, resources=[]), policy_pack, levels)

    result, graph = events.read(path, known)
    return result, shape(graph, project)


def _all(scrubs: Iterable[Callable[[str], str]]) -> Callable[[str], str]:
    ordered = list(scrubs)
    return lambda text: functools.reduce(lambda scrubbed, scrub: scrub(scrubbed), ordered, text)
