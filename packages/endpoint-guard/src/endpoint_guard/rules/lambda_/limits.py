"""What a function may take: concurrency and time."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import types as t
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, Setting, fail, need, rule


@rule(
    id="function-concurrency-bounded",
    title="The function's concurrency is reserved and bounded",
    pillar="throttling",
    severity="medium",
    level="advisory",
    why="It is the hard cap on what a flood costs, and keeps the function from starving others.",
    remedy="Set reserved_concurrent_executions to a positive number.",
    references=("LAM-002", "LAM-G07"),
    on=(t.FUNCTION,),
    scope="resource",
    settings={"maxConcurrency": Setting(100, "concurrent executions a function may reserve", 1, 10_000)},
)
def function_concurrency_bounded(function: Resource, ctx: Context) -> Iterator[Finding]:
    node = function.get("reservedConcurrentExecutions")
    if (node.number() or 0) <= 0:
        yield fail(node, "reserves no concurrency")
    elif (node.number() or 0) > ctx.number("maxConcurrency"):
        yield fail(node, "reserves more concurrency than the ceiling")


@rule(
    id="function-timeout-bounded",
    title="Functions time out early enough",
    pillar="resilience",
    severity="low",
    level="advisory",
    why="A hanging function holds on to its concurrency and costs money.",
    remedy="Set timeout below the ceiling.",
    references=("LAM-015", "LAM-G06"),
    on=(t.FUNCTION,),
    scope="resource",
    settings={"maxSeconds": Setting(28, "longest timeout in seconds", 1, 900)},
)
def function_timeout_bounded(function: Resource, ctx: Context) -> Iterator[Finding]:
    timeout = function.get("timeout")
    yield from need(
        timeout, lambda n: 0 < (n.number() or 3) <= ctx.number("maxSeconds"), "times out too late"
    )
