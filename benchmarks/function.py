"""The scoring function's own work: everything but the endpoint's time, its package and its cold start."""

from __future__ import annotations

import contextlib
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

from model import progress
from model.artifact.function_package import build_function_package
from model.commands import cli
from model.contract import MAX_TRANSACTIONS, RECIPE_FIELDS

ROUNDS = 5
_COLD = """
import time
begin, used = time.perf_counter(), time.process_time()
import model.serving.handler as handler
imported, used = time.perf_counter(), time.process_time() - used
handler._client()
print(imported - begin, used, time.perf_counter() - imported)
"""
ENVIRONMENT = {
    "ENDPOINT_NAME": "bench",
    "MODEL_VERSION": "bench",
    "RECIPE": "boosted",
    "ENDPOINT_TIMEOUT_SECONDS": "5",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
}


class _Endpoint:
    """Answers at once, in the endpoint's shape."""

    def __init__(self, count: int) -> None:
        answer = {"predictions": [{"is_fraud": False, "score": 0.0123}] * count, "model_version": "bench"}
        self._content = json.dumps(answer).encode()

    def invoke_endpoint(self, **_: Any) -> dict[str, Any]:
        return {"Body": io.BytesIO(self._content)}


def measure(
    transaction: dict[str, Any], *, calls: int = 2000, build_dir: Path = Path("build")
) -> dict[str, float]:
    """Median and 99th percentile in ms, for one transaction and for a full request; package bytes; cold seconds."""
    figures: dict[str, float] = {}
    for name, count in (("one", 1), ("full", MAX_TRANSACTIONS)):
        times = sorted(_calls(transaction, count, calls))
        figures[f"median_ms_{name}"] = statistics.median(times)
        figures[f"p99_ms_{name}"] = times[int(len(times) * 0.99)]
    package = build_function_package(build_dir)
    figures["package_bytes"] = package.path.stat().st_size
    return figures | _cold_start(package.path)


def _calls(transaction: dict[str, Any], count: int, calls: int) -> list[float]:
    from model.serving import handler

    row = {name: transaction[name] for name in RECIPE_FIELDS["boosted"]}
    event = {
        "headers": {"content-type": "application/json"},
        "requestContext": {"requestId": "1", "identity": {"apiKeyId": "k"}},
        "body": json.dumps({"transactions": [row] * count}),
        "isBase64Encoded": False,
    }
    endpoint = _Endpoint(count)
    times: list[float] = []
    saved, handler._client = handler._client, lambda: endpoint  # type: ignore[assignment]
    os.environ.update(ENVIRONMENT)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            for _ in range(calls):
                begin = time.perf_counter()
                answer = handler.handle(event, None)
                times.append((time.perf_counter() - begin) * 1000)
    finally:
        handler._client = saved
    if answer["statusCode"] != 200:
        raise RuntimeError("the function refused the benchmark's request")
    return times


def _cold_start(package: Path) -> dict[str, float]:
    """Seconds in a new interpreter with only the package and botocore, whose bytecode is there, as in Lambda."""
    measured = []
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(package) as archive:
        archive.extractall(folder)
        environment = ENVIRONMENT | {
            "PYTHONPATH": folder,
            "PATH": os.defpath,
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        for _ in range(ROUNDS):
            command = [sys.executable, "-P", "-c", _COLD]
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)  # noqa: S603
            measured.append([float(part) for part in done.stdout.split()])
    names = ("cold_import_seconds", "cold_import_cpu_seconds", "cold_client_seconds")
    return {
        name: statistics.median(values)
        for name, values in zip(names, zip(*measured, strict=True), strict=True)
    }


def main() -> None:
    """Measure the function's own work, and print the figures as JSON."""
    from benchmarks.artifacts import TRANSACTION

    progress.out.print_json(json.dumps(measure(TRANSACTION)))


if __name__ == "__main__":
    cli.run(main)
