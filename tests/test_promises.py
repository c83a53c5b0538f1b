"""The README's promises: break one in the prod stack, and the check blocks with a finding that names the resource."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pulumi_preflight.check import check
from pulumi_preflight.findings import Result
from pulumi_preflight.graph import Graph, Resource

from tests.harness import FORMS, PROJECT, STACKS, declared, name_of

PACK = PROJECT / "policies"
Break = Callable[[list[Resource]], None]


def find(resources: list[Resource], kind: str, name: str | None = None) -> Resource:
    return next(r for r in resources if r["type"].rpartition(":")[2] == kind and name in (None, name_of(r)))


def put(kind: str, path: str, value: Any, name: str | None = None) -> Break:
    """Sets one property (None removes it) as input and as output."""

    def change(resources: list[Resource]) -> None:
        *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
        for side in ("inputs", "outputs"):
            node: Any = find(resources, kind, name)[side]
            for step in steps:
                node = node[step]
            if value is None:
                node.pop(last, None)
            else:
                node[last] = value

    return change


def without(kind: str, name: str | None = None) -> Break:
    """Removes a resource."""

    def change(resources: list[Resource]) -> None:
        resources.remove(find(resources, kind, name))

    return change


def grant(role: str, statement: dict[str, Any]) -> Break:
    """Adds a statement to a role's policy."""

    def change(resources: list[Resource]) -> None:
        for side in ("inputs", "outputs"):
            properties = find(resources, "RolePolicy", role)[side]
            document = json.loads(properties["policy"])
            document["Statement"].append(statement)
            properties["policy"] = json.dumps(document)

    return change


INVOKE = {"Effect": "Allow", "Action": "sagemaker:InvokeEndpoint", "Resource": "*"}

PROMISES: list[tuple[str, Break, str]] = [
    ("method-requires-api-key", put("Method", "apiKeyRequired", False), "api"),
    ("method-requires-authorization", put("Method", "authorization", "NONE"), "api"),
    ("usage-plan-throttled", put("UsagePlan", "throttleSettings", None, "api-checkout"), "api-checkout"),
    ("usage-plan-quota", put("UsagePlan", "quotaSettings", None, "api-checkout"), "api-checkout"),
    ("api-key-joined", without("UsagePlanKey", "api-checkout"), "api-checkout"),
    ("stage-throttled", put("MethodSettings", "settings.throttlingRateLimit", None), "api"),
    ("stage-behind-firewall", without("WebAclAssociation"), "api"),
    ("method-chain", without("WebAclLoggingConfiguration"), "api"),
    ("firewall-rate-rule", put("WebAcl", "rules.1.action", {"count": {}}), "firewall"),
    ("requests-validated", put("Method", "requestModels", {"application/json": "ScoreRequest"}), "api"),
    ("stage-access-log", put("Stage", "accessLogSettings", None), "api"),
    ("no-data-trace", put("MethodSettings", "settings.dataTraceEnabled", True), "api"),
    ("firewall-samples-hide-keys", put("WebAcl", "dataProtectionConfig", None), "firewall"),
    ("kms-key-rotates", put("Key", "enableKeyRotation", False), "data"),
    ("log-retention", put("LogGroup", "retentionInDays", 7, "score"), "score"),
    ("endpoint-invoked-by-function-only", grant("model", INVOKE), "model"),
    ("model-isolated", put("Model", "enableNetworkIsolation", False, "model"), "model"),
    ("rollout-guarded", put("Endpoint", "deploymentConfig", None), "model"),
    (
        "bucket-blocks-public",
        put("BucketPublicAccessBlock", "blockPublicPolicy", False, "artifacts"),
        "artifacts",
    ),
]


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("form", FORMS)
def test_our_own_stacks_have_no_finding_and_nothing_unknown(stack: str, form: Any) -> None:
    result = check(declared(stack, form), PACK)
    told = {(f.kind, f.rule, f.level) for f in result.findings if f.kind != "exempted"}
    # The model of these evaluations is one of sample data, and every report says so.
    assert told <= {
        ("violation", "model-trained-on-data", "advisory"),
        ("unread_types", "unread-types", "advisory"),
    }
    assert ("violation", "model-trained-on-data", "advisory") in told


@pytest.fixture(scope="module")
def broken() -> Result:
    """The verdict on prod's update form with every promise broken at once: no two of them are about one property."""
    graph = declared("prod")
    resources = copy.deepcopy(list(graph.resources))
    for _, change, _ in PROMISES:
        change(resources)
    return check(replace(graph, resources=resources), PACK)


@pytest.mark.parametrize(("rule", "resource"), [(rule, resource) for rule, _, resource in PROMISES])
def test_a_broken_promise_blocks_and_names_the_resource(broken: Result, rule: str, resource: str) -> None:
    assert not broken.passed
    assert (rule, resource) in {(f.rule, f.resource) for f in broken.findings if f.blocking}


def test_a_promise_broken_in_the_settings_blocks() -> None:
    from pulumi_preflight.program import evaluate

    graph: Graph = evaluate("prod", config={"botControl": "count", "authentication": "api-key"})
    rules = {f.rule for f in check(graph, PACK).findings if f.blocking}
    assert {"firewall-nothing-counted", "method-requires-authorization"} <= rules
