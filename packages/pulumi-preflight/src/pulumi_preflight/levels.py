"""The final configuration of a pack, as the engine makes it: schema defaults, initial config, levels file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
from pulumi.runtime.proto import analyzer_pb2

from pulumi_preflight import jsonfile
from pulumi_preflight.errors import UserError
from pulumi_preflight.structs import from_struct, to_struct

Entry = dict[str, Any]
_LEVEL = "enforcementLevel"
_LEVELS = {name.lower(): number for name, number in analyzer_pb2.EnforcementLevel.items()}
LEVEL_NAMES = {number: name for name, number in _LEVELS.items()}


def read(path: Path) -> dict[str, Entry]:
    """A file in the shape of `--policy-pack-config`. Raises UserError in one sentence."""
    document = jsonfile.read(path, "the levels file", unique=True)
    if not isinstance(document, dict):
        raise UserError(f"the levels file {path} must be an object of policy names.")
    return {name: _entry(name, value, path) for name, value in document.items()}


def final(info: Any, entries: Mapping[str, Entry], place: str) -> dict[str, Any]:
    """Policy name to PolicyConfig message, for every policy in the AnalyzerInfo `info`.

    Raises UserError, naming `place`, for a policy that the pack does not have and for settings outside
    the policy's schema: the engine accepts the first in silence.
    """
    policies = {policy.name: policy for policy in info.policies}
    unknown = sorted(set(entries) - set(policies) - {"all"})
    if unknown:
        raise UserError(f"{place} names a policy that the pack does not have: {unknown[0]}.")
    initial = {
        name: {**from_struct(value.properties), _LEVEL: LEVEL_NAMES[value.enforcementLevel]}
        for name, value in info.initialConfig.items()
    }
    result = {}
    for name, policy in policies.items():
        properties = from_struct(policy.configSchema.properties)
        settings = {key: value["default"] for key, value in properties.items() if "default" in value}
        settings[_LEVEL] = LEVEL_NAMES[policy.enforcementLevel]
        for source in (initial.get("all"), initial.get(name), entries.get("all"), entries.get(name)):
            settings |= source or {}
        level = settings.pop(_LEVEL)
        _validate(name, settings, properties, list(policy.configSchema.required), place)
        result[name] = analyzer_pb2.PolicyConfig(
            enforcementLevel=_LEVELS[level],
            properties=to_struct(settings),
        )
    return result


def _validate(
    name: str, settings: Entry, properties: Mapping[str, Any], required: list[str], place: str
) -> None:
    schema = {"type": "object", "properties": properties, "required": required}
    for error in jsonschema.Draft7Validator(schema).iter_errors(settings):
        key = ".".join(str(step) for step in error.path) or ", ".join(required)
        raise UserError(f"{place}: the setting {key} of policy {name} is missing or outside its schema.")


def _entry(name: str, value: Any, path: Path) -> Entry:
    entry = {_LEVEL: value} if isinstance(value, str) else value
    if not isinstance(entry, dict) or entry.get(_LEVEL, "advisory") not in list(_LEVELS):
        raise UserError(
            f"{path}: {name} must be one of {', '.join(sorted(_LEVELS))}, or an object with enforcementLevel "
            "set to one of these."
        )
    return entry
