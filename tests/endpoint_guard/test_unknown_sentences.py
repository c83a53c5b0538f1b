"""What a user reads of a property that a preview cannot tell: what it waits for, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence

from endpoint_guard.graph import Graph, Resource
from endpoint_guard.node import UNKNOWN
from endpoint_guard.rule import unknown


def _sentence(origins: Sequence[str]) -> str:
    topics = [Resource(f"urn:{name}", "aws:sns/topic:Topic", name) for name in origins]
    policy = Resource(
        "urn:policy",
        "aws:iam/rolePolicy:RolePolicy",
        "worker",
        lambda: {"policy": UNKNOWN},
        edges={"policy": tuple(topic.urn for topic in topics)},
        graph=Graph(topics),
    )
    return unknown(policy.get("policy")).sentence


def test_it_names_what_the_property_waits_for_and_what_to_split() -> None:
    assert _sentence(["alarms"]) == (
        'RolePolicy "worker" has a property that is not known before Topic "alarms" is deployed (policy): make it from '
        'names that the program sets, or move Topic "alarms" into a stack that is deployed before.'
    )


def test_of_many_it_names_two() -> None:
    assert 'Topic "a" and Topic "b" and 1 more' in _sentence(["a", "b", "c"])


def test_with_no_other_resource_behind_it_there_is_nothing_to_split() -> None:
    assert _sentence([]) == (
        'RolePolicy "worker" has a property that is not known before the update (policy): make it from names that the '
        "program sets."
    )
