"""A recorded stack's outputs as the real engine hands them to a pack, after what its recordings show.

In a preview a property with an unknown part is unknown as a whole, and so is everything that the provider may fill in;
in an update what the program left out comes back empty, or as AWS's own value.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from endpoint_guard.views import IDENTITIES
from google.protobuf import json_format
from pulumi_preflight.graph import UNKNOWN, Resource

from tests.endpoint_guard import replay
from tests.harness import Form


def answered(resource: Resource, form: Form) -> Resource:
    """The resource with the outputs that the engine would hand over in this form."""
    inputs = resource["inputs"]
    outputs = {**inputs, **resource["outputs"]}
    if form == "preview":
        outputs = {key: UNKNOWN if _has_unknown(value) else value for key, value in outputs.items()}
    for key, value in _left_out(resource["type"]).items():
        if key not in inputs and outputs.get(key) in (None, UNKNOWN):
            outputs[key] = UNKNOWN if form == "preview" else value
    return {**resource, "outputs": outputs}


def _has_unknown(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_has_unknown, value.values()))
    return any(map(_has_unknown, value)) if isinstance(value, list) else value == UNKNOWN


def _left_out(kind: str) -> Mapping[str, Any]:
    """What came back for properties that the program had not given, by the recorded updates."""
    return _samples().get(kind, {})


@cache
def _samples() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for name in ("dev.up", "staging.up", "prod.up"):
        calls = replay.recording(name).calls
        asked = {request.urn: set(request.properties.fields) for rpc, request in calls if rpc == "Analyze"}
        for resource in calls[-1][1].resources:
            given = json_format.MessageToDict(resource.properties)
            kept = found.setdefault(resource.type, {})
            left = given.keys() - asked.get(resource.urn, set()) - IDENTITIES
            kept.update({key: given[key] for key in left})
    return found
