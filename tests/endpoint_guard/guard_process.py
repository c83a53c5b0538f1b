"""The pack as a process of its own, spoken to over gRPC as the engine does it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from endpoint_guard.types import BUCKET
from google.protobuf import empty_pb2, json_format
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE

from tests.endpoint_guard.items import Item, Ref

PACK = Path(__file__).resolve().parents[2] / "policies"
LEVELS = {"advisory": 0, "mandatory": 1, "disabled": 2}


@dataclass(frozen=True)
class Found:
    """One violation: the policy, the logical name of the resource and the text."""

    rule: str
    resource: str
    text: str
    level: int


class Pack:
    """A client of a started pack."""

    def __init__(self, stub: Any) -> None:
        self.stub = stub
        self.info = stub.GetAnalyzerInfo(empty_pb2.Empty(), wait_for_ready=True)
        self.stack_rules = {p.name for p in self.info.policies if p.policy_type == 2}
        self.rules = [p.name for p in self.info.policies]
        self.settings: dict[str, str] = {}
        self._enabled = set(self.rules)

    def configure(
        self, only: Iterable[str] | None = None, settings: Mapping[str, Mapping[str, Any]] | None = None
    ) -> None:
        """Disables all policies but `only`; the others keep the level that the pack gives them."""
        own = {policy.name: policy.enforcementLevel for policy in self.info.policies}
        config = {}
        for name, level in own.items():
            chosen: Any = level if only is None or name in only else LEVELS["disabled"]
            entry = analyzer_pb2.PolicyConfig(enforcementLevel=chosen)
            entry.properties.update((settings or {}).get(name, {}))
            config[name] = entry
        self._enabled = {
            name for name, entry in config.items() if entry.enforcementLevel != LEVELS["disabled"]
        }
        self.stub.Configure(analyzer_pb2.ConfigureAnalyzerRequest(policyConfig=config))

    def judge(self, items: list[Item], *, preview: bool) -> list[Found]:
        """What the pack says: each resource's inputs first, then the stack's outputs."""
        found: list[Found] = []
        stack, project = items[0].urn.split(":")[2:5:2]
        about = analyzer_pb2.AnalyzerStackConfigureRequest(stack=stack, project=project, config=self.settings)
        self.stub.ConfigureStack(about)
        for item in items if self._enabled - self.stack_rules else []:
            request = analyzer_pb2.AnalyzeRequest(type=item.type, urn=item.urn, name=item.name)
            request.properties.update(resolved(item, items, preview)[0])
            _options(request.options, item)
            _provided(request, item)
            found += [_found(d, item.name) for d in self.stub.Analyze(request).diagnostics]
        return found + (self.judge_stack(items, preview=preview) if self._enabled & self.stack_rules else [])

    def judge_stack(self, items: list[Item], *, preview: bool) -> list[Found]:
        """What the stack policies say alone."""
        resources = []
        asked_for = _outputs_asked_for(items)
        for item in items:
            properties, edges = resolved(item, items, preview)
            names = {name: output(item, name) for name in ("id", "arn", *asked_for)}
            outputs = dict.fromkeys(names, UNKNOWN_STRING_VALUE) if preview else names
            view = analyzer_pb2.AnalyzerResource(type=item.type, urn=item.urn, name=item.name)
            view.properties.update(
                {**outputs, **properties} if ":" in item.type.split("/")[0] else properties
            )
            _options(view.options, item)
            _provided(view, item)
            for key, urns in edges.items():
                view.propertyDependencies[key].urns.extend(urns)
            resources.append(view)
        answer = self.stub.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(resources=resources))
        return [_found(d, d.urn.rsplit("::", 1)[-1]) for d in answer.diagnostics]


def _provided(message: Any, item: Item) -> None:
    """A custom resource has a provider; the stack, a provider and a component have none."""
    if not item.type.startswith(("pulumi:", "fraud:")):
        package = item.type.split(":", 1)[0]
        message.provider.type = f"pulumi:providers:{package}"
        message.provider.urn = f"urn:pulumi:prod::scoring::pulumi:providers:{package}::default"


def _options(options: Any, item: Item) -> None:
    options.protect = item.protect
    options.ignoreChanges.extend(item.ignore_changes)


def _found(diagnostic: Any, resource: str) -> Found:
    text = json_format.MessageToDict(diagnostic).get("message", "")
    return Found(diagnostic.policyName, resource, text, diagnostic.enforcementLevel)


def resolved(item: Item, items: list[Item], preview: bool) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """The properties with references filled in (unknown in a preview), and the dependencies per property."""
    edges: dict[str, list[str]] = {}
    by_name: dict[str, Item] = {}
    for other in items:
        by_name.setdefault(other.name, other)

    def fill(value: Any, top: str) -> Any:
        if isinstance(value, Ref):
            found = by_name.get(value.name)
            if found is None:
                return f"{value.name}-{value.output}-elsewhere"
            edges.setdefault(top, []).append(found.urn)
            if isinstance(found.props.get(value.output), Ref):
                return fill(found.props[value.output], top)
            known = isinstance(found.props.get(value.output), str)
            return UNKNOWN_STRING_VALUE if preview and not known else output(found, value.output)
        if isinstance(value, dict):
            return {key: fill(entry, top) for key, entry in value.items()}
        if isinstance(value, list):
            return [fill(entry, top) for entry in value]
        return value

    return {key: fill(value, key) for key, value in item.props.items()}, edges


def _outputs_asked_for(items: list[Item]) -> list[str]:
    """The outputs that any property of the program is made from."""
    found: set[str] = set()

    def look(value: Any) -> None:
        if isinstance(value, Ref):
            found.add(value.output)
        for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            look(part)

    look([item.props for item in items])
    return sorted(found)


def output(item: Item, name: str) -> str:
    """What AWS answers for an output of a resource, after an update."""
    if isinstance(item.props.get(name), str):
        return str(item.props[name])
    return item.name if item.type == BUCKET else f"{item.name}-{name}"


@contextmanager
def started(pack: Path = PACK) -> Iterator[Pack]:
    """Starts the pack with the command of Pulumi's language host and ends it afterwards."""
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:1", str(pack)],
        cwd=pack,
        env={**os.environ, "PULUMI_PROJECT": "scoring", "PULUMI_STACK": "prod", "PULUMI_DRY_RUN": "false"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline().decode().strip()
        assert line.isdigit(), "the pack prints something before its port"
        with grpc.insecure_channel(f"127.0.0.1:{line}") as channel:
            yield Pack(analyzer_pb2_grpc.AnalyzerStub(channel))
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()
