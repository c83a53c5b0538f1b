"""Equal to the real engine: everything that a pack is sent about a program, call by call.

What the engine sent is in tests/recordings. The same registrations are made here with the recorder, whose graph
gives our two requests of each resource, `Analyze` and its part of `AnalyzeStack`.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format, struct_pb2
from pulumi.runtime.proto import resource_pb2
from pulumi_preflight import messages
from pulumi_preflight.graph import UNKNOWN, in_order, whole_numbers
from pulumi_preflight.provider.schema import Property, schema
from pulumi_preflight.recorder import Recorder
from pulumi_preflight.stackfile import StackConfig

from tests.pulumi_preflight.provider.explained import EMULATOR, EXPLAINED, Difference, Reasons, unexplained
from tests.pulumi_preflight.provider.recorded import both_made_up, differences, recordings

Requests = Mapping[str, Mapping[str, Any]]
OF_OUTPUTS: Reasons = (
    ("made up by the emulator in its own form", r"signer/signingJob", r"id|jobId"),
    ("made up by the emulator in its own form", r"iam/accessKey", r"id"),
)
FORMS = ("preview", "up")
FILES = [
    pytest.param(file, form, id=file.name.removesuffix(".calls.json.gz"))
    for form in FORMS
    for file in recordings(form)
]


@dataclass(frozen=True)
class Sent:
    """What the engine sent to the pack, by URN."""

    stack: Mapping[str, Any]
    before: Requests
    after: Requests


@cache
def sent(file: Path) -> Sent:
    calls = whole_numbers(json.loads(gzip.decompress(file.read_bytes())))["calls"]
    by_kind: dict[str, list[Any]] = {}
    for call in calls:
        by_kind.setdefault(call["rpc"], []).append(call["request"])
    (end,) = by_kind["AnalyzeStack"]
    return Sent(
        by_kind["ConfigureStack"][0],
        {request["urn"]: request for request in by_kind["Analyze"]},
        {resource["urn"]: resource for resource in end["resources"]},
    )


@cache
def ours(file: Path, form: str) -> tuple[Requests, Requests]:
    """Our requests about the same registrations."""
    there = sent(file)
    config = StackConfig(
        there.stack["project"], there.stack["stack"], there.stack.get("config", {}), frozenset()
    )
    recorder = Recorder(config, preview=form == "preview")
    defaults = {item["provider"]["urn"] for item in there.after.values() if "provider" in item}
    for urn in _order(there):
        if urn not in defaults:  # the recorder makes these, as the engine does
            _register(recorder, there.before[urn], there.after[urn])
    graph = recorder.graph()
    by_urn = {resource["urn"]: resource for resource in graph.resources}
    return (
        {urn: _plain(messages.request(resource, by_urn)) for urn, resource in by_urn.items()},
        {urn: _plain(messages.view(resource, by_urn)) for urn, resource in by_urn.items()},
    )


def _order(there: Sent) -> list[str]:
    nodes = [
        {
            "urn": urn,
            "parent": item.get("parent", ""),
            "provider": "",
            "dependencies": item.get("dependencies", []),
        }
        for urn, item in there.after.items()
    ]
    return [node["urn"] for node in in_order(nodes)]


def _register(recorder: Recorder, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    options = before["options"]
    request = resource_pb2.RegisterResourceRequest(
        type=before["type"],
        name=before["name"],
        parent=after.get("parent", ""),
        custom=before["type"].startswith(("aws:", "pulumi:providers:")),
        object=json_format.ParseDict(before["properties"], struct_pb2.Struct()),
        dependencies=after.get("dependencies", []),
        protect=options.get("protect", False),
        ignoreChanges=options.get("ignoreChanges", []),
        additionalSecretOutputs=options.get("additionalSecretOutputs", []),
        version=after.get("provider", {}).get("properties", {}).get("version", ""),
    )
    for key, value in after.get("propertyDependencies", {}).items():
        request.propertyDependencies[key].urns.extend(value.get("urns", []))
    for key, seconds in options.get("customTimeouts", {}).items():
        setattr(request.customTimeouts, key, f"{seconds}s")
    answer = recorder.RegisterResource(request)
    if not request.custom:
        outputs = json_format.ParseDict(after.get("properties", {}), struct_pb2.Struct())
        recorder.RegisterResourceOutputs(
            resource_pb2.RegisterResourceOutputsRequest(urn=answer.urn, outputs=outputs)
        )


def _plain(message: Any) -> Mapping[str, Any]:
    result: Mapping[str, Any] = whole_numbers(json_format.MessageToDict(message))
    return result


def _sorted(request: Mapping[str, Any]) -> dict[str, Any]:
    """The request with the URNs in its lists sorted: their order means nothing and varies."""
    by_property = request.get("propertyDependencies")
    result = {**request}
    if "dependencies" in request:
        result["dependencies"] = sorted(request["dependencies"])
    if by_property:
        result["propertyDependencies"] = {
            key: sorted(value.get("urns", ())) for key, value in by_property.items()
        }
    return result


def compared(theirs: Requests, mine: Requests) -> Iterator[Difference]:
    for urn, there in theirs.items():
        kind = there["type"].removeprefix("aws:").rpartition(":")[0]
        for path, expected, got in differences(_sorted(there), _sorted(mine[urn])):
            yield kind, path.removeprefix("properties."), expected, got


def _default(type_: str, path: str, got: Any) -> bool:
    """Our value is the schema's default, which pulumi-aws fills in at Check and the recording lacks."""
    tokens = {f"aws:{type_}:{name[0].upper() + name[1:]}" for name in [type_.rpartition("/")[2]]}
    known = next((found for found in map(schema, tokens) if found), None)
    properties: Mapping[str, Property] = known.properties if known else {}
    item = None
    for part in path.split("."):
        item = properties.get(part)
        properties = item.nested if item else {}
    return item is not None and item.default is not None and item.default == got


@pytest.mark.parametrize(("file", "form"), FILES)
def test_the_same_resources_are_sent(file: Path, form: str) -> None:
    before, after = ours(file, form)
    assert before.keys() == after.keys() == sent(file).before.keys() == sent(file).after.keys()


@pytest.mark.parametrize(("file", "form"), FILES)
def test_a_resource_before_its_operation_is_the_engines(file: Path, form: str) -> None:
    found = compared(sent(file).before, ours(file, form)[0])
    found = (item for item in found if not (item[2] is None and _default(item[0], item[1], item[3])))
    assert list(found) == []


@pytest.mark.parametrize(("file", "form"), FILES)
def test_a_resource_at_the_end_is_the_engines(file: Path, form: str) -> None:
    found = compared(sent(file).after, ours(file, form)[1])
    if form == "preview":
        assert unexplained(found, EXPLAINED) == []
    else:
        found = (item for item in found if not both_made_up(item[2], item[3]))
        assert unexplained(found, EXPLAINED + EMULATOR + OF_OUTPUTS) == []


def test_unknowns_are_among_what_is_compared() -> None:
    counts = {
        form: sum(json.dumps(sent(file).after).count(UNKNOWN) for file in recordings(form)) for form in FORMS
    }
    assert counts["preview"] > 1500
    assert counts["up"] == 0


def test_every_explanation_is_needed() -> None:
    found = [
        item[:2] for file in recordings("up") for item in compared(sent(file).after, ours(file, "up")[1])
    ]
    for _, type_, path in OF_OUTPUTS:
        assert any(re.fullmatch(type_, one[0]) and re.fullmatch(path, one[1]) for one in found)
