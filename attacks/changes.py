"""Ways to take a control out of a stack's resources: each changes a copy in place. Plain data in, plain data out."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

from pulumi_preflight.graph import Resource

from attacks import bearer
from localaws import tokens

GROUP = "managedRuleGroupStatement"

Inputs = dict[str, Any]
Change = Callable[[list[Resource]], None]


def inputs_of(resources: list[Resource], type_: str) -> Iterator[Inputs]:
    """The inputs of all resources of a type, to be changed."""
    yield from (resource["inputs"] for resource in resources if resource["type"] == type_)


def with_inputs(type_: str, **values: Any) -> Change:
    """Sets inputs of all resources of a type; None takes one away."""

    def change(resources: list[Resource]) -> None:
        for inputs in inputs_of(resources, type_):
            inputs |= copy.deepcopy(values)
            for name in [name for name, value in values.items() if value is None]:
                del inputs[name]

    return change


def remove(type_: str) -> Change:
    """Removes all resources of a type."""

    def change(resources: list[Resource]) -> None:
        resources[:] = [resource for resource in resources if resource["type"] != type_]

    return change


def with_rules(edit: Callable[[list[Inputs]], list[Inputs]]) -> Change:
    """Edits the rules of the web ACL."""

    def change(resources: list[Resource]) -> None:
        for inputs in inputs_of(resources, tokens.WEB_ACL):
            inputs["rules"] = edit(inputs["rules"])

    return change


def without_rules(*names: str) -> Change:
    """Leaves out rules of the web ACL by name."""
    return with_rules(lambda rules: [rule for rule in rules if rule["name"] not in names])


def counted(name: str) -> Change:
    """Lets a rule group only count."""

    def edit(rules: list[Inputs]) -> list[Inputs]:
        return [rule | ({"overrideAction": {"count": {}}} if rule["name"] == name else {}) for rule in rules]

    return with_rules(edit)


def allowed_early(rules: list[Inputs]) -> list[Inputs]:
    """An allowing rule before all others."""
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


def by_forwarded_address(rules: list[Inputs]) -> list[Inputs]:
    """The rate is counted by a header that anybody can send."""
    for rule in rules:
        limit = rule["statement"].get("rateBasedStatement")
        if limit:
            header = {"headerName": "X-Forwarded-For", "fallbackBehavior": "NO_MATCH"}
            limit |= {"aggregateKeyType": "FORWARDED_IP", "forwardedIpConfig": header}
    return rules


def nobody_excepted(rules: list[Inputs]) -> list[Inputs]:
    """No known caller is excepted."""
    for rule in rules:
        rule["statement"].get(GROUP, {}).pop("scopeDownStatement", None)
    return rules


def plans_without_throttle(resources: list[Resource]) -> None:
    """No plan limits its clients' rate."""
    for plan in inputs_of(resources, tokens.USAGE_PLAN):
        plan.pop("throttleSettings", None)
        for stage in plan.get("apiStages") or ():
            stage.pop("throttles", None)


def stage_without_throttle(resources: list[Resource]) -> None:
    """The stage limits nothing."""
    for settings in inputs_of(resources, tokens.METHOD_SETTINGS):
        settings["settings"] |= {"throttlingRateLimit": -1, "throttlingBurstLimit": -1}


def looser_method(resources: list[Resource]) -> None:
    """A method's own limits are looser than the stage's."""
    (settings,) = (resource for resource in resources if resource["type"] == tokens.METHOD_SETTINGS)
    other = copy.deepcopy(settings)
    other["urn"] += "-other"
    other["inputs"]["methodPath"] = "score/POST"
    other["inputs"]["settings"] |= {"throttlingRateLimit": 9000, "throttlingBurstLimit": 4000}
    resources.append(other)


def second_verb(resources: list[Resource]) -> None:
    """A GET beside the POST."""
    (method,) = (resource for resource in resources if resource["type"] == tokens.METHOD)
    other = copy.deepcopy(method)
    other["urn"] += "-get"
    other["inputs"]["httpMethod"] = "GET"
    resources += [other, integrated(resources, other)]


def integrated(resources: list[Resource], method: Resource) -> Resource:
    """An integration with the function, as the stack's own method has it."""
    (own,) = (resource for resource in resources if resource["type"] == tokens.INTEGRATION)
    made: Resource = copy.deepcopy(own)
    made["urn"] += "-" + method["urn"].rpartition("-")[2]
    made["inputs"] |= {name: method["inputs"][name] for name in ("httpMethod", "resourceId")}
    return made


def preflight_to_function(resources: list[Resource]) -> None:
    """Browsers ask without a key and a signature, so the method asks for none."""
    (method,) = (resource for resource in resources if resource["type"] == tokens.METHOD)
    other = copy.deepcopy(method)
    other["urn"] += "-options"
    other["inputs"] |= {"httpMethod": "OPTIONS", "apiKeyRequired": False, "authorization": "NONE"}
    for name in ("requestValidatorId", "requestModels", "requestParameters"):
        other["inputs"].pop(name, None)
    resources += [other, integrated(resources, other)]


def catch_all(resources: list[Resource]) -> None:
    """Any verb on any path."""
    (path,) = (resource for resource in resources if resource["type"] == tokens.API_RESOURCE)
    (method,) = (resource for resource in resources if resource["type"] == tokens.METHOD)
    everything, any_verb = copy.deepcopy(path), copy.deepcopy(method)
    everything |= {"urn": path["urn"] + "-rest", "id": f"{path['id']}-rest"}
    everything["inputs"]["pathPart"] = "{proxy+}"
    any_verb["urn"] += "-any"
    any_verb["inputs"] |= {"httpMethod": "ANY", "resourceId": everything["id"]}
    any_verb["propertyDependencies"] = {"resourceId": [everything["urn"]]}
    resources += [everything, any_verb, integrated(resources, any_verb)]


def another_pool(resources: list[Resource]) -> None:
    """The authorizer takes the tokens of another user pool as well."""
    for authorizer in inputs_of(resources, tokens.AUTHORIZER):
        authorizer["providerArns"] = [*authorizer["providerArns"], bearer.OTHER_POOL]


def another_scope(resources: list[Resource]) -> None:
    """A scope of something else is enough."""
    for method in inputs_of(resources, tokens.METHOD):
        method["authorizationScopes"] = [*method["authorizationScopes"], bearer.OTHER_SCOPE]


def data_trace(resources: list[Resource]) -> None:
    """The group's mask would hide the digits of a card, though nothing else."""
    remove(tokens.LOG_PROTECTION)(resources)
    for settings in inputs_of(resources, tokens.METHOD_SETTINGS):
        settings["settings"] |= {"dataTraceEnabled": True, "loggingLevel": "INFO"}


def address_logged(resources: list[Resource]) -> None:
    """The firewall's log shows query and path, unmasked."""
    remove(tokens.LOG_PROTECTION)(resources)
    for log in inputs_of(resources, tokens.FIREWALL_LOGGING):
        log["redactedFields"] = [item for item in log["redactedFields"] if item.get("singleHeader")]


def by_forwarded_set(rules: list[Inputs]) -> list[Inputs]:
    """Known callers are recognized by a header that anybody can send."""
    header = {"headerName": "X-Forwarded-For", "fallbackBehavior": "NO_MATCH", "position": "FIRST"}
    for rule in rules:
        scope = rule["statement"].get(GROUP, {}).get("scopeDownStatement")
        if scope:
            scope["notStatement"]["statement"]["ipSetReferenceStatement"]["ipSetForwardedIpConfig"] = header
    return rules


def excepted_everywhere(rules: list[Inputs]) -> list[Inputs]:
    """Known callers are excepted from every group."""
    scope = next(s for rule in rules if (s := rule["statement"].get(GROUP, {}).get("scopeDownStatement")))
    for rule in rules:
        if GROUP in rule["statement"]:
            rule["statement"][GROUP]["scopeDownStatement"] = copy.deepcopy(scope)
    return rules


def open_schema(resources: list[Resource]) -> None:
    """Unknown fields are let through."""
    for model in inputs_of(resources, tokens.API_MODEL):
        text = json.dumps(json.loads(model["schema"])).replace(
            '"additionalProperties": false', '"additionalProperties": true'
        )
        model["schema"] = text


def everything_logged(resources: list[Resource]) -> None:
    """Log and data protection both hide the headers."""
    with_inputs(tokens.FIREWALL_LOGGING, redactedFields=[])(resources)
    for acl in inputs_of(resources, tokens.WEB_ACL):
        acl.pop("dataProtectionConfig", None)


def log_shows(variable: str) -> Change:
    """The access log shows one more variable."""

    def change(resources: list[Resource]) -> None:
        for stage in inputs_of(resources, tokens.STAGE):
            settings = stage["accessLogSettings"]
            settings["format"] = json.dumps(json.loads(settings["format"]) | {"more": variable})

    return change
