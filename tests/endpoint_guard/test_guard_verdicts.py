"""Verdicts: an unknown is told and hides nothing, a crash is a finding, a secret is in no message."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from typing import Any

from endpoint_guard import types as t
from endpoint_guard.discovery import rules
from endpoint_guard.graph import Graph, Resource
from endpoint_guard.rule import Context, Finding, Rule, Verdict, fail, run
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE

from tests.endpoint_guard import compliant as c
from tests.endpoint_guard import guard_process
from tests.endpoint_guard.compliant import Item
from tests.endpoint_guard.guard_process import Pack

SECRET = "Zq7pLm2RkT9wXv4sNb8cYd3fGh6jKa1e"


def graph(items: list[Item], preview: bool = False) -> Graph:
    return Graph(_resource(item, *guard_process.resolved(item, items, preview)) for item in items)


def _resource(item: Item, properties: dict[str, Any], edges: dict[str, list[str]]) -> Resource:
    return Resource(
        urn=item.urn,
        type=item.type,
        name=item.name,
        properties=lambda: properties,
        protect=item.protect,
        ignore_changes=tuple(item.ignore_changes),
        edges={key: tuple(urns) for key, urns in edges.items()},
    )


def test_an_unknown_is_reported_and_the_next_resource_still_judged(pack: Pack) -> None:
    items = c.program()
    groups = [item for item in items if item.type == t.LOG_GROUP]
    groups[0].props["kmsKeyId"] = UNKNOWN_STRING_VALUE
    del groups[1].props["kmsKeyId"]
    pack.configure(["encrypted-with-own-key", "not-evaluated"])

    found = pack.judge_stack(items, preview=True)

    said = {(entry.rule, entry.resource) for entry in found}
    assert ("encrypted-with-own-key", groups[1].name) in said
    assert ("not-evaluated", groups[0].name) in said
    assert all(entry.resource != groups[0].name for entry in found if entry.rule == "encrypted-with-own-key")
    [unknown] = [e for e in found if e.rule == "not-evaluated" and e.resource == groups[0].name][:1]
    assert "encrypted-with-own-key" in unknown.text
    assert "kmsKeyId" in unknown.text
    assert unknown.level == guard_process.LEVELS["mandatory"], "as the profile scoring-endpoint has it"


def crashing(resource: Resource, ctx: Context) -> Iterator[Finding]:
    yield fail(resource, "has a first fault", "a")
    raise KeyError(SECRET)


def test_a_crash_is_a_violation_that_names_only_the_exception() -> None:
    rule = Rule("crashing", "T", "auth", "low", "w", "r", (), (t.BUCKET,), crashing)
    outcome, *_ = run(rule, graph(c.program()))

    assert outcome.verdict is Verdict.FAIL
    assert [finding.path for finding in outcome.findings] == ["a", ""]
    assert "internal error in rule (KeyError)" in outcome.findings[1].sentence
    assert SECRET not in outcome.findings[1].sentence


def test_a_stack_without_the_types_of_a_rule_has_no_outcome_for_it() -> None:
    assert run(rules()["kms-key-rotates"], Graph([])) == []


def test_an_empty_stack_does_not_pass() -> None:
    outcomes = run(rules()["required-components"], Graph([]))

    assert [outcome.verdict for outcome in outcomes] == [Verdict.FAIL]


def _poisoned(value: Any, poison: Any) -> Any:
    """The value with every leaf text replaced."""
    if isinstance(value, dict):
        return {key: _poisoned(entry, poison) for key, entry in value.items()}
    if isinstance(value, list):
        return [_poisoned(entry, poison) for entry in value]
    return poison if isinstance(value, str) else value


def test_a_secret_planted_anywhere_is_in_no_message(pack: Pack) -> None:
    pack.configure()
    items = c.program()
    for item in items:
        item.props = _poisoned(item.props, SECRET)

    found = pack.judge(items, preview=False)

    assert len(found) > 50
    assert all(SECRET not in entry.text for entry in found)
    assert all("internal error" not in entry.text for entry in found)


_junk = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-5, 5),
        st.floats(allow_nan=False, allow_infinity=False),
        st.sampled_from(
            ["", "*", "a", UNKNOWN_STRING_VALUE, "{}", '{"Statement": [{}]}', '{"Statement": "a"}', "[1]"]
        ),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2)
    ),
    max_leaves=3,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_no_rule_crashes_on_any_graph(data: st.DataObject) -> None:
    items = c.program()
    for item in data.draw(st.lists(st.sampled_from(items), min_size=1, max_size=8, unique_by=id)):
        for key in data.draw(st.lists(st.sampled_from([*item.props, "policy"]), min_size=1, max_size=2)):
            item.props[key] = data.draw(_junk)
    judged = graph(items, preview=data.draw(st.booleans()))
    for rule in rules().values():
        for outcome in run(rule, judged):
            for finding in outcome.findings:
                assert "internal error" not in finding.sentence, (rule.id, finding.sentence)


def test_many_resources_are_judged_in_linear_work() -> None:
    """Function calls, not seconds: a busy machine makes no more of them."""

    def calls(copies: int) -> int:
        items = []
        for number in range(copies):
            for item in c.program()[2:]:
                item.name = f"{item.name}-{number}"
                item.props = _renamed(item.props, number)
                items.append(item)
        built = graph(items)
        counted = itertools.count()

        def count(frame: object, event: str, argument: object) -> None:
            next(counted)

        sys.setprofile(count)
        try:
            for rule in rules().values():
                run(rule, built)
        finally:
            sys.setprofile(None)
        return next(counted)

    few, many = calls(3), calls(12)
    assert many < 5 * few, "four times the resources take about four times the work"


def _renamed(value: Any, number: int) -> Any:
    if isinstance(value, c.Ref):
        return c.Ref(f"{value.name}-{number}", value.output)
    if isinstance(value, dict):
        return {key: _renamed(entry, number) for key, entry in value.items()}
    return [_renamed(entry, number) for entry in value] if isinstance(value, list) else value
