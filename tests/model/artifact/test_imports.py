"""The files that decide whether an artifact is built again, and those that travel in the two packages."""

from __future__ import annotations

import functools
import subprocess
import sys

import pytest

from model.artifact import function_package, imports, source
from model.artifact.source import served_code

pytestmark = pytest.mark.slow


@functools.cache
def loaded(module: str) -> set[str]:
    """Files of the model that a Python of its own has loaded after importing `module`."""
    script = (
        f"import sys, {module}; "
        "print(*(m.__file__ for name, m in sys.modules.items() if name.partition('.')[0] == 'model'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=imports.ROOT
    )
    return {path.removeprefix(f"{imports.ROOT}/") for path in done.stdout.split()}


@pytest.mark.parametrize("module", [source.BUILDER, source.SERVED, function_package.HANDLER])
def test_every_module_that_is_loaded_is_in_the_list(module: str) -> None:
    assert loaded(module) <= set(imports.closure(module))


def test_everything_that_the_builder_loads_shapes_the_artifact() -> None:
    files = source.shaping()
    assert loaded(source.BUILDER) | loaded(source.SERVED) <= set(files)
    assert not [name for name in files if name.startswith("model/commands/")]
    assert all((imports.ROOT / name).is_file() for name in files)


def test_the_container_and_the_function_get_what_they_load_and_no_more() -> None:
    packed = {name.removeprefix("code/") for name in served_code()}
    assert packed == loaded(source.SERVED) - {"model/serving/__init__.py", "model/serving/inference.py"} | {
        "inference.py"
    }
    assert set(function_package.FILES) == loaded(function_package.HANDLER)
