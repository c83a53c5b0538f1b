"""Runs the profile `aws` on programs: each evaluated without AWS, or as the real engine handed it over."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml
from pulumi.runtime.proto import analyzer_pb2
from pulumi_preflight import answers, messages
from pulumi_preflight.errors import NotJudgedError, UserError
from pulumi_preflight.graph import Graph
from pulumi_preflight.program import evaluate

from tests.endpoint_guard import replay
from tests.endpoint_guard.guard_process import LEVELS, Found
from tests.endpoint_guard.replay import Player

PACK: Final = Path(__file__).with_name("pack")
SETTINGS: Final = Path(__file__).with_name("settings.json")
STACK: Final = "dev"
SECONDS: Final = 300
_KEYS: Final = {"id_rsa.pub": "ssh-rsa made-up", "id_rsa": "made-up"}
_FILES: Final[dict[str, dict[str, str]]] = {"aws-py-ansible-wordpress": _KEYS}
"""Files that a program reads and that are not in its folder."""
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


def evaluated(player: Player, program: Path, root: Path) -> Run:
    """The findings of a program that is evaluated here, in preview and in update, by a started pack."""
    name = program.relative_to(root).as_posix()
    found: set[Finding] = set()
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place, "program")
        shutil.copytree(program, copy, ignore=shutil.ignore_patterns("node_modules", "venv", ".git"))
        (copy / f"Pulumi.{STACK}.yaml").write_text(json.dumps({"config": _settings(program, name)}), "utf-8")
        for file, text in _FILES.get(name, {}).items():
            (copy / file).write_text(text, "utf-8")
        try:
            for preview in (True, False):
                made_up = answers.read(None, copy, drafting=True)
                graph = evaluate(
                    STACK, preview=preview, project=copy, timeout=SECONDS, answers=made_up, allow_unseen=True
                )
                found |= _of(name, player.play(_calls(graph)))
        except (UserError, NotJudgedError) as error:
            return Run(name, frozenset(), str(error).splitlines()[0].replace(str(copy), name))
    return Run(name, frozenset(found))


def _calls(graph: Graph) -> replay.Recording:
    """The calls that the engine would make to the pack."""
    by_urn = {resource["urn"]: resource for resource in graph.resources}
    shown = [resource for resource in graph.resources if not resource.get("external")]
    about = analyzer_pb2.AnalyzerStackConfigureRequest(
        stack=graph.stack, project=graph.project, config=graph.config
    )
    whole = analyzer_pb2.AnalyzeStackRequest(
        resources=[messages.view(resource, by_urn) for resource in shown]
    )
    calls = [("ConfigureStack", about)]
    calls += [("Analyze", messages.request(resource, by_urn)) for resource in shown]
    return replay.Recording(
        graph.stack, "preview" if graph.preview else "up", (*calls, ("AnalyzeStack", whole))
    )


def _of(program: str, said: Iterable[Found]) -> set[Finding]:
    names = {number: name for name, number in LEVELS.items()}
    return {
        Finding(entry.rule, program, entry.resource, names[entry.level])
        for entry in said
        if entry.rule not in _PROSE
    }


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


def recorded(player: Player) -> list[Run]:
    """The findings on the recordings of the real engine, preview and update taken together."""
    runs: dict[str, set[Finding]] = {}
    for file in sorted((replay.FOLDER / "foreign").glob("*.calls.json.gz")):
        title = file.name.removesuffix(".calls.json.gz")
        program = title.rsplit(".", 1)[0].replace("--", "/")
        found = _of(program, player.play(replay.recording(f"foreign/{title}")))
        runs.setdefault(program, set()).update(found)
    return [Run(program, frozenset(found)) for program, found in sorted(runs.items())]
