"""`python -m tests.endpoint_guard.outside`: the pack as a stranger has it, in a new folder outside the repository.

Builds wheel and sdist, installs the wheel alone (and what it asks for) into a new environment, starts a pack of three
lines and the executable there, and has both judge a small program. It installs from a package index, so it is not part
of `make test`. Exit code 1 when a verdict is wrong.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc
from pulumi_preflight import messages
from pulumi_preflight.program import evaluate

from tests.harness import PROJECT, write_project

PACKAGE = PROJECT / "packages" / "endpoint-guard"
MAIN = "from endpoint_guard.pack import pack\nfrom pulumi_policy import PolicyPack\nPolicyPack(**pack())\n"
FAULTY = """
    import pulumi_aws as aws
    aws.kms.Key("key", description="for tests", enable_key_rotation=False)
"""
WANTED = {"kms-key-rotates"}


def run(*command: str | Path, cwd: Path) -> None:
    subprocess.run([*map(str, command)], cwd=cwd, check=True, capture_output=True)


def installed(folder: Path) -> Path:
    """A new environment with the wheel alone; its `bin`."""
    run(sys.executable, "-m", "hatchling", "build", "-d", folder / "dist", cwd=PACKAGE)
    [wheel] = (folder / "dist").glob("*.whl")
    [_] = (folder / "dist").glob("*.tar.gz")
    run(sys.executable, "-m", "venv", folder / "venv", cwd=folder)
    run(folder / "venv/bin/python", "-m", "pip", "install", "--quiet", wheel, cwd=folder)
    return folder / "venv" / "bin"


@contextmanager
def started(command: list[str], cwd: Path) -> Iterator[Any]:
    variables = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL"))
    }
    process = subprocess.Popen(command, cwd=cwd, env=variables, stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        port = process.stdout.readline().decode().strip()
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield analyzer_pb2_grpc.AnalyzerStub(channel)
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


def verdict(stub: Any, program: str, folder: Path, *, preview: bool) -> set[str]:
    """The policies that say something mandatory about a program."""
    graph = evaluate("dev", preview=preview, project=write_project(folder, program))
    by_urn = {resource["urn"]: resource for resource in graph.resources}
    found: list[Any] = []
    for resource in graph.resources:
        request = messages.request(resource, by_urn)
        found += stub.Analyze(request, wait_for_ready=True).diagnostics
    views = [messages.view(resource, by_urn) for resource in graph.resources]
    found += stub.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(resources=views)).diagnostics
    return {d.policyName for d in found if d.enforcementLevel == analyzer_pb2.MANDATORY}


def main() -> int:
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="outside-") as name:
        folder = Path(name)
        binaries = installed(folder)
        own = folder / "pack"
        own.mkdir()
        (own / "__main__.py").write_text(MAIN)
        (own / "PulumiPolicy.yaml").write_text("runtime: python\n")
        ways = {
            "a pack of three lines": [
                f"{binaries}/python",
                "-u",
                "-m",
                "pulumi.policy",
                "127.0.0.1:1",
                str(own),
            ],
            "endpoint-guard-pack": [f"{binaries}/endpoint-guard-pack", "127.0.0.1:1"],
        }
        for way, command in ways.items():
            with started(command, own) as stub:
                for preview in (True, False):
                    bad = verdict(stub, FAULTY, folder / "program", preview=preview)
                    good = verdict(stub, "", folder / "program", preview=preview)
                    right = bad >= WANTED and not good
                    wrong += not right
                    form = "preview" if preview else "update"
                    sys.stdout.write(
                        f"{way}, {form}: {'right' if right else 'WRONG'} ({sorted(bad)}, {sorted(good)})\n"
                    )
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
