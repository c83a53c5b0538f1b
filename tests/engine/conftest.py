"""The CLI, AWS's stand-in as an attached provider, and stacks in temporary folders."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.engine import aws as provider
from tests.engine import cli as engine
from tests.engine import warm
from tests.engine.workspace import TIMEOUT, Life, Make, Workspace, workspace

SMALLEST = "test_preview.py"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All but the smallest of these tests are left to `make engine-test`; none is held to the others' time limit."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.timeout(2 * TIMEOUT))
            if item.path.name != SMALLEST:
                item.add_marker(pytest.mark.engine)


@pytest.fixture(scope="session")
def cli() -> engine.Cli:
    """The CLI; skips the test where there is none."""
    found = engine.find()
    if isinstance(found, str):
        pytest.skip(found)
    return found


@pytest.fixture(scope="session")
def aws(cli: engine.Cli) -> Iterator[int]:
    """The port of the provider `aws`, whose resources live as long as the tests."""
    with provider.serving() as port:
        yield port


@pytest.fixture(scope="session")
def python(cli: engine.Cli, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path | None]:
    """The socket of a warm Python process for the programs; Pulumi's own language host has none."""
    if not cli.own_host:
        yield None
        return
    with warm.serving(tmp_path_factory.mktemp("warm")) as place:
        yield place


@pytest.fixture(scope="session")
def new_stack(
    cli: engine.Cli, aws: int, python: Path | None, tmp_path_factory: pytest.TempPathFactory
) -> Make:
    """Makes a new, empty stack by its name."""
    numbers = itertools.count()

    def make(stack: str) -> Workspace:
        folder = tmp_path_factory.mktemp("site") / str(next(numbers))
        return workspace(cli, folder, stack, aws, python)

    return make


@pytest.fixture(scope="session")
def life_of(new_stack: Make) -> Callable[[str], Life]:
    """Gives the stack of a name that stands: made once, and used by all tests of its xdist group."""

    @functools.cache
    def made(stack: str) -> Life:
        new = new_stack(stack)
        return Life(new, new.judged("preview"), new.judged("up", "--skip-preview"))

    return made
