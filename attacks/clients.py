"""Which of the declared clients' keys a run uses: how fast each plan is, and whose key is whose."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pulumi_preflight.errors import UserError
from pulumi_preflight.graph import Graph, Resource

from localaws import tokens

Chain = tuple[Resource, Resource, Resource]
_WITHOUT_RATE = 0.1


def fastest(graph: Graph) -> str:
    """The name of the key whose plan lets through most. Raises UserError when there is no key."""
    names = [str(key["inputs"].get("name")) for key in graph.by_type(tokens.API_KEY)]
    if not names:
        raise UserError("The stack declares no API key: there is nothing to attack with.")
    rates = _rates(graph)
    return max(names, key=lambda name: rates.get(name, 0.0))


def chain(graph: Graph, name: str) -> Chain:
    """A key, what binds it to a plan, and the plan. Raises UserError when it is in none."""
    found = next((item for item in _chains(graph) if item[0]["inputs"].get("name") == name), None)
    if found is None:
        raise UserError(f"The API key {name} is in no usage plan: join them with a UsagePlanKey.")
    return found


def ordered(values: Mapping[str, str], graph: Graph) -> dict[str, str]:
    """Key values by name, the fastest client's first and then the slowest's: a run uses one and exhausts the other.

    A name in `values` is that of a declared key or its last part, the client's; others follow as they come.
    """
    rates = {
        name: rate
        for name in values
        for declared, rate in _rates(graph).items()
        if declared == name or declared.endswith(f"-{name}")
    }
    known = sorted(rates, key=lambda name: rates[name])
    names = dict.fromkeys([*known[-1:], *known[:-1], *values])
    return {name: values[name] for name in names}


def _chains(graph: Graph) -> Iterator[Chain]:
    for key in graph.by_type(tokens.API_KEY):
        for binding in graph.by_type(tokens.USAGE_PLAN_KEY):
            for plan in graph.by_type(tokens.USAGE_PLAN):
                joined = (binding["inputs"].get("keyId"), binding["inputs"].get("usagePlanId"))
                if joined == (key["id"], plan["id"]):
                    yield key, binding, plan


def _rates(graph: Graph) -> dict[str, float]:
    """Requests a second by key name, of the keys in a plan."""
    found = {}
    for key, _, plan in _chains(graph):
        limits: Mapping[str, Any] = plan["inputs"].get("throttleSettings") or {}
        found[str(key["inputs"].get("name"))] = float(limits.get("rateLimit") or _WITHOUT_RATE)
    return found
