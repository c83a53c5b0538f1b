"""Every report format from one recorded result, with hostile text in it."""

from __future__ import annotations

import dataclasses
import json
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from preflight.findings import Finding, Kind, Level, Result, Rule, Severity
from preflight.report import FORMATS, render

HOSTILE = 'Key "a|b" <script>alert(1)</script> & [bold]x[/bold] \x1b[31m\x00 ünïcode (policy).'


def rule(id_: str, level: Level = "mandatory", severity: Severity = "high") -> Rule:
    return Rule(id_, f"title of {id_}", severity, level, "resource", remedy=f"mend {id_}", tags=("auth",))


def finding(rule_: Rule, kind: Kind = "violation", message: str = "A sentence.") -> Finding:
    return Finding(
        kind, rule_.id, rule_.title, rule_.severity, rule_.level if kind != "exempted" else "advisory",
        f"urn:pulumi:prod::p::aws:kms/key:Key::{rule_.id}-key", f"{rule_.id}-key", "aws:kms/key:Key", message,
        rule_.remedy, ("update",),
    )  # fmt: skip


@pytest.fixture
def result() -> Result:
    bad, soft, unknown = rule("bad"), rule("soft", "advisory", "low"), rule("unknown")
    spared, off, good = rule("spared"), rule("off", "disabled"), rule("good")
    findings = (
        finding(bad, message=HOSTILE),
        finding(soft),
        finding(unknown, "not_evaluated"),
        finding(spared, "exempted", "spared is exempted: reason."),
    )
    return Result("p", "prod", "pack", ("preview", "update"), 9, (bad, soft, unknown, spared, off, good),
                  findings, 1.25)  # fmt: skip


def empty(result: Result) -> Result:
    return dataclasses.replace(result, findings=())


@pytest.mark.parametrize("format_", FORMATS)
def test_every_format_names_each_rule_and_resource_found(result: Result, format_: str) -> None:
    text = render(result, format_)
    for item in result.findings:
        assert item.rule in text
        assert item.resource in text
    assert text.endswith("\n")
    assert "\x00" not in text


@pytest.mark.parametrize("format_", FORMATS)
def test_every_format_writes_an_empty_result(result: Result, format_: str) -> None:
    assert render(empty(result), format_).strip()


def test_json_carries_every_field(result: Result) -> None:
    document = json.loads(render(result, "json"))
    assert document["passed"] is False
    assert document["forms"] == ["preview", "update"]
    assert [item["blocking"] for item in document["findings"]] == [True, False, True, False]
    assert set(document["findings"][0]) == {field.name for field in dataclasses.fields(Finding)} | {
        "blocking"
    }
    assert document["findings"][0]["message"] == HOSTILE.replace("\x1b", " ").replace("\x00", " ")
    assert json.loads(render(empty(result), "json"))["passed"] is True


def test_the_table_says_the_verdict(result: Result) -> None:
    assert (
        "FAILED: prod (preview, update), 9 resources, 6 policies of pack, 2 blocking, 1 advisory, "
        in render(result, "table").replace("\n", " ")
    )
    assert "passed: prod" in render(empty(result), "table")
    assert "[bold]x[/bold]" in render(result, "table").replace("\n", "")
    assert "\x1b" not in render(result, "table")


def test_markdown_is_a_table_that_hostile_text_cannot_leave(result: Result) -> None:
    text = render(result, "markdown")
    assert "<script>" not in text
    rows = [line for line in text.splitlines() if line.startswith("| ") and "---" not in line]
    assert len(rows) == 1 + len(result.findings)
    assert all(row.replace("\\|", "").count("|") == 6 for row in rows)


SARIF: dict[str, Any] = {
    "required": ["$schema", "version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {"minItems": 1, "items": {
            "required": ["tool", "results"],
            "properties": {
                "tool": {"properties": {"driver": {"required": ["name", "rules"], "properties": {"rules": {
                    "items": {
                        "required": ["id", "shortDescription", "fullDescription", "help", "properties"],
                        "properties": {"defaultConfiguration": {"properties": {
                            "level": {"enum": ["none", "note", "warning", "error"]}}}}}}}}}},
                "results": {"items": {
                    "required": ["ruleId", "ruleIndex", "level", "message", "locations", "partialFingerprints"],
                    "properties": {
                        "level": {"enum": ["none", "note", "warning", "error"]},
                        "suppressions": {"items": {"properties": {"kind": {"enum": ["inSource", "external"]}}}},
                        "locations": {"minItems": 1, "items": {"required": ["physicalLocation"]}}}}}}}},
    },
}  # fmt: skip
"""The part of SARIF 2.1.0 that code-scanning services insist on."""


def test_sarif(result: Result) -> None:
    document = json.loads(render(result, "sarif"))
    jsonschema.validate(document, SARIF)
    run = document["runs"][0]
    rules, results = run["tool"]["driver"]["rules"], run["results"]
    assert [item["level"] for item in results] == ["error", "warning", "error", "note"]
    assert all(rules[item["ruleIndex"]]["id"] == item["ruleId"] for item in results)
    assert results[3]["suppressions"][0]["kind"] == "external"
    assert rules[0]["help"]["text"] == "mend bad"
    assert "auth" in rules[0]["properties"]["tags"]
    prints = [item["partialFingerprints"]["finding/v1"] for item in results]
    assert len(set(prints)) == len(prints)


def test_junit(result: Result) -> None:
    suite = ElementTree.fromstring(render(result, "junit"))[0]  # noqa: S314
    cases = {case.get("name"): [child.tag for child in case] for case in suite}
    assert cases == {
        "bad": ["failure"],
        "soft": ["system-out"],
        "unknown": ["failure"],
        "spared": ["skipped"],
        "off": ["skipped"],
        "good": [],
    }
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("6", "2", "2")


def test_an_unknown_format_is_an_error(result: Result) -> None:
    with pytest.raises(KeyError):
        render(result, "pdf")
