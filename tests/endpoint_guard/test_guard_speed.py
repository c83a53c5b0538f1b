"""The shortcut through the SDK takes effect, and its absence changes no verdict."""

from __future__ import annotations

import types
from typing import Any

import pytest
from endpoint_guard import speed
from endpoint_guard.pack import pack
from pulumi.runtime.proto import analyzer_pb2
from pulumi_policy import policy

from tests.endpoint_guard import compliant as c
from tests.endpoint_guard import guard_process
from tests.endpoint_guard.guard_process import resolved


class Counted:
    """A request that counts how often its resources are asked for."""

    def __init__(self, resources: list[Any]) -> None:
        self._resources = resources
        self.asked = 0

    @property
    def resources(self) -> list[Any]:
        self.asked += 1
        return self._resources


def request() -> Counted:
    items = c.program()
    broken = next(item for item in items if item.name == "acl")
    broken.props["rules"] = broken.props["rules"][:1]
    views = []
    for item in items:
        properties, edges = resolved(item, items, False)
        view = analyzer_pb2.AnalyzerResource(type=item.type, urn=item.urn, name=item.name)
        view.properties.update(properties)
        for key, urns in edges.items():
            view.propertyDependencies[key].urns.extend(urns)
        views.append(view)
    return Counted(views)


def servicer() -> Any:
    made = pack(guard_process.PACK)
    return policy._PolicyAnalyzerServicer(
        name=made["name"], version="0", policies=made["policies"], enforcement_level=made["enforcement_level"]
    )


def test_the_resources_of_a_stack_are_decoded_for_the_first_policy_only() -> None:
    asked = request()

    servicer().AnalyzeStack(asked, None)

    assert speed.decode_once(), "another SDK: bring guard/speed.py in line with it"
    assert asked.asked == 1, "the SDK reads a request in another way: bring guard/speed.py in line with it"


def test_the_shortcut_changes_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    def said() -> list[tuple[str, str]]:
        answer = servicer().AnalyzeStack(request(), None)
        return [(entry.policyName, entry.message) for entry in answer.diagnostics]

    short = said()
    monkeypatch.setattr(speed, "once", lambda key, make: make())
    monkeypatch.setattr(speed, "GRAPH", "never kept")

    assert short
    assert said() == short


def test_with_another_sdk_nothing_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    other = types.SimpleNamespace(
        _PolicyAnalyzerServicer=type("S", (), {}), json_format=types.ModuleType("j")
    )
    monkeypatch.setattr(speed, "policy", other)
    before = dict(vars(other))

    assert not speed.decode_once()
    assert vars(other) == before


def test_a_policy_about_other_types_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: set[str] = set()
    monkeypatch.setattr(
        policy.ResourceValidationPolicy, "validate", lambda self, args, report: asked.add(self.name)
    )

    servicer().Analyze(analyzer_pb2.AnalyzeRequest(type="aws:kms/key:Key", urn="urn:k", name="k"), None)

    assert {"kms-key-rotates", "no-opaque-resources"} <= asked
    assert "subnet-no-public-addresses" not in asked, "another SDK: bring guard/speed.py in line with it"
