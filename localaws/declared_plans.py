"""Resource graph -> the API keys and the usage plans that limit them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_preflight.graph import Graph, Resource

from localaws import tokens


@dataclass(frozen=True)
class Throttle:
    """A token bucket: requests a second, and how many at once."""

    rate: float
    burst: int


@dataclass(frozen=True)
class Plan:
    """A usage plan for this stage. `methods` maps "/path/VERB" to its own throttle; period DAY, WEEK or MONTH."""

    id: str
    throttle: Throttle | None
    methods: Mapping[str, Throttle]
    quota: int | None
    period: str


@dataclass(frozen=True)
class ApiKey:
    """A declared key. Its value is never read from the graph: local keys are generated here."""

    name: str
    id: str
    enabled: bool
    plan: Plan | None = None


def read_keys(graph: Graph, api: str, stage: str) -> tuple[ApiKey, ...]:
    """The declared keys, each with its plan for this stage."""
    plans = {
        str(item["id"]): plan
        for item in graph.by_type(tokens.USAGE_PLAN)
        if (plan := _plan(item, api, stage))
    }
    bound = {
        str(item["inputs"].get("keyId")): plans[str(item["inputs"].get("usagePlanId"))]
        for item in graph.by_type(tokens.USAGE_PLAN_KEY)
        if str(item["inputs"].get("usagePlanId")) in plans
    }
    return tuple(_key(item, bound.get(str(item["id"]))) for item in graph.by_type(tokens.API_KEY))


def _key(resource: Resource, plan: Plan | None) -> ApiKey:
    inputs = resource["inputs"]
    name = resource["urn"].rpartition("::")[2]
    enabled = inputs.get("enabled")
    return ApiKey(
        str(inputs.get("name") or name), str(resource["id"]), enabled is None or bool(enabled), plan
    )


def _plan(resource: Resource, api: str, stage: str) -> Plan | None:
    """The plan, unless it is not for this stage."""
    inputs = resource["inputs"]
    for item in inputs.get("apiStages") or ():
        if (item.get("apiId"), item.get("stage")) == (api, stage):
            limits = inputs.get("throttleSettings") or {}
            quota = inputs.get("quotaSettings") or {}
            methods = {
                str(own["path"]): throttle
                for own in item.get("throttles") or ()
                if (throttle := throttle_of(own.get("rateLimit"), own.get("burstLimit")))
            }
            return Plan(
                str(resource["id"]),
                throttle_of(limits.get("rateLimit"), limits.get("burstLimit")),
                methods,
                int(quota["limit"]) if quota else None,
                str(quota.get("period") or "DAY"),
            )
    return None


def throttle_of(rate: Any, burst: Any) -> Throttle | None:
    """None, and any negative number, mean no limit."""
    if rate is None or float(rate) < 0:
        return None
    return Throttle(float(rate), max(int(burst or 0), 0))
