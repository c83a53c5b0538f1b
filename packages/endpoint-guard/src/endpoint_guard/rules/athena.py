"""Athena: query results are encrypted as the workgroup says, whoever asks."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import types as t
from endpoint_guard.expect import left_on
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, fail, need, property_rule, rule


@rule(
    id="query-results-encrypted",
    title="Athena encrypts its results, and no client may switch that off",
    pillar="encryption",
    severity="medium",
    level="advisory",
    why="What a query finds is written as the bucket's default has it, or as the client likes.",
    remedy="Set encryption_configuration for the results, and leave enforce_workgroup_configuration on.",
    references=("ATH-001",),
    on=(t.ATHENA_WORKGROUP, t.ATHENA_DATABASE),
    scope="resource",
)
def query_results_encrypted(resource: Resource, ctx: Context) -> Iterator[Finding]:
    path = "encryptionConfiguration"
    if resource.type == t.ATHENA_WORKGROUP:
        path = "configuration.resultConfiguration.encryptionConfiguration"
        enforced = resource.get("configuration.enforceWorkgroupConfiguration")
        yield from need(enforced, left_on, "lets its clients choose how results are written")
    if not resource.get(path).declared:
        yield fail(resource.get(path), "sets no encryption for its results")


queries_measured = property_rule(
    __name__,
    id="queries-measured",
    title="Athena publishes figures of its queries",
    pillar="logging",
    severity="medium",
    level="advisory",
    why="Without them no alarm can see a query that reads everything.",
    remedy="Leave publish_cloudwatch_metrics_enabled on.",
    references=("ATH-002",),
    on=t.ATHENA_WORKGROUP,
    path="configuration.publishCloudwatchMetricsEnabled",
    good=left_on,
    text="publishes no figures of its queries",
)
