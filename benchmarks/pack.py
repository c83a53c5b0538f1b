"""The policy pack's speed beside its peers: start to verdict on the prod stack, and on graphs grown from it."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from pulumi_preflight.check import check
from pulumi_preflight.graph import STACK_TYPE, Graph
from pulumi_preflight.program import evaluate

from benchmarks import report
from benchmarks.peers import CheckoutOption, Pack, Verdict, available, judge, of_folder, ours, stack
from model import progress
from model.commands import cli
from model.errors import UserError

SIZES = (163, 1_000, 5_000, 20_000)
LARGEST_FOR_PEERS = 5_000
"""Beyond this only ours is measured: it has to stay linear."""
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


def measure(sizes: Sequence[int], peers: Sequence[Pack], rounds: int, say: progress.Say) -> dict[str, Any]:
    """Seconds to evaluate prod, and for each size the figures of ours and of each peer, in turn in every round.

    Of the rounds, the one of the least CPU time counts for each pack: what else runs on the machine only adds.
    """
    started = time.perf_counter()
    update = evaluate("prod")
    figures: dict[str, Any] = {
        "evaluate_seconds": time.perf_counter() - started,
        "rounds": rounds,
        "sizes": {},
    }
    figures["resources"] = len(update.resources)
    for name, graph in (("update", update), ("preview", evaluate("prod", preview=True))):
        with progress.step(say, f"judging prod as {name}"):
            figures[f"verdict_{name}_seconds"] = check(graph, _PACK).seconds
    for size in sizes:
        judged = stack(grown(update, size))
        packs = [ours(), *peers] if size <= LARGEST_FOR_PEERS else [ours()]
        found: dict[str, list[Verdict]] = {pack.name: [] for pack in packs}
        for place in range(rounds):
            for pack in packs:
                with progress.step(say, f"{size:,} resources, round {place + 1}: {pack.name}"):
                    found[pack.name].append(judge(pack, judged))
        best = {name: min(verdicts, key=lambda one: one.cpu_seconds) for name, verdicts in found.items()}
        figures["sizes"][str(size)] = {name: asdict(verdict) for name, verdict in best.items()}
    return figures


def main(
    size: Annotated[
        list[int] | None, typer.Option(help="Repeatable. Default: 163, 1000, 5000, 20000.")
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="How often each pack judges each size.")] = 2,
    peers: Annotated[bool, typer.Option(help="Get the peers and measure them, too.")] = True,
    checkout: CheckoutOption = None,
    peer: Annotated[
        list[str] | None, typer.Option(help="NAME=FOLDER of a further pack for node. Repeatable.")
    ] = None,
    page: Annotated[
        Path | None, typer.Option(help="Write the pack's part of this page again with the figures.")
    ] = None,
    build_dir: Annotated[Path, typer.Option(help="Where peers are installed.")] = Path("build"),
) -> None:
    """Measure how fast the policy pack judges, beside its peers, and print the figures as JSON."""
    if page and not page.is_file():
        raise UserError(f"{page} is not a file: name the page whose part is to be written again.")
    others = [of_folder(name, folder) for name, folder in map(_named, peer or [])]
    left_out: list[str] = []

    def say(line: str) -> None:
        left_out.append(line)
        progress.say(line)

    if peers:
        others = available(build_dir, checkout, say) + others
    figures = measure(sorted(size or SIZES), others, rounds, progress.say) | {"left_out": left_out}
    progress.out.print_json(json.dumps(figures))
    if page:
        report.write(report.with_pack_section(page.read_text("utf-8"), figures), page)


def _named(entry: str) -> tuple[str, Path]:
    name, _, folder = entry.partition("=")
    return name, Path(folder).resolve()


if __name__ == "__main__":
    cli.run(main)
