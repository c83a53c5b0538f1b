"""The declared resources as plain data, for tests: the real program's stacks, and small programs written inline.

Nothing here is mocked by hand: programs run under `pulumi_preflight.program.evaluate`, and what they register is looked
at after the run, never inside an apply.
"""

from __future__ import annotations

import fcntl
import functools
import os
import pickle
import sys
import textwrap
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, Literal

import pulumi
from pulumi_preflight.graph import Graph, Resource
from pulumi_preflight.program import evaluate

Form = Literal["update", "preview"]
STACKS = ("dev", "staging", "prod")
PROJECT = Path(__file__).resolve().parents[1]
FORMS: tuple[Form, ...] = ("update", "preview")
GRAPHS = "TESTS_GRAPHS"
"""The variable with the folder in which the processes of a run share `declared`."""


@functools.cache
def declared(stack: str, form: Form = "update") -> Graph:
    """The real program's graph; evaluated once in a run. Treat it as read-only: copy before a mutation."""
    return once(f"{stack}-{form}", lambda: evaluate(stack, preview=form == "preview", project=PROJECT))


def once(name: str, make: Callable[[], Graph]) -> Graph:
    """What `make` gives, made once for all processes of a run, under this name."""
    shared = os.environ.get(GRAPHS)
    if shared is None:  # outside pytest
        return make()
    file = Path(shared) / f"{name}.pickle"
    with file.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.exists():
            file.write_bytes(pickle.dumps(make()))
        graph: Graph = pickle.loads(file.read_bytes())  # noqa: S301 - written by this run alone
        return graph


def write_project(
    folder: Path, program: str, config: Mapping[str, Any] | None = None, stack: str = "dev"
) -> Path:
    """A Pulumi project named `sample` with one stack, in `folder`."""
    folder.mkdir(exist_ok=True)
    lines = ["config:"] + [f"  {key}: {value}" for key, value in (config or {}).items()]
    (folder / "Pulumi.yaml").write_text("name: sample\nruntime: python\n")
    (folder / f"Pulumi.{stack}.yaml").write_text("\n".join(lines) + "\n" if config else "{}\n")
    (folder / "__main__.py").write_text(textwrap.dedent(program))
    return folder


def write_environment(folder: Path) -> Path:
    """A virtual environment in `folder` with what is installed where this runs."""
    packages = folder / f"lib/python3.{sys.version_info.minor}/site-packages"
    packages.mkdir(parents=True)
    for entry in Path(pulumi.__file__).parents[1].iterdir():
        (packages / entry.name).symlink_to(entry)
    python = Path(sys.executable).resolve()
    (folder / "bin").mkdir()
    (folder / "bin/python").symlink_to(python)
    (folder / "pyvenv.cfg").write_text(f"home = {python.parent}\n")
    return folder


def run_inline(
    folder: Path,
    program: str,
    *,
    form: Form = "update",
    config: Mapping[str, str] | None = None,
    secrets: Collection[str] = (),
) -> Graph:
    """The graph of an inline program, with `config` as its stack's configuration."""
    project = write_project(folder, program, {"aws:region": "eu-west-1"})
    return evaluate("dev", preview=form == "preview", config=config, secrets=secrets, project=project)


def name_of(resource: Resource) -> str:
    """The logical name."""
    return str(resource["urn"]).rpartition("::")[2]


def one(graph: Graph, type_: str, name: str | None = None) -> Resource:
    """The only resource of a type (full token, or its last part) and, optionally, logical name."""
    found = [
        resource
        for resource in graph.resources
        if (resource["type"] == type_ or resource["type"].rpartition(":")[2] == type_)
        and name in (None, name_of(resource))
    ]
    assert len(found) == 1, f"{len(found)} resources of type {type_} named {name}"
    return found[0]


def urns(graph: Graph) -> list[str]:
    """All URNs, sorted, without the stack's name."""
    return sorted(resource["urn"].split("::", 1)[1] for resource in graph.resources)
