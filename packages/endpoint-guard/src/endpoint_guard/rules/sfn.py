"""State machines: their executions are logged and traced."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import types as t
from endpoint_guard.expect import on
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, fail, property_rule, rule


@rule(
    id="state-machine-logged",
    title="State machines log their executions",
    pillar="logging",
    severity="medium",
    why="Without a log nobody can tell which step failed, or who started it; express executions leave no other trace.",
    remedy='Set logging_configuration with level="ERROR" or "ALL" and log_destination.',
    references=("SFN-001",),
    on=(t.STATE_MACHINE,),
    scope="resource",
)
def state_machine_logged(machine: Resource, ctx: Context) -> Iterator[Finding]:
    logging = machine.get("loggingConfiguration")
    if logging.get("level").text() not in ("ALL", "ERROR", "FATAL"):
        yield fail(logging.get("level"), "does not log its executions")
    elif not logging.get("logDestination").declared:
        yield fail(logging.get("logDestination"), "names no log to write to")


state_machine_traced = property_rule(
    __name__,
    id="state-machine-traced",
    title="State machines are traced",
    pillar="logging",
    severity="low",
    level="advisory",
    why="A trace shows where a slow or failed request went.",
    remedy="Set tracing_configuration with enabled=True.",
    references=("SFN-002",),
    on=t.STATE_MACHINE,
    path="tracingConfiguration.enabled",
    good=on,
    text="is not traced",
)
