"""`python -m tests.pulumi_preflight.outside`: both packages as a stranger has them, outside the repository.

Builds both wheels, installs them and what they ask for into a new environment with a plain `pip install`, and runs
`pulumi-preflight check` there on a small project, with a fault and without it. It installs from a package
index, so it is not part of `make test`. Exit code 1 when a verdict is wrong.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.harness import PROJECT, write_project

PROGRAM = """
    import pulumi_aws as aws
    aws.kms.Key("key", description="for tests", enable_key_rotation={rotates}, tags={{"Team": "tests"}})
"""
RULE = "kms-key-rotates"


def installed(folder: Path) -> Path:
    """A new environment with both wheels; its `bin`."""
    for package in sorted((PROJECT / "packages").iterdir()):
        if (package / "pyproject.toml").is_file():
            build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "dist")]
            subprocess.run(build, cwd=package, check=True, capture_output=True)
    subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
    wheels = [str(wheel) for wheel in sorted((folder / "dist").glob("*.whl"))]
    pip = [str(folder / "venv/bin/python"), "-m", "pip", "install", "--quiet", *wheels, "pulumi-aws"]
    subprocess.run(pip, cwd=folder, check=True)
    return folder / "venv" / "bin"


def check(binaries: Path, project: Path) -> tuple[bool, set[str], str]:
    """(whether the exit code says what the report says, rules broken, what it wrote on standard error)."""
    variables = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL"))
    }
    variables["PATH"] = f"{binaries}:{os.environ['PATH']}"
    command = [str(binaries / "pulumi-preflight"), "check", "--stack", "dev", "--format", "json"]
    command += ["--policy-pack", "endpoint-guard-pack"]
    run = subprocess.run(command, cwd=project, env=variables, capture_output=True, text=True, check=False)
    try:
        report = json.loads(run.stdout)
    except ValueError:
        return False, set(), run.stderr
    broken = {item["rule"] for item in report["findings"] if item["kind"] == "violation"}
    return run.returncode == (0 if report["passed"] else 1), broken, run.stderr


def main() -> int:
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="outside-") as name:
        folder = Path(name)
        binaries = installed(folder)
        for rotates in (False, True):
            project = write_project(folder / "project", PROGRAM.format(rotates=rotates))
            agrees, rules, said = check(binaries, project)
            right = agrees and (RULE in rules) is not rotates
            wrong += not right
            sys.stdout.write(f"rotates: {rotates}: {sorted(rules)}: {'right' if right else 'WRONG'}\n{said}")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
