"""FrontDoor: a distribution with a web ACL of its own before the API, which is what Shield Advanced can protect."""

from __future__ import annotations

import dataclasses

import pulumi
import pulumi_aws as aws

from components import documents, tls, web_acl
from components.encryption import EncryptionKey
from components.firewall_rules import ORIGIN_HEADER
from components.log_group import SecureLogGroup
from components.observability import AlarmTopic, declare_alarm
from components.own_name import OwnName
from components.site import Site
from components.watched import edge_metrics
from settings import Alarms, Firewall
from settings import FrontDoor as FrontSettings

REGION = "us-east-1"
"""Where AWS keeps certificates, web ACLs, logs and metrics of distributions."""
_IN_REGION = ("aws:acm/", "aws:cloudwatch/", "aws:kms/", "aws:sns/", "aws:wafv2/")
_NO_CACHE = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
_ALL_OF_THE_REQUEST = "216adef6-5c7f-47e4-b989-5492eafa07d3"
"""AWS's managed policies CachingDisabled and AllViewer. The latter keeps the Host header, which a signature covers."""
_ALL_VERBS = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]
"""CloudFront knows no smaller set that holds POST; the API answers the other verbs with 403."""
_LOGGED = [
    "timestamp",
    "DistributionId",
    "x-edge-location",
    "x-edge-request-id",
    "c-ip",
    "cs-method",
    "cs(Host)",
    "sc-status",
    "sc-bytes",
    "time-taken",
    "ssl-protocol",
    "ssl-cipher",
    "x-edge-result-type",
    "x-edge-detailed-result-type",
]
"""Who, when, how it ended; no path, query, cookie or referer, which a caller fills by mistake."""


class FrontDoor(pulumi.ComponentResource):
    """Distribution, web ACL, access log, alarms and their key, all in us-east-1.

    The distribution sends a secret header, without which the API's own firewall blocks. Nothing is cached. Shield
    Advanced only where the settings ask for it.
    """

    target: pulumi.Output[str]
    target_zone: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        site: Site,
        front: FrontSettings,
        *,
        own: OwnName,
        firewall: Firewall,
        alarms: Alarms,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        there = pulumi.ResourceOptions(transformations=[_there])
        super().__init__(
            "fraud:serving:FrontDoor",
            name,
            {"shield": front.shield},
            pulumi.ResourceOptions.merge(opts, there),
        )
        self._name, self._outer = name, site
        self._site = dataclasses.replace(site, prefix=f"{site.prefix}-edge", region=REGION)
        self._child = pulumi.ResourceOptions(parent=self)
        key = EncryptionKey(name, self._site, {}, opts=self._child)
        acl = web_acl.declare(
            name,
            self._site,
            firewall,
            key=key,
            child=self._child,
            scope="CLOUDFRONT",
            about="In front of the whole",
            rate_limit=front.rate_limit,
        )
        made = self._distribution(front, own, acl)
        self._log(made, key)
        self._alarms(made, front.shield != "no", alarms, key)
        self._shield(made, front.shield)
        self.target, self.target_zone = made.domain_name, made.hosted_zone_id
        self.register_outputs({"target": self.target})

    def _distribution(
        self, front: FrontSettings, own: OwnName, acl: aws.wafv2.WebAcl
    ) -> aws.cloudfront.Distribution:
        domain = front.domain
        # The record that proves the name is the one of the API's certificate.
        after = pulumi.ResourceOptions.merge(self._child, pulumi.ResourceOptions(depends_on=[own.named]))
        certificate = tls.certificate(self._name, self._site, domain, front.certificate, after, prove=False)
        return aws.cloudfront.Distribution(
            self._name,
            comment=f"In front of {self._outer.prefix}",
            enabled=True,
            is_ipv6_enabled=True,
            http_version="http2and3",
            aliases=[domain.name],
            origins=[
                {
                    "origin_id": "api",
                    "domain_name": own.target,
                    "custom_origin_config": {
                        "http_port": 80,
                        "https_port": 443,
                        "origin_protocol_policy": "https-only",
                        "origin_ssl_protocols": ["TLSv1.2"],
                        "origin_read_timeout": 30,
                    },
                    "custom_headers": [{"name": ORIGIN_HEADER, "value": front.secrets[0]}],
                }
            ],
            default_cache_behavior={
                "target_origin_id": "api",
                "viewer_protocol_policy": "https-only",
                "allowed_methods": _ALL_VERBS,
                "cached_methods": ["GET", "HEAD"],
                "cache_policy_id": _NO_CACHE,
                "origin_request_policy_id": _ALL_OF_THE_REQUEST,
                "compress": False,
            },
            restrictions={"geo_restriction": {"restriction_type": "none"}},
            viewer_certificate={
                "acm_certificate_arn": certificate,
                "ssl_support_method": "sni-only",
                "minimum_protocol_version": "TLSv1.2_2021",
            },
            web_acl_id=acl.arn,
            tags=self._site.tags,
            opts=self._child,
        )

    def _log(self, made: aws.cloudfront.Distribution, key: EncryptionKey) -> None:
        site = self._site
        group = SecureLogGroup("edge-access", site, site.edge_log_group, key, opts=self._child)
        admitted = aws.cloudwatch.LogResourcePolicy(
            f"{self._name}-access",
            policy_name=f"{site.prefix}-access-log",
            policy_document=documents.policy(
                [documents.deliver_logs(site, "AccessLog", site.edge_log_group)]
            ),
            opts=self._child,
        )
        source = aws.cloudwatch.LogDeliverySource(
            self._name,
            name=f"{site.prefix}-access",
            log_type="ACCESS_LOGS",
            resource_arn=made.arn,
            tags=site.tags,
            opts=self._child,
        )
        destination = aws.cloudwatch.LogDeliveryDestination(
            self._name,
            name=f"{site.prefix}-access",
            output_format="json",
            delivery_destination_configuration={"destination_resource_arn": group.arn},
            tags=site.tags,
            opts=self._child,
        )
        aws.cloudwatch.LogDelivery(
            self._name,
            delivery_source_name=source.name,
            delivery_destination_arn=destination.arn,
            record_fields=_LOGGED,
            tags=site.tags,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[admitted]),
        )

    def _alarms(
        self, made: aws.cloudfront.Distribution, shielded: bool, alarms: Alarms, key: EncryptionKey
    ) -> None:
        """In us-east-1, where the metrics are; an alarm reaches topics of its own region only."""
        topic = AlarmTopic("edge-alarms", self._site, alarms, key=key, opts=self._child)
        metrics = edge_metrics(web_acl.acl_name(self._site), made.id, made.arn if shielded else None)
        for label, watch in metrics.items():
            declare_alarm(self._name, self._outer, label, watch, topic, self._child)

    def _shield(self, made: aws.cloudfront.Distribution, shield: str) -> None:
        """A subscription cannot be ended before its year is over, so it outlives the stack."""
        if shield == "no":
            return
        paid = (
            [
                aws.shield.Subscription(
                    self._name,
                    auto_renew="DISABLED",
                    skip_destroy=True,
                    opts=pulumi.ResourceOptions(parent=self, retain_on_delete=True),
                )
            ]
            if shield == "subscribe"
            else []
        )
        aws.shield.Protection(
            self._name,
            name=self._site.prefix,
            resource_arn=made.arn,
            tags=self._site.tags,
            opts=pulumi.ResourceOptions(parent=self, depends_on=paid),
        )


def _there(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
    """Every resource below that lies in a region lies in us-east-1, under the stack's own provider."""
    if not args.type_.startswith(_IN_REGION):
        return None
    return pulumi.ResourceTransformationResult({**args.props, "region": REGION}, args.opts)
