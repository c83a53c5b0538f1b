"""AWS for these tests: the provider of `pulumi_preflight`, to which the engine attaches, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def serving(*options: str) -> Iterator[int]:
    """Serves the provider and gives its port; what it has created lives as long as it runs."""
    command = [sys.executable, "-m", "pulumi_preflight.provider", *options]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.terminate()
