"""Whatever a graph holds, at whatever depth: no rule crashes, and no sentence holds a value."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

from endpoint_guard.discovery import rules
from endpoint_guard.rule import Finding, run
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pulumi_policy.proxy import UNKNOWN_OBJECT_VALUE, UNKNOWN_STRING_VALUE

from tests.endpoint_guard import compliant as c
from tests.endpoint_guard.compliant import Item
from tests.endpoint_guard.test_guard_verdicts import graph

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
QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


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


def findings(items: list[Item], preview: bool) -> Iterator[tuple[str, Finding]]:
    judged = graph(items, preview)
    for rule in rules().values():
        for outcome in run(rule, judged):
            yield from ((rule.id, finding) for finding in outcome.findings)


def read(value: Any) -> Any:
    """The value with JSON documents opened, so that places inside them can be chosen too."""
    if isinstance(value, str) and value.startswith("{") and "$context" not in value:
        return Opened(json.loads(value))
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


def planted(data: st.DataObject, values: st.SearchStrategy[Any]) -> list[Item]:
    """The compliant stack with a few values, at any depth, replaced."""
    items = copy.deepcopy(c.program())
    for item in data.draw(
        st.lists(
            st.sampled_from([item for item in items if item.props]), min_size=1, max_size=8, unique_by=id
        )
    ):
        item.props = read(item.props)
        place = data.draw(st.sampled_from(list(places(item.props))))
        at(item.props, place, data.draw(values))
        item.props = written(item.props)
    return items


@QUICK
@given(st.data())
def test_no_rule_crashes_on_junk_at_any_depth(data: st.DataObject) -> None:
    items = planted(data, st.sampled_from(JUNK))
    for rule, finding in findings(items, data.draw(st.booleans())):
        assert "internal error" not in finding.sentence, (rule, finding.sentence)


@QUICK
@given(st.data())
def test_a_secret_at_any_depth_is_in_no_sentence(data: st.DataObject) -> None:
    shapes = [
        SECRET,
        f"arn:aws:iam::1:role/{SECRET}",
        f"{SECRET}*",
        [SECRET],
        f"https://{SECRET}/*",
        f"s3://{SECRET}",
    ]
    items = planted(data, st.sampled_from(shapes))
    for rule, finding in findings(items, data.draw(st.booleans())):
        assert SECRET not in finding.sentence + finding.path + finding.name, rule
        assert "internal error" not in finding.sentence, (rule, finding.sentence)
