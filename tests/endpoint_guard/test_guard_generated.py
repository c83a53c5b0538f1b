"""Whatever a graph holds, at whatever depth: no rule crashes, and no sentence holds a value."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from endpoint_guard.discovery import rules
from endpoint_guard.guard import METAS
from endpoint_guard.rule import Finding, run
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pulumi_policy.proxy import UNKNOWN_OBJECT_VALUE, UNKNOWN_STRING_VALUE

from tests.endpoint_guard.mutants.change import Change, Stack
from tests.endpoint_guard.mutants.quick import quick
from tests.harness import FORMS, Form, name_of

pytestmark = pytest.mark.slow

SECRET = "Zq7pLm2RkT9wXv4sNb8cYd3fGh6jKa1e"
JUNK: list[Any] = [
    None,
    True,
    False,
    -1,
    0,
    1e300,
    "",
    "*",
    "true",
    "-1",
    "arn:",
    "arn:aws:s3:::",
    "s3://",
    "{",
    "[]",
    '{"Statement": [[], 1, null, {"Action": {"a": []}, "Principal": [{}], "Condition": [1]}]}',
    [],
    [None],
    [[{}]],
    {},
    {"": ""},
    {"count": {}},
    UNKNOWN_STRING_VALUE,
    [UNKNOWN_STRING_VALUE],
    {"a": UNKNOWN_OBJECT_VALUE},
]
ANY = st.recursive(
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
"""Junk of no particular kind."""
QUICK = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of everything below a value."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, entry in pairs:
        yield (*path, key)
        yield from places(entry, (*path, key))


def at(value: Any, path: tuple[Any, ...], new: Any) -> None:
    for step in path[:-1]:
        value = value[step]
    value[path[-1]] = new


def findings(change: Change, form: Form) -> Iterator[tuple[str, Finding]]:
    """What all rules say of the prod stack with a change that no provider looked at."""
    judged = quick("prod", form).view(change, answers=False).graph
    for rule in rules().values():
        for outcome in run(rule, judged):
            yield from ((rule.id, finding) for finding in outcome.findings)


def read(value: Any) -> Any:
    """The value with JSON documents opened, so that places inside them can be chosen too."""
    if isinstance(value, str) and value.startswith("{"):
        try:
            return Opened(json.loads(value))
        except ValueError:  # formats of log lines and patterns of log filters have braces as well
            return value
    if isinstance(value, dict):
        return {key: read(entry) for key, entry in value.items()}
    return [read(entry) for entry in value] if isinstance(value, list) else value


class Opened(dict[str, Any]):
    """A JSON document that was text."""


def written(value: Any) -> Any:
    """The opposite of `read`."""
    if isinstance(value, Opened):
        return json.dumps(dict(value))
    if isinstance(value, dict):
        return {key: written(entry) for key, entry in value.items()}
    return [written(entry) for entry in value] if isinstance(value, list) else value


def planted(data: st.DataObject, values: st.SearchStrategy[Any]) -> Change:
    """Replaces a few values, at any depth, in a few resources."""

    def change(stack: Stack) -> None:
        said = [one for one in stack.resources if one["inputs"]]
        for chosen in data.draw(st.lists(st.sampled_from(said), min_size=1, max_size=8, unique_by=id)):
            resource = stack.find(chosen["type"], name_of(chosen))
            inputs = read(resource["inputs"])
            place = data.draw(st.sampled_from(list(places(inputs))))
            at(inputs, place, data.draw(values))
            top = written(inputs)[place[0]]
            for side in ("inputs", "outputs"):
                resource[side][place[0]] = copy.deepcopy(top)

    return change


@QUICK
@given(st.data(), st.sampled_from(FORMS))
def test_no_rule_crashes_on_junk_at_any_depth(data: st.DataObject, form: Form) -> None:
    for rule, finding in findings(planted(data, st.sampled_from(JUNK) | ANY), form):
        assert "internal error" not in finding.sentence, (rule, finding.sentence)


@QUICK
@given(st.data(), st.sampled_from(FORMS))
def test_a_secret_at_any_depth_is_in_no_sentence(data: st.DataObject, form: Form) -> None:
    shapes = [
        SECRET,
        f"arn:aws:iam::1:role/{SECRET}",
        f"{SECRET}*",
        [SECRET],
        f"https://{SECRET}/*",
        f"s3://{SECRET}",
    ]
    for rule, finding in findings(planted(data, st.sampled_from(shapes)), form):
        assert SECRET not in finding.sentence + finding.path + finding.name, rule
        assert "internal error" not in finding.sentence, (rule, finding.sentence)


def test_a_secret_planted_everywhere_is_in_no_sentence() -> None:
    def poison(stack: Stack) -> None:
        for resource in stack.every():
            for side in ("inputs", "outputs"):
                resource[side] = _poisoned(resource[side])

    said = quick("prod", "update").says(poison, [*rules(), *(meta.id for meta in METAS)], answers=False)

    assert len(said) > 50
    assert all(SECRET not in one.text for one in said)
    assert all("internal error" not in one.text for one in said)


def _poisoned(value: Any) -> Any:
    """The value with every text in it replaced."""
    if isinstance(value, dict):
        return {key: _poisoned(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_poisoned(entry) for entry in value]
    return SECRET if isinstance(value, str) else value
