"""Resource graph -> what a run may expect of the stack, and how fast it may go."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any

from pulumi_preflight.graph import Graph

from attacks.target import Promise
from localaws import tokens
from localaws.declared_authorizer import USER_POOLS

_BOT_CONTROL = "AWSManagedRulesBotControlRuleSet"
_LIBRARY_RULE = "CategoryHttpLibrary"
_HASTE = 0.8
"""Of what the client's plan lets through: the rest is for the clocks to disagree."""


def promise_of(graph: Graph) -> Promise:
    """What `graph` declares; where it declares nothing, what the strictest stack would."""
    strict, plans = Promise(), sorted(_throttles(graph))
    rate = plans[-1][0] * _HASTE if plans else strict.rate
    limits = [
        int(statement["limit"])
        for rule in _rules(graph)
        if (statement := (rule.get("statement") or {}).get("rateBasedStatement"))
    ]
    throttles = [settings.get("settings") or {} for settings in _inputs(graph, tokens.METHOD_SETTINGS)]
    rates = [float(item.get("throttlingRateLimit") or 0) for item in throttles]
    bursts = [int(item.get("throttlingBurstLimit") or 0) for item in throttles]
    networks = [network for item in _inputs(graph, tokens.IP_SET) for network in item.get("addresses") or ()]
    variables = [
        (item.get("environment") or {}).get("variables") or {} for item in _inputs(graph, tokens.FUNCTION)
    ]
    asked = {method.get("authorization") for method in _inputs(graph, tokens.METHOD)}
    return Promise(
        signed="AWS_IAM" in asked,
        tokens=USER_POOLS in asked,
        blocks_bots=any(_blocks_libraries(rule) for rule in _rules(graph)),
        recipe=next((str(item["RECIPE"]) for item in variables if item.get("RECIPE")), strict.recipe),
        window_limit=min(limits, default=strict.window_limit),
        rate=min(strict.rate, rate),
        second_burst=plans[0][1] if plans else strict.second_burst,
        stage_rate=max(rates, default=0) or strict.stage_rate,
        stage_burst=max(bursts, default=0) or strict.stage_burst,
        known_caller=str(ipaddress.ip_network(str(networks[0]))[7]) if networks else None,
        declared=True,
    )


def _inputs(graph: Graph, type_: str) -> Iterator[Mapping[str, Any]]:
    yield from (resource["inputs"] for resource in graph.by_type(type_))


def _rules(graph: Graph) -> Iterator[Mapping[str, Any]]:
    for acl in _inputs(graph, tokens.WEB_ACL):
        yield from acl.get("rules") or ()


def _throttles(graph: Graph) -> Iterator[tuple[float, int]]:
    for plan in _inputs(graph, tokens.USAGE_PLAN):
        limits = plan.get("throttleSettings") or {}
        if limits.get("rateLimit"):
            yield float(limits["rateLimit"]), int(limits.get("burstLimit") or 0)


def _blocks_libraries(rule: Mapping[str, Any]) -> bool:
    """The rule is Bot Control's, and HTTP libraries are blocked by it."""
    group = (rule.get("statement") or {}).get("managedRuleGroupStatement") or {}
    overrides = {item["name"]: item["actionToUse"] for item in group.get("ruleActionOverrides") or ()}
    counted = "count" in (rule.get("overrideAction") or {})
    return (
        group.get("name") == _BOT_CONTROL and not counted and "count" not in overrides.get(_LIBRARY_RULE, {})
    )
