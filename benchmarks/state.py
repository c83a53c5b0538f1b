"""`python -m benchmarks.state`: a large state through `check --file`, in time and memory.

Writes a stack export with so many resources of four kinds into a temporary folder and judges it with this build, and
with `--against FOLDER` (an earlier checkout with an environment of its own) in turn. Ratios travel, seconds do not.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
_BASE = "urn:pulumi:prod::shop::"
_STACK = f"{_BASE}pulumi:pulumi:Stack::shop-prod"
_PROVIDER = f"{_BASE}pulumi:providers:aws::default"
_TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
_KINDS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("aws:s3/bucket:Bucket", {"tags": {"Team": "shop"}}),
    ("aws:sqs/queue:Queue", {}),
    ("aws:iam/role:Role", {"assumeRolePolicy": json.dumps({"Version": "2012-10-17", "Statement": [_TRUST]})}),
    ("aws:cloudwatch/logGroup:LogGroup", {"retentionInDays": 30}),
)


def resources(count: int) -> Iterator[dict[str, Any]]:
    """The stack, its provider, and the rest in turn of each kind."""
    yield {"urn": _STACK, "type": "pulumi:pulumi:Stack", "custom": False}
    yield {
        "urn": _PROVIDER,
        "type": "pulumi:providers:aws",
        "custom": True,
        "id": "1",
        "inputs": {"region": "eu-west-1"},
    }
    for number in range(count - 2):
        type_, own = _KINDS[number % len(_KINDS)]
        name = f"resource-{number}"
        inputs = {"bucket" if type_.endswith("Bucket") else "name": name, **own}
        yield {
            "urn": f"{_BASE}{type_}::{name}",
            "type": type_,
            "custom": True,
            "id": name,
            "inputs": inputs,
            "outputs": {**inputs, "arn": f"arn:aws:x:eu-west-1:123456789012:{name}"},
            "parent": _STACK,
            "provider": f"{_PROVIDER}::1",
        }


def measure(checkout: Path, state: Path, report: Path) -> dict[str, float]:
    """Seconds from start to end, processor seconds, and in MB the peak of the largest process and of all together."""
    command = [str(checkout / ".venv/bin/python"), "-m", "preflight", "check", "--file", str(state)]
    started = time.monotonic()
    process = subprocess.Popen(  # noqa: S603 - our own command
        [*command, "--format", "json", "--output", str(report)], cwd=checkout
    )
    together = 0.0
    while True:
        pid, status, used = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        together = max(together, resident(process.pid))
        time.sleep(0.2)
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        raise SystemExit(f"{checkout}: the state was not judged")
    return {
        "seconds": time.monotonic() - started,
        "processor seconds": used.ru_utime + used.ru_stime,
        "peak MB of the largest process": used.ru_maxrss / 1024,
        "peak MB of all processes": together,
    }


def resident(pid: int) -> float:
    """The memory in MB of a process and its descendants at this moment, from /proc; 0 where there is none."""
    total, tasks = 0.0, Path(f"/proc/{pid}/task")
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        total = pages * os.sysconf("SC_PAGE_SIZE") / 2**20
        children = [child for task in tasks.iterdir() for child in (task / "children").read_text().split()]
    except OSError:  # it has just ended
        return total
    return total + sum(resident(int(child)) for child in children)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--resources", type=int, default=50_000)
    parser.add_argument("--against", type=Path, help="checkout of an earlier build, with its .venv")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        state = Path(name, "state.json")
        deployment = {"manifest": {}, "resources": list(resources(options.resources))}
        state.write_text(json.dumps({"version": 3, "deployment": deployment}))
        ours = measure(ROOT, state, Path(name, "ours.json"))
        theirs = measure(options.against, state, Path(name, "theirs.json")) if options.against else {}
    for what, value in ours.items():
        ratio = f", before {theirs[what]:.0f}: {theirs[what] / value:.1f}x" if theirs else ""
        sys.stdout.write(f"{options.resources} resources, {what}: {value:.0f}{ratio}\n")


if __name__ == "__main__":
    main()
