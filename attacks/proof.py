"""The proof that probes can fail: each declared control taken away, and the probe that notices.

`python -m attacks.proof` runs all of it and writes `docs/attacks.md`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from pulumi_preflight import files, program
from pulumi_preflight.graph import Graph
from pulumi_preflight.reports import markdown
from pulumi_preflight.terminal import REFUSED, Debug, exit_codes
from rich.console import Console
from rich.table import Table

from attacks import local, report
from attacks.mutations import MUTATIONS, NOT_SHOWN, TOKEN_MUTATIONS, TOKENS, Mutation
from attacks.probe import Outcome, Probe, Verdict
from attacks.probes import ALL, FAMILIES
from attacks.promise import promise_of

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "attacks.md"
_TEXT = Path(__file__).with_name("attacks.md")
_BY_NAME = {probe.name: probe for probe in ALL}


@dataclass(frozen=True)
class Proof:
    """What the noticing probe saw with the control and without it."""

    mutation: Mutation
    intact: Outcome
    outcome: Outcome

    @property
    def noticed(self) -> bool:
        """The probe held with the control and turned red without it."""
        return (self.intact.verdict, self.outcome.verdict) == (Verdict.PASS, Verdict.FAIL)


def intact(graph: Graph, mutations: Sequence[Mutation]) -> dict[str, Outcome]:
    """What the probes of `mutations` see of the graph as it is, by name."""
    names = {name for mutation in mutations for name in (*mutation.beside, mutation.probe)}
    outcomes = local.attack_stack(graph, probes=[probe for probe in ALL if probe.name in names])
    return {outcome.probe.name: outcome for outcome in outcomes}


def prove(graph: Graph, mutation: Mutation, before: Mapping[str, Outcome]) -> Proof:
    """Serves `graph` without the control and runs the probe; what is expected stays what `graph` promises.

    `before` is what `intact` gave.
    """
    chosen: list[Probe] = [_BY_NAME[name] for name in (*mutation.beside, mutation.probe)]
    outcomes = local.attack_stack(mutation.apply(graph), probes=chosen, promise=promise_of(graph))
    return Proof(mutation, before[mutation.probe], outcomes[-1])


def document(proofs: Sequence[Proof]) -> str:
    """`docs/attacks.md`: what is tried, and which control each probe has been seen to miss."""
    text = _TEXT.read_text(encoding="utf-8")
    parts = {
        "{catalogue}": report.catalogue(FAMILIES),
        "{proof}": _markdown(proofs),
        "{not_shown}": _not_shown(),
    }
    for place, part in parts.items():
        text = text.replace(place, part)
    return text


def _not_shown() -> str:
    rows = [(f"`{control}`", why) for control, why in NOT_SHOWN.items()]
    return "\n".join(markdown.table(("control", "why"), rows))


def _markdown(proofs: Sequence[Proof]) -> str:
    rows = [
        (
            proof.mutation.control,
            ", ".join(f"`{rule}`" for rule in proof.mutation.rules) or "none",
            f"`{proof.mutation.probe}`",
            proof.intact.seen,
            proof.outcome.seen if proof.noticed else f"NOT NOTICED: {proof.outcome.seen}",
        )
        for proof in proofs
    ]
    head = ("without", "rules that ask for it", "probe", "with it", "seen without it")
    return "\n".join(markdown.table(head, rows))


def main(
    stack: Annotated[
        str, typer.Option("--stack", "-s", help="Stack whose controls are taken away.")
    ] = "prod",
    write: Annotated[bool, typer.Option("--write/--no-write", help="Write docs/attacks.md again.")] = True,
    debug: Debug = False,
) -> None:
    """Take each control away and run the probe that must notice; the exit code is 1 when one does not."""
    with exit_codes(debug):
        console = Console()
        proofs = []
        for config, mutations in ((None, MUTATIONS), (TOKENS, TOKEN_MUTATIONS)):
            graph = program.evaluate(stack, config=config)
            before = intact(graph, mutations)
            for mutation in mutations:
                proofs.append(prove(graph, mutation, before))
                mark = "red" if proofs[-1].noticed else "NOT NOTICED"
                console.print(f"{mutation.control}: {mutation.probe} {mark}", style="dim", highlight=False)
        console.print(_table(proofs))
        if write:
            files.write(document(proofs), DOCUMENT)
        if not all(proof.noticed for proof in proofs):
            raise typer.Exit(REFUSED)


def _table(proofs: Sequence[Proof]) -> Table:
    table = Table("without", "probe", "seen", "")
    for proof in proofs:
        table.add_row(
            proof.mutation.control,
            proof.mutation.probe,
            proof.outcome.seen,
            "red" if proof.noticed else "NOT NOTICED",
        )
    return table


if __name__ == "__main__":
    typer.run(main)
