"""Plays the calls that the real engine made to a pack, one by one, to the pack's own process."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from pulumi.runtime.proto import analyzer_pb2

from tests.endpoint_guard import guard_process
from tests.endpoint_guard.guard_process import LEVELS, Found

FOLDER = Path(__file__).parents[1] / "recordings"
OWN = ("dev.preview", "dev.up", "dev.change", "staging.preview", "staging.up", "prod.preview", "prod.up")
_REQUESTS = {
    "ConfigureStack": analyzer_pb2.AnalyzerStackConfigureRequest,
    "Analyze": analyzer_pb2.AnalyzeRequest,
    "AnalyzeStack": analyzer_pb2.AnalyzeStackRequest,
}


@dataclass(frozen=True)
class Recording:
    """One operation of the engine: its calls to the pack, in order. `form` is preview or up."""

    stack: str
    form: str
    calls: tuple[tuple[str, Any], ...]


@cache
def recording(name: str) -> Recording:
    """A recording by its name, such as `prod.preview` or `foreign/aws-py-eks.up`."""
    content = json.loads(gzip.decompress((FOLDER / f"{name}.calls.json.gz").read_bytes()))
    calls = tuple((call["rpc"], _message(call["rpc"], call["request"])) for call in content["calls"])
    return Recording(content["stack"], content["form"], calls)


def _message(rpc: str, request: Mapping[str, Any]) -> Any:
    return json_format.ParseDict(dict(request), _REQUESTS[rpc]())


class Player:
    """A started pack under one set of levels."""

    def __init__(self, pack: guard_process.Pack) -> None:
        self.pack = pack

    def levels(self, content: Mapping[str, Any]) -> None:
        """Configures the pack as the engine does with a file of levels: {rule: level or {enforcementLevel, ...}}."""
        everywhere = content.get("all")
        config = {}
        for policy in self.pack.info.policies:
            entry = content.get(policy.name, {})
            chosen = {"enforcementLevel": entry} if isinstance(entry, str) else dict(entry)
            level = chosen.pop("enforcementLevel", everywhere)
            message = analyzer_pb2.PolicyConfig(
                enforcementLevel=LEVELS[level] if level else policy.enforcementLevel  # type: ignore[arg-type]
            )
            message.properties.update(chosen)
            config[policy.name] = message
        self.pack.stub.Configure(analyzer_pb2.ConfigureAnalyzerRequest(policyConfig=config))

    def play(self, taken: Recording) -> list[Found]:
        """What the pack says in one whole operation."""
        found: list[Found] = []
        for rpc, request in taken.calls:
            answer = getattr(self.pack.stub, rpc)(request)
            for item in getattr(answer, "diagnostics", ()):
                urn = item.urn or getattr(request, "urn", "")
                text = item.message.removeprefix(f"{item.description}\n")
                found.append(Found(item.policyName, urn.rsplit("::", 1)[-1], text, item.enforcementLevel))
        return found


@contextmanager
def player(pack: Path = guard_process.PACK) -> Iterator[Player]:
    with guard_process.started(pack) as started:
        yield Player(started)


def levels_of(stack: str) -> dict[str, Any]:
    """The levels of one of the project's own stacks."""
    content: dict[str, Any] = json.loads((guard_process.PACK / "levels" / f"{stack}.json").read_text())
    return content


def without(taken: Recording, kind: str) -> Recording:
    """The same operation by a program that declares no resource of this type."""
    calls = []
    for rpc, request in taken.calls:
        if rpc == "Analyze" and request.type == kind:
            continue
        if rpc == "AnalyzeStack":
            request = analyzer_pb2.AnalyzeStackRequest(
                resources=[resource for resource in request.resources if resource.type != kind]
            )
        calls.append((rpc, request))
    return Recording(taken.stack, taken.form, tuple(calls))


def edited(taken: Recording, kind: str, change: Callable[[dict[str, Any]], None]) -> Recording:
    """The same operation by a program whose resources of this type are otherwise: `change` edits the properties."""
    calls = []
    for rpc, request in taken.calls:
        copy = type(request)()
        copy.CopyFrom(request)
        about = [copy] if rpc == "Analyze" else list(getattr(copy, "resources", ()))
        for message in about:
            if message.type == kind:
                properties = json_format.MessageToDict(message.properties)
                change(properties)
                message.properties.Clear()
                message.properties.update(properties)
        calls.append((rpc, copy))
    return Recording(taken.stack, taken.form, tuple(calls))
