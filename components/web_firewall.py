"""WebFirewall: the web ACL in front of the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from components import documents
from components.encryption import EncryptionKey
from components.log_group import SecureLogGroup
from components.scoring_api import ScoringApi
from components.site import Site
from model.contract import MAX_BODY_BYTES
from settings import Firewall

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


class WebFirewall(pulumi.ComponentResource):
    """Managed groups, Bot Control, a rate limit and a body limit in front of one stage, with a log.

    Nothing is allowed early and nothing merely counted, but for what the settings say of bots. The key and the
    signature are hidden from the log and, by data protection, from the samples.
    """

    name: str
    acl: aws.wafv2.WebAcl

    def __init__(
        self,
        name: str,
        site: Site,
        firewall: Firewall,
        *,
        key: EncryptionKey,
        api: ScoringApi,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        args = {"rateLimit": firewall.rate_limit, "blockBots": firewall.block_bots}
        super().__init__("fraud:security:WebFirewall", name, args, opts)
        self.name = f"{site.prefix}-firewall"
        self._site = site
        child = pulumi.ResourceOptions(parent=self)
        known = (
            aws.wafv2.IpSet(
                name,
                name=f"{site.prefix}-known-callers",
                description="Networks of callers that are programs by agreement",
                scope="REGIONAL",
                ip_address_version="IPV4",
                addresses=list(firewall.known_callers),
                tags=site.tags,
                opts=child,
            )
            if firewall.known_callers
            else None
        )
        self.acl = aws.wafv2.WebAcl(
            name,
            name=self.name,
            description="In front of the scoring API",
            scope="REGIONAL",
            default_action={"allow": {}},
            rules=self._rules(firewall, known),
            visibility_config=_visibility(self.name),
            data_protection_config=aws.wafv2.WebAclDataProtectionConfigArgs(
                data_protections=[
                    {
                        "action": "SUBSTITUTION",
                        "field": {"field_type": "SINGLE_HEADER", "field_keys": [header]},
                    }
                    for header in HIDDEN_HEADERS
                ]
                + [{"action": "SUBSTITUTION", "field": {"field_type": "BODY"}}]
            ),
            tags=site.tags,
            opts=child,
        )
        aws.wafv2.WebAclAssociation(
            name,
            resource_arn=api.stage.arn,
            web_acl_arn=self.acl.arn,
            opts=pulumi.ResourceOptions(parent=self, custom_timeouts=pulumi.CustomTimeouts(create="15m")),
        )
        self._logging(name, key)
        self.register_outputs({"name": self.name})

    def _rules(self, firewall: Firewall, known: aws.wafv2.IpSet | None) -> list[aws.wafv2.WebAclRuleArgs]:
        """In the order of evaluation: what is cheap and certain first."""
        statements: dict[str, tuple[Mapping[str, Any], bool]] = {
            "body-size": (_body_limit(), False),
            "rate-limit": (_rate_limit(firewall.rate_limit), False),
            **{
                short: (_managed(group, firewall.block_bots, known), True)
                for short, group in _MANAGED_GROUPS.items()
            },
            "bot-control": (_bot_control(firewall.block_bots, known), True),
        }
        return [
            aws.wafv2.WebAclRuleArgs(
                name=rule,
                priority=priority * 10,
                statement=statement,
                action=None if group else {"block": {}},
                override_action={"none": {}} if group else None,
                visibility_config=_visibility(f"{self._site.prefix}-{rule}"),
            )
            for priority, (rule, (statement, group)) in enumerate(statements.items())
        ]

    def _logging(self, name: str, key: EncryptionKey) -> None:
        site = self._site
        child = pulumi.ResourceOptions(parent=self)
        log = SecureLogGroup(name, site, site.firewall_log_group, key, payloads=True, opts=child)
        delivery = aws.cloudwatch.LogResourcePolicy(
            name,
            policy_name=f"{site.prefix}-firewall-log",
            policy_document=documents.policy(
                [
                    documents.allow(
                        "FirewallLog",
                        ["logs:CreateLogStream", "logs:PutLogEvents"],
                        f"{site.log_group_arn(site.firewall_log_group)}:log-stream:*",
                        Principal={"Service": "delivery.logs.amazonaws.com"},
                        Condition={
                            "ArnLike": {"aws:SourceArn": site.arn("logs", "*")},
                            "StringEquals": {"aws:SourceAccount": site.account},
                        },
                    )
                ]
            ),
            opts=child,
        )
        aws.wafv2.WebAclLoggingConfiguration(
            name,
            resource_arn=self.acl.arn,
            log_destination_configs=[log.arn],
            # The API takes neither: what stands there came from a mistake, perhaps with a card number in it.
            redacted_fields=[
                *({"single_header": {"name": header}} for header in HIDDEN_HEADERS),
                {"query_string": {}},
                {"uri_path": {}},
            ],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[delivery]),
        )


def _visibility(metric: str) -> dict[str, Any]:
    return {
        "cloudwatch_metrics_enabled": True,
        "metric_name": metric,
        "sampled_requests_enabled": True,
    }


def _body_limit() -> dict[str, Any]:
    return {
        "size_constraint_statement": {
            "comparison_operator": "GT",
            "size": MAX_BODY_BYTES,
            "field_to_match": {"body": {"oversize_handling": "MATCH"}},
            "text_transformations": [{"priority": 0, "type": "NONE"}],
        }
    }


def _rate_limit(limit: int) -> dict[str, Any]:
    return {
        "rate_based_statement": {
            "limit": limit,
            "aggregate_key_type": "IP",
            "evaluation_window_sec": _WINDOW_SECONDS,
        }
    }


def _unless_known(known: aws.wafv2.IpSet | None) -> dict[str, Any]:
    if known is None:
        return {}
    match = {"ip_set_reference_statement": {"arn": known.arn}}
    return {"scope_down_statement": {"not_statement": {"statement": match}}}


def _managed(group: str, block_bots: bool, known: aws.wafv2.IpSet | None) -> dict[str, Any]:
    extra: dict[str, Any] = {}
    if group == _MANAGED_GROUPS["anonymous-ip"]:
        extra = _unless_known(known)
        if not block_bots:
            extra["rule_action_overrides"] = [{"name": _HOSTING_RULE, "action_to_use": {"count": {}}}]
    return {"managed_rule_group_statement": {"vendor_name": "AWS", "name": group, **extra}}


def _bot_control(block: bool, known: aws.wafv2.IpSet | None) -> dict[str, Any]:
    group: dict[str, Any] = {
        "vendor_name": "AWS",
        "name": "AWSManagedRulesBotControlRuleSet",
        "managed_rule_group_configs": [
            {"aws_managed_rules_bot_control_rule_set": {"inspection_level": "COMMON"}}
        ],
        **_unless_known(known),
    }
    if not block:
        group["rule_action_overrides"] = [
            {"name": rule, "action_to_use": {"count": {}}} for rule in _MACHINE_RULES
        ]
    return {"managed_rule_group_statement": group}
