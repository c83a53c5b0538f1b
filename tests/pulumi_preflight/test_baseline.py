"""What changed since an earlier report."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from pulumi_preflight.baseline import compare, read
from pulumi_preflight.errors import UserError
from pulumi_preflight.reports import render

from tests.pulumi_preflight.results import finding, mixed, rule


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    """The report of a result with one finding that is gone today, and without one of today's."""
    result = mixed()
    gone = finding(rule("gone"), message="It was | so.")
    before = dataclasses.replace(
        result, findings=(*result.findings[1:], gone), rules=(*result.rules, rule("gone"))
    )
    path = tmp_path / "baseline.json"
    path.write_text(render(before, "json"))
    return path


def test_findings_are_new_fixed_or_unchanged(earlier: Path) -> None:
    result = mixed()
    changes = compare(result, read(earlier))
    assert [item.rule for item in changes.new] == ["bad"]
    assert [item.rule for item in changes.fixed] == ["gone"]
    assert changes.unchanged == result.findings[1:]


def test_a_report_is_its_own_baseline(tmp_path: Path) -> None:
    path = tmp_path / "same.json"
    path.write_text(render(mixed(), "json"))
    assert str(compare(mixed(), read(path))) == "0 new, 0 fixed, 4 unchanged"


def test_the_reports_tell_the_changes(earlier: Path) -> None:
    result = mixed()
    changes = compare(result, read(earlier))
    markdown = render(result, "markdown", changes=changes)
    new, fixed, unchanged = (
        markdown.index(word) for word in ("**New: 1**", "Fixed: 1", "Unchanged: 3, 1 blocking")
    )
    assert new < markdown.index("<code>bad</code>") < fixed < markdown.index("<code>gone</code>") < unchanged
    assert "1 new, 1 fixed, 3 unchanged" in render(result, "table", changes=changes)
    document = json.loads(render(result, "json", changes=changes))
    assert [item["rule"] for item in document["changes"]["fixed"]] == ["gone"]
    html = render(result, "html", changes=changes)
    assert html.count('data-change="new"') == 1
    assert html.count('data-change="unchanged"') == 3
    assert "Fixed: 1" in html


def change(**fields: Any) -> Any:
    return lambda document: document | fields


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (change(stack="dev"), "is of p/dev, not of p/prod"),
        (change(forms=["update"]), "judged update, this check judges preview and update"),
        (change(version=2), "has another version than 1"),
        (change(findings=[{"rule": "bad"}]), "is not the JSON report of a check"),
        (lambda document: [document], "is not the JSON report of a check"),
    ],
)
def test_another_file_is_refused_in_one_sentence(earlier: Path, edit: Any, sentence: str) -> None:
    earlier.write_text(json.dumps(edit(json.loads(earlier.read_text()))))
    with pytest.raises(UserError, match=sentence):
        compare(mixed(), read(earlier))


def test_a_missing_or_broken_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not exist: write it with"):
        read(tmp_path / "none.json")
    (tmp_path / "half.json").write_text('{"version": 1,')
    with pytest.raises(UserError, match="cannot be read as JSON"):
        read(tmp_path / "half.json")
