"""The web ACL: its rate rules, its log and its exceptions."""

from __future__ import annotations

import json
from typing import Any

from endpoint_guard import types as t

from tests.endpoint_guard.items import Item
from tests.endpoint_guard.verdicts.case import Case, fine, wrong


def rated(**statement: Any) -> Item:
    """A web ACL with one rate rule."""
    rule = {
        "name": "rate",
        "priority": 0,
        "action": {"block": {}},
        "statement": {"rateBasedStatement": statement},
    }
    return Item(t.WEB_ACL, "acl", {"name": "acl", "scope": "REGIONAL", "rules": [rule]})


def kept(default: str, behavior: str, requirement: str, *conditions: dict[str, Any]) -> Item:
    """A logging configuration of the firewall with one filter."""
    one = {"behavior": behavior, "requirement": requirement, "conditions": list(conditions)}
    return Item(t.WEB_ACL_LOGGING, "log", {"loggingFilter": {"defaultBehavior": default, "filters": [one]}})


ACTION = {name: {"actionCondition": {"action": name}} for name in ("ALLOW", "BLOCK", "COUNT")}
LABEL = {"labelNameCondition": {"labelName": "never"}}

CASES: tuple[Case, ...] = (
    wrong(
        "a rate by a header that the caller chooses",
        "firewall-rate-rule",
        rated(limit=300, aggregateKeyType="CUSTOM_KEYS", customKeys=[{"header": {"name": "x-api-key"}}]),
    ),
    wrong(
        "a rate by address and header",
        "firewall-rate-rule",
        rated(
            limit=300,
            aggregateKeyType="CUSTOM_KEYS",
            customKeys=[{"ip": {}}, {"header": {"name": "x-api-key"}}],
        ),
    ),
    fine("a rate by address", "firewall-rate-rule", rated(limit=300, aggregateKeyType="IP")),
    wrong(
        "a filter that nothing meets",
        "firewall-log-complete",
        kept("DROP", "KEEP", "MEETS_ALL", ACTION["BLOCK"], ACTION["COUNT"]),
    ),
    wrong(
        "a filter by a label that never occurs",
        "firewall-log-complete",
        kept("DROP", "KEEP", "MEETS_ALL", ACTION["BLOCK"], LABEL),
    ),
    wrong(
        "a filter that drops by label",
        "firewall-log-complete",
        kept("KEEP", "DROP", "MEETS_ANY", ACTION["ALLOW"], LABEL),
    ),
    fine(
        "blocked and counted requests are kept",
        "firewall-log-complete",
        kept("DROP", "KEEP", "MEETS_ANY", ACTION["BLOCK"], ACTION["COUNT"]),
    ),
    fine(
        "allowed requests alone are dropped",
        "firewall-log-complete",
        kept("KEEP", "DROP", "MEETS_ALL", ACTION["ALLOW"], LABEL),
    ),
    fine(
        "metrics in AWS's spelling",
        "firewall-metrics-on",
        Item(
            t.WEB_ACL,
            "acl",
            {
                "visibilityConfig": {"cloudwatchMetricsEnabled": True},
                "ruleJson": json.dumps(
                    [{"Name": "r", "VisibilityConfig": {"CloudWatchMetricsEnabled": True}}]
                ),
            },
        ),
    ),
    wrong(
        "a blocked request answered with 200",
        "firewall-has-rules",
        Item(
            t.WEB_ACL,
            "acl",
            {
                "rules": [
                    {
                        "name": "r",
                        "action": {"block": {"customResponse": {"responseCode": 200}}},
                        "statement": {"geoMatchStatement": {"countryCodes": ["KP"]}},
                    }
                ]
            },
        ),
    ),
    wrong(
        "most of the internet in pieces",
        "firewall-exceptions-narrow",
        Item(t.IP_SET, "s", {"addresses": [f"{n}.0.0.0/8" for n in range(1, 224)]}),
    ),
)
