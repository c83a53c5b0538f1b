"""The real program under all three stacks: names that must not change by accident, and what holds for all of them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from pulumi_preflight.graph import SECRET, SIGNATURE, STACK_TYPE, UNKNOWN, Resource, map_secrets

from tests.harness import FORMS, STACKS, Form, declared, name_of, one, urns

SNAPSHOT = Path(__file__).parent / "urns.json"


@pytest.mark.parametrize("stack", STACKS)
def test_urns_are_those_of_the_snapshot(stack: str) -> None:
    """A changed URN destroys and creates: give the resource an alias, then renew with UPDATE_SNAPSHOTS=1."""
    now = urns(declared(stack))
    recorded = json.loads(SNAPSHOT.read_text()) if SNAPSHOT.exists() else {}
    if os.environ.get("UPDATE_SNAPSHOTS"):
        recorded[stack] = now
        SNAPSHOT.write_text(json.dumps(recorded, indent=1, sort_keys=True) + "\n")
    assert now == recorded.get(stack)


@pytest.mark.parametrize("stack", STACKS)
def test_a_preview_declares_what_the_update_does(stack: str) -> None:
    def relations(resource: Resource) -> dict[str, Any]:
        keys = ("parent", "dependencies", "propertyDependencies", "protect", "ignoreChanges", "aliases")
        return {key: resource.get(key) for key in keys} | {"inputs": sorted(resource["inputs"])}

    update, preview = (
        {resource["urn"]: relations(resource) for resource in declared(stack, form).resources}
        for form in FORMS
    )
    assert preview == update


@pytest.mark.parametrize("stack", STACKS)
def test_an_update_leaves_nothing_unknown_and_nothing_empty(stack: str) -> None:
    for resource in declared(stack).resources:
        for side in ("inputs", "outputs"):
            text = json.dumps(resource[side]).replace(
                '"unit": "None"', ""
            )  # CloudWatch's name for a bare count
            assert UNKNOWN not in text, f"{resource['urn']} {side}"
            assert '"None' not in text, f"{resource['urn']} {side}"
            assert ": null" not in text, f"{resource['urn']} {side}"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("stack", STACKS)
def test_every_resource_is_owned_by_a_component_and_a_provider(stack: str, form: Form) -> None:
    graph = declared(stack, form)
    root = one(graph, STACK_TYPE)["urn"]
    for resource in graph.resources:
        if resource["type"] == STACK_TYPE or resource["type"].startswith("pulumi:providers:"):
            continue
        if resource["custom"]:
            assert resource["parent"] not in ("", root), resource["urn"]
            assert "pulumi:providers:aws::default" in resource["provider"], resource["urn"]
        else:
            assert resource["type"].startswith("fraud:"), resource["urn"]


@pytest.mark.parametrize("stack", STACKS)
def test_exports_are_complete_and_key_values_are_secret(stack: str) -> None:
    graph = declared(stack)
    assert set(graph.exports) >= {
        "url",
        "keyIds",
        "keyValues",
        "endpointName",
        "modelVersion",
        "dashboardUrl",
    }
    clear = json.dumps(map_secrets(graph.exports, lambda value: None))
    secrets: list[Any] = []
    map_secrets(graph.exports["keyValues"], secrets.append)
    assert len(secrets) >= 1
    for key in graph.by_type("aws:apigateway/apiKey:ApiKey"):
        value = key["outputs"]["value"]
        assert value[SIGNATURE] == SECRET
        assert value["value"] not in clear
        assert key["id"] in graph.exports["keyIds"].values()
    assert str(graph.exports["url"]).startswith("https://")


@pytest.mark.parametrize("stack", STACKS)
def test_protection_follows_the_setting(stack: str) -> None:
    guarded = {name_of(r) for r in declared(stack).resources if r["protect"]}
    assert bool(guarded) is (stack != "dev")


@pytest.mark.parametrize("stack", STACKS)
def test_two_runs_declare_the_same(stack: str) -> None:
    first = declared(stack).resources
    again = declared.__wrapped__(stack).resources
    assert again == first
