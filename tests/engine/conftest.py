"""The CLI, AWS's stand-in as an attached provider, and stacks in temporary folders."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine import cli as engine
from tests.engine.workspace import Make, Workspace, workspace


@pytest.fixture(scope="session")
def cli() -> engine.Cli:
    """The CLI; skips the test where there is none."""
    found = engine.find()
    if isinstance(found, str):
        pytest.skip(found)
    return found


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of the provider `aws`, whose resources live as long as the tests."""
    yield from provider(tmp_path_factory.mktemp("aws"))


def provider(folder: Path, *options: str) -> Iterator[int]:
    """Serves the provider in a process of its own."""
    with (folder / "errors.txt").open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "/tmp/stub.py", *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="session")
def new_stack(cli: engine.Cli, aws: int, tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Makes a new, empty stack by its name."""
    numbers = itertools.count()

    def make(stack: str) -> Workspace:
        return workspace(cli, tmp_path_factory.mktemp("site") / str(next(numbers)), stack, aws)

    return make
