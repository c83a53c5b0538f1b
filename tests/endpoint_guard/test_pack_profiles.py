"""What each profile asks for: an empty stack has no finding, components are judged by their children."""

from __future__ import annotations

from typing import Any

import pytest
from endpoint_guard import catalogue, description
from endpoint_guard.discovery import rules
from endpoint_guard.pack import guard, pack
from endpoint_guard.profiles import PROFILES, rules_of
from endpoint_guard.servicer import Servicer
from pulumi.runtime.proto import analyzer_pb2

PROJECT = "urn:pulumi:prod::shop"
STACK = "pulumi:pulumi:Stack"


def servicer(profile: str) -> Servicer:
    made = guard(profile=profile)
    return Servicer(description.info(made, profile), made)


def about_stack(made: Servicer, views: list[Any]) -> list[Any]:
    answer = analyzer_pb2.AnalyzeResponse.FromString(b"".join(made.about_stack(views)))
    return list(answer.diagnostics)


def said(profile: str, kinds: list[tuple[str, bool]]) -> list[tuple[str, str]]:
    """(policy, text) about a stack of resources of these types without properties; True: a provider made it."""
    made = servicer(profile)
    views: list[Any] = []
    found: list[Any] = []
    for place, (kind, custom) in enumerate([(STACK, False), *kinds]):
        for message in (analyzer_pb2.AnalyzeRequest(), analyzer_pb2.AnalyzerResource()):
            message.type, message.urn, message.name = kind, f"{PROJECT}::{kind}::r{place}", f"r{place}"
            if custom:
                message.provider.urn = f"{PROJECT}::pulumi:providers:x::default"
            if isinstance(message, analyzer_pb2.AnalyzerResource):
                views.append(message)
            else:
                found += made.about_resource(message).diagnostics
    found += about_stack(made, views)
    return [(d.policyName, d.message.split("\n", 1)[1]) for d in found]


@pytest.mark.parametrize("profile", ["aws", "pci"])
def test_an_empty_stack_passes(profile: str) -> None:
    assert said(profile, []) == []
    assert not about_stack(servicer(profile), [])


def test_a_scoring_endpoint_misses_its_parts() -> None:
    assert {name for name, _ in said("scoring-endpoint", [])} == {"required-components", "required-alarms"}


def test_components_of_any_package_are_judged_by_their_children() -> None:
    kinds = [("shop:store:Shop", False), ("awsx:ec2:Vpc", False), ("eks:index:Cluster", False)]

    assert said("aws", kinds) == []
    assert {name for name, _ in said("scoring-endpoint", kinds)} == {"required-components", "required-alarms"}


def test_types_that_no_rule_reads_are_reported_with_their_counts() -> None:
    kinds = [
        ("random:index/randomPassword:RandomPassword", True),
        ("aws:gamelift/fleet:Fleet", True),
        ("aws:gamelift/fleet:Fleet", True),
        ("pulumi:providers:aws", False),
    ]

    [text] = [text for name, text in said("aws", kinds) if name == "unread-types"]
    assert text == (
        "No rule reads aws:gamelift/fleet:Fleet (2), random:index/randomPassword:RandomPassword (1)."
    )


def test_a_team_may_refuse_what_rules_cannot_read() -> None:
    kinds = [("random:index/randomPassword:RandomPassword", True)]

    assert "only-readable-resources" not in {name for name, _ in said("aws", kinds)}
    assert "only-readable-resources" in {name for name, _ in said("scoring-endpoint", kinds)}


def test_the_profiles_choose_from_the_same_rules() -> None:
    assert set(rules_of("scoring-endpoint")) == set(rules())
    assert set(rules_of("pci")) < set(rules_of("aws")) < set(rules())
    assert all(catalogue.ids(rule.references, "pci") for rule in rules_of("pci").values())
    assert {rule.level for rule in rules_of("scoring-endpoint").values()} == {"mandatory"}


def test_an_unknown_profile_is_a_sentence() -> None:
    with pytest.raises(ValueError, match=f"none is not a profile; they are {', '.join(PROFILES)}"):
        pack(profile="none")


def test_the_policies_own_sentences_name_their_rule_first() -> None:
    made = guard(profile="aws")
    kinds = {p.name: [tag for tag in p.tags or () if tag.startswith("kind:")] for p in pack()["policies"]}

    assert kinds["not-evaluated"] == ["kind:not_evaluated"]
    assert kinds["exempted"] == ["kind:exempted"]
    assert kinds["unread-types"] == ["kind:unread_types"]
    assert made.rules
