"""Mutants of the firewall."""

from __future__ import annotations

import json
from typing import Any

from endpoint_guard import types as t

from tests.endpoint_guard.mutants.change import (
    GONE,
    Change,
    Mutant,
    Ref,
    Stack,
    add,
    mutant,
    put,
    without,
)

ACL = t.WEB_ACL, "firewall"
LOG = t.WEB_ACL_LOGGING, "firewall"


def acl_rule(name: str, path: str, value: Any) -> Change:
    """Sets a property of a firewall rule, found by its name; a path of "" removes the rule."""

    def change(stack: Stack) -> None:
        rules = stack.find(*ACL)["inputs"]["rules"]
        number = next(i for i, rule in enumerate(rules) if rule["name"] == name)
        put(*ACL, f"rules.{number}{path and '.'}{path}", value)(stack)

    return change


def ruleless(stack: Stack) -> None:
    put(*ACL, "rules", [])(stack)


def first(rule: dict[str, Any]) -> Change:
    """Adds a rule to the firewall."""

    def change(stack: Stack) -> None:
        visible = {"cloudwatchMetricsEnabled": True, "sampledRequestsEnabled": False, "metricName": "more"}
        for side in ("inputs", "outputs"):
            stack.find(*ACL)[side]["rules"].append({"name": "more", "visibilityConfig": visible, **rule})

    return change


def aws_case(value: Any) -> Any:
    """The spelling of AWS's own JSON."""
    if isinstance(value, dict):
        return {key[0].upper() + key[1:]: aws_case(item) for key, item in value.items()}
    return [aws_case(item) for item in value] if isinstance(value, list) else value


def as_json(stack: Stack) -> None:
    """Hands the rules over as `ruleJson`; in a preview only those that are known can be."""
    rules = [
        rule for rule in stack.find(*ACL)["inputs"]["rules"] if "scopeDownStatement" not in json.dumps(rule)
    ]
    kept = [rule for rule in stack.find(*ACL)["inputs"]["rules"] if rule not in rules]
    put(*ACL, "ruleJson", json.dumps(aws_case(rules)))(stack)
    _keep(stack, kept)


def as_resources(stack: Stack) -> None:
    """Declares each rule as a resource of its own."""
    rules = stack.find(*ACL)["inputs"]["rules"]
    for rule in rules:
        add(t.WEB_ACL_RULE, f"rule-{rule['name']}", {"webAclArn": Ref(*ACL, "arn"), **rule})(stack)
    _keep(stack, [])


def _keep(stack: Stack, rules: list[Any]) -> None:
    for side in ("inputs", "outputs"):
        stack.find(*ACL)[side]["rules"] = rules


OVERRIDE = "statement.managedRuleGroupStatement.ruleActionOverrides"
RATE = "statement.rateBasedStatement"
SIZE = "statement.sizeConstraintStatement"
COUNTED = "firewall-nothing-counted"
GEO = {"geoMatchStatement": {"countryCodes": ["US"]}}
LIMIT = "firewall-rate-rule"
FILTER = {
    "defaultBehavior": "KEEP",
    "filters": [
        {
            "behavior": "DROP",
            "requirement": "MEETS_ANY",
            "conditions": [{"actionCondition": {"action": "BLOCK"}}],
        }
    ],
}

FIREWALL: list[Mutant] = [
    mutant("WAF-001", "no log", "firewall-logged", without(t.WEB_ACL_LOGGING, "firewall")),
    mutant(
        "WAF-001", "a log without a destination", "firewall-logged", put(*LOG, "logDestinationConfigs", [])
    ),
    mutant("WAF-002", "no rules", "firewall-has-rules", ruleless),
    mutant(
        "WAF-003",
        "a rule that does nothing",
        "firewall-has-rules",
        acl_rule("common", "overrideAction", GONE),
    ),
    mutant("WAF-004", "known bad inputs pass", "firewall-baseline", acl_rule("known-bad-inputs", "", GONE)),
    mutant(
        "WAF-004",
        "known bad inputs are counted",
        COUNTED,
        acl_rule("known-bad-inputs", "overrideAction", {"count": {}}),
    ),
    mutant(
        "WAF-004",
        "the Log4j rule is counted",
        COUNTED,
        acl_rule("known-bad-inputs", OVERRIDE, [{"name": "Log4JRCE_HEADER", "actionToUse": {"count": {}}}]),
    ),
    mutant(
        "WAF-005",
        "no metrics of a rule",
        "firewall-metrics-on",
        acl_rule("common", "visibilityConfig.cloudwatchMetricsEnabled", False),
    ),
    mutant("WAF-G01", "no rate rule", LIMIT, acl_rule("rate-limit", "", GONE)),
    mutant("WAF-G01", "the rate rule counts", LIMIT, acl_rule("rate-limit", "action", {"count": {}})),
    mutant("WAF-G01", "a limit that is none", LIMIT, acl_rule("rate-limit", f"{RATE}.limit", 2_000_000)),
    mutant(
        "WAF-G01", "a limit for one country", LIMIT, acl_rule("rate-limit", f"{RATE}.scopeDownStatement", GEO)
    ),
    mutant(
        "WAF-G01",
        "a limit by a header that callers choose",
        LIMIT,
        acl_rule("rate-limit", f"{RATE}.aggregateKeyType", "CUSTOM_KEYS"),
        acl_rule(
            "rate-limit",
            f"{RATE}.customKeys",
            [{"header": {"name": "user-agent", "textTransformations": [{"priority": 0, "type": "NONE"}]}}],
        ),
    ),
    mutant(
        "WAF-G01",
        "a limit by a forwarded address",
        LIMIT,
        acl_rule("rate-limit", f"{RATE}.aggregateKeyType", "FORWARDED_IP"),
    ),
    mutant("WAF-G02", "bodies of any size", "firewall-body-size", acl_rule("body-size", "", GONE)),
    mutant(
        "WAF-G02",
        "what is too large to inspect passes",
        "firewall-body-size",
        acl_rule("body-size", f"{SIZE}.fieldToMatch.body.oversizeHandling", "CONTINUE"),
    ),
    mutant(
        "WAF-G03",
        "a whole group is counted",
        COUNTED,
        acl_rule("bot-control", "overrideAction", {"count": {}}),
    ),
    mutant(
        "WAF-G03",
        "a rule of a group lets through",
        COUNTED,
        acl_rule("common", OVERRIDE, [{"name": "SizeRestrictions_BODY", "actionToUse": {"allow": {}}}]),
    ),
    mutant("WAF-G03", "a rule of ours is counted", COUNTED, acl_rule("body-size", "action", {"count": {}})),
    mutant(
        "WAF-G03",
        "a group that sees one country only",
        COUNTED,
        acl_rule("sql-injection", "statement.managedRuleGroupStatement.scopeDownStatement", GEO),
    ),
    mutant("WAF-G04", "no SQL injection rules", "firewall-baseline", acl_rule("sql-injection", "", GONE)),
    mutant("WAF-G04", "no reputation list", "firewall-baseline", acl_rule("ip-reputation", "", GONE)),
    mutant(
        "WAF-G05",
        "the key in the log",
        "firewall-log-hides-keys",
        put(*LOG, "redactedFields", GONE),
        put(*ACL, "dataProtectionConfig", GONE),
    ),
    mutant(
        "WAF-G06", "the key in samples", "firewall-samples-hide-keys", put(*ACL, "dataProtectionConfig", GONE)
    ),
    mutant(
        "WAF-G07",
        "blocked requests are not logged",
        "firewall-log-complete",
        put(*LOG, "loggingFilter", FILTER),
    ),
    mutant(
        "WAF-G08",
        "the log goes outside the stack",
        "firewall-logged",
        put(
            *LOG,
            "logDestinationConfigs",
            ["arn:aws:logs:us-east-1:123456789012:log-group:aws-waf-logs-other"],
        ),
    ),
    mutant(
        "WAF-G08",
        "a name that WAF refuses",
        "firewall-logged",
        put(t.LOG_GROUP, "firewall", "name", "firewall-logs"),
    ),
    mutant(
        "WAF-G09",
        "an early allow",
        "firewall-no-early-allow",
        first({"priority": 5, "action": {"allow": {}}, "statement": GEO}),
    ),
    mutant("WAF-G10", "the scope of CloudFront", "firewall-regional", put(*ACL, "scope", "CLOUDFRONT")),
    mutant(
        "WAF-G10",
        "a firewall outside the stack",
        "stage-behind-firewall",
        put(
            t.WEB_ACL_ASSOCIATION,
            "firewall",
            "webAclArn",
            "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/other/1",
        ),
    ),
    mutant(
        "WAF-G11", "no rate rule among the rules in JSON", LIMIT, acl_rule("rate-limit", "", GONE), as_json
    ),
    mutant(
        "WAF-G11",
        "a counted rule among separate rules",
        COUNTED,
        acl_rule("body-size", "action", {"count": {}}),
        as_resources,
    ),
]
