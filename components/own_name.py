"""OwnName: the API under a host name of your own, with or without a front door."""

from __future__ import annotations

import hashlib
from typing import Any

import pulumi
import pulumi_aws as aws

from components import tls
from components.artifact_store import ModelArtifact
from components.buckets import SET_BY_THE_BUCKET
from components.encryption import EncryptionKey
from components.scoring_api import ScoringApi
from components.site import Site
from settings import Domain


class OwnName(pulumi.ComponentResource):
    """The host name with its certificate and TLS policy, and the stage at its root.

    Where the settings name a truststore, callers need a certificate of one of its authorities. The truststore lies
    beside the artifact under its digest, and its version is pinned: a new file in the bucket changes nothing by itself.
    """

    domain: Domain
    named: aws.apigateway.DomainName
    target: pulumi.Output[str]
    target_zone: pulumi.Output[str]
    """What answers for the API behind the name, for an alias record."""

    def __init__(
        self,
        name: str,
        site: Site,
        domain: Domain,
        *,
        api: ScoringApi,
        artifact: ModelArtifact,
        key: EncryptionKey,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("fraud:serving:OwnName", name, {"mutualTls": domain.trusted is not None}, opts)
        self.domain, self._name = domain, name
        self._child = pulumi.ResourceOptions(parent=self)
        enhanced = domain.trusted is None
        made = self.named = aws.apigateway.DomainName(
            name,
            domain_name=domain.name,
            endpoint_configuration={"types": "REGIONAL"},
            regional_certificate_arn=tls.certificate(name, site, domain, domain.certificate, self._child),
            security_policy=tls.of_name(domain),
            endpoint_access_mode="STRICT" if enhanced else None,
            mutual_tls_authentication=None if enhanced else self._truststore(site, artifact, key),
            tags=site.tags,
            opts=self._child,
        )
        aws.apigateway.BasePathMapping(
            name,
            rest_api=api.stage.rest_api,
            stage_name=api.stage.stage_name,
            domain_name=made.domain_name,
            opts=self._child,
        )
        self.target, self.target_zone = made.regional_domain_name, made.regional_zone_id
        self.register_outputs({"target": self.target})

    def _truststore(self, site: Site, artifact: ModelArtifact, key: EncryptionKey) -> dict[str, Any]:
        trusted = self.domain.trusted
        assert trusted is not None  # noqa: S101  # the caller has looked
        digest = hashlib.sha256(trusted.read_bytes()).hexdigest()
        object_key = f"truststore/{digest}/authorities.pem"
        stored = aws.s3.BucketObjectv2(
            f"{self._name}-truststore",
            bucket=artifact.store.bucket.id,
            key=object_key,
            source=pulumi.FileAsset(str(trusted)),
            source_hash=digest,
            checksum_algorithm="SHA256",
            server_side_encryption="aws:kms",
            kms_key_id=key.arn,
            bucket_key_enabled=True,
            content_type="application/x-pem-file",
            force_destroy=not site.safety.protect,
            tags=site.tags,
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=[*artifact.store.ready], ignore_changes=SET_BY_THE_BUCKET
            ),
        )
        return {
            "truststore_uri": f"s3://{artifact.store.name}/{object_key}",
            "truststore_version": stored.version_id,
        }

    def point_to(self, target: pulumi.Input[str], zone: pulumi.Input[str]) -> None:
        """The name's record, where a hosted zone is given; else whoever keeps the zone sets it."""
        if self.domain.zone is None:
            return
        aws.route53.Record(
            self._name,
            zone_id=self.domain.zone,
            name=self.domain.name,
            type="A",
            aliases=[{"name": target, "zone_id": zone, "evaluate_target_health": False}],
            opts=self._child,
        )
