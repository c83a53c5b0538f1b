"""Runs the profile `aws` on programs: each evaluated without AWS, or as the real engine handed it over."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from tests.endpoint_guard import replay
from tests.endpoint_guard.guard_process import LEVELS

PACK: Final = Path(__file__).with_name("pack")
SETTINGS: Final = Path(__file__).with_name("settings.json")
STACK: Final = "dev"
SECONDS: Final = 300
_PROSE: Final = ("not-evaluated", "unread-types", "exempted")
"""The pack's own notes: no findings."""


@dataclass(frozen=True, order=True)
class Finding:
    """What a rule says of one resource of a program. `level` is mandatory or advisory."""

    rule: str
    program: str
    resource: str
    level: str = ""


@dataclass(frozen=True)
class Run:
    """What came of one program: its findings, or why there are none."""

    program: str
    findings: frozenset[Finding]
    problem: str = ""


def found_in(folder: Path) -> list[Path]:
    """The folders of Pulumi programs in Python at or below `folder`."""
    projects = (file for file in sorted(folder.rglob("Pulumi.yaml")) if "node_modules" not in file.parts)
    return [file.parent for file in projects if _is_python(file)]


def _is_python(file: Path) -> bool:
    content = yaml.safe_load(file.read_text("utf-8"))
    runtime = content.get("runtime", "")
    return (runtime.get("name") if isinstance(runtime, dict) else runtime) == "python"


def evaluated(program: Path, root: Path) -> Run:
    """The findings of a program that is evaluated here, in preview and in update."""
    name = program.relative_to(root).as_posix()
    with tempfile.TemporaryDirectory() as place:
        copy, report = Path(place, "program"), Path(place, "report.json")
        shutil.copytree(program, copy, ignore=shutil.ignore_patterns("node_modules", "venv", ".git"))
        (copy / f"Pulumi.{STACK}.yaml").write_text(json.dumps({"config": _settings(program, name)}), "utf-8")
        command = [sys.executable, "-m", "pulumi_preflight", "check", "-C", str(copy), "--stack", STACK]
        command += ["--policy-pack", str(PACK), "--format", "json", "--output", str(report)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            return Run(name, frozenset(), f"no verdict within {SECONDS} seconds")
        if done.returncode not in (0, 1) or not report.is_file():
            lines = [line for line in done.stderr.splitlines() if line.strip()] or ["no message"]
            return Run(name, frozenset(), lines[-1].replace(str(copy), name).removeprefix("error: "))
        return Run(name, frozenset(_of_report(name, json.loads(report.read_text("utf-8")))))


def _settings(program: Path, name: str) -> dict[str, Any]:
    """The program's own defaults, and what `settings.json` makes up for it."""
    content = yaml.safe_load((program / "Pulumi.yaml").read_text("utf-8"))
    declared = {**(content.get("template") or {}).get("config", {}), **(content.get("config") or {})}
    given = {
        key: entry["default"]
        for key, entry in declared.items()
        if isinstance(entry, dict) and "default" in entry
    }
    made_up: Mapping[str, Mapping[str, Any]] = json.loads(SETTINGS.read_text("utf-8"))
    project = content["name"]
    chosen = {**made_up["*"], **given, **made_up.get(name, {})}
    return {key if ":" in key else f"{project}:{key}": value for key, value in chosen.items()}


def _of_report(program: str, report: Mapping[str, Any]) -> Iterator[Finding]:
    for entry in report["findings"]:
        if entry["kind"] == "violation" and entry["rule"] not in _PROSE:
            yield Finding(entry["rule"], program, entry["resource"], entry["level"])


def recorded() -> list[Run]:
    """The findings on the recordings of the real engine, preview and update taken together."""
    files = sorted((replay.FOLDER / "foreign").glob("*.calls.json.gz"))
    runs: dict[str, set[Finding]] = {}
    names = {number: name for name, number in LEVELS.items()}
    with replay.player(PACK) as player:
        for file in files:
            title = file.name.removesuffix(".calls.json.gz")
            program = title.rsplit(".", 1)[0].replace("--", "/")
            for entry in player.play(replay.recording(f"foreign/{title}")):
                if entry.rule not in _PROSE:
                    found = Finding(entry.rule, program, entry.resource, names[entry.level])
                    runs.setdefault(program, set()).add(found)
            runs.setdefault(program, set())
    return [Run(program, frozenset(found)) for program, found in sorted(runs.items())]
