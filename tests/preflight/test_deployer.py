"""The deployer's policies: every declared type has its actions, every document fits, no role is given away."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from pulumi_preflight.errors import UserError
from pulumi_preflight.graph import Graph

from preflight.deployer import policies
from tests.components.switched import fronted, named
from tests.harness import STACKS, declared

ACCOUNT, REGION = "111122223333", "eu-west-1"


@pytest.mark.parametrize("stack", STACKS)
def test_policies_fit_and_name_the_stack(stack: str) -> None:
    documents = policies(declared(stack), ACCOUNT, REGION)
    assert 1 <= len(documents) <= 10
    for document in documents.values():
        assert len("".join(json.dumps(document).split())) <= 6144
    text = json.dumps(documents)
    assert f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:fraud-{stack}-*" in text
    assert "123456789012" not in text
    assert '"*:*"' not in text
    assert ':*"' not in json.dumps([s["Action"] for d in documents.values() for s in d["Statement"]])


def test_a_stack_without_a_network_asks_for_none() -> None:
    assert "ec2:CreateVpc" not in json.dumps(policies(declared("dev"), ACCOUNT, REGION))
    assert "ec2:CreateVpc" in json.dumps(policies(declared("prod"), ACCOUNT, REGION))


@pytest.mark.parametrize("switched", [named, fronted], ids=["tokens", "front door"])
def test_what_settings_add_is_known_as_well(switched: Callable[[], Graph]) -> None:
    documents = policies(switched(), ACCOUNT, REGION)
    assert 1 <= len(documents) <= 10
    assert ("cognito-idp:CreateUserPool" in json.dumps(documents)) is (switched is named)


def test_who_deploys_may_call_what_was_deployed() -> None:
    statements = [s for d in policies(declared("prod"), ACCOUNT, REGION).values() for s in d["Statement"]]
    (calling,) = [s for s in statements if s["Action"] == ["execute-api:Invoke"]]
    assert calling["Resource"] == f"arn:aws:execute-api:{REGION}:{ACCOUNT}:*/prod/POST/*"


def test_roles_are_passed_to_named_services_only() -> None:
    documents = policies(declared("prod"), ACCOUNT, REGION)
    (passing,) = [s for d in documents.values() for s in d["Statement"] if "iam:PassRole" in s["Action"]]
    assert passing["Resource"] == f"arn:aws:iam::{ACCOUNT}:role/fraud-prod-*"
    assert passing["Condition"]["StringEquals"]["iam:PassedToService"]


def test_a_type_that_is_not_known_is_refused() -> None:
    graph = declared("dev")
    new = {**graph.resources[-1], "type": "aws:quantum/ledger:Ledger"}
    with pytest.raises(UserError, match="actions that aws:quantum/ledger:Ledger needs are not known"):
        policies(replace(graph, resources=[*graph.resources, new]), ACCOUNT, REGION)
