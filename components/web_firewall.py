"""WebFirewall: the web ACL in front of the API."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components import web_acl
from components.encryption import EncryptionKey
from components.scoring_api import ScoringApi
from components.site import Site
from settings import Firewall, FrontDoor

_WINDOW_SECONDS = 300


class WebFirewall(pulumi.ComponentResource):
    """Managed groups, Bot Control, a rate limit and a body limit in front of one stage, with a log.

    Nothing is allowed early and nothing merely counted, but for what the settings say of bots. The key and the
    signature are hidden from the log and, by data protection, from the samples. Behind a front door only the
    distribution gets in, and the addresses are the distribution's: its own web ACL limits callers, and this one
    gives each address what the whole API may take.
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
        front: FrontDoor | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        args = {"rateLimit": firewall.rate_limit, "blockBots": firewall.block_bots}
        super().__init__("fraud:security:WebFirewall", name, args, opts)
        self.name = web_acl.acl_name(site)
        self.acl = web_acl.declare(
            name,
            site,
            firewall,
            key=key,
            child=pulumi.ResourceOptions(parent=self),
            about="In front of the scoring API",
            rate_limit=int(api.rate) * _WINDOW_SECONDS if front else firewall.rate_limit,
            secrets=front.secrets if front else (),
        )
        aws.wafv2.WebAclAssociation(
            name,
            resource_arn=api.stage.arn,
            web_acl_arn=self.acl.arn,
            opts=pulumi.ResourceOptions(parent=self, custom_timeouts=pulumi.CustomTimeouts(create="15m")),
        )
        self.register_outputs({"name": self.name})
