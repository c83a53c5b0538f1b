"""Questions to the logs, kept ready in CloudWatch, and the rankings that it keeps by itself. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from components.site import Site


@dataclass(frozen=True)
class Query:
    """A query of CloudWatch Logs Insights; `shown` puts it on the dashboard under `part`."""

    part: str
    groups: tuple[str, ...]
    text: str
    shown: bool = False


def saved(site: Site) -> dict[str, Query]:
    """By name. Nothing in these logs is a value of a request: ids, counts, statuses, addresses."""
    access, firewall = (site.access_log_group,), (site.firewall_log_group,)
    function, endpoint = (site.function_log_group,), (site.endpoint_log_group,)
    count, most = "stats count(*) as requests by", "sort requests desc | limit 20"
    return {
        "refused-requests": Query(
            "api", access, f"filter status >= 400 | {count} status, errorType, apiKeyId | {most}", True
        ),
        "slow-requests": Query(
            "api", access, "fields @timestamp, requestId, apiKeyId, responseLatency, integrationLatency"
            " | sort responseLatency desc | limit 20",
        ),
        "requests-by-client": Query("quota", access, f"{count} apiKeyId, bin(1h) | sort requests desc", True),
        "blocked-by-rule": Query(
            "firewall", firewall, f'filter action = "BLOCK" | {count} terminatingRuleId | {most}', True
        ),
        "requests-by-country": Query("firewall", firewall, f"{count} httpRequest.country, action | {most}", True),
        "blocked-addresses": Query(
            "firewall", firewall,
            f'filter action = "BLOCK" | {count} httpRequest.clientIp, httpRequest.country | {most}',
        ),
        "bots": Query(
            "firewall", firewall,
            r'parse @message /bot-control:(?<bot>[a-z:_-]+)"/ | filter ispresent(bot)'
            f" | {count} bot, action | {most}", True,
        ),
        "outcomes": Query(
            "function", function,
            "stats count(*) as requests, sum(count) as transactions, sum(frauds) as alerts by outcome, model_version"
            " | sort requests desc", True,
        ),
        "alerts-by-client": Query(
            "population", function, "stats sum(frauds) as alerts, sum(count) as transactions by api_key_id, bin(1h)"
            " | sort alerts desc | limit 50", True,
        ),
        "function-failures": Query(
            "function", function,
            'filter level = "ERROR" | fields @timestamp, request_id, outcome, latency_ms | sort @timestamp desc',
        ),
        "container-errors": Query(
            "model", endpoint, "filter @message like /(?i)error|exception|digest/ | sort @timestamp desc | limit 50"
        ),
    }  # fmt: skip


def rankings(site: Site) -> dict[str, str]:
    """Rules of CloudWatch Contributor Insights, by name: who leads, kept up to date without a query."""
    blocked = [{"Match": "$.action", "In": ["BLOCK"]}]
    refused = [{"Match": "$.status", "In": ["400", "403", "413", "415", "429"]}]
    return {
        "blocked-addresses": _ranking(site.firewall_log_group, ["$.httpRequest.clientIp"], blocked),
        "blocked-countries": _ranking(site.firewall_log_group, ["$.httpRequest.country"], blocked),
        "refused-clients": _ranking(site.access_log_group, ["$.apiKeyId", "$.status"], refused),
    }


def _ranking(group: str, keys: list[str], filters: list[dict[str, Any]]) -> str:
    return json.dumps(
        {
            "Schema": {"Name": "CloudWatchLogRule", "Version": 1},
            "LogGroupNames": [group],
            "LogFormat": "JSON",
            "Contribution": {"Keys": keys, "Filters": filters},
            "AggregateOn": "Count",
        },
        sort_keys=True,
    )
