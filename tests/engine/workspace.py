"""A copy of the project in a temporary folder, with a backend of its own, driven by the real Pulumi CLI."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from tests.engine import warm
from tests.engine.cli import BUILT, ROOT, Cli

TIMEOUT = 3600
"""Seconds after which a command hangs; never a matter of a slow machine."""
PASSPHRASE = "a passphrase for tests"
FAILED = 1
"""The CLI's exit code when an operation failed or was refused."""
# What the pack reports of itself, at every stack: exemptions in use, types that it has no rule for.
_REPORTS = ("exempted", "unread-types", "model-trained-on-data")
_FILES = (
    "Pulumi.yaml",
    "Pulumi.dev.yaml",
    "Pulumi.staging.yaml",
    "Pulumi.prod.yaml",
    "__main__.py",
    "requirements.lock",
)
_FOLDERS = ("settings", "components", "model", "policies")


@dataclass(frozen=True)
class Ended:
    """A command of the CLI that has ended."""

    code: int
    out: str
    err: str
    events: list[dict[str, Any]] = field(default_factory=list)

    def log(self, folder: Path) -> str:
        """The path of a file in `folder` with the event log."""
        path = folder / "events.ndjson"
        path.write_text("".join(json.dumps(event) + "\n" for event in self.events))
        return str(path)

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The payloads of all events of one kind, such as `policyEvent`."""
        return [event[kind] for event in self.events if kind in event]

    def findings(self) -> set[tuple[str, str]]:
        """Rule and resource of all that the pack finds, its reports about itself aside."""
        events = self.of("policyEvent")
        said = {(event["policyName"], event.get("resourceUrn", "").rpartition("::")[2]) for event in events}
        return {(rule, name) for rule, name in said if rule not in _REPORTS}

    def changes(self) -> dict[str, int]:
        """How many resources each operation touches, as the engine sums it up."""
        (summary,) = self.of("summaryEvent")
        return {op: count for op, count in summary["resourceChanges"].items() if count}

    def steps(self) -> dict[str, str]:
        """What the engine does to each resource that does not stay the same: `service.Type name` to operation."""
        found: dict[str, str] = {}
        for event in self.of("resourcePreEvent"):
            step = event["metadata"]
            if step["op"] != "same":
                name = f"{_short(step['type'])} {step['urn'].rpartition('::')[2]}"
                found[name] = "replace" if "replace" in step["op"] else step["op"]
        return found


def findings_of_preflight(*flags: str) -> tuple[int, set[tuple[str, str]]]:
    """Exit code and findings (rule and resource) of `preflight check`, its reports about the pack aside."""
    command = [sys.executable, "-m", "preflight", "check", "--format", "json", *flags]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT)
    assert ended.returncode in (0, 1), ended.stderr
    found = {
        (finding["rule"], finding["resource"])
        for finding in json.loads(ended.stdout)["findings"]
        if finding["kind"] != "exempted" and finding["rule"] not in _REPORTS
    }
    return ended.returncode, found


def _short(type_: str) -> str:
    """`aws:apigateway/stage:Stage` as `apigateway.Stage`, and others as they are."""
    package, module, name = type_.split(":")
    return f"{module.partition('/')[0]}.{name}" if package == "aws" else type_


@dataclass(frozen=True)
class Workspace:
    """One stack of the project (`folder`), with the provider at `port` as AWS.

    Without `checkpoints` the engine writes a stack's state once, at the end, and not after each resource: three
    quarters of an update's time, needed only where an update does not come to its end.
    """

    cli: Cli
    folder: Path
    stack: str
    port: int
    python: Path | None
    checkpoints: bool = False

    def pulumi(self, *arguments: str, env: Mapping[str, str] | None = None, log: bool = False) -> Ended:
        """Runs one command without a terminal; with `log`, its events are read from the engine's event log."""
        command = [str(self.cli.pulumi), *arguments, "--non-interactive"]
        events = self.folder / "events.json"
        events.unlink(missing_ok=True)
        if log:
            command += ["--event-log", str(events)]
        ended = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment() | dict(env or {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
        )
        lines = events.read_text().splitlines() if events.exists() else []
        return Ended(ended.returncode, ended.stdout, ended.stderr, [json.loads(line) for line in lines])

    def run(self, operation: str, *flags: str, env: Mapping[str, str] | None = None) -> Ended:
        """`preview`, `up`, `refresh` or `destroy` of the stack, with its events."""
        confirm = () if operation == "preview" else ("--yes",)
        return self.pulumi(operation, "-s", self.stack, *confirm, *flags, env=env, log=True)

    def judged(self, operation: str, *flags: str, env: Mapping[str, str] | None = None) -> Ended:
        """The same with the policy pack and the stack's levels, as docs/deploy.md has it."""
        return self.run(operation, *self.pack(), *flags, env=env)

    @contextmanager
    def stuck(self, resource: str, output: Path) -> Iterator[subprocess.Popen[bytes]]:
        """An `up` that waits for nothing but the creation of `resource`; killed at the end, if it still runs."""
        command = [
            str(self.cli.pulumi),
            "up",
            "-s",
            self.stack,
            "--yes",
            "--skip-preview",
            "--non-interactive",
        ]
        with (
            output.open("wb") as said,
            subprocess.Popen(
                command,
                cwd=self.folder,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            ) as process,
        ):
            try:
                # More than once: while others have yet to start, or while the file is written, it is not at rest.
                calm = 0
                while calm < 10:
                    assert process.poll() is None, output.read_text()
                    waits = [urn.endswith(resource) for urn in self._under_way()] == [True]
                    calm = calm + 1 if waits else 0
                    time.sleep(0.2)
                yield process
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)

    def _under_way(self) -> list[str]:
        """What the backend's file says is being created, without the CLI."""
        try:
            file = self.folder / ".backend" / ".pulumi" / "stacks" / "fraud-endpoint" / f"{self.stack}.json"
            latest = json.loads(file.read_text())["checkpoint"]["latest"] or {}
        except (FileNotFoundError, json.JSONDecodeError):  # not written yet, or being written
            return []
        return [one["resource"]["urn"] for one in latest.get("pending_operations") or ()]

    def pack(self) -> Sequence[str]:
        """The pack of this project and the levels of this stack, as flags."""
        levels = f"policies/levels/{self.stack}.json"
        return "--policy-pack", "policies", "--policy-pack-config", levels

    def exported(self, folder: Path) -> Path:
        """A file in `folder` with the stack's exported state."""
        path = folder / "state.json"
        ended = self.pulumi("stack", "export", "-s", self.stack, "--file", str(path))
        assert ended.code == 0, ended.err
        return path

    def analyze(self, state: Path, passphrase: str = PASSPHRASE) -> Ended:
        """`pulumi policy analyze` of an exported state."""
        command = ["policy", "analyze", "--file", str(state), "--json", *self.pack()]
        ended = self.pulumi(*command, env={"PULUMI_CONFIG_PASSPHRASE": passphrase})
        events = [json.loads(line) for line in ended.out.splitlines() if line.startswith("{")]
        return replace(ended, events=events)

    def state(self) -> list[dict[str, Any]]:
        """The resources of the stack's exported state."""
        return list(self.export().get("resources", ()))

    def export(self, *flags: str) -> dict[str, Any]:
        """The deployment of `pulumi stack export`."""
        ended = self.pulumi("stack", "export", "-s", self.stack, *flags)
        assert ended.code == 0, ended.err
        return dict(json.loads(ended.out)["deployment"])

    def edit(self, old: str, new: str) -> None:
        """Replaces a piece of the program's main file."""
        text = self.program()
        assert old in text
        (self.folder / "__main__.py").write_text(text.replace(old, new, 1))

    def program(self) -> str:
        """The program's main file."""
        return (self.folder / "__main__.py").read_text()

    def setting(self, key: str) -> Any:
        """A setting of the stack file."""
        return yaml.safe_load(self._file.read_text())["config"].get(f"fraud-endpoint:{key}")

    def set(self, **settings: Any) -> None:
        """Changes settings of the stack file; None removes one."""
        content = yaml.safe_load(self._file.read_text())
        for key, value in settings.items():
            content["config"].pop(f"fraud-endpoint:{key}", None)
            if value is not None:
                content["config"][f"fraud-endpoint:{key}"] = value
        self._file.write_text(yaml.safe_dump(content, sort_keys=False))

    @contextmanager
    def changed(self, **settings: Any) -> Iterator[None]:
        """The stack file with other settings, for a while."""
        before = self._file.read_text()
        self.set(**settings)
        try:
            yield
        finally:
            self._file.write_text(before)

    @property
    def _file(self) -> Path:
        return self.folder / f"Pulumi.{self.stack}.yaml"

    def environment(self) -> dict[str, str]:
        """What every command needs: own home and backend, a passphrase, the attached provider, no network."""
        path = os.environ["PATH"]
        return {
            **os.environ,
            "PATH": f"{BUILT}:{path}" if self.cli.own_host else path,
            "PULUMI_HOME": str(self.folder / ".home"),
            "PULUMI_BACKEND_URL": f"file://{self.folder / '.backend'}",
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "PULUMI_DEBUG_PROVIDERS": f"aws:{self.port}",
            "PULUMI_DEBUG_COMMANDS": "1",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "NO_COLOR": "1",
            **({} if self.checkpoints else {"PULUMI_SKIP_CHECKPOINTS": "true"}),
            **({warm.ADDRESS: str(self.python)} if self.python else {}),
        }


Make = Callable[[str], Workspace]
"""Makes a new, empty stack by its name."""


@dataclass(frozen=True)
class Life:
    """A stack that stands, and how it came about: its first preview and the update, both with the pack."""

    stack: Workspace
    first_preview: Ended
    up: Ended


def workspace(cli: Cli, folder: Path, stack: str, port: int, python: Path | None) -> Workspace:
    """A new copy of the project in `folder` with the stack made and empty."""
    folder.mkdir(parents=True)
    (folder / ".backend").mkdir()
    for name in _FILES:
        shutil.copy(ROOT / name, folder)
    for name in _FOLDERS:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in (".venv", "build"):
        (folder / name).symlink_to(ROOT / name)
    made = Workspace(cli, folder, stack, port, python)
    ended = made.pulumi("stack", "init", stack)
    assert ended.code == 0, ended.err
    return made
