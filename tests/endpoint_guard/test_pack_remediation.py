"""Remediation, through the Remediate call of the real process: what it sets, what it keeps, what it leaves alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from endpoint_guard import types as t
from endpoint_guard.discovery import rules
from google.protobuf import empty_pb2, json_format
from pulumi.runtime.proto import analyzer_pb2
from pulumi_policy.proxy import UNKNOWN_BOOLEAN_VALUE, UNKNOWN_OBJECT_VALUE, UNKNOWN_STRING_VALUE

from tests.endpoint_guard.guard_process import LEVELS, PACK, Pack

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = {SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "value": "Zq7pLm2RkT9wXv4s"}
ASSET = {SIGNATURE: "c44067f5952c0a294b673a41bacd8c17", "path": "a.zip"}
REMEDIATE = analyzer_pb2.EnforcementLevel.Value("REMEDIATE")


@pytest.fixture
def fixing(pack: Pack) -> Iterator[Pack]:
    """The pack with every rule that can fix at the remediate level."""
    own = {policy.name: policy.enforcementLevel for policy in pack.info.policies}
    able = {rule.id for rule in rules().values() if rule.fixes}
    config = {
        name: analyzer_pb2.PolicyConfig(enforcementLevel=REMEDIATE if name in able else level)
        for name, level in own.items()
    }
    pack.stub.Configure(analyzer_pb2.ConfigureAnalyzerRequest(policyConfig=config))
    yield pack
    pack.configure()


def remediate(pack: Pack, kind: str, properties: dict[str, Any]) -> tuple[list[str], dict[str, Any]]:
    """The rules that fixed, and the properties afterwards."""
    urn = f"urn:pulumi:prod::scoring::{kind}::thing"
    request = analyzer_pb2.AnalyzeRequest(type=kind, urn=urn, name="thing")
    request.properties.update(properties)
    answer = pack.stub.Remediate(request)
    assert not [entry for entry in answer.remediations if entry.diagnostic]
    if not answer.remediations:
        return [], properties
    after = json_format.MessageToDict(answer.remediations[-1].properties)
    return [entry.policyName for entry in answer.remediations], after


CASES: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("kms-key-rotates", t.KEY, {"enableKeyRotation": False}, {"enableKeyRotation": True}),
    ("kms-key-rotates", t.KEY, {}, {"enableKeyRotation": True}),
    (
        "kms-deletion-window",
        t.KEY,
        {"enableKeyRotation": True, "deletionWindowInDays": 7},
        {"deletionWindowInDays": 30},
    ),
    # A shorter retention than "for ever" would delete logs.
    ("log-retention", t.LOG_GROUP, {}, {"retentionInDays": 3_653}),
    ("log-retention", t.LOG_GROUP, {"retentionInDays": 0}, {"retentionInDays": 3_653}),
    ("log-retention", t.LOG_GROUP, {"retentionInDays": 30}, {"retentionInDays": 365}),
    ("function-traced", t.FUNCTION, {}, {"tracingConfig": {"mode": "Active"}}),
    (
        "function-traced",
        t.FUNCTION,
        {"tracingConfig": {"mode": "PassThrough"}},
        {"tracingConfig": {"mode": "Active"}},
    ),
    ("stage-traced", t.STAGE, {"xrayTracingEnabled": False}, {"xrayTracingEnabled": True}),
    (
        "no-data-trace",
        t.METHOD_SETTINGS,
        {"settings": {"dataTraceEnabled": True, "metricsEnabled": True}},
        {"settings": {"dataTraceEnabled": False, "metricsEnabled": True}},
    ),
    (
        "api-metrics-on",
        t.METHOD_SETTINGS,
        {"settings": {"loggingLevel": "ERROR"}},
        {"settings": {"loggingLevel": "ERROR", "metricsEnabled": True}},
    ),
    ("topic-signature-sha256", t.TOPIC, {}, {"signatureVersion": 2}),
    ("bucket-no-force-destroy", t.BUCKET, {"forceDestroy": True}, {"forceDestroy": False}),
    (
        "bucket-blocks-public",
        t.BUCKET_BLOCK,
        {"blockPublicAcls": UNKNOWN_BOOLEAN_VALUE, "ignorePublicAcls": False},
        dict.fromkeys(("blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), True),
    ),
    (
        "bucket-blocks-public",
        t.BUCKET_BLOCK,
        {"blockPublicAcls": True},
        dict.fromkeys(("blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), True),
    ),
]


@pytest.mark.parametrize(
    ("rule", "kind", "before", "fixed"), CASES, ids=[f"{c[0]}-{i}" for i, c in enumerate(CASES)]
)
def test_a_fault_is_mended_and_the_rest_kept(
    fixing: Pack, rule: str, kind: str, before: dict[str, Any], fixed: dict[str, Any]
) -> None:
    kept = {
        "description": "kept",
        "hidden": SECRET,
        "later": UNKNOWN_STRING_VALUE,
        "code": ASSET,
        "list": [SECRET],
    }

    done, after = remediate(fixing, kind, {**kept, **before})

    assert done == [rule]
    assert after == {**kept, **before, **fixed}


def test_every_rule_that_can_mend_has_a_case() -> None:
    assert {case[0] for case in CASES} == {rule.id for rule in rules().values() if rule.fixes}


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        (t.KEY, {"enableKeyRotation": UNKNOWN_BOOLEAN_VALUE}),
        (t.FUNCTION, {"tracingConfig": UNKNOWN_OBJECT_VALUE}),
        (t.FUNCTION, {"tracingConfig": {"mode": UNKNOWN_STRING_VALUE}}),
        (t.LOG_GROUP, {"retentionInDays": 3_653 * 2}),  # shortening would delete logs
        (t.KEY, {"customerMasterKeySpec": "ECC_NIST_P256"}),
        (t.KEY, {"enableKeyRotation": True}),
    ],
)
def test_what_is_unknown_or_unsafe_is_left_alone(fixing: Pack, kind: str, properties: dict[str, Any]) -> None:
    assert remediate(fixing, kind, properties) == ([], properties)


def test_a_secret_that_is_mended_stays_secret(fixing: Pack) -> None:
    config = {SIGNATURE: SECRET[SIGNATURE], "value": {"mode": "PassThrough", "more": SECRET}}

    _, after = remediate(fixing, t.FUNCTION, {"tracingConfig": config})

    assert after["tracingConfig"] == {
        SIGNATURE: SECRET[SIGNATURE],
        "value": {"mode": "Active", "more": SECRET},
    }


def test_nothing_is_mended_unless_asked_for(pack: Pack) -> None:
    pack.configure()
    assert {p.name for p in pack.info.policies if p.enforcementLevel == REMEDIATE} == set()
    assert remediate(pack, t.KEY, {"enableKeyRotation": False}) == ([], {"enableKeyRotation": False})
    for file in (PACK / "levels").glob("*.json"):
        assert "remediate" not in json.dumps(json.loads(file.read_text("utf-8"))), file.name


def test_the_engine_may_ask_for_a_remediation_of_every_resource(pack: Pack) -> None:
    pack.configure()
    assert LEVELS["mandatory"] in {
        p.enforcementLevel for p in pack.stub.GetAnalyzerInfo(empty_pb2.Empty()).policies
    }
    for kind in {kind for rule in rules().values() for kind in rule.applies_to}:
        assert remediate(pack, kind, {"secret": SECRET, "later": UNKNOWN_STRING_VALUE})[0] == []
