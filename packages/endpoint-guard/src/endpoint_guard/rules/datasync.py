"""DataSync: what was copied is recorded."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import types as t
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, fail, rule


@rule(
    id="sync-logged",
    title="Tasks that copy data write a log",
    pillar="logging",
    severity="medium",
    level="advisory",
    why="Without a log nobody can say which files were copied, and which were not.",
    remedy="Set cloudwatch_log_group_arn, and log_level BASIC or TRANSFER in options.",
    references=("DSY-001",),
    on=(t.SYNC_TASK,),
    scope="resource",
)
def sync_logged(task: Resource, ctx: Context) -> Iterator[Finding]:
    level = task.get("options.logLevel")
    if not task.get("cloudwatchLogGroupArn").declared:
        yield fail(task.get("cloudwatchLogGroupArn"), "writes no log")
    elif level.text() in ("", "OFF"):
        yield fail(level, "writes no log")
