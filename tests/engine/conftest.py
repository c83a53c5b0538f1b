"""The CLI, AWS's stand-in as an attached provider, and stacks in temporary folders."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from tests.engine import cli as engine
from tests.engine.aws import Aws, serving
from tests.engine.workspace import Make, Workspace, workspace


@pytest.fixture(scope="session")
def cli() -> engine.Cli:
    """The CLI; skips the test where there is none."""
    found = engine.find()
    if isinstance(found, str):
        pytest.skip(found)
    return found


@pytest.fixture(scope="session")
def aws(cli: engine.Cli, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    """The provider `aws`, whose resources live as long as the tests."""
    with serving(tmp_path_factory.mktemp("aws")) as running:
        yield running


@pytest.fixture(scope="session")
def new_stack(cli: engine.Cli, aws: Aws, tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Makes a new, empty stack by its name."""
    numbers = itertools.count()

    def make(stack: str) -> Workspace:
        return workspace(cli, tmp_path_factory.mktemp("site") / str(next(numbers)), stack, aws)

    return make
