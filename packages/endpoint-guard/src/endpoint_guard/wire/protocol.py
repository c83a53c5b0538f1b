"""The messages between the engine and a policy pack, as far as a pack needs them.

Their numbers and names are those of Pulumi's `analyzer.proto`; the bytes are the same as those of the classes in
Pulumi's SDK, whose import takes longer than judging a small stack.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, struct_pb2

ADVISORY, MANDATORY, DISABLED, REMEDIATE = range(4)
"""Enforcement levels."""
LEVELS: Final[Mapping[str, int]] = {
    "advisory": ADVISORY,
    "mandatory": MANDATORY,
    "disabled": DISABLED,
    "remediate": REMEDIATE,
}
SEVERITIES: Final[Mapping[str, int]] = {"low": 1, "medium": 2, "high": 3, "critical": 4}
POLICY_TYPES: Final[Mapping[str, int]] = {"resource": 1, "stack": 2}

_PACKAGE: Final = "endpoint_guard"
_FIELD: Final = descriptor_pb2.FieldDescriptorProto
_SCALARS: Final = {"string": _FIELD.TYPE_STRING, "bool": _FIELD.TYPE_BOOL, "enum": _FIELD.TYPE_INT32}
_STRUCT: Final = f".{struct_pb2.Struct.DESCRIPTOR.full_name}"
_RESOURCE: Final = {
    "type": (1, "string"),
    "properties": (2, "Struct"),
    "urn": (3, "string"),
    "name": (4, "string"),
    "options": (5, "Options"),
    "provider": (6, "Provider"),
}
_POLICY: Final = {
    "policyName": (1, "string"),
    "policyPackName": (2, "string"),
    "policyPackVersion": (3, "string"),
    "description": (4, "string"),
}
# The type after [] occurs any number of times; {} is a map from texts to the type after it.
_MESSAGES: Final[Mapping[str, Mapping[str, tuple[int, str]]]] = {
    "Options": {"protect": (1, "bool"), "ignoreChanges": (2, "[]string")},
    "Provider": {"urn": (3, "string")},
    "Urns": {"urns": (1, "[]string")},
    "AnalyzeRequest": _RESOURCE,
    "AnalyzerResource": {**_RESOURCE, "propertyDependencies": (9, "{}Urns")},
    "AnalyzeStackRequest": {"resources": (1, "[]AnalyzerResource")},
    "Diagnostic": {
        **_POLICY,
        "message": (5, "string"),
        "enforcementLevel": (7, "enum"),
        "urn": (8, "string"),
        "severity": (9, "enum"),
    },
    "NotApplicable": {"policy_name": (1, "string"), "reason": (2, "string")},
    "AnalyzeResponse": {"diagnostics": (2, "[]Diagnostic"), "not_applicable": (3, "[]NotApplicable")},
    "Remediation": {**_POLICY, "properties": (5, "Struct")},
    "RemediateResponse": {"remediations": (1, "[]Remediation"), "not_applicable": (2, "[]NotApplicable")},
    "StackConfiguration": {"stack": (1, "string"), "project": (2, "string"), "config": (7, "{}string")},
    "PolicyConfig": {"enforcementLevel": (1, "enum"), "properties": (2, "Struct")},
    "Configuration": {"policyConfig": (1, "{}PolicyConfig")},
    "Schema": {"properties": (1, "Struct")},
    "Framework": {"name": (1, "string"), "reference": (3, "string"), "specification": (4, "string")},
    "Policy": {
        "name": (1, "string"),
        "displayName": (2, "string"),
        "description": (3, "string"),
        "enforcementLevel": (5, "enum"),
        "configSchema": (6, "Schema"),
        "policy_type": (7, "enum"),
        "severity": (8, "enum"),
        "framework": (9, "Framework"),
        "tags": (10, "[]string"),
        "remediation_steps": (11, "string"),
    },
    "Info": {
        "name": (1, "string"),
        "displayName": (2, "string"),
        "policies": (3, "[]Policy"),
        "version": (4, "string"),
        "supportsConfig": (5, "bool"),
        "initialConfig": (6, "{}PolicyConfig"),
        "description": (7, "string"),
        "provider": (9, "string"),
    },
    "PluginInfo": {"version": (1, "string")},
}


def _classes() -> dict[str, Any]:
    """The class of each message."""
    file = descriptor_pb2.FileDescriptorProto(
        name=f"{_PACKAGE}/analyzer.proto",
        package=_PACKAGE,
        syntax="proto3",
        dependency=[struct_pb2.DESCRIPTOR.name],
    )
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, (number, kind) in fields.items():
            _add_field(message, field, number, kind)
    pool = descriptor_pool.Default()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{name}"))
        for name in _MESSAGES
    }


def _add_field(message: Any, name: str, number: int, kind: str) -> None:
    field = message.field.add(name=name, number=number, label=_FIELD.LABEL_OPTIONAL)
    if kind.startswith(("[]", "{}")):
        field.label = _FIELD.LABEL_REPEATED
    if kind.startswith("{}"):
        # As protoc writes a map: a list of entries, whose type must have this name.
        entry = message.nested_type.add(name=f"{name[0].upper()}{name[1:]}Entry")
        entry.options.map_entry = True
        _add_field(entry, "key", 1, "string")
        _add_field(entry, "value", 2, kind.removeprefix("{}"))
        field.type, field.type_name = _FIELD.TYPE_MESSAGE, f".{_PACKAGE}.{message.name}.{entry.name}"
        return
    kind = kind.removeprefix("[]")
    if kind in _SCALARS:
        field.type = _SCALARS[kind]
    else:
        field.type = _FIELD.TYPE_MESSAGE
        field.type_name = _STRUCT if kind == "Struct" else f".{_PACKAGE}.{kind}"


_made: Final = _classes()
AnalyzeRequest: Final = _made["AnalyzeRequest"]
AnalyzerResource: Final = _made["AnalyzerResource"]
AnalyzeStackRequest: Final = _made["AnalyzeStackRequest"]
AnalyzeResponse: Final = _made["AnalyzeResponse"]
RemediateResponse: Final = _made["RemediateResponse"]
StackConfiguration: Final = _made["StackConfiguration"]
Configuration: Final = _made["Configuration"]
Info: Final = _made["Info"]
PluginInfo: Final = _made["PluginInfo"]

_FIRST_FIELD: Final = 0x0A
"""The tag of field 1, which has a length. AnalyzeStackRequest has no other."""


def resources(message: memoryview) -> list[Any] | map[Any]:
    """The resources of an AnalyzeStackRequest of these bytes, read one by one: they need not be kept.

    As one message they take several times the room of their bytes. Raises DecodeError for bytes that are not one.
    """
    parts = split(message)
    if parts is None:
        return list(AnalyzeStackRequest.FromString(message).resources)
    return map(AnalyzerResource.FromString, parts)


def split(message: memoryview) -> list[memoryview] | None:
    """The bytes of each resource of an AnalyzeStackRequest; None when there is more in it, or less."""
    parts, place = [], 0
    while place < len(message):
        tag, size, shift = message[place], 0, 0
        while (place := place + 1) < len(message):
            size |= (message[place] & 0x7F) << shift
            shift += 7
            if message[place] < 0x80:
                break
        end = place + 1 + size
        if tag != _FIRST_FIELD or end > len(message):
            return None
        parts.append(message[place + 1 : end])
        place = end
    return parts
