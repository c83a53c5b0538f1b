"""What is watched of the services, and from when it is too much. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from components.drift import Derived, drift_metrics
from components.site import Site
from model import histograms
from settings import Alarms, Client, Scoring, Settings

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
KEY_AGE = "key_age_days"
_NEARLY = 0.8
"""Of a limit, at which there is still time to act."""


@dataclass(frozen=True)
class Watched:
    """One metric and when it is too much, or with `below` too little; `missing` says what no data means.

    `statistic` is Sum, Average, Maximum or a percentile such as p99; `period` is in seconds. The alarm goes off when
    `enough` of the last `periods` are on the wrong side.
    """

    namespace: str
    metric: str
    dimensions: Mapping[str, pulumi.Input[str]]
    statistic: str
    threshold: float
    means: str
    period: int = _MINUTE
    periods: int = 3
    enough: int = 2
    below: bool = False
    missing: str = "notBreaching"


Watch = Watched | Derived
"""What an alarm may be on."""


def all_metrics(
    site: Site,
    settings: Settings,
    names: Mapping[str, str],
    card: Mapping[str, Any],
    keys: Mapping[str, pulumi.Output[str]],
) -> dict[str, Watch]:
    """What is watched of a stack.

    `names` are those of api, function, endpoint and firewall, `card` is the model's, `keys` are the clients' key ids.
    """
    return {
        **serving_metrics(site, settings.scoring, settings.alarms, **names),
        **usage_metrics(site, settings.alarms, settings.api.clients),
        **drift_metrics(settings.alarms, names["function"], card, keys),
    }


def serving_metrics(
    site: Site, scoring: Scoring, alarms: Alarms, *, api: str, function: str, endpoint: str, firewall: str
) -> dict[str, Watched]:
    """What is watched of an API, its function, its endpoint and its firewall. Latencies in the metric's own unit."""
    lambda_, variant = {"FunctionName": function}, {"EndpointName": endpoint, "VariantName": "primary"}
    instances = "/aws/sagemaker/Endpoints"
    most_ms = scoring.timeout * 1000 * _NEARLY
    watched = {
        **_gateway(site, alarms, api),
        "function-errors": Watched("AWS/Lambda", "Errors", lambda_, "Sum", 1, "The function fails"),
        "function-throttles": Watched("AWS/Lambda", "Throttles", lambda_, "Sum", 1, "The function is at its limit"),
        "function-duration": Watched("AWS/Lambda", "Duration", lambda_, "p99", most_ms, "It nearly times out"),
        "model-5xx": Watched("AWS/SageMaker", "Invocation5XXErrors", variant, "Sum", 1, "The model fails"),
        "model-latency": Watched("AWS/SageMaker", "ModelLatency", variant, "p99", 200_000, "The model is slow"),
        "model-memory": Watched(instances, "MemoryUtilization", variant, "Maximum", 85, "Memory is short"),
        **_firewall(site, firewall),
    }  # fmt: skip
    if scoring.concurrency:
        watched["function-concurrency"] = Watched(
            "AWS/Lambda", "ConcurrentExecutions", lambda_, "Maximum", scoring.concurrency * _NEARLY,
            "Most of the function's reserved executions are busy",
        )  # fmt: skip
    return watched


def _gateway(site: Site, alarms: Alarms, api: str) -> dict[str, Watched]:
    gateway, stage = "AWS/ApiGateway", {"ApiName": api, "Stage": site.stage}
    watched = {
        "api-5xx": Watched(gateway, "5XXError", stage, "Sum", 5, "The API answers with errors"),
        "api-4xx": Watched(gateway, "4XXError", stage, "Sum", 100, "Many requests are refused"),
        "api-latency": Watched(gateway, "Latency", stage, "p99", 1000, "Callers wait over a second"),
    }
    if alarms.least_hourly_requests:
        watched["api-quiet"] = Watched(
            gateway, "Count", stage, "Sum", alarms.least_hourly_requests,
            "Fewer requests arrive in an hour than there should be", _HOUR, 1, 1, below=True, missing="breaching",
        )  # fmt: skip
    return watched


def _firewall(site: Site, firewall: str) -> dict[str, Watched]:
    def blocked(rule: str, threshold: float, means: str) -> Watched:
        dimensions = {"WebACL": firewall, "Region": site.region, "Rule": rule}
        return Watched("AWS/WAFV2", "BlockedRequests", dimensions, "Sum", threshold, means)

    return {
        "firewall-blocked": blocked("ALL", 500, "Many requests are blocked"),
        "firewall-rate": blocked(f"{site.prefix}-rate-limit", 100, "An address sends faster than it may"),
        "firewall-bots": blocked(f"{site.prefix}-bot-control", 100, "Many automated callers are blocked"),
    }


def usage_metric(site: Site, client: Client) -> str:
    """The name of the metric that counts a client's requests."""
    return f"{site.prefix}-{client.name}-requests"


def usage_metrics(site: Site, alarms: Alarms, clients: tuple[Client, ...]) -> dict[str, Watched]:
    """What is watched of the clients: each one's requests of a day against its quota, and the age of the oldest key.

    AWS publishes no age: `python -m preflight keys --publish` does, once a day, and its silence is an alarm too.
    """
    watched = {
        f"quota-{client.name}": Watched(
            histograms.NAMESPACE, usage_metric(site, client), {}, "Sum",
            client.daily_quota * alarms.quota_percent / 100,
            f"{client.name} has used {alarms.quota_percent} % of a day's quota", _DAY, 1, 1,
        )
        for client in clients
    }  # fmt: skip
    if alarms.key_age_days:
        watched["key-age"] = Watched(
            histograms.NAMESPACE, KEY_AGE, {"prefix": site.prefix}, "Maximum", alarms.key_age_days,
            f"An API key is older than {alarms.key_age_days} days, or nobody has looked for a day",
            _DAY, 1, 1, missing="breaching",
        )  # fmt: skip
    return watched


def edge_metrics(
    firewall: str, distribution: pulumi.Input[str], shielded: pulumi.Input[str] | None
) -> dict[str, Watched]:
    """What is watched of a distribution and its web ACL; attacks where Shield Advanced protects the ARN `shielded`."""
    everywhere = {"DistributionId": distribution, "Region": "Global"}
    acl = {"WebACL": firewall, "Rule": "ALL"}
    watched = {
        "edge-5xx": Watched("AWS/CloudFront", "5xxErrorRate", everywhere, "Average", 5, "Callers get errors (%)"),
        "edge-blocked": Watched("AWS/WAFV2", "BlockedRequests", acl, "Sum", 500, "Many requests are blocked"),
    }  # fmt: skip
    if shielded is not None:
        watched["edge-attack"] = Watched(
            "AWS/DDoSProtection", "DDoSDetected", {"ResourceArn": shielded}, "Sum", 0, "Shield sees an attack"
        )
    return watched
