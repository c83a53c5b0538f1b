"""Runs the Pulumi program with nobody at the other end, and gives the resource graph it declares."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import os
import runpy
import sys
import threading
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import pulumi
from google.protobuf import empty_pb2
from pulumi.runtime import mocks
from pulumi.runtime.proto import engine_pb2
from pulumi.runtime.settings import SETTINGS, configure

from pulumi_preflight import stackfile
from pulumi_preflight.errors import UserError
from pulumi_preflight.graph import Graph
from pulumi_preflight.recorder import Recorder

__all__ = ["Graph", "evaluate"]

# The working directory and sys.path belong to the whole process.
_ONE_AT_A_TIME = threading.Lock()


def evaluate(
    stack: str,
    *,
    preview: bool = False,
    config: Mapping[str, str] | None = None,
    secrets: Collection[str] = (),
    project: Path = Path(),
    say: Callable[[str], None] = lambda message: None,
) -> Graph:
    """The graph that `project` declares for `stack`, as after an update or (`preview`) at the first preview.

    `config` overrides single values of the stack file (a key without a namespace belongs to the project);
    keys in `secrets` become secret; `say` gets what the program logs. Nothing is created and no network is
    used. Raises UserError for mistakes in the project's files; what the program itself raises comes out
    as it is. Not to be called from a running event loop.
    """
    project = project.resolve()
    settings = stackfile.load(project, stack, config or {}, secrets)
    program = project / "__main__.py"
    if not program.is_file():
        raise UserError(f"there is no Pulumi program: {program.name} does not exist in {project.name}.")
    recorder = Recorder(settings, preview=preview)
    with _ONE_AT_A_TIME, _inside(project):
        contextvars.copy_context().run(_run, recorder, settings, program, preview, say)
    return recorder.graph()


class _Engine(mocks.MockEngine):
    """The engine's log, without the debug messages."""

    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__(None)
        self._say = say

    def Log(self, request: Any) -> None:
        if request.severity != engine_pb2.DEBUG and request.message:
            self._say(request.message)


def _run(
    recorder: Recorder,
    settings: stackfile.StackConfig,
    program: Path,
    preview: bool,
    say: Callable[[str], None],
) -> None:
    features = recorder.GetDeploymentInfo(empty_pb2.Empty()).supportedFeatures  # type: ignore[no-untyped-call]
    configure(
        mocks.MockSettings(  # type: ignore[no-untyped-call]
            monitor=recorder,
            monitor_features=set(features),
            engine=_Engine(say),
            project=settings.project,
            stack=settings.stack,
            organization="organization",
            root_directory=str(program.parent),
            dry_run=preview,
            callbacks=None,
        )
    )
    pulumi.runtime.set_all_config(dict(settings.values), list(settings.secret_keys))

    def main() -> None:
        runpy.run_path(str(program), run_name="__main__")

    try:
        with asyncio.Runner() as runner:
            # Of several failures the first is raised; the loop would log the others when they are collected.
            runner.get_loop().set_exception_handler(lambda loop, context: None)
            runner.run(pulumi.runtime.run_in_stack(main))
    finally:
        # A program that failed leaves its outputs behind, bound to a loop that is closed now.
        SETTINGS.outputs.clear()


@contextlib.contextmanager
def _inside(project: Path) -> Iterator[None]:
    """The engine starts a program in the project's folder, with that folder first on the import path."""
    before = Path.cwd()
    os.chdir(project)
    sys.path.insert(0, str(project))
    try:
        with warnings.catch_warnings():
            # Importing the provider SDK defines its deprecated classes, and each one warns.
            warnings.filterwarnings("ignore", category=DeprecationWarning, module=r"pulumi_aws\.")
            yield
    finally:
        sys.path.remove(str(project))
        os.chdir(before)
