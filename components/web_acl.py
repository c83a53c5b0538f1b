"""A web ACL with its log: in front of a stage, or of the whole at the edge."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components import documents, firewall_rules
from components.encryption import EncryptionKey
from components.log_group import SecureLogGroup
from components.site import Site
from settings import Firewall


def declare(
    name: str,
    site: Site,
    firewall: Firewall,
    *,
    key: EncryptionKey,
    child: pulumi.ResourceOptions,
    scope: str = "REGIONAL",
    about: str,
    rate_limit: int,
    secrets: Sequence[pulumi.Input[str]] = (),
) -> aws.wafv2.WebAcl:
    """The web ACL `<prefix>-firewall`, the set of known callers, the log and who may write it, as children.

    With `secrets` only requests that hold one of them in the origin header pass.
    """
    known = (
        aws.wafv2.IpSet(
            name,
            name=f"{site.prefix}-known-callers",
            description="Networks of callers that are programs by agreement",
            scope=scope,
            ip_address_version="IPV4",
            addresses=list(firewall.known_callers),
            tags=site.tags,
            opts=child,
        )
        if firewall.known_callers
        else None
    )
    hidden = [*firewall_rules.HIDDEN_HEADERS, *([firewall_rules.ORIGIN_HEADER] if secrets else [])]
    acl = aws.wafv2.WebAcl(
        name,
        name=acl_name(site),
        description=about,
        scope=scope,
        default_action={"allow": {}},
        rules=firewall_rules.rules(
            site.prefix,
            rate_limit=rate_limit,
            block_bots=firewall.block_bots,
            known=known,
            secrets=secrets,
        ),
        visibility_config=firewall_rules.visibility(acl_name(site)),
        data_protection_config=firewall_rules.data_protection(hidden),
        tags=site.tags,
        opts=child,
    )
    _log(name, site, acl, key, hidden, child)
    return acl


def acl_name(site: Site) -> str:
    return f"{site.prefix}-firewall"


def _log(
    name: str,
    site: Site,
    acl: aws.wafv2.WebAcl,
    key: EncryptionKey,
    hidden: Sequence[str],
    child: pulumi.ResourceOptions,
) -> None:
    log = SecureLogGroup(name, site, site.firewall_log_group, key, payloads=True, opts=child)
    delivery = aws.cloudwatch.LogResourcePolicy(
        name,
        policy_name=f"{site.prefix}-firewall-log",
        policy_document=documents.policy(
            [documents.deliver_logs(site, "FirewallLog", site.firewall_log_group)]
        ),
        opts=child,
    )
    aws.wafv2.WebAclLoggingConfiguration(
        name,
        resource_arn=acl.arn,
        log_destination_configs=[log.arn],
        redacted_fields=firewall_rules.redacted(hidden),
        opts=pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(depends_on=[delivery])),
    )
