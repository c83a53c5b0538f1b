"""Tokens instead of signatures: the pool, a client for each caller, the authorizer and the scope."""

from __future__ import annotations

import functools
import json
from typing import Any

import pytest
from pulumi_preflight.check import check
from pulumi_preflight.errors import UserError
from pulumi_preflight.graph import Graph, map_secrets
from pulumi_preflight.program import evaluate

from tests.components.recorded import inputs, of_type
from tests.harness import FORMS, PROJECT, STACKS, Form, declared, once

POOL = "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_AbCdEf123"
TOKENS = {"authentication": "api-key-and-jwt"}


@functools.cache
def issued(existing: bool = False, form: Form = "update") -> Graph:
    """dev with tokens, of a pool that it declares or of one that exists."""
    config = TOKENS | ({"userPoolArn": POOL} if existing else {})
    preview = form == "preview"
    return once(
        f"issued-{'existing-' * existing}{form}",
        lambda: evaluate("dev", config=config, preview=preview, project=PROJECT),
    )


@pytest.mark.parametrize("stack", STACKS)
def test_without_the_setting_there_is_no_pool(stack: str) -> None:
    graph = declared(stack)
    assert not [r for r in graph.resources if r["type"].startswith("aws:cognito/")]
    assert of_type(graph, "Authorizer") == []
    assert graph.exports["tokens"] == {}


def test_the_method_asks_for_a_token_with_the_scope_and_for_the_key() -> None:
    graph = issued()
    method = next(r for r in of_type(graph, "Method"))
    assert method["inputs"]["authorization"] == "COGNITO_USER_POOLS"
    assert method["inputs"]["authorizationScopes"] == ["fraud-dev/score"]
    assert method["inputs"]["apiKeyRequired"] is True
    (authorizer,) = method["propertyDependencies"]["authorizerId"]
    assert authorizer.endswith("apigateway/authorizer:Authorizer::api")
    assert inputs(graph, "Authorizer")["type"] == "COGNITO_USER_POOLS"


def test_each_caller_has_a_machine_client_with_the_one_scope() -> None:
    graph = issued()
    clients = [r["inputs"] for r in of_type(graph, "UserPoolClient")]
    assert [client["name"] for client in clients] == ["fraud-dev-checkout"]
    for client in clients:
        assert client["allowedOauthFlows"] == ["client_credentials"]
        assert client["allowedOauthScopes"] == ["fraud-dev/score"]
        assert client["generateSecret"] is True
    assert inputs(graph, "UserPool")["adminCreateUserConfig"] == {"allowAdminCreateUserOnly": True}


def test_secrets_of_clients_leave_the_program_only_as_secrets() -> None:
    graph = issued()
    secrets: list[Any] = []
    map_secrets(graph.exports["tokens"]["secrets"], secrets.append)
    assert len(secrets) == 1
    assert graph.exports["tokens"]["url"].startswith("https://fraud-dev-")


def test_an_existing_pool_is_used_as_it_is() -> None:
    graph = issued(existing=True)
    assert not [r for r in graph.resources if r["type"].startswith("aws:cognito/")]
    assert inputs(graph, "Authorizer")["providerArns"] == [POOL]


def test_a_pool_without_tokens_is_refused() -> None:
    with pytest.raises(UserError, match="left out unless authentication is api-key-and-jwt"):
        evaluate("dev", config={"userPoolArn": POOL}, project=PROJECT)


def test_another_way_to_authenticate_redeploys_the_api() -> None:
    digests = {json.dumps(inputs(graph, "Deployment")["triggers"]) for graph in (declared("dev"), issued())}
    assert len(digests) == 2


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("existing", [False, True], ids=["own-pool", "existing-pool"])
def test_the_levels_of_dev_have_nothing_against_tokens(existing: bool, form: Form) -> None:
    result = check(issued(existing, form), PROJECT / "policies")
    assert result.passed
    assert result.evidence is not None
    assert result.evidence.levels == "dev.json"
    found = {(f.kind, f.rule, f.level) for f in result.findings if f.kind != "exempted"}
    # Not evaluated would stand here as a finding of its own; the model of these evaluations is one of sample data.
    assert found == {
        ("violation", "model-trained-on-data", "advisory"),
        ("unread_types", "unread-types", "advisory"),
    }
