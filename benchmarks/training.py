"""Training of this tree against training of an earlier commit, one after the other on the same data.

Run by hand: it takes minutes. `python -m benchmarks.training --data FOLDER --against COMMIT`
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from model import progress
from model.commands import cli
from model.errors import UserError
from model.files import write_text

_PROJECT = Path(__file__).resolve().parent.parent
_STEP = re.compile(r"^(?P<what>.*): (?P<seconds>\d+\.\d) s$")
_RULE = ("finding the rule", "choosing the threshold")
_READING = ("reading ",)


@dataclass(frozen=True)
class Run:
    """One training: seconds of wall and processor time, the largest resident set in MB, and two of its steps."""

    name: str
    wall: float
    cpu: float
    megabytes: float
    reading: float
    rule: float


def measured(name: str, tree: Path, data: Path, recipe: str) -> Run:
    """Trains in a process of its own; UserError when it fails."""
    module = ["model", "train"] if (tree / "model" / "__main__.py").is_file() else ["model.train"]
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", *module, "--data", str(data), "--recipe", recipe, "--out", out]
        begin = time.monotonic()
        process = subprocess.Popen(  # noqa: S603
            command, cwd=tree, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        said = process.stderr.read() if process.stderr else ""
        _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise UserError(f"Training of {name} failed: {said.splitlines()[-1] if said else 'without a word'}")
    steps = [found for line in said.splitlines() if (found := _STEP.match(line))]
    return Run(
        name,
        time.monotonic() - begin,
        usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss / 1024,
        _seconds(steps, _READING),
        _seconds(steps, _RULE),
    )


def _seconds(steps: list[re.Match[str]], names: tuple[str, ...]) -> float:
    return sum(float(step["seconds"]) for step in steps if any(name in step["what"] for name in names))


@contextmanager
def checkout(commit: str) -> Iterator[Path]:
    """A work tree of an earlier commit, removed afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        git = ["git", "-C", str(_PROJECT), "worktree"]
        done = subprocess.run(  # noqa: S603
            [*git, "add", "--quiet", "--detach", str(tree), commit],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise UserError(f"There is no commit {commit} in this repository: name one with --against.")
        try:
            yield tree
        finally:
            subprocess.run([*git, "remove", "--force", str(tree)], check=False)  # noqa: S603


def rows(before: Run, after: Run) -> list[tuple[str, str, str, str]]:
    """Title, both runs' figures, and the share of the earlier one that this tree needs."""
    found = []
    for title, key in (
        ("wall, s", "wall"),
        ("processor, s", "cpu"),
        ("peak memory, MB", "megabytes"),
        ("reading, s of wall", "reading"),
        ("finding the rule, s of wall", "rule"),
    ):
        first, second = getattr(before, key), getattr(after, key)
        share = f"{second / first:.2f}" if first else "-"
        found.append((title, f"{first:,.1f}", f"{second:,.1f}", share))
    return found


def table(before: Run, after: Run) -> Table:
    """Both runs for a terminal."""
    result = Table("", before.name, after.name, "share", title="training", title_justify="left")
    for row in rows(before, after):
        result.add_row(*row)
    return result


def page(before: Run, after: Run, recipes: tuple[str, str], cores: int) -> str:
    """The same as Markdown, with what was compared."""
    lines = [
        "# Training, against an earlier commit",
        "",
        "Written by `python -m benchmarks.training --data FOLDER --against COMMIT --out docs/training.md`: one "
        f"training with the code of {before.name} (recipe `{recipes[0]}`) and one with this tree's (recipe "
        f"`{recipes[1]}`), one after the other on the same files, from reading to the written page, on {cores} cores. "
        "Shares travel from machine to machine, seconds do not; processor time is what other work on the machine "
        "moves least.",
        "",
        f"| | {before.name} | {after.name} | share |",
        "|---|---:|---:|---:|",
        *(
            f"| {title} | {first} | {second} | {share} |"
            for title, first, second, share in rows(before, after)
        ),
    ]
    return "\n".join(lines) + "\n"


def sections(path: Path) -> str:
    """What people wrote below the table of an earlier page: from its first section on, empty where there is none."""
    _, heading, rest = (path.read_text("utf-8") if path.is_file() else "").partition("\n## ")
    return heading + rest


def main(
    data: Annotated[Path, typer.Option(help="Folder of fraudTrain and fraudTest.")],
    against: Annotated[str, typer.Option(help="The earlier commit.")],
    recipe: Annotated[str, typer.Option(help="This tree's recipe.")] = "boosted",
    recipe_before: Annotated[str, typer.Option(help="The earlier commit's recipe.")] = "default",
    out: Annotated[Path | None, typer.Option(help="Also write the table as Markdown to this file.")] = None,
) -> None:
    """Train with both, and print time, memory and their ratios."""
    cli.check_output(out)
    with checkout(against) as tree:
        with progress.step(progress.say, f"training at {against}"):
            before = measured(against, tree, data.resolve(), recipe_before)
        with progress.step(progress.say, "training here"):
            after = measured("this tree", _PROJECT, data.resolve(), recipe)
    progress.out.print(table(before, after))
    if out is not None:
        write_text(out, page(before, after, (recipe_before, recipe), os.cpu_count() or 1) + sections(out))
    progress.out.print_json(json.dumps([asdict(before), asdict(after)]))


if __name__ == "__main__":
    cli.run(main)
