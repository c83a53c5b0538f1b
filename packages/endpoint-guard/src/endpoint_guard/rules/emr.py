"""EMR: what the account allows its clusters, and what its clusters encrypt and log."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import types as t
from endpoint_guard.expect import given, on
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, need, property_rule, rule

clusters_block_public = property_rule(
    __name__,
    id="clusters-block-public",
    title="EMR clusters with open security groups are refused",
    pillar="network",
    severity="high",
    why="With the block off a cluster starts with its shells and web pages open to the internet.",
    remedy="Set block_public_security_group_rules=True.",
    references=("EMR-001",),
    on=t.EMR_PUBLIC_BLOCK,
    path="blockPublicSecurityGroupRules",
    good=on,
    text="lets clusters start with open security groups",
)


@rule(
    id="clusters-encrypt",
    title="Security configurations of EMR encrypt at rest and in transit",
    pillar="encryption",
    severity="medium",
    level="advisory",
    why="Disks, buckets and the way between the nodes are unencrypted where the configuration does not say so.",
    remedy="Set EnableAtRestEncryption and EnableInTransitEncryption to true in EncryptionConfiguration.",
    references=("EMR-002", "EMR-003"),
    on=(t.EMR_SECURITY,),
    scope="resource",
)
def clusters_encrypt(settings: Resource, ctx: Context) -> Iterator[Finding]:
    encryption = settings.get("configuration").document().get("EncryptionConfiguration")
    yield from need(encryption.get("EnableAtRestEncryption"), on, "leaves data at rest unencrypted")
    yield from need(encryption.get("EnableInTransitEncryption"), on, "leaves data in transit unencrypted")


clusters_configured = property_rule(
    __name__,
    id="clusters-configured",
    title="EMR clusters have a security configuration",
    pillar="encryption",
    severity="medium",
    level="advisory",
    why="Without one nothing is encrypted in transit, nor the disks of the nodes.",
    remedy="Declare emr.SecurityConfiguration and name it in security_configuration.",
    references=("EMR-002", "EMR-003"),
    on=t.EMR_CLUSTER,
    path="securityConfiguration",
    good=given,
    text="has no security configuration",
)

clusters_logged = property_rule(
    __name__,
    id="clusters-logged",
    title="EMR clusters keep their logs",
    pillar="logging",
    severity="low",
    level="advisory",
    why="Logs on the nodes go with the cluster.",
    remedy="Set log_uri to a bucket.",
    references=("EMR-004",),
    on=t.EMR_CLUSTER,
    path="logUri",
    good=given,
    text="keeps no logs",
)
