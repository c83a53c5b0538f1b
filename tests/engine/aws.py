"""AWS for these tests: the provider in a process of its own, which a test can make refuse or hang."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.engine.cli import ROOT

PATIENCE = 120


@dataclass(frozen=True)
class Aws:
    """A running provider: its port, and the folder through which it is told what to do."""

    port: int
    folder: Path

    @contextmanager
    def refusing(self, type_: str) -> Iterator[None]:
        """Refuses to create resources of a type, for a while."""
        yield from self._fault({"type": type_, "how": "refuse"})

    @contextmanager
    def hanging(self, type_: str) -> Iterator[None]:
        """Does not answer the creation of a resource of this type, for a while."""
        (self.folder / "creating").unlink(missing_ok=True)
        yield from self._fault({"type": type_, "how": "hang"})

    def await_creation(self) -> None:
        """Waits until a creation hangs."""
        for _ in range(PATIENCE * 10):
            if (self.folder / "creating").exists():
                return
            time.sleep(0.1)
        raise AssertionError("no creation came")

    def _fault(self, fault: dict[str, str]) -> Iterator[None]:
        place = self.folder / "fault.json"
        place.write_text(json.dumps(fault))
        try:
            yield
        finally:
            place.unlink()


@contextmanager
def serving(folder: Path) -> Iterator[Aws]:
    """Serves the provider; what it has created lives as long as it runs."""
    command = [sys.executable, "-m", "tests.engine.aws_process", str(folder)]
    with (
        (folder / "errors.txt").open("w") as errors,
        subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        try:
            assert process.stdout is not None
            yield Aws(int(process.stdout.readline()), folder)
        finally:
            process.terminate()
