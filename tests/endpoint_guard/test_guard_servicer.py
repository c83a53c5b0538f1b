"""Each message is read once; with another SDK, whose names differ, the pack says the same and is merely slower."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from typing import Any

import pulumi
import pytest
from endpoint_guard import VERSION, description, sdk, values
from endpoint_guard import types as t
from endpoint_guard.discovery import rules
from endpoint_guard.graph import Graph
from endpoint_guard.messages import from_messages
from endpoint_guard.pack import guard, pack
from endpoint_guard.profiles import PROFILES
from endpoint_guard.rule import run
from endpoint_guard.servicer import Servicer
from endpoint_guard.wire import protocol
from endpoint_guard.wire.server import Server
from google.protobuf import json_format, struct_pb2
from google.protobuf.message import DecodeError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc
from pulumi_policy import policy, proxy
from pulumi_policy.deserialize import deserialize_properties
from pulumi_preflight import messages as engine

from tests.endpoint_guard.guard_process import PACK
from tests.endpoint_guard.mutants.change import GONE, Stack, put
from tests.endpoint_guard.mutants.judge import innocent

PROFILE = "scoring-endpoint"
SERVICE = "/pulumirpc.Analyzer/"
Answer = list[tuple[str, str, str, int, int]]


TYPES = (
    t.WEB_ACL,
    t.FUNCTION,
    t.BUCKET,
    t.BUCKET_POLICY,
    t.KEY,
    t.METHOD,
    t.ROLE,
    t.ROLE_POLICY,
    t.LOG_GROUP,
)
"""A few types are enough: the slow way takes long for each resource."""


def messages(*, preview: bool) -> tuple[list[Any], Any]:
    """One Analyze request per resource of a stack with faults, and its AnalyzeStack request, of the same values."""
    stack = Stack(innocent("prod", "preview" if preview else "update"))
    put(t.WEB_ACL, "firewall", "rules", [])(stack)
    put(t.FUNCTION, "score", "reservedConcurrentExecutions", GONE)(stack)
    by_urn = {
        urn: {**one, "outputs": one["inputs"], "id": ""}
        for urn, one in stack.by_urn().items()
        if one["type"] in TYPES
    }
    requests = [engine.request(resource, by_urn) for resource in by_urn.values()]
    views = [engine.view(resource, by_urn) for resource in by_urn.values()]
    return requests, analyzer_pb2.AnalyzeStackRequest(resources=views)


def slow() -> Any:
    made = pack(PACK, profile=PROFILE)
    return policy._PolicyAnalyzerServicer(
        name=made["name"], version="0", policies=made["policies"], enforcement_level=made["enforcement_level"]
    )


def fast() -> Servicer:
    made = guard(PACK, profile=PROFILE)
    return Servicer(description.info(made, PROFILE), made)


class Fast:
    """The pack's own servicer, asked in bytes as over the wire, with the SDK's classes for questions and answers."""

    def __init__(self) -> None:
        self._servicer = fast()

    def Configure(self, request: Any, context: None) -> None:
        assert self._ask("Configure", request) == b""

    def Analyze(self, request: Any, context: None) -> Any:
        return analyzer_pb2.AnalyzeResponse.FromString(self._ask("Analyze", request))

    def Remediate(self, request: Any, context: None) -> Any:
        return analyzer_pb2.RemediateResponse.FromString(self._ask("Remediate", request))

    def AnalyzeStack(self, request: Any, context: None) -> Any:
        return analyzer_pb2.AnalyzeResponse.FromString(self._ask("AnalyzeStack", request))

    def _ask(self, name: str, request: Any) -> bytes:
        answer = self._servicer.answer(SERVICE + name, memoryview(request.SerializeToString()))
        assert answer is not None
        return b"".join(answer)


def said(servicer: Any, *, preview: bool) -> Answer:
    requests, stack = messages(preview=preview)
    answers = [servicer.Analyze(request, None) for request in requests]
    answers.append(servicer.AnalyzeStack(stack, None))
    return [
        (d.policyName, d.message, d.urn, d.enforcementLevel, d.severity)
        for answer in answers
        for d in answer.diagnostics
    ]


def configure(servicer: Any) -> None:
    levels = {
        "bucket-encrypted": analyzer_pb2.PolicyConfig(enforcementLevel=analyzer_pb2.REMEDIATE),
        "firewall-baseline": analyzer_pb2.PolicyConfig(enforcementLevel=analyzer_pb2.ADVISORY),
        "function-concurrency-bounded": analyzer_pb2.PolicyConfig(enforcementLevel=analyzer_pb2.DISABLED),
        "log-retention": analyzer_pb2.PolicyConfig(enforcementLevel=analyzer_pb2.MANDATORY),
    }
    levels["log-retention"].properties.update({"minDays": 3650})
    servicer.Configure(analyzer_pb2.ConfigureAnalyzerRequest(policyConfig=levels), None)


@pytest.mark.parametrize("preview", [False, True])
@pytest.mark.parametrize("configured", [False, True])
def test_both_ways_say_the_same(preview: bool, configured: bool) -> None:
    both = slow(), Fast()
    if configured:
        for servicer in both:
            configure(servicer)

    one, other = (said(servicer, preview=preview) for servicer in both)

    rules = {entry[0] for entry in one}
    assert "firewall-baseline" in rules
    assert ("function-concurrency-bounded" in rules) != configured, "it is disabled by the configuration"
    assert one == other


def test_both_ways_fix_the_same() -> None:
    secret = {values.SIGNATURE: values.SECRET, "value": {"mode": "PassThrough"}}
    asset = {values.SIGNATURE: values.ASSET, "path": "a.zip"}
    hidden = {values.SIGNATURE: values.SECRET, "value": ["kept", {"as": "it is"}]}
    request = analyzer_pb2.AnalyzeRequest(
        type=t.FUNCTION, urn=f"urn:pulumi:prod::p::{t.FUNCTION}::f", name="f"
    )
    later = proxy.UNKNOWN_STRING_VALUE
    request.properties.update({"tracingConfig": secret, "code": asset, "hidden": hidden, "later": later})
    level = analyzer_pb2.PolicyConfig(enforcementLevel=analyzer_pb2.REMEDIATE)
    config = analyzer_pb2.ConfigureAnalyzerRequest(policyConfig={"function-traced": level})

    found = []
    for servicer in (slow(), Fast()):
        servicer.Configure(config, None)
        [fixed] = servicer.Remediate(request, None).remediations
        found.append((fixed.policyName, json_format.MessageToDict(fixed.properties)))

    assert found[0] == found[1]
    assert found[1][1]["tracingConfig"]["value"] == {"mode": "Active"}
    assert found[1][1]["hidden"] == hidden


def test_a_started_pack_is_served_through_the_fast_way(monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[Any] = []
    monkeypatch.setattr(analyzer_pb2_grpc, "add_AnalyzerServicer_to_server", None)
    monkeypatch.setattr(sdk, "ADD_SERVICER", lambda servicer, server: served.append(server))
    monkeypatch.setattr(sdk, "_answers", [])
    monkeypatch.setattr("time.sleep", lambda seconds: (_ for _ in ()).throw(KeyboardInterrupt))

    policy.PolicyPack(**pack(PACK, profile=PROFILE))

    assert isinstance(served[0], Server), "another SDK: bring endpoint_guard/sdk.py in line with it"
    assert served[0].own(SERVICE + "Remediate", memoryview(b"")) == (b"",)


def test_a_rule_about_other_types_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: set[str] = set()
    servicer = fast()
    monkeypatch.setattr(servicer, "_report", lambda response, name, says: asked.add(name))

    servicer.about_resource(protocol.AnalyzeRequest(type="aws:kms/key:Key", urn="urn:k", name="k"))

    assert {"kms-key-rotates", "no-opaque-resources"} <= asked
    assert "subnet-no-public-addresses" not in asked


def test_remediate_is_read_only_where_a_policy_is_at_that_level() -> None:
    servicer = fast()
    path, unread = SERVICE + "Remediate", memoryview(b"\xff")

    assert servicer.answer(path, unread) == (b"",)

    servicer.configure({"kms-key-rotates": protocol.Configuration().policyConfig["x"]})
    assert servicer.answer(path, unread) == (b"",)

    level = protocol.Configuration().policyConfig["x"]
    level.enforcementLevel = protocol.REMEDIATE
    servicer.configure({"kms-key-rotates": level})
    with pytest.raises(DecodeError):
        servicer.answer(path, unread)


def test_in_an_operation_what_passed_is_listed_once_for_the_stack() -> None:
    servicer = fast()

    def types() -> set[int]:
        answer = servicer.answer(SERVICE + "GetAnalyzerInfo", memoryview(b""))
        return {
            one.policy_type for one in analyzer_pb2.AnalyzerInfo.FromString(b"".join(answer or ())).policies
        }

    assert types() == {analyzer_pb2.POLICY_TYPE_RESOURCE, analyzer_pb2.POLICY_TYPE_STACK}, "as published"
    servicer.begin("prod", "shop")
    assert types() == {analyzer_pb2.POLICY_TYPE_STACK}

    kind = "aws:kms/key:Key"
    request = protocol.AnalyzeRequest(type=kind, urn=f"urn:pulumi:prod::shop::{kind}::k", name="k")
    assert "kms-key-rotates" in {one.policyName for one in servicer.about_resource(request).diagnostics}
    for expected in ({"kms-key-rotates"}, set()):
        answer = analyzer_pb2.AnalyzeResponse.FromString(b"".join(servicer.about_stack([])))
        left_out = {one.policy_name for one in answer.not_applicable}
        assert left_out >= expected
        assert bool(left_out) == bool(expected), "the next operation starts afresh"


def test_a_call_that_nobody_knows_is_left_to_others() -> None:
    assert fast().answer(SERVICE + "Handshake", memoryview(b"")) is None


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize(
    "levels", [None, {"all": "advisory", "log-retention": {"minDays": 7}, "kms-key-rotates": "disabled"}]
)
def test_the_pack_says_of_itself_what_the_sdk_says_of_its_policies(
    profile: str, levels: dict[str, Any] | None
) -> None:
    servicer: Any = policy._PolicyAnalyzerServicer(version=VERSION, **pack(profile=profile, levels=levels))
    theirs = servicer.GetAnalyzerInfo(None, None)
    ours = description.info(guard(profile=profile, levels=levels), profile).SerializeToString()

    assert analyzer_pb2.AnalyzerInfo.FromString(ours) == theirs


def test_what_was_judged_is_free_at_once_without_the_collector() -> None:
    _, stack = messages(preview=False)
    graph = Graph(from_messages(stack.resources))
    for rule in rules().values():
        run(rule, graph)
    first = weakref.ref(graph.resources[0])
    gc.collect()
    gc.disable()
    try:
        graph.release()
        del graph
        assert first() is None
    finally:
        gc.enable()


@pytest.mark.parametrize(
    "gone",
    [
        "import pulumi_policy.proxy as m; del m._DictProxy.__getitem__",
        "import sys; sys.modules['pulumi_policy.secret'] = None",
        "import pulumi.runtime.proto.analyzer_pb2_grpc as m; del m.add_AnalyzerServicer_to_server",
    ],
)
def test_without_a_name_of_the_sdk_the_pack_still_comes_up(gone: str) -> None:
    code = f"import pulumi_policy; {gone if 'secret' not in gone else ''}\n"
    code = code if "secret" not in gone else "import pulumi_policy; " + gone + "\n"
    code += "from endpoint_guard.pack import pack; print(len(pack()['policies']) > 100)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "True\n"


def test_a_stack_is_read_resource_by_resource() -> None:
    _, stack = messages(preview=True)
    content = stack.SerializeToString()

    assert len(protocol.split(memoryview(content)) or []) == len(stack.resources)
    assert theirs(protocol.resources(memoryview(content))) == list(stack.resources)
    assert list(protocol.resources(memoryview(b""))) == []


def test_a_request_with_a_field_of_a_later_version_is_read_as_a_whole() -> None:
    _, stack = messages(preview=False)
    content = stack.SerializeToString() + b"\x12\x03new"

    assert protocol.split(memoryview(content)) is None
    assert theirs(protocol.resources(memoryview(content))) == list(stack.resources)


def theirs(resources: Any) -> list[Any]:
    """The resources as messages of the SDK's class."""
    return [analyzer_pb2.AnalyzerResource.FromString(one.SerializeToString()) for one in resources]


@pytest.mark.parametrize("content", [b"\x0a", b"\x0a\x80", b"\x0a\x05abc"])
def test_a_request_that_ends_too_early_is_refused(content: bytes) -> None:
    with pytest.raises(DecodeError):
        protocol.resources(memoryview(content))


def test_a_text_that_occurs_twice_is_kept_once() -> None:
    def read() -> Any:
        struct = json_format.ParseDict({"a": "a text", "b": ["a text"]}, struct_pb2.Struct())
        return values.decode(struct)

    first, second = read(), read()

    assert first["a"] is first["b"][0] is second["a"]
    values.forget()
    assert read()["a"] is not first["a"]


def test_the_sentinels_are_those_of_the_sdk() -> None:
    theirs = {v for k, v in vars(proxy).items() if k.startswith("UNKNOWN_") and isinstance(v, str)}

    assert theirs == values.SENTINELS


_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-(2**60), 2**60),
    st.text(),
    st.sampled_from(sorted(values.SENTINELS)),
    st.text().map(lambda text: {values.SIGNATURE: values.ASSET, "path": text}),
    st.text().map(lambda text: {values.SIGNATURE: values.ASSET, "text": text}),
    st.text().map(lambda text: {values.SIGNATURE: values.ARCHIVE, "path": text}),
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.text(), inner, max_size=4),
        inner.map(lambda value: {values.SIGNATURE: values.SECRET, "value": value}),
    ),
    max_leaves=20,
)


def comparable(value: Any) -> Any:
    """Assets by what they say: the SDK's have no equality of their own."""
    if isinstance(value, pulumi.Asset | pulumi.Archive | values.File):
        return values.File(**comparable(vars(value)))
    if isinstance(value, dict):
        return {key: comparable(item) for key, item in value.items()}
    return [comparable(item) for item in value] if isinstance(value, list) else value


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.text(), _VALUES, max_size=5))
def test_a_message_is_decoded_as_the_sdk_decodes_it(content: dict[str, Any]) -> None:
    struct = json_format.ParseDict(content, struct_pb2.Struct())
    theirs = proxy.unknown_checking_proxy(deserialize_properties(json_format.MessageToDict(struct)))

    assert comparable(values.decode(struct)) == comparable(values.plain(theirs))
