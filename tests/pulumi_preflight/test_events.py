"""The engine's event log: the same findings as from the pack itself, and no pass where nothing was judged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pulumi_preflight.engine_log import read
from pulumi_preflight.errors import UserError

from tests.pulumi_preflight.engine_events import ENDED, FAILURE, KEY, STACK, SUMMARY, policy, step, write
from tests.pulumi_preflight.results import ROOT
from tests.pulumi_preflight.sample_program import CANARY


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "events.json"


def test_a_violation(log: Path) -> None:
    result, declared = read(write(log, [step(KEY), policy(severity="high"), SUMMARY, {"cancelEvent": {}}]))
    (found,) = result.findings
    assert (found.rule, found.severity, found.level, found.kind) == (
        "key-rotation",
        "high",
        "mandatory",
        "violation",
    )
    assert found.message == 'Key "key" is not rotated (enableKeyRotation).'
    assert (found.resource, found.type, found.title) == ("key", "aws:kms/key:Key", "Keys are rotated")
    assert (result.project, result.stack, result.pack) == ("p", "prod", "sample-pack")
    assert (result.forms, result.resources, result.seconds) == (("preview",), 1, 3.0)
    assert not result.passed
    assert declared.resources[0]["inputs"] == declared.resources[0]["outputs"] == {}


@pytest.mark.parametrize(
    ("written", "level", "passed"),
    [
        ("mandatory", "mandatory", False),
        ("remediate", "remediate", False),
        ("advisory", "advisory", True),
        ("warning", "advisory", True),
        ("none", "disabled", True),
    ],
)
def test_levels_in_both_spellings(log: Path, written: str, level: str, passed: bool) -> None:
    result, _ = read(write(log, [policy(level=written), *ENDED]))
    assert result.findings[0].level == level
    assert result.passed is passed


def test_what_was_not_evaluated_and_what_is_exempted(log: Path) -> None:
    unknown = policy(
        "not-evaluated", "advisory", message='Told\nkey-rotation was not evaluated: Key "key" (a).'
    )
    spared = policy("exempted", "advisory", message='Told\nkey-rotation is exempted on "key" until 2099.')
    result, _ = read(write(log, [policy(), unknown, spared, *ENDED]))
    assert [(item.kind, item.rule, item.level) for item in result.findings] == [
        ("violation", "key-rotation", "mandatory"),
        ("not_evaluated", "key-rotation", "advisory"),
        ("exempted", "key-rotation", "advisory"),
    ]


def test_an_event_twice_is_one_finding_and_what_is_deleted_is_no_resource(log: Path) -> None:
    gone = f"{ROOT}aws:kms/key:Key::gone"
    result, declared = read(
        write(log, [step(KEY), step(gone), step(gone, "delete"), policy(), policy(), *ENDED])
    )
    assert len(result.findings) == 1
    assert [item["urn"] for item in declared.resources] == [KEY]


def state(urn: str, **more: Any) -> dict[str, Any]:
    """A resource's state, with every field that the engine's serializer gives it."""
    return {
        "type": urn.split("::")[2].rpartition("$")[2],
        "urn": urn,
        "custom": True,
        "id": "",
        "parent": f"{ROOT}pulumi:pulumi:Stack::p-prod",
        "inputs": {"value": CANARY},
        "outputs": {},
        "provider": f"{ROOT}pulumi:providers:aws::default::unknown",
    } | more


def staged(op: str, urn: str, **states: Any) -> dict[str, Any]:
    """A step as the engine tells it, at a preview."""
    metadata = {
        "op": op,
        "urn": urn,
        "type": urn.split("::")[2].rpartition("$")[2],
        "old": states.get("old"),
        "new": states.get("new"),
        "detailedDiff": None,
        "provider": f"{ROOT}pulumi:providers:aws::default::unknown",
    }
    return {
        "sequence": 0,
        "timestamp": 1764000000,
        "resourcePreEvent": {"metadata": metadata, "planning": True},
    }


def test_a_whole_run_in_which_a_resource_is_replaced(log: Path) -> None:
    """Every kind of event in the order and with the fields of the engine's own types."""
    pack = {"policyPackName": "sample-pack", "policyPackVersion": "1.0.0", "policyPackVersionTag": "1.0.0"}
    old, new = state(KEY, id="1", delete=True), state(KEY)
    events: list[dict[str, Any]] = [
        {"preludeEvent": {"config": {"aws:region": "us-east-1"}}},
        {"policyLoadEvent": {}},
        {"progressEvent": {"type": "plugin-install", "id": "x", "message": "", "received": 1, "total": 1}},
        {"stdoutEvent": {"message": "loading", "color": "raw"}},
        staged(
            "same",
            f"{ROOT}pulumi:pulumi:Stack::p-prod",
            old=None,
            new=state(f"{ROOT}pulumi:pulumi:Stack::p-prod"),
        ),
        {"policyRemediateSummaryEvent": {"resourceUrn": KEY, **pack, "passed": ["key-rotation"]}},
        staged("create-replacement", KEY, new=new),
        policy(policyPackVersion="1.0.0", policyPackVersionTag="1.0.0", severity="high"),
        {"policyAnalyzeSummaryEvent": {"resourceUrn": KEY, **pack, "failed": ["key-rotation"]}},
        staged("replace", KEY, old=old, new=new),
        {"resOutputsEvent": staged("create-replacement", KEY, new=new)["resourcePreEvent"]},
        staged("delete-replaced", KEY, old=old),
        staged("delete", KEY, old=old),
        {"policyAnalyzeStackSummaryEvent": {**pack, "passed": ["required"]}},
        {"diagnosticEvent": {"urn": KEY, "message": "preview failed", "color": "raw", "severity": "error"}},
        {
            "summaryEvent": {
                "maybeCorrupt": False,
                "durationSeconds": 4,
                "resourceChanges": {"replace": 1, "same": 1},
                "PolicyPacks": {"/home/somebody/packs/sample": "(local)"},
                "isPreview": True,
            }
        },
        {"cancelEvent": {}},
    ]
    numbered = ({"sequence": number, "timestamp": 1764000000} | event for number, event in enumerate(events))

    result, declared = read(write(log, numbered))

    (found,) = result.findings
    assert (found.urn, found.resource, found.type) == (KEY, "key", "aws:kms/key:Key")
    assert (result.pack, result.forms, result.resources) == ("sample-pack", ("preview",), 2)
    assert {item["parent"] for item in declared.resources} == {f"{ROOT}pulumi:pulumi:Stack::p-prod"}
    assert CANARY not in json.dumps(declared.resources)


def test_a_pack_of_this_machine_is_named_without_its_path(log: Path) -> None:
    packs = {
        "durationSeconds": 1,
        "isPreview": False,
        "PolicyPacks": {"/home/somebody/packs/sample": "(local)"},
    }
    with pytest.raises(UserError, match="the policy pack sample did not look at the stack"):
        read(write(log, [step(KEY), {"summaryEvent": packs}]))


def test_a_run_without_violations_passes(log: Path) -> None:
    analyzed = {
        "policyAnalyzeSummaryEvent": {"resourceUrn": KEY, "policyPackName": "sample-pack", "passed": ["a"]}
    }
    result, _ = read(write(log, [analyzed, STACK, {"summaryEvent": {"isPreview": False}}]))
    assert result.passed
    assert (result.forms, result.resources) == (("update",), 1)


@pytest.mark.parametrize(
    ("events", "sentence"),
    [
        ([step(KEY), policy()], "has no summaryEvent: the run did not end"),
        ([step(KEY), {"summaryEvent": {"isPreview": True}}], "no policy pack took part"),
        ([*ENDED], "names no resource"),
        ([step(KEY), SUMMARY], "did not look at the stack"),
        ([step(KEY), FAILURE, *ENDED], "failed for a reason other than a policy"),
        (
            [step(KEY), STACK, {"summaryEvent": {"result": "failed"}}],
            "failed for a reason other than a policy",
        ),
        ([step(KEY), STACK, {"summaryEvent": {"maybeCorrupt": True}}], "broken state"),
        ([step(KEY), STACK, {"summaryEvent": {"durationSeconds": "abc"}}], "is not a number"),
        ([step(KEY), STACK, {"summaryEvent": {"PolicyPacks": 5}}], "not an object"),
        (
            [{"resourcePreEvent": {"metadata": "x"}}, *ENDED],
            "metadata of a resourcePreEvent is not an object",
        ),
        (['{"a":' + "[" * 5000 + "]" * 5000 + "}", *ENDED], "line 1 of .* is not an engine event"),
        ([step(KEY), '{"policyEvent": {"policyName": "ke'], "line 2 of .* is not an engine event"),
        ([[1]], "line 1 of .* is not an engine event"),
        ([{"policyEvent": "x"}], "line 1 of .* is not an engine event"),
        ([policy(level="strict"), SUMMARY], "unknown level 'strict'"),
        ([], "has no summaryEvent"),
    ],
)
def test_a_log_that_proves_nothing_is_no_pass(log: Path, events: list[Any], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        read(write(log, events))


def test_a_refusal_before_the_stack_was_looked_at_is_a_refusal_with_a_warning(log: Path) -> None:
    result, _ = read(write(log, [step(KEY), policy(), FAILURE, SUMMARY]))
    assert not result.passed
    assert result.warnings == (
        "The run stopped before sample-pack had looked at the stack as a whole: there may be more.",
    )


def test_a_line_separator_within_a_line_splits_nothing(log: Path) -> None:
    text = json.dumps(step(KEY), ensure_ascii=False).replace("key", "key\u2028")
    result, _ = read(write(log, [text, *ENDED]))
    assert result.passed


def test_a_missing_log_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not exist: write it with"):
        read(tmp_path / "none.json")
