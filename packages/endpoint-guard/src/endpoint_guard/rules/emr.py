"""EMR: what the account allows its clusters."""

from __future__ import annotations

from endpoint_guard import types as t
from endpoint_guard.expect import on
from endpoint_guard.rule import property_rule

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
