"""What is shared with other accounts as a whole: snapshots, images, portfolios, resources."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from endpoint_guard import types as t
from endpoint_guard.accounts import abroad
from endpoint_guard.expect import off, one_of
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, Setting, need, property_rule, rule

_SHARED: Final = {
    t.DB_SNAPSHOT: "sharedAccounts",
    t.DB_CLUSTER_SNAPSHOT: "sharedAccounts",
    t.DB_SNAPSHOT_COPY: "sharedAccounts",
    t.DB_CLUSTER_SNAPSHOT_COPY: "sharedAccounts",
    t.DISK_SNAPSHOT_PERMISSION: "accountId",
    t.IMAGE_PERMISSION: "accountId",
}
"""By which property each type names the accounts that it is shared with."""


@rule(
    id="copies-shared-with-own-accounts",
    title="Snapshots and images are shared with accounts of the stack only",
    pillar="auth",
    severity="high",
    level="advisory",
    why="Whoever restores a snapshot or launches an image has everything that was on the disk.",
    remedy="Leave the account out, or list it in the setting.",
    references=("EC2-010", "RDS-011"),
    on=tuple(_SHARED),
    settings={"accounts": Setting([], "accounts other than the stack's own that copies may be shared with")},
)
def copies_shared_with_own_accounts(resource: Resource, ctx: Context) -> Iterator[Finding]:
    accepted = ctx.strings("accounts")
    for node in resource.get(_SHARED[resource.type]).items():
        yield from need(node, lambda n: not abroad(n, accepted), "is shared with another account")


public_sharing_blocked = property_rule(
    __name__,
    id="public-sharing-blocked",
    title="Snapshots and images of the account cannot be made public",
    pillar="auth",
    severity="high",
    why="One wrong call shows a whole disk to everybody.",
    remedy='Set state="block-all-sharing" (images: "block-new-sharing").',
    references=("EC2-011",),
    on=(t.DISK_SNAPSHOTS_BLOCK, t.IMAGES_BLOCK),
    path="state",
    good=lambda node: node.text() != "unblocked",
    text="lets snapshots or images be made public",
)


@rule(
    id="distributed-image-not-public",
    title="Images that are built are not shared with everybody",
    pillar="auth",
    severity="high",
    why="An image holds whatever was on the disk, and whoever launches it has it.",
    remedy="Name accounts in user_ids.",
    references=("EC2-006",),
    on=(t.IMAGE_DISTRIBUTION,),
    scope="resource",
)
def distributed_image_not_public(distribution: Resource, ctx: Context) -> Iterator[Finding]:
    for place in distribution.get("distributions").items():
        groups = place.get("amiDistributionConfiguration.launchPermission.userGroups")
        yield from need(groups, lambda n: "all" not in n.texts(), "shares an image with everybody")


portfolio_inside = property_rule(
    __name__,
    id="portfolio-shared-within-organization",
    title="Portfolios are shared within the organization",
    pillar="auth",
    severity="high",
    why="A share with one account outlives the account's membership of the organization.",
    remedy='Share with an organization or a unit of it: type="ORGANIZATION" or "ORGANIZATIONAL_UNIT".',
    references=("SVC-001",),
    on=t.PORTFOLIO_SHARE,
    path="type",
    good=one_of("ORGANIZATION", "ORGANIZATIONAL_UNIT", "ORGANIZATION_MEMBER_ACCOUNT"),
    text="is shared with an account by number",
)

share_inside = property_rule(
    __name__,
    id="resources-shared-within-organization",
    title="Resources are shared within the organization",
    pillar="auth",
    severity="medium",
    level="advisory",
    why="Any account that is invited can use what is shared, and nobody in the organization sees it.",
    remedy="Leave allow_external_principals off.",
    references=("RAM-001",),
    on=t.RESOURCE_SHARE,
    path="allowExternalPrincipals",
    good=off,
    text="may be shared with accounts outside the organization",
)
