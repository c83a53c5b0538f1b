"""The pack's own classes of messages say in bytes what the SDK's say."""

from __future__ import annotations

from typing import Any

import pytest
from endpoint_guard.wire import protocol
from pulumi.runtime.proto import analyzer_pb2, plugin_pb2


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (protocol.AnalyzerResource, analyzer_pb2.AnalyzerResource),
        (protocol.AnalyzeRequest, analyzer_pb2.AnalyzeRequest),
        (protocol.AnalyzeStackRequest, analyzer_pb2.AnalyzeStackRequest),
        (protocol.AnalyzeResponse, analyzer_pb2.AnalyzeResponse),
        (protocol.RemediateResponse, analyzer_pb2.RemediateResponse),
        (protocol.StackConfiguration, analyzer_pb2.AnalyzerStackConfigureRequest),
        (protocol.Configuration, analyzer_pb2.ConfigureAnalyzerRequest),
        (protocol.Info, analyzer_pb2.AnalyzerInfo),
        (protocol.PluginInfo, plugin_pb2.PluginInfo),
    ],
)
def test_the_messages_are_the_engines(ours: Any, theirs: Any) -> None:
    assert not differences(ours.DESCRIPTOR, theirs.DESCRIPTOR)


def differences(ours: Any, theirs: Any, seen: frozenset[str] = frozenset()) -> list[str]:
    """The fields of our message that the SDK's has not, or has with another number or kind; and of those within."""
    found = []
    for field in ours.fields:
        other = theirs.fields_by_name.get(field.name)
        # An enumeration is a number on the wire.
        kinds = {field.type, other.type if other else None} - {field.TYPE_INT32, field.TYPE_ENUM}
        if other is None or len(kinds) > 1 or (field.number, field.label) != (other.number, other.label):
            found.append(f"{ours.name}.{field.name}")
        elif field.message_type and field.message_type.full_name not in seen:
            within = seen | {field.message_type.full_name}
            found += differences(field.message_type, other.message_type, within)
    return found


def test_the_numbers_of_levels_and_severities_are_the_engines() -> None:
    levels = {name.lower(): number for name, number in analyzer_pb2.EnforcementLevel.items()}
    severities = {name.lower(): number for name, number in analyzer_pb2.PolicySeverity.items()}

    assert levels == protocol.LEVELS
    assert all(severities[f"policy_severity_{name}"] == n for name, n in protocol.SEVERITIES.items())
    assert protocol.POLICY_TYPES["resource"] == analyzer_pb2.POLICY_TYPE_RESOURCE
    assert protocol.POLICY_TYPES["stack"] == analyzer_pb2.POLICY_TYPE_STACK
