"""Hosted zones: what is asked of them is recorded."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import types as t
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, fail, rule


@rule(
    id="zone-queries-logged",
    title="Public hosted zones log the queries that they get",
    pillar="logging",
    severity="medium",
    level="advisory",
    why="Queries show who looks for names that should not exist, and what stopped being found.",
    remedy="Declare route53.QueryLog for the zone, with a log group in us-east-1.",
    references=("R53-001",),
    on=(t.ZONE,),
)
def zone_queries_logged(zone: Resource, ctx: Context) -> Iterator[Finding]:
    if not zone.get("vpcs").declared and not zone.users("zoneId", t.ZONE_QUERY_LOG):
        yield fail(zone, "logs no queries", "zoneId")
