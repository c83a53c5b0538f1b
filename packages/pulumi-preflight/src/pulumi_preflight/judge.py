"""From what a check is given to its result: graphs through the pack, or an event log as the engine wrote it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from pulumi_preflight import VERSION
from pulumi_preflight import engine_log as events
from pulumi_preflight.check import check
from pulumi_preflight.errors import NotJudgedError
from pulumi_preflight.findings import Result, merge_results
from pulumi_preflight.graph import Graph
from pulumi_preflight.scrub import scrubber
from pulumi_preflight.shape import Shape, shape


def check_graphs(
    graphs: Sequence[Graph], policy_pack: Path, levels: Path | None, project: Path
) -> tuple[Result, Shape]:
    """All forms of a stack at once, each by a pack process of its own; neither result nor shape holds a secret.

    The shape is that of the last graph. Progress is shown on a terminal's stderr.
    """
    console = Console(stderr=True)
    scrub = scrubber(*graphs)
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

            return check(declared, policy_pack, levels, advance, scrub)

        result = merge_results(pool.map(judge, graphs))
    _something_judged(result)
    return _dated(result, project), shape(graphs[-1], project, scrub)


def read_event_log(path: Path, policy_pack: Path, levels: Path | None, project: Path) -> tuple[Result, Shape]:
    """What an event log says, with the pack's own account of its rules where the pack is at hand."""

    def known(graph: Graph) -> Result | None:
        if not policy_pack.is_dir():
            return None
        # Judging nothing is how a pack is asked for its rules and their levels.
        return check(replace(graph, resources=[]), policy_pack, levels)

    result, graph = events.read(path, known)
    return _dated(result, project), shape(graph, project)


def _something_judged(result: Result) -> None:
    if not result.rules or result.disabled == len(result.rules):
        raise NotJudgedError(
            f"no rule of the policy pack {result.pack} is enabled, so nothing was judged: correct the levels "
            f"({result.evidence.levels})."
        )


def _dated(result: Result, project: Path) -> Result:
    """The result with the day, the commit and the version of this package."""
    moment = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    evidence = replace(
        result.evidence, moment=moment, commit=commit(project), tool=f"pulumi-preflight {VERSION}"
    )
    return replace(result, evidence=evidence)


def commit(project: Path) -> str:
    """The commit that the project's files are at, and whether they differ from it; empty outside git."""
    git = shutil.which("git")
    if git is None:
        return ""

    def ask(*words: str) -> str:
        answer = subprocess.run(  # noqa: S603 - fixed words
            [git, "-C", str(project), *words], capture_output=True, text=True, check=False
        )
        return answer.stdout.strip() if answer.returncode == 0 else ""

    found = ask("rev-parse", "--short=12", "HEAD")
    return found + (" with uncommitted changes" if found and ask("status", "--porcelain", "-uno") else "")
