"""The picture of the architecture against what the program declares."""

from __future__ import annotations

import json
import re

from pulumi_preflight.graph import STACK_TYPE, Graph, Resource

from tests.components import switched
from tests.harness import PROJECT, declared, one

PICTURE = (PROJECT / "docs" / "architecture.svg").read_text()
BOXES = set(re.findall(r'font-weight="bold"[^>]*>([A-Z]\w{9,})<', PICTURE))
ARROWS = re.findall(r'data-from="(\w+)" data-to="(\w+)"', PICTURE)
DRAWN_OTHERWISE = {"WorkloadRole", "AccessLogBucket", "AlarmTopic", "PrivateNetwork", "FunctionRollout"}
"""Roles and logs are everywhere, the topic and the roll-out are words in a box, the network is a frame."""


def components(graph: Graph) -> dict[str, Resource]:
    """The components that the program itself makes, by the last part of their type."""
    root = one(graph, STACK_TYPE)["urn"]
    own = [r for r in graph.resources if not r["custom"] and r["parent"] == root]
    return {r["type"].rpartition(":")[2]: r for r in own}


def within(graph: Graph, component: Resource) -> set[str]:
    """The URNs of all resources of a component."""
    found = {component["urn"]}
    while more := {r["urn"] for r in graph.resources if r["parent"] in found} - found:
        found |= more
    return found


def test_every_component_is_drawn_and_nothing_else() -> None:
    assert len(BOXES) >= 7
    assert set(components(declared("prod"))) - DRAWN_OTHERWISE == BOXES


def test_every_component_that_a_setting_adds_is_told_beside_the_picture() -> None:
    told = set(re.findall(r"^\| `([A-Z]\w+)` \|", (PROJECT / "docs" / "architecture.md").read_text(), re.M))
    made = set(components(switched.fronted())) | set(components(switched.named()))
    assert made - set(components(declared("prod"))) == told


def test_every_arrow_is_a_dependency() -> None:
    graph = declared("prod")
    made = components(graph)
    assert len(ARROWS) >= 4
    for start, end in ARROWS:
        both = within(graph, made[start]), within(graph, made[end])
        # The request goes one way; what is declared first is the one that is called.
        joined = any(
            r["urn"] in mine
            and ({d for ds in r["propertyDependencies"].values() for d in ds} | set(r["dependencies"]))
            & other
            for mine, other in (both, both[::-1])
            for r in graph.resources
        )
        assert joined or named(graph, *both), f"{start} -> {end}"


def named(graph: Graph, start: set[str], end: set[str]) -> bool:
    """Whether something of the one mentions the chosen name of something of the other."""
    names = {r["inputs"]["name"] for r in graph.resources if r["urn"] in end and "name" in r["inputs"]}
    texts = [json.dumps(r["inputs"]) for r in graph.resources if r["urn"] in start]
    return any(f'"{name}"' in text for name in names for text in texts)
