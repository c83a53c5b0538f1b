"""Ours against the reference in one run, the function's own work, and the policy pack's speed."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks import artifacts, environment, function, peers, report, servers, serving
from benchmarks.serving import Candidate, Setup
from model import progress
from model.commands import cli
from model.errors import UserError

_IN_CONTAINER = {"PYTHONPATH": "/opt/ml/model/code:/opt/ml/model/vendor"}
_IMAGE_APPLICATION = {
    "SAGEMAKER_PROGRAM": "inference.py",
    "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
    "PIP_NO_BUILD_ISOLATION": "0",
    "PIP_NO_INDEX": "1",
}
_DECLARED = {"SAGEMAKER_SERVING_MODULE": "inference:application()"}
_SKLEARN = "import sklearn.ensemble"


def candidates(reference: artifacts.Packed, ours: artifacts.Packed, in_container: bool) -> list[Candidate]:
    """The reference first, and last the way in which ours is measured against it."""
    first = Candidate("reference", reference, artifacts.REFERENCE_ENVIRONMENT, _SKLEARN)
    if not in_container:
        return [first, Candidate("ours", ours, {**ours.digests, "PYTHONPATH": "/opt/ml/model/code"})]
    shared = {**ours.digests, **_IN_CONTAINER}
    return [
        first,
        Candidate("ours, image's application", ours, {**shared, **_IMAGE_APPLICATION}),
        Candidate("ours", ours, {**shared, **_DECLARED}),
    ]


def measure_serving(
    chosen: list[Candidate], setup: Setup, rounds: int, say: progress.Say
) -> dict[str, serving.Figures]:
    """Every candidate once a round, so that a busy moment meets all of them; medians, and sizes in MB."""
    found: dict[str, list[serving.Figures]] = {candidate.name: [] for candidate in chosen}
    for place in range(rounds):
        for candidate in chosen:
            with progress.step(say, f"round {place + 1}: {candidate.name}"):
                found[candidate.name].append(serving.measure(candidate, setup))
    sizes = {
        one.name: {
            "size_mb": one.artifact.size_without_runtime / 1e6,
            "size_with_runtime_mb": one.artifact.size / 1e6,
        }
        for one in chosen
    }
    return {name: serving.median(all_) | sizes[name] for name, all_ in found.items()}


def _about(
    setup: Setup, reference: artifacts.Packed, ours: artifacts.Packed, in_container: bool
) -> list[str]:
    where = "on generated sample data" if ours.about["data"] == "sample" else "on the data's files"
    server = (
        "Server: the SageMaker scikit-learn 1.9-0 container's own, in the versions of the image's lock: "
        "sagemaker-containers 2.8.6, gunicorn 26.0 with gevent, Flask 3.1, scikit-learn 1.9.0, numpy 2.5.1; without "
        "nginx in front, and with a stand-in for the image's 40-line serving module. Python 3.12, built "
        f"{'with' if environment.optimised(setup.python) else 'without'} profile-guided optimisation."
        if in_container
        else "Server: uvicorn and starlette in this project's environment, because Python 3.12 is missing."
    )
    lines = [
        server,
        f"{setup.workers} workers, {os.cpu_count()} cores ({platform.machine()}), client on the same cores, "
        f"{setup.seconds:g} s a measurement over kept-alive connections: one for latency, "
        f"{2 * setup.workers} for saturation.",
        f"Reference: {reference.about['trees']} trees, {reference.about['nodes']:,} nodes, fitted {where} "
        f"({reference.about['rows']:,} rows); joblib, pandas, scikit-learn. "
        f"Ours: {ours.about['version']}, {ours.about['trees']} trees in ONNX, {ours.about['rows']:,} rows.",
    ]
    if in_container:
        lines.append(
            "`ours` runs as a stack declares it, as the application in `inference.py`; the column before it is the "
            "same model through the image's own Flask application."
        )
    return lines


def _pack_figures(checkout: Path | None) -> dict[str, Any]:
    # A process of its own: the memory of its children is the pack's.
    command = [sys.executable, "-m", "benchmarks.pack"]
    if checkout:
        command += ["--compliance-policies", str(checkout)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise UserError("The policy pack could not be measured: run python -m benchmarks.pack.")
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def _setup(server: str, workers: int, seconds: float, build_dir: Path) -> tuple[Setup, bool]:
    in_container = server == "container" or (server == "auto" and environment.python312() is not None)
    log = build_dir / "bench" / "server.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.unlink(missing_ok=True)
    if in_container:
        python = environment.ensure(build_dir / "container", progress.say)
        return Setup(python, servers.container, workers, seconds, log.absolute()), True
    return Setup(Path(sys.executable), servers.light, workers, seconds, log.absolute()), False


def _finish(run: Mapping[str, Any], build_dir: Path, docs: Path | None) -> None:
    report.write(json.dumps(run, indent=2) + "\n", build_dir / "bench" / "benchmarks.json")
    for folder in filter(None, (build_dir / "bench", docs)):
        report.write(report.markdown(run), folder / "benchmarks.md")
        report.chart(run["serving"], folder / "benchmarks.png")
        progress.say(f"written to {folder / 'benchmarks.md'}")


def main(
    data: cli.DataOption = None,
    workers: Annotated[int, typer.Option(min=1, help="Worker processes of each server.")] = 2,
    seconds: Annotated[float, typer.Option(min=0.1, help="Time of each measurement.")] = 2.0,
    rounds: Annotated[int, typer.Option(min=1, help="How often each candidate has its turn.")] = 2,
    server: Annotated[
        str, typer.Option(help="container, light, or auto: the first that can run here.")
    ] = "auto",
    pack: Annotated[bool, typer.Option(help="Measure the policy pack, too.")] = True,
    checkout: peers.CheckoutOption = None,
    docs: Annotated[Path | None, typer.Option(help="Also write the page and the chart here.")] = None,
    build_dir: Annotated[Path, typer.Option(help="Where artifacts and environments are kept.")] = Path(
        "build"
    ),
) -> None:
    """Run all benchmarks. Exit code 1 when a target is missed or something could not be measured."""
    if server not in {"container", "light", "auto"}:
        raise UserError("--server must be container, light or auto.")
    if not Path("/proc/self/smaps_rollup").exists():
        raise UserError("The benchmarks read /proc of Linux: run them there.")
    for folder in filter(None, (build_dir, docs)):
        cli.check_folder(folder)
    setup, in_container = _setup(server, workers, seconds, build_dir)
    ours = artifacts.ours(data, build_dir, progress.say)
    reference = artifacts.reference(data, build_dir, progress.say)
    chosen = candidates(reference, ours, in_container)
    run: dict[str, Any] = {
        "rounds": rounds,
        "about": _about(setup, reference, ours, in_container),
        "serving": measure_serving(chosen, setup, rounds, progress.say),
    }
    with progress.step(progress.say, "the function's own work"):
        run["function"] = function.measure(artifacts.TRANSACTION)
    progress.out.print(report.terminal(run["serving"]))
    _finish(run, build_dir, docs)
    if pack:
        run["pack"] = _pack_figures(checkout)
        _finish(run, build_dir, docs)
    if short := report.missed(run["serving"]):
        raise UserError(f"Missed: {', '.join(short)}.")


if __name__ == "__main__":
    cli.run(main)
