"""Every report format from one recorded result, with hostile text in it."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from pulumi_preflight.baseline import Changes
from pulumi_preflight.findings import Finding, Result
from pulumi_preflight.reports import FORMATS, render
from pulumi_preflight.reports.markdown import LIMIT
from pulumi_preflight.shape import Place, shape

from tests.pulumi_preflight.results import HOSTILE, ROOT, finding, graph, mixed, resource, rule


@pytest.fixture
def result() -> Result:
    return mixed()


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
    named = {field.name for field in dataclasses.fields(Finding)}
    assert set(document["findings"][0]) == named | {"blocking", "place"}
    assert document["version"] == 1
    assert document["findings"][0]["message"] == HOSTILE.replace("\x1b", " ").replace("\x00", " ")
    assert json.loads(render(empty(result), "json"))["passed"] is True


def test_the_table_says_the_verdict(result: Result) -> None:
    assert (
        "FAILED: prod (preview, update), 9 resources, 6 policies of pack (1 disabled), 2 blocking, 1 advisory, "
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


HOSTILE_MARKDOWN = "`x` ![i](http://evil.example/i.png) <img src=x> @org/team #12 |\\"


def test_markdown_shows_hostile_names_literally(result: Result) -> None:
    bad = dataclasses.replace(result.findings[0], resource=HOSTILE_MARKDOWN, message=HOSTILE_MARKDOWN)
    text = render(dataclasses.replace(result, findings=(bad,)), "markdown")
    row = next(line for line in text.splitlines() if line.startswith("| high"))
    for live in ("`", "![", "](", "<img", "@org", " #12"):
        assert live not in row
    assert row.count("|") == 6


def test_markdown_fits_into_a_comment(result: Result) -> None:
    many = tuple(
        dataclasses.replace(result.findings[0], message=f"{number} <{'x' * 300}>") for number in range(500)
    )
    for changes in (None, Changes(new=many, unchanged=many, fixed=many)):
        text = render(dataclasses.replace(result, findings=many), "markdown", changes=changes)
        assert len(text) <= LIMIT
        assert re.search(r"^\d+ more are in the other reports", text, re.MULTILINE)
        assert text.count("<details>") == text.count("</details>")


def _closed(required: str, optional: str = "", **properties: Any) -> dict[str, Any]:
    names = [*required.split(), *optional.split()]
    return {
        "type": "object",
        "required": required.split(),
        "properties": {name: properties.get(name, {}) for name in names},
        "additionalProperties": False,
    }


def _list(items: Any) -> dict[str, Any]:
    return {"type": "array", "items": items}


LEVEL = {"enum": ["none", "note", "warning", "error"]}
TEXT = _closed("text", "markdown", text={"type": "string", "minLength": 1})
RULE = _closed(
    "id name shortDescription fullDescription help defaultConfiguration properties",
    "helpUri",
    shortDescription=TEXT,
    fullDescription=TEXT,
    help=TEXT,
    defaultConfiguration=_closed("level enabled", level=LEVEL, enabled={"type": "boolean"}),
    properties={
        "required": ["tags", "security-severity"],
        "properties": {
            "tags": {"uniqueItems": True, "maxItems": 20, "contains": {"const": "security"}},
            "security-severity": {"type": "string", "pattern": r"^\d+\.\d$"},
        },
    },
)
PHYSICAL = _closed(
    "artifactLocation region",
    artifactLocation=_closed("uri uriBaseId", uri={"pattern": "^[^/:]+(/[^/:]+)*$"}),
    region=_closed("startLine", startLine={"type": "integer", "minimum": 1}),
)
RESULT = _closed(
    "ruleId ruleIndex level message locations partialFingerprints properties",
    "suppressions baselineState",
    level=LEVEL,
    message=TEXT,
    locations=_list(
        _closed(
            "physicalLocation logicalLocations",
            physicalLocation=PHYSICAL,
            logicalLocations=_list(_closed("name kind", "fullyQualifiedName")),
        )
    )
    | {"minItems": 1},
    partialFingerprints={"additionalProperties": {"type": "string"}},
    suppressions=_list(_closed("kind justification", kind={"enum": ["inSource", "external"]})),
    baselineState={"enum": ["new", "unchanged", "updated", "absent"]},
)
RUN = _closed(
    "tool automationDetails invocations columnKind results",
    "properties",
    tool=_closed("driver", driver=_closed("name rules", rules=_list(RULE))),
    automationDetails=_closed("id", id={"pattern": "/$"}),
    invocations=_list(_closed("executionSuccessful", "toolExecutionNotifications")),
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    results=_list(RESULT),
)
SARIF = _closed("$schema version runs", version={"const": "2.1.0"}, runs=_list(RUN) | {"minItems": 1})
"""The part of the SARIF 2.1.0 schema that is used, with what code-scanning services insist on beyond it."""


def test_sarif(result: Result) -> None:
    changes = Changes(result.findings[:1], result.findings[1:], (finding(rule("gone")),))
    document = json.loads(render(result, "sarif", changes=changes))
    jsonschema.validate(document, SARIF)
    run = document["runs"][0]
    rules, results = run["tool"]["driver"]["rules"], run["results"]
    assert [item["level"] for item in results] == ["error", "warning", "error", "note"]
    assert [item["baselineState"] for item in results] == ["new", "unchanged", "unchanged", "unchanged"]
    assert all(rules[item["ruleIndex"]]["id"] == item["ruleId"] for item in results)
    assert results[3]["suppressions"][0]["kind"] == "external"
    assert rules[0]["help"]["text"] == "fix bad"
    assert rules[0]["properties"]["tags"] == ["security", "auth", "APIGW-001"]
    assert rules[0]["properties"]["security-severity"] == "8.0"
    prints = [item["partialFingerprints"]["primaryLocationLineHash"] for item in results]
    assert len(set(prints)) == len(prints)
    assert "gone" not in json.dumps(document)


def test_sarif_points_to_the_component_that_declares_the_resource(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    project = tmp_path / "infra"
    (project / "parts").mkdir(parents=True)
    (project / "__main__.py").write_text("import parts\n")
    (project / "parts" / "store.py").write_text('"""Doc."""\n\n\nclass Store(Base):\n    pass\n')
    (project / "tests").mkdir()
    (project / "tests" / "a.py").write_text("class Store: ...\n")
    stack = resource("pulumi:pulumi:Stack", "p-prod")
    store = resource("my:index:Store", "s", stack["urn"])
    inside = resource("aws:kms/key:Key", "inside", store["urn"])
    outside = resource("aws:kms/key:Key", "outside", stack["urn"])
    bad = rule("bad")
    urns = (inside["urn"], outside["urn"], store["urn"], stack["urn"], f"{ROOT}aws:kms/key:Key::gone")
    findings = tuple(finding(bad, urn=urn) for urn in urns)
    result = Result("p", "prod", "pack", ("update",), 4, (bad,), findings, 0)
    drawn = shape(graph(stack, store, inside, outside), project)
    document = json.loads(render(result, "sarif", drawn))
    jsonschema.validate(document, SARIF)
    places = [item["locations"][0]["physicalLocation"] for item in document["runs"][0]["results"]]
    assert [(place["artifactLocation"]["uri"], place["region"]["startLine"]) for place in places] == [
        ("infra/parts/store.py", 4),
        ("infra/__main__.py", 1),
        ("infra/parts/store.py", 4),
        ("infra/__main__.py", 1),
        ("Pulumi.prod.yaml", 1),
    ]
    assert json.loads(render(result, "json", drawn))["findings"][0]["place"] == dataclasses.asdict(
        Place("infra/parts/store.py", 4)
    )


def test_junit(result: Result) -> None:
    suite = ElementTree.fromstring(render(result, "junit"))[0]  # noqa: S314
    cases = {case.get("name"): [child.tag for child in case] for case in suite.iter("testcase")}
    assert cases == {
        "bad": ["failure"],
        "soft": ["system-out"],
        "unknown": ["failure"],
        "spared": ["skipped"],
        "off": ["skipped"],
        "good": [],
    }
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("6", "2", "2")


def test_junit_tells_a_used_exemption_beside_a_failure(result: Result) -> None:
    bad = result.rules[0]
    both = (finding(bad), finding(bad, "exempted", "bad is exempted: reason."))
    suite = ElementTree.fromstring(render(dataclasses.replace(result, findings=both), "junit"))[0]  # noqa: S314
    case = next(suite.iter("testcase"))
    assert [child.tag for child in case] == ["failure", "system-out"]
    assert "reason" in (case[1].text or "")


def test_an_unknown_format_is_an_error(result: Result) -> None:
    with pytest.raises(KeyError):
        render(result, "pdf")
