"""Managed Flink: applications that log and can be restored."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import types as t
from endpoint_guard.expect import given
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, fail, property_rule, rule

flink_logged = property_rule(
    __name__,
    id="flink-logged",
    title="Flink applications write a log",
    pillar="logging",
    severity="medium",
    level="advisory",
    why="An application that fails or falls behind leaves no trace otherwise.",
    remedy="Set cloudwatch_logging_options with a log stream.",
    references=("KDA-001",),
    on=t.FLINK,
    path="cloudwatchLoggingOptions.logStreamArn",
    good=given,
    text="writes no log",
)


@rule(
    id="flink-recoverable",
    title="Flink applications keep snapshots and checkpoints",
    pillar="resilience",
    severity="medium",
    level="advisory",
    why="Without them an update or a failure loses the state, and records are counted twice or never.",
    remedy="Leave snapshots_enabled and checkpointing_enabled on.",
    references=("KDA-002",),
    on=(t.FLINK,),
    scope="resource",
)
def flink_recoverable(application: Resource, ctx: Context) -> Iterator[Finding]:
    settings = application.get("applicationConfiguration")
    checkpoints = settings.get("flinkApplicationConfiguration.checkpointConfiguration")
    snapshots = settings.get("applicationSnapshotConfiguration.snapshotsEnabled")
    if not snapshots.flag(default=True):
        yield fail(snapshots, "keeps no snapshots")
    node = checkpoints.get("checkpointingEnabled")
    if checkpoints.get("configurationType").text() == "CUSTOM" and not node.flag(default=True):
        yield fail(node, "keeps no checkpoints")
