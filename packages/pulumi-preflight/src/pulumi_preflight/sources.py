"""The Python files of a program."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

_LEFT_OUT = {"build", "dist", "node_modules", "site-packages", "tests", "__pycache__"}


def sources(root: Path, most: int | None = None) -> Iterator[Path]:
    """The Python files below `root` in order, at most `most`, without those of tests and of an environment."""
    return itertools.islice(_walk(root), most)


def _walk(root: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(
            name
            for name in folders
            if name not in _LEFT_OUT and name[0] != "." and not Path(folder, name, "pyvenv.cfg").exists()
        )
        yield from (Path(folder, name) for name in sorted(files) if name.endswith(".py"))
