"""Measures what one artifact costs to serve: latency, throughput, CPU, memory, load time."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import client
from benchmarks.artifacts import Packed
from benchmarks.servers import Served, placed
from model.errors import UserError

Start = Callable[[Path, Path, Mapping[str, str], int, bytes, Path], AbstractContextManager[Served]]
BATCHES = (1, 50)
_LOADS = 5
_LOAD_CODE = """
import json, sys, time
begin = time.perf_counter()
import inference
{also}
loaded = time.perf_counter()
inference.model_fn(sys.argv[1])
print(json.dumps([loaded - begin, time.perf_counter() - loaded]))
"""


@dataclass(frozen=True)
class Candidate:
    """An artifact and the environment that its container gets."""

    name: str
    artifact: Packed
    environment: Mapping[str, str]
    imports: str = ""


@dataclass(frozen=True)
class Setup:
    """What all candidates have in common."""

    python: Path
    start: Start
    workers: int
    seconds: float
    log: Path


Figures = dict[str, float]


def measure(candidate: Candidate, setup: Setup) -> Figures:
    """One round of one candidate. Raises UserError when the server answers anything but 200."""
    figures: Figures = {}
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        base = Path(folder)
        shutil.copytree(candidate.artifact.model_dir, base / "model")
        probe = candidate.artifact.body(1)
        figures |= _load_times(candidate, setup, base)
        with setup.start(
            setup.python, base, candidate.environment, setup.workers, probe, setup.log
        ) as served:
            figures["start_seconds"] = served.start_seconds
            for batch in BATCHES:
                figures |= _asked(served, candidate.artifact.body(batch), batch, setup)
            figures["memory_mb"] = served.memory_bytes() / 1e6
    return figures


def _asked(served: Served, body: bytes, batch: int, setup: Setup) -> Figures:
    prepared = client.request("POST", "/invocations", body)
    client.load(served.port, prepared, 2 * setup.workers, min(1.0, setup.seconds))
    alone = client.load(served.port, prepared, 1, setup.seconds)
    before = served.cpu_seconds()
    many = client.load(served.port, prepared, 2 * setup.workers, setup.seconds)
    spent = served.cpu_seconds() - before
    if alone.failed or many.failed:
        raise UserError(f"{alone.failed + many.failed} requests of the benchmark failed: see {setup.log}.")
    predictions = len(many.milliseconds) * batch
    return {
        f"p50_ms_{batch}": alone.percentile(0.5),
        f"p99_ms_{batch}": alone.percentile(0.99),
        f"requests_per_second_{batch}": many.rate,
        f"cpu_seconds_per_1000_{batch}": spent / predictions * 1000,
    }


def _load_times(candidate: Candidate, setup: Setup, base: Path) -> Figures:
    environment = placed(candidate.environment, base) | {"PATH": os.defpath}
    code = _LOAD_CODE.format(also=candidate.imports)
    times = []
    for _ in range(_LOADS):
        command = [str(setup.python), "-c", code, str(base / "model")]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            setup.log.write_text(done.stderr, encoding="utf-8")
            raise UserError(f"The model of {candidate.name} does not load: see {setup.log}.")
        times.append(json.loads(done.stdout.splitlines()[-1]))
    return {
        # The shortest: a load is so short that any other work of the machine would be most of its time.
        "import_seconds": min(imports for imports, _ in times),
        "load_seconds": min(loads for _, loads in times),
    }


def median(rounds: Sequence[Figures]) -> Figures:
    """The median of each figure over all rounds."""
    return {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}
