"""Reports of a stack with more than anybody reads: bounded where people read, whole where programs do."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_preflight import baseline, reports
from pulumi_preflight.findings import Result
from pulumi_preflight.reports import document, page, render
from pulumi_preflight.shape import shape

from tests.pulumi_preflight.results import finding, graph, resource, rule

MANY = 2_100
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda items: st.lists(items, max_size=3) | st.dictionaries(TEXTS, items, max_size=3),
    max_leaves=10,
)


@pytest.fixture(scope="module")
def large() -> Result:
    bad = rule("bad")
    findings = tuple(finding(bad, message=f"Sentence {number}.") for number in range(MANY))
    return Result("p", "prod", "pack", ("update",), MANY, (bad,), findings, 1.0)


@given(VALUES)
def test_pieces_are_the_json_of_the_value(value: Any) -> None:
    assert json.loads("".join(document.pieces(value))) == value


@given(st.lists(VALUES, max_size=4))
def test_an_iterator_is_a_list_with_an_item_a_line(items: list[Any]) -> None:
    text = "".join(document.pieces({"items": iter(items), "after": 1}))
    assert json.loads(text) == {"items": items, "after": 1}
    assert text.count("\n") == 3 + len(items) + bool(items)


def test_reports_for_programs_have_all(large: Result) -> None:
    assert len(json.loads(render(large, "json"))["findings"]) == MANY
    assert len(json.loads(render(large, "sarif"))["runs"][0]["results"]) == MANY
    assert "bad: 2100 blocking" in render(large, "junit").replace("title of ", "")


def test_a_table_says_how_many_it_leaves_out(large: Result) -> None:
    text = render(large, "table")
    assert "1,600 more findings, none graver" in text
    assert "Sentence 499." in text
    assert "Sentence 500." not in text
    assert "2100 blocking" in text


def test_a_page_says_how_many_it_leaves_out(large: Result) -> None:
    text = render(large, "html")
    assert text.count("<article") == page.CARDS
    assert "100 more findings, none graver" in text
    fewer = dataclasses.replace(large, findings=large.findings[: page.CARDS])
    assert "more findings" not in render(fewer, "html")


def test_a_picture_of_too_many_resources_is_left_out(large: Result) -> None:
    many = [resource("aws:kms/key:Key", f"key-{number}") for number in range(page.PICTURED + 1)]
    few = dataclasses.replace(large, findings=())
    assert "The picture is left out: 2,001 resources" in render(few, "html", shape(graph(*many), None))
    assert "<svg" in render(few, "html", shape(graph(*many[:50]), None))


def test_what_is_new_is_bounded_as_well(large: Result) -> None:
    assert reports.LIMIT < MANY
    changes = baseline.Changes(new=large.findings, unchanged=(), fixed=())
    text = render(dataclasses.replace(large, findings=()), "table", changes=changes)
    assert text.count("new: bad") == reports.LIMIT
    assert "1,600 more findings" in text
