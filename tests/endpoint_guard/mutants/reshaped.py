"""The same stack said in another way, for the innocent changes."""

from __future__ import annotations

import json
from typing import Any

from endpoint_guard import types as t
from pulumi_preflight.graph import STACK_TYPE

from tests.endpoint_guard.mutants.change import (
    ACCOUNT,
    GONE,
    Ref,
    Stack,
    add,
    document,
    put,
    without,
)
from tests.endpoint_guard.mutants.firewall import aws_case

ACL = t.WEB_ACL, "firewall"
FUNCTION = t.FUNCTION, "score"
ROLE = f"arn:aws:iam::{ACCOUNT}:role"
OPTIONS = {
    "restApi": Ref(t.REST_API, "api"),
    "resourceId": Ref(t.API_RESOURCE, "api"),
    "httpMethod": "OPTIONS",
}


def single_statement(stack: Stack) -> None:
    """One statement as an object and one action as a string, as IAM allows."""

    def change(content: dict[str, Any]) -> None:
        statement = content["Statement"][0]
        content["Statement"] = {**statement, "Action": statement["Action"][:1]}

    document(t.ROLE_POLICY, "flow-logs", change)(stack)


def attached_policy(stack: Stack) -> None:
    text = stack.find(t.ROLE_POLICY, "flow-logs")["inputs"]["policy"]
    without(t.ROLE_POLICY, "flow-logs")(stack)
    add(t.POLICY, "flow-logs-policy", {"name": "flow-logs", "policy": text})(stack)
    link = {"role": Ref(t.ROLE, "flow-logs", "name"), "policyArn": Ref(t.POLICY, "flow-logs-policy", "arn")}
    add(t.ROLE_ATTACHMENT, "flow-logs", link)(stack)


def inline_policy(stack: Stack) -> None:
    text = stack.find(t.ROLE_POLICY, "flow-logs")["inputs"]["policy"]
    without(t.ROLE_POLICY, "flow-logs")(stack)
    put(t.ROLE, "flow-logs", "inlinePolicies", [{"name": "write", "policy": text}])(stack)


def key_policy_apart(stack: Stack) -> None:
    text = stack.find(t.KEY, "data")["inputs"]["policy"]
    put(t.KEY, "data", "policy", GONE)(stack)
    add(t.KEY_POLICY, "data", {"keyId": Ref(t.KEY, "data"), "policy": text})(stack)


def rules_in_json(stack: Stack) -> None:
    """The rules that a preview knows, as JSON; the rest stays where it is."""
    rules = stack.find(*ACL)["inputs"]["rules"]
    kept = [rule for rule in rules if "scopeDownStatement" in json.dumps(rule)]
    put(*ACL, "ruleJson", json.dumps(aws_case([rule for rule in rules if rule not in kept])))(stack)
    for side in ("inputs", "outputs"):
        stack.find(*ACL)[side]["rules"] = kept


def rules_in_group(stack: Stack) -> None:
    rules = stack.find(*ACL)["inputs"]["rules"]
    visible = {"cloudwatchMetricsEnabled": True, "sampledRequestsEnabled": True, "metricName": "own"}
    add(
        t.RULE_GROUP,
        "own",
        {"name": "own", "scope": "REGIONAL", "capacity": 10, "rules": rules[:2], "visibilityConfig": visible},
    )(stack)
    group = stack.find(t.RULE_GROUP, "own")
    reference = {"arn": group["outputs"]["arn"]}
    rule = {"name": "own", "priority": 0, "overrideAction": {"none": {}}, "visibilityConfig": visible}
    for side in ("inputs", "outputs"):
        own = [{**rule, "statement": {"ruleGroupReferenceStatement": reference}}]
        stack.find(*ACL)[side]["rules"] = own + rules[2:]
    stack.find(*ACL)["propertyDependencies"]["rules"].append(group["urn"])


def settings_for_the_path(stack: Stack) -> None:
    own = {
        "throttlingRateLimit": 5,
        "throttlingBurstLimit": 5,
        "loggingLevel": "ERROR",
        "metricsEnabled": True,
    }
    of = {"restApi": Ref(t.REST_API, "api"), "stageName": Ref(t.STAGE, "api", "stageName")}
    add(t.METHOD_SETTINGS, "stricter", {**of, "methodPath": "score/POST", "settings": own})(stack)


def wrapped(stack: Stack) -> None:
    """Puts the whole program below a component of another package: every URN says so."""
    add("other:index:Part", "everything", {})(stack)
    root, whole = stack.resources[0], stack.resources[-1]
    moved = {root["urn"]: whole["urn"]}
    for resource in stack.every():
        place, project, chain, name = resource["urn"].split("::")
        if not chain.startswith("pulumi:") and resource is not whole:
            moved[resource["urn"]] = "::".join([place, project, f"other:index:Part${chain}", name])
    for resource in stack.every():
        if resource["urn"] not in moved or resource["type"] == STACK_TYPE:
            continue
        resource["urn"] = moved[resource["urn"]]
        resource["parent"] = moved.get(resource["parent"], resource["parent"])
        resource["dependencies"] = [moved.get(urn, urn) for urn in resource["dependencies"]]
        resource["propertyDependencies"] = {
            key: [moved.get(urn, urn) for urn in urns or ()]
            for key, urns in resource["propertyDependencies"].items()
        }


def another_client(stack: Stack) -> None:
    plan = stack.find(t.USAGE_PLAN, "api-checkout")
    key = {"name": "partner", "enabled": True, "description": "a partner"}
    add(t.API_KEY, "partner", key)(stack)
    add(
        t.USAGE_PLAN_KEY,
        "partner",
        {
            "keyType": "API_KEY",
            "keyId": Ref(t.API_KEY, "partner"),
            "usagePlanId": Ref(t.USAGE_PLAN, "api-checkout"),
        },
    )(stack)
    assert plan
