"""Variants of a declared stack, each without one control, and the probe that has to turn red. Plain data."""

from __future__ import annotations

import copy
import dataclasses
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from preflight.attacks.promise import IP_SET, METHOD, METHOD_SETTINGS, USAGE_PLAN, WEB_ACL
from preflight.graph import Graph, Resource

_ASSOCIATION = "aws:wafv2/webAclAssociation:WebAclAssociation"
_FIREWALL_LOG = "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration"
_MODEL = "aws:apigateway/model:Model"
_RESPONSE = "aws:apigateway/response:Response"
_STAGE = "aws:apigateway/stage:Stage"
_VALIDATOR = "aws:apigateway/requestValidator:RequestValidator"
_GROUP = "managedRuleGroupStatement"

Inputs = dict[str, Any]
Change = Callable[[list[Resource]], None]


@dataclass(frozen=True)
class Mutation:
    """A control in words, the pack's rules that hold it, what takes it away, and the probe that has to notice.

    `beside` names probes whose answers the noticing one looks at.
    """

    control: str
    rules: tuple[str, ...]
    probe: str
    change: Change
    beside: tuple[str, ...] = ()

    def apply(self, graph: Graph) -> Graph:
        """A copy of `graph` without the control."""
        resources = copy.deepcopy(graph.resources)
        self.change(resources)
        return dataclasses.replace(graph, resources=resources)


def _inputs(resources: list[Resource], type_: str) -> Iterator[Inputs]:
    yield from (resource["inputs"] for resource in resources if resource["type"] == type_)


def _set(type_: str, **values: Any) -> Change:
    """Sets inputs of all resources of a type; None takes one away."""

    def change(resources: list[Resource]) -> None:
        for inputs in _inputs(resources, type_):
            inputs |= copy.deepcopy(values)
            for name in [name for name, value in values.items() if value is None]:
                del inputs[name]

    return change


def _remove(type_: str) -> Change:
    def change(resources: list[Resource]) -> None:
        resources[:] = [resource for resource in resources if resource["type"] != type_]

    return change


def _rules(edit: Callable[[list[Inputs]], list[Inputs]]) -> Change:
    def change(resources: list[Resource]) -> None:
        for inputs in _inputs(resources, WEB_ACL):
            inputs["rules"] = edit(inputs["rules"])

    return change


def _without_rules(*names: str) -> Change:
    return _rules(lambda rules: [rule for rule in rules if rule["name"] not in names])


def _counted(name: str) -> Change:
    def edit(rules: list[Inputs]) -> list[Inputs]:
        return [rule | ({"overrideAction": {"count": {}}} if rule["name"] == name else {}) for rule in rules]

    return _rules(edit)


def _allowed_early(rules: list[Inputs]) -> list[Inputs]:
    match = {
        "searchString": "python",
        "positionalConstraint": "CONTAINS",
        "fieldToMatch": {"singleHeader": {"name": "user-agent"}},
        "textTransformations": [{"priority": 0, "type": "LOWERCASE"}],
    }
    first = {
        "name": "friends",
        "priority": min(rule["priority"] for rule in rules) - 1,
        "action": {"allow": {}},
        "statement": {"byteMatchStatement": match},
        "visibilityConfig": rules[0]["visibilityConfig"],
    }
    return [first, *rules]


def _by_forwarded_address(rules: list[Inputs]) -> list[Inputs]:
    for rule in rules:
        limit = rule["statement"].get("rateBasedStatement")
        if limit:
            header = {"headerName": "X-Forwarded-For", "fallbackBehavior": "NO_MATCH"}
            limit |= {"aggregateKeyType": "FORWARDED_IP", "forwardedIpConfig": header}
    return rules


def _nobody_excepted(rules: list[Inputs]) -> list[Inputs]:
    for rule in rules:
        rule["statement"].get(_GROUP, {}).pop("scopeDownStatement", None)
    return rules


def _plans_without_throttle(resources: list[Resource]) -> None:
    for plan in _inputs(resources, USAGE_PLAN):
        plan.pop("throttleSettings", None)
        for stage in plan.get("apiStages") or ():
            stage.pop("throttles", None)


def _stage_without_throttle(resources: list[Resource]) -> None:
    for settings in _inputs(resources, METHOD_SETTINGS):
        settings["settings"] |= {"throttlingRateLimit": -1, "throttlingBurstLimit": -1}


def _looser_method(resources: list[Resource]) -> None:
    (settings,) = (resource for resource in resources if resource["type"] == METHOD_SETTINGS)
    other = copy.deepcopy(settings)
    other["urn"] += "-other"
    other["inputs"]["methodPath"] = "score/POST"
    other["inputs"]["settings"] |= {"throttlingRateLimit": 9000, "throttlingBurstLimit": 4000}
    resources.append(other)


def _second_verb(resources: list[Resource]) -> None:
    (method,) = (resource for resource in resources if resource["type"] == METHOD)
    other = copy.deepcopy(method)
    other["urn"] += "-get"
    other["inputs"]["httpMethod"] = "GET"
    resources.append(other)


def _open_schema(resources: list[Resource]) -> None:
    for model in _inputs(resources, _MODEL):
        text = json.dumps(json.loads(model["schema"])).replace(
            '"additionalProperties": false', '"additionalProperties": true'
        )
        model["schema"] = text


def _everything_logged(resources: list[Resource]) -> None:
    """Log and data protection both hide the headers."""
    _set(_FIREWALL_LOG, redactedFields=[])(resources)
    for acl in _inputs(resources, WEB_ACL):
        acl.pop("dataProtectionConfig", None)


def _log_shows(variable: str) -> Change:
    def change(resources: list[Resource]) -> None:
        for stage in _inputs(resources, _STAGE):
            settings = stage["accessLogSettings"]
            settings["format"] = json.dumps(json.loads(settings["format"]) | {"more": variable})

    return change


_BASELINE = ("firewall-baseline",)
_VALIDATED = ("requests-validated",)

MUTATIONS = (
    Mutation("an API key", ("method-requires-api-key",), "key-missing", _set(METHOD, apiKeyRequired=False)),
    Mutation(
        "a signature",
        ("method-requires-authorization",),
        "key-not-enough",
        _set(METHOD, authorization="NONE"),
    ),
    Mutation("one verb only", ("method-chain",), "method-other", _second_verb),
    Mutation("keys in a plan", ("api-key-joined",), "legitimate-call", _set(USAGE_PLAN, apiStages=[])),
    Mutation("a rate for each client", ("usage-plan-throttled",), "plan-exhausted", _plans_without_throttle),
    Mutation("a quota", ("usage-plan-quota",), "quota-used-up", _set(USAGE_PLAN, quotaSettings=None)),
    Mutation("a quota", ("usage-plan-quota",), "extraction-budget", _set(USAGE_PLAN, quotaSettings=None)),
    Mutation("a rate for the stage", ("stage-throttled",), "stage-exhausted", _stage_without_throttle),
    Mutation("no looser method", ("no-looser-method-settings",), "stage-exhausted", _looser_method),
    Mutation("a firewall", ("stage-behind-firewall",), "path-traversal", _remove(_ASSOCIATION)),
    Mutation("the core rules", _BASELINE, "cross-site-scripting", _without_rules("common")),
    Mutation(
        "the core rules and Bot Control", _BASELINE, "agent-none", _without_rules("common", "bot-control")
    ),
    Mutation("the core rules", _BASELINE, "metadata-service", _without_rules("common")),
    Mutation("rules for bad inputs", _BASELINE, "log4j-lookup", _without_rules("known-bad-inputs")),
    Mutation("rules against SQL", _BASELINE, "sql-injection", _without_rules("sql-injection")),
    Mutation("rules for Linux", _BASELINE, "system-files", _without_rules("linux")),
    Mutation("Bot Control", _BASELINE, "agent-library", _without_rules("bot-control")),
    Mutation("nothing counted", ("firewall-nothing-counted",), "sql-injection", _counted("sql-injection")),
    Mutation("nothing counted", ("firewall-nothing-counted",), "key-guessing", _counted("bot-control")),
    Mutation("nothing allowed early", ("firewall-no-early-allow",), "agent-library", _rules(_allowed_early)),
    Mutation(
        "known callers only excepted",
        _BASELINE,
        "agent-library",
        _set(IP_SET, addresses=["0.0.0.0/1", "128.0.0.0/1"]),
    ),
    Mutation("known callers excepted", _BASELINE, "agent-known-caller", _rules(_nobody_excepted)),
    Mutation("a rate by address", ("firewall-rate-rule",), "flood-one-address", _without_rules("rate-limit")),
    Mutation(
        "a rate by the real address",
        ("firewall-rate-rule",),
        "flood-disguised",
        _rules(_by_forwarded_address),
    ),
    Mutation(
        "a body limit (both rules)",
        ("firewall-body-size", *_BASELINE),
        "body-past-inspection",
        _without_rules("body-size", "common"),
    ),
    Mutation("bodies validated", _VALIDATED, "field-wrong-type", _set(_VALIDATOR, validateRequestBody=False)),
    Mutation(
        "every content type validated",
        _VALIDATED,
        "content-type-bypass",
        _set(METHOD, requestModels={"application/json": "ScoreRequest"}),
    ),
    Mutation("a closed schema", ("request-schema-strict",), "field-unknown", _open_schema),
    Mutation(
        "refusals of one form",
        (),
        "errors-have-one-form",
        _remove(_RESPONSE),
        ("key-missing", "field-missing"),
    ),
    Mutation(
        "headers on refusals",
        (),
        "headers-of-answers",
        _set(_RESPONSE, responseParameters={}),
        ("key-missing", "field-missing"),
    ),
    Mutation(
        "keys hidden in the firewall's log",
        ("firewall-log-hides-keys",),
        "secrets-in-logs",
        _everything_logged,
        ("legitimate-call",),
    ),
    Mutation(
        "keys hidden in the access log",
        ("stage-log-hides-secrets",),
        "secrets-in-logs",
        _log_shows("$context.identity.apiKey"),
        ("legitimate-call",),
    ),
    Mutation(
        "no validator text in the access log",
        ("stage-log-hides-secrets",),
        "card-number-anywhere",
        _log_shows("$context.error.validationErrorString"),
    ),
)


def unthrottled(graph: Graph) -> Graph:
    """A copy of `graph` that takes requests as fast as they come: for tests that look at something else."""
    resources = copy.deepcopy(graph.resources)
    _plans_without_throttle(resources)
    _stage_without_throttle(resources)
    _without_rules("rate-limit")(resources)
    return dataclasses.replace(graph, resources=resources)
