"""What functions leave behind: logs and traces."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from endpoint_guard import types as t
from endpoint_guard.graph import Resource
from endpoint_guard.remediation import PropertyFix
from endpoint_guard.rule import Context, Finding, fail, need, rule


@rule(
    id="function-log-group",
    title="The function logs JSON, without debugging, to a group of the stack",
    pillar="logging",
    severity="high",
    level="advisory",
    why="A group that Lambda creates by itself has no key, no retention and no mask.",
    remedy="Set logging_config with log_group, log_format JSON and a level of INFO or above.",
    references=("LAM-018", "LAM-G03", "LAM-G04", "CW-G04"),
    on=(t.FUNCTION,),
)
def function_log_group(function: Resource, ctx: Context) -> Iterator[Finding]:
    node = function.get("loggingConfig.logGroup")
    if node.declared:
        if not function.targets("loggingConfig.logGroup", t.LOG_GROUP):
            yield fail(node, "logs to a group outside the stack")
    elif not _conventional(function):
        yield fail(node, "logs to a group outside the stack")
    form = function.get("loggingConfig.logFormat")
    yield from need(form, lambda n: n.text().upper() == "JSON", "does not log JSON")
    level = function.get("loggingConfig.applicationLogLevel")
    yield from need(level, lambda n: n.text().upper() not in _LOUD, "logs debugging output")
    for name in ("LOG_LEVEL", "POWERTOOLS_LOG_LEVEL", "AWS_LAMBDA_LOG_LEVEL"):
        set_ = function.get("environment.variables").get(name)
        yield from need(set_, lambda n: n.text().upper() not in _LOUD, "logs debugging output")


_LOUD: Final = ("DEBUG", "TRACE")


def _conventional(function: Resource) -> bool:
    name = function.get("name")
    named = function.graph.known_as(f"/aws/lambda/{name.value}") if name.state.value == "known" else []
    return bool(function.users("name", t.LOG_GROUP)) or any(found.type == t.LOG_GROUP for found in named)


@rule(
    id="function-traced",
    title="Functions trace actively",
    pillar="logging",
    severity="low",
    level="advisory",
    why="PassThrough records only what somebody before it asked for.",
    remedy='Set tracing_config={"mode": "Active"}.',
    references=("LAM-008",),
    on=(t.FUNCTION,),
    scope="resource",
    fixes=[PropertyFix("tracingConfig.mode", "Active")],
)
def function_traced(function: Resource, ctx: Context) -> Iterator[Finding]:
    yield from need(function.get("tracingConfig.mode"), lambda n: n.text() == "Active", "does not trace")
