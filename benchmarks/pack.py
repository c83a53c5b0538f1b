"""The policy pack's speed: start to verdict on the prod stack, and on graphs grown from it."""

from __future__ import annotations

import dataclasses
import json
import resource
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from pulumi_preflight.check import check
from pulumi_preflight.graph import STACK_TYPE, Graph
from pulumi_preflight.program import evaluate

from model import progress
from model.commands import cli

SIZES = (100, 1000, 5000)
_PACK = Path(__file__).resolve().parent.parent / "policies"


def grown(graph: Graph, resources: int) -> Graph:
    """So many resources: the graph's own, then copies of them with URNs of their own, cut off at the end."""
    shared = [one for one in graph.resources if one["type"] == STACK_TYPE or ":providers:" in one["type"]]
    copied = [one for one in graph.resources if one not in shared]
    result, copy = list(graph.resources[:resources]), 1
    while len(result) < resources:
        names = {one["urn"]: f"{one['urn']}-{copy}" for one in copied}
        result += [_renamed(one, names) for one in copied[: resources - len(result)]]
        copy += 1
    return dataclasses.replace(graph, resources=result)


def _renamed(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _renamed(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, names) for item in value]
    return names.get(value, value) if isinstance(value, str) else value


def measure(sizes: tuple[int, ...], say: progress.Say) -> dict[str, Any]:
    """Seconds to evaluate prod, to judge it as update and preview, and to judge each size; peak memory in MB.

    Memory is the largest of any pack process so far: sizes must rise.
    """
    started = time.perf_counter()
    update = evaluate("prod")
    figures: dict[str, Any] = {"evaluate_seconds": time.perf_counter() - started, "sizes": {}}
    figures["resources"] = len(update.resources)
    for name, graph in (("update", update), ("preview", evaluate("prod", preview=True))):
        with progress.step(say, f"judging prod as {name}"):
            figures[f"verdict_{name}_seconds"] = check(graph, _PACK).seconds
    for size in sizes:
        with progress.step(say, f"judging {size:,} resources"):
            result = check(grown(update, size), _PACK)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000
        figures["sizes"][str(size)] = {"seconds": result.seconds, "memory_mb": peak}
    return figures


def main(
    size: Annotated[list[int] | None, typer.Option(help="Repeatable. Default: 100, 1000, 5000.")] = None,
) -> None:
    """Measure how fast the policy pack judges, and print the figures as JSON."""
    progress.out.print_json(json.dumps(measure(tuple(sorted(size or SIZES)), progress.say)))


if __name__ == "__main__":
    cli.run(main)
