"""The engine's event log: the same findings as from the pack itself, and no pass where nothing was judged."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from pulumi_preflight import check as checking
from pulumi_preflight import levels
from pulumi_preflight.check import check
from pulumi_preflight.engine_log import read
from pulumi_preflight.errors import UserError
from pulumi_preflight.findings import Result
from pulumi_preflight.graph import Graph
from pulumi_preflight.pack_process import PackProcess, Run
from pulumi_preflight.reports import FORMATS
from typer.testing import CliRunner

from preflight.__main__ import app
from tests.pulumi_preflight.results import ROOT, graph, resource
from tests.pulumi_preflight.sample_program import CANARY, PACK, write_pack

KEY = f"{ROOT}my:index:Store$aws:kms/key:Key::key"
SUMMARY = {"summaryEvent": {"durationSeconds": 3, "isPreview": True, "PolicyPacks": {"sample-pack": "v1"}}}


STACK = {
    "policyAnalyzeStackSummaryEvent": {
        "policyPackName": "sample-pack",
        "policyPackVersion": "1",
        "passed": ["a"],
    }
}
ENDED = (STACK, SUMMARY)
FAILURE = {"diagnosticEvent": {"severity": "error", "message": "Program failed with an unhandled exception"}}


def policy(
    name: str = "key-rotation", level: str = "mandatory", urn: str = KEY, **more: Any
) -> dict[str, Any]:
    message = '<{%fg 13%}>Keys are rotated\nKey "key" is not rotated (enableKeyRotation).<{%reset%}>\n'
    event = {
        "policyName": name,
        "policyPackName": "sample-pack",
        "enforcementLevel": level,
        "resourceUrn": urn,
    }
    return {"sequence": 1, "timestamp": 2, "policyEvent": event | {"message": message, "color": "raw"} | more}


def step(urn: str, op: str = "create", **state: Any) -> dict[str, Any]:
    state = {"urn": urn, "inputs": {"value": CANARY}, "outputs": {"value": CANARY}} | state
    return {"resourcePreEvent": {"metadata": {"op": op, "urn": urn, "new": state, "old": None}}}


def write(path: Path, events: Iterable[Any]) -> Path:
    path.write_text(
        "\n".join(event if isinstance(event, str) else json.dumps(event) for event in events) + "\n"
    )
    return path


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
        ([step(KEY), FAILURE, *ENDED], "failed for another reason than a policy"),
        (
            [step(KEY), STACK, {"summaryEvent": {"result": "failed"}}],
            "failed for another reason than a policy",
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


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pack(tmp_path_factory.mktemp("events") / "pack", PACK.replace('["value"]', '["kind"]'))


def sample() -> Graph:
    stack = resource("pulumi:pulumi:Stack", "p-prod")
    key = resource("aws:kms/key:Key", "key", stack["urn"], enableKeyRotation=False)
    bucket = resource("aws:s3/bucket:Bucket", "bucket", stack["urn"])
    role = resource("aws:iam/role:Role", "role", stack["urn"])
    api_key = resource("aws:apigateway/apiKey:ApiKey", "client", stack["urn"], value=CANARY, kind="x")
    return graph(stack, key, bucket, role, api_key)


def test_log_and_pack_give_the_same_findings(pack: Path, log: Path) -> None:
    declared = sample()
    with PackProcess(pack, Run("p", "prod", False, {})) as process:
        process.configure(levels.final(process.info(), {}, ""))
        told = list(checking._analyze(process, declared, lambda done, total: None))
    events = [step(item["urn"], parent=item["parent"], custom=item["custom"]) for item in declared.resources]
    for urn, diagnostic in told:
        level = levels.LEVEL_NAMES[diagnostic.enforcementLevel]
        events.append(
            policy(diagnostic.policyName, level, urn, message=f"<{{%fg 13%}}>{diagnostic.message}\n")
        )
    judged = check(declared, pack)

    def known(logged: Graph) -> Result:
        return check(Graph(logged.project, logged.stack, logged.preview, []), pack)

    result, logged = read(write(log, [*events, STACK, {"summaryEvent": {"isPreview": False}}]), known)
    assert {item.kind for item in judged.findings} == {"violation", "exempted"}
    assert result.findings == judged.findings
    assert result.rules == judged.rules
    assert [item["parent"] for item in logged.resources] == [item["parent"] for item in declared.resources]


def test_the_command_writes_every_format_in_one_run(pack: Path, log: Path, tmp_path: Path) -> None:
    write(log, [step(KEY), policy(), *ENDED])
    words = [
        "check",
        "--events",
        str(log),
        "--policy-pack",
        str(pack),
        "-f",
        "json",
        "-o",
        str(tmp_path / "r.json"),
    ]
    for name in FORMATS:
        words += ["--also", f"{name}={tmp_path / name}"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 1
    assert "FAILED: prod (preview)" in done.stderr
    for name in FORMATS:
        text = (tmp_path / name).read_text()
        assert "key-rotation" in text
        assert CANARY not in text
    assert (tmp_path / "r.json").read_text() == (tmp_path / "json").read_text()
    again = CliRunner().invoke(app, [*words[:7], "--baseline", str(tmp_path / "r.json")])
    assert json.loads(again.stdout)["changes"]["new"] == []


@pytest.mark.parametrize("entry", ["html", "html=", "pdf=x", "=x"])
def test_another_report_is_named_by_format_and_file(entry: str) -> None:
    done = CliRunner().invoke(app, ["check", "--events", "x", "--also", entry])
    assert done.exit_code == 2
    assert "must have the form FORMAT=FILE" in done.stderr
