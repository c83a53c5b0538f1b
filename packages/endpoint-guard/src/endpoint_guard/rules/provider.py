"""Where the program deploys to: one region, named accounts, AWS itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

from endpoint_guard import types as t
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, Setting, fail, need, rule


@rule(
    id="provider-pinned",
    title="The provider names its region and accounts, and holds no credentials",
    pillar="hygiene",
    severity="medium",
    level="advisory",
    why="With the wrong profile in the shell a deployment lands in somebody else's account.",
    remedy="Pass a Provider with region and allowed_account_ids.",
    references=("PUL-G02", "IAM-025"),
    on=(t.PROVIDER,),
    scope="resource",
    settings={
        "regions": Setting([], "allowed regions; none means any"),
        "accounts": Setting(True, "whether allowedAccountIds must be set"),
    },
)
def provider_pinned(provider: Resource, ctx: Context) -> Iterator[Finding]:
    for name in ("accessKey", "secretKey", "token"):
        if provider.get(name).declared:
            yield fail(provider.get(name), "holds credentials")
    yield from need(provider.get("insecure"), lambda n: not n.flag(), "does not verify certificates")
    if provider.get("endpoints").declared:
        yield fail(provider.get("endpoints"), "calls something other than AWS")
    regions = ctx.strings("regions")
    region = provider.get("region")
    if not region.declared:
        yield fail(region, "names no region")
    yield from need(
        region, lambda n: not regions or n.text() in regions, "is in a region that is not allowed"
    )
    accounts = provider.get("allowedAccountIds")
    if ctx.flag("accounts") and not accounts.declared:
        yield fail(accounts, "does not say which accounts it may deploy to")
    for name in ("assumeRoles", "assumeRoleWithWebIdentity"):
        for node in provider.get(name).leaves():
            roles = re.findall(r":iam::(\d{12}):role/", node.text())
            if accounts.declared and any(account not in str(accounts.value) for account in roles):
                yield fail(provider.get(name), "assumes a role of an account that it may not deploy to")


@rule(
    id="one-region",
    title="Every resource is in the provider's region",
    pillar="hygiene",
    severity="medium",
    level="advisory",
    why="A region set on a single resource puts it, and what it stores, where nobody looks.",
    remedy="Leave region unset on resources; list a second region in the setting.",
    references=("PUL-G02",),
    on=("*",),
    settings={"regions": Setting([], "further regions that are accepted, such as us-east-1 for CloudFront")},
)
def one_region(resource: Resource, ctx: Context) -> Iterator[Finding]:
    node = resource.get("region")
    if not resource.type.startswith("aws:") or not node.declared or node.state.value != "known":
        return
    home = [p.get("region").value for p in ctx.graph.of(t.PROVIDER) if p.get("region").value is not None]
    if home and node.text() not in (*home, *ctx.strings("regions")):
        yield fail(node, "is in a region other than the provider's")
