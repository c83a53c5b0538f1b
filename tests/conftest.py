"""One folder for a run, in which its processes share the graphs of the real program; one thread for each of them."""

from __future__ import annotations

import os
import shutil
import tempfile

from tests.harness import GRAPHS

_made: list[str] = []
_LONGEST_NAME = 80


def pytest_make_parametrize_id(val: object) -> str | None:
    """Names a test by the start of a long value: every name goes to every process of a run, and into its report."""
    if isinstance(val, str | bytes) and len(val) > _LONGEST_NAME:
        return f"{val[:_LONGEST_NAME]!a}..."
    return None


def pytest_configure() -> None:
    """In the process that was started first; the others inherit what it sets."""
    # Threads that wait for each other in turns cost more than they bring where every core has its test.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    if GRAPHS not in os.environ:
        _made.append(tempfile.mkdtemp(prefix="graphs-"))
        os.environ[GRAPHS] = _made[0]


def pytest_unconfigure() -> None:
    """The last thing that happens in a run."""
    for folder in _made:
        shutil.rmtree(folder, ignore_errors=True)
        os.environ.pop(GRAPHS, None)
