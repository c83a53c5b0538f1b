"""One folder for a run, in which its processes share the graphs of the real program; one thread for each of them."""

from __future__ import annotations

import os
import shutil
import tempfile

from tests.harness import GRAPHS

_made: list[str] = []


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
