"""The rules of a web ACL: what both firewalls block, and who may call the one behind the front door. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from model.contract import MAX_BODY_BYTES

ORIGIN_HEADER = "x-origin-verify"
HIDDEN_HEADERS = ("x-api-key", "authorization")
_WINDOW_SECONDS = 300
_MANAGED_GROUPS = {
    "common": "AWSManagedRulesCommonRuleSet",
    "known-bad-inputs": "AWSManagedRulesKnownBadInputsRuleSet",
    "ip-reputation": "AWSManagedRulesAmazonIpReputationList",
    "anonymous-ip": "AWSManagedRulesAnonymousIpList",
    "linux": "AWSManagedRulesLinuxRuleSet",
    "sql-injection": "AWSManagedRulesSQLiRuleSet",
}
"""With Bot Control 1,425 of the 1,500 capacity units that the base price covers."""
_HOSTING_RULE = "HostingProviderIPList"
"""A merchant's back end runs at a hosting provider: counted where bots are counted."""
_MACHINE_RULES = ("CategoryHttpLibrary", "SignalNonBrowserUserAgent", "SignalKnownBotDataCenter")
"""What Bot Control says of an ordinary API client."""
_FORWARDED = {"header_name": "X-Forwarded-For", "position": "LAST", "fallback_behavior": "NO_MATCH"}
"""CloudFront appends the caller's address to what the caller wrote into this header."""

Statement = Mapping[str, Any]


def rules(
    prefix: str,
    *,
    rate_limit: int,
    block_bots: bool,
    known: aws.wafv2.IpSet | None,
    secrets: Sequence[pulumi.Input[str]] = (),
) -> list[aws.wafv2.WebAclRuleArgs]:
    """In the order of evaluation: what is cheap and certain first.

    `known` are networks of callers that are programs by agreement. With `secrets` a request has to hold one of them
    in the origin header, and the caller's address is the last that was forwarded.
    """
    excepted = _unless_known(known, behind=bool(secrets))
    statements: dict[str, tuple[Statement, bool]] = {
        **({"origin": (_not_from_origin(secrets), False)} if secrets else {}),
        "body-size": (_body_limit(), False),
        "rate-limit": (_rate_limit(rate_limit), False),
        **{short: (_managed(group, block_bots, excepted), True) for short, group in _MANAGED_GROUPS.items()},
        "bot-control": (_bot_control(block_bots, excepted), True),
    }
    return [
        aws.wafv2.WebAclRuleArgs(
            name=rule,
            priority=priority * 10,
            statement=statement,
            action=None if group else {"block": {}},
            override_action={"none": {}} if group else None,
            visibility_config=visibility(f"{prefix}-{rule}"),
        )
        for priority, (rule, (statement, group)) in enumerate(statements.items())
    ]


def visibility(metric: str) -> dict[str, Any]:
    """Metrics and samples under this name."""
    return {
        "cloudwatch_metrics_enabled": True,
        "metric_name": metric,
        "sampled_requests_enabled": True,
    }


def data_protection(headers: Sequence[str]) -> aws.wafv2.WebAclDataProtectionConfigArgs:
    """These headers and bodies are neither in the log nor in the samples."""
    hidden = [
        {"action": "SUBSTITUTION", "field": {"field_type": "SINGLE_HEADER", "field_keys": [header]}}
        for header in headers
    ]
    body = {"action": "SUBSTITUTION", "field": {"field_type": "BODY"}}
    return aws.wafv2.WebAclDataProtectionConfigArgs(data_protections=[*hidden, body])


def redacted(headers: Sequence[str]) -> list[dict[str, Any]]:
    """What the log leaves out: these headers, and what the API does not take.

    Query and path came from a mistake, perhaps with a card number in it.
    """
    hidden: list[dict[str, Any]] = [{"single_header": {"name": header}} for header in headers]
    return [*hidden, {"query_string": {}}, {"uri_path": {}}]


def _not_from_origin(secrets: Sequence[pulumi.Input[str]]) -> Statement:
    accepted = [
        {
            "byte_match_statement": {
                "search_string": secret,
                "positional_constraint": "EXACTLY",
                "field_to_match": {"single_header": {"name": ORIGIN_HEADER}},
                "text_transformations": [{"priority": 0, "type": "NONE"}],
            }
        }
        for secret in secrets
    ]
    either = accepted[0] if len(accepted) == 1 else {"or_statement": {"statements": accepted}}
    return {"not_statement": {"statement": either}}


def _body_limit() -> Statement:
    return {
        "size_constraint_statement": {
            "comparison_operator": "GT",
            "size": MAX_BODY_BYTES,
            "field_to_match": {"body": {"oversize_handling": "MATCH"}},
            "text_transformations": [{"priority": 0, "type": "NONE"}],
        }
    }


def _rate_limit(limit: int) -> Statement:
    return {
        "rate_based_statement": {
            "limit": limit,
            "aggregate_key_type": "IP",
            "evaluation_window_sec": _WINDOW_SECONDS,
        }
    }


def _unless_known(known: aws.wafv2.IpSet | None, *, behind: bool) -> dict[str, Any]:
    if known is None:
        return {}
    forwarded = {"ip_set_forwarded_ip_config": _FORWARDED} if behind else {}
    match = {"ip_set_reference_statement": {"arn": known.arn, **forwarded}}
    return {"scope_down_statement": {"not_statement": {"statement": match}}}


def _managed(group: str, block_bots: bool, excepted: dict[str, Any]) -> Statement:
    extra: dict[str, Any] = {}
    if group == _MANAGED_GROUPS["anonymous-ip"]:
        extra = dict(excepted)
        if not block_bots:
            extra["rule_action_overrides"] = [{"name": _HOSTING_RULE, "action_to_use": {"count": {}}}]
    return {"managed_rule_group_statement": {"vendor_name": "AWS", "name": group, **extra}}


def _bot_control(block: bool, excepted: dict[str, Any]) -> Statement:
    group: dict[str, Any] = {
        "vendor_name": "AWS",
        "name": "AWSManagedRulesBotControlRuleSet",
        "managed_rule_group_configs": [
            {"aws_managed_rules_bot_control_rule_set": {"inspection_level": "COMMON"}}
        ],
        **excepted,
    }
    if not block:
        group["rule_action_overrides"] = [
            {"name": rule, "action_to_use": {"count": {}}} for rule in _MACHINE_RULES
        ]
    return {"managed_rule_group_statement": group}
