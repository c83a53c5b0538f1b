"""Small programs of which the right verdict is known: what a rule has to find, and what it has to leave alone.

Each goes through the real policy process, as a first preview and as an update.
"""

from __future__ import annotations

import pytest
from endpoint_guard import types as t
from endpoint_guard.discovery import rules
from endpoint_guard.graph import Graph, Resource
from endpoint_guard.rule import run

from tests.endpoint_guard.guard_process import Pack
from tests.endpoint_guard.verdicts import (
    documents,
    elsewhere,
    firewall,
    functions,
    gateway,
    identities,
    programs,
)
from tests.endpoint_guard.verdicts.case import PROVIDER, Case

CASES = (
    *documents.CASES,
    *identities.CASES,
    *firewall.CASES,
    *functions.CASES,
    *gateway.CASES,
    *elsewhere.CASES,
    *programs.CASES,
)


@pytest.mark.parametrize("preview", [False, True], ids=["update", "preview"])
@pytest.mark.parametrize("case", CASES, ids=[f"{case.rule}: {case.title}" for case in CASES])
def test_the_verdict_is_right(pack: Pack, case: Case, preview: bool) -> None:
    pack.configure([case.rule])

    found = pack.judge([PROVIDER, *case.items], preview=preview)

    assert bool(found) is case.found, [entry.text for entry in found]


def test_default_tags_are_those_of_the_own_provider() -> None:
    tagged = Resource(
        "urn:tagged", t.PROVIDER, "tagged", lambda: {"defaultTags": '{"tags": {"Owner": "payments"}}'}
    )
    west = Resource("urn:west", t.PROVIDER, "west", lambda: {"region": "us-west-2"})
    topics = [
        Resource(f"urn:{p.name}-topic", t.TOPIC, p.name, lambda: {"name": "x"}, provider=p.urn)
        for p in (tagged, west)
    ]
    graph = Graph([tagged, west, *topics])

    outcomes = run(rules()["resources-tagged"], graph)

    assert [outcome.urn for outcome in outcomes if outcome.findings] == ["urn:west-topic"]
