"""Runs the catalogue in both forms of the stack."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from multiprocessing import get_context

from endpoint_guard import catalogue
from pulumi_preflight.graph import Graph

from tests.endpoint_guard.mutants.catalogue import MUTANTS, uncovered
from tests.endpoint_guard.mutants.change import Change, Mutant
from tests.endpoint_guard.mutants.innocent import INNOCENT
from tests.endpoint_guard.mutants.judge import Judge, innocent, killers
from tests.harness import FORMS, Form, declared


@dataclass(frozen=True)
class Fate:
    """What became of a mutant in one form: the expected rules that noticed it."""

    mutant: Mutant
    form: Form
    killers: tuple[str, ...]

    @property
    def marked(self) -> bool:
        """Whether the catalogue says that this form cannot tell."""
        return self.form == "preview" and bool(self.mutant.undecidable)

    @property
    def wrong(self) -> str:
        """What is wrong with this fate, or ""."""
        if self.marked:
            return "is marked undecidable and was noticed" if self.killers else ""
        return "" if self.killers else "survived"


@dataclass(frozen=True)
class Alarm:
    """An innocent change that something mandatory was raised for."""

    title: str
    form: Form
    rules: tuple[str, ...]


def fates(form: Form, mutants: Sequence[Mutant], *, inside: bool = False) -> list[Fate]:
    """What becomes of mutants in one form. Those with thresholds of their own come last: few reconfigurations."""
    found = []
    ordered = sorted(mutants, key=lambda one: (one.stack, json.dumps(one.settings, default=dict)))
    for stack, own in groupby(ordered, lambda one: one.stack):
        with Judge(innocent(stack, form), inside=inside) as judge:
            found += [Fate(one, form, _killers(judge, one)) for one in own]
    return found


def alarms(form: Form, changes: Iterable[tuple[str, Change]], *, inside: bool = False) -> list[Alarm]:
    """The innocent changes of prod that raise something mandatory."""
    with Judge(innocent("prod", form), inside=inside) as judge:
        found = [Alarm(title, form, _blocking(judge, change)) for title, change in changes]
        return [alarm for alarm in found if alarm.rules]


def _killers(judge: Judge, mutant: Mutant) -> tuple[str, ...]:
    return tuple(killers(mutant, judge.says(mutant.change, mutant.settings)))


def _blocking(judge: Judge, change: Change) -> tuple[str, ...]:
    return tuple(sorted({entry.rule for entry in judge.says(change) if entry.blocks} - {"exemption-ledger"}))


_PORTION = 20


@dataclass(frozen=True)
class Portion:
    """Some mutants (or, when `changes`, innocent changes) of one stack in one form, by their places in their list."""

    form: Form
    stack: str
    places: range
    changes: bool = False


def _portions() -> Iterator[Portion]:
    for form in FORMS:
        start = 0
        for stack, own in groupby(MUTANTS, lambda one: one.stack):
            end = start + len([*own])
            for first in range(start, end, _PORTION):
                yield Portion(form, stack, range(first, min(first + _PORTION, end)))
            start = end
        for first in range(0, len(INNOCENT), _PORTION):
            yield Portion(form, "prod", range(first, min(first + _PORTION, len(INNOCENT))), changes=True)


def run(done: Callable[[int], None]) -> tuple[list[Fate], list[Alarm]]:
    """Everything, in both forms, by one process a core. `done` is told how many are through."""
    portions = [*_portions()]
    changes = list(INNOCENT.items())
    found: list[Fate] = []
    refused: list[Alarm] = []
    graphs = {form: declared("prod", form) for form in FORMS}
    with ProcessPoolExecutor(2, get_context("spawn"), _given, (graphs,)) as pool:
        for portion, rules in zip(portions, pool.map(_portion, portions), strict=True):
            for place, named in zip(portion.places, rules, strict=True):
                if not portion.changes:
                    found.append(Fate(MUTANTS[place], portion.form, named))
                elif named:
                    refused.append(Alarm(changes[place][0], portion.form, named))
            done(len(rules))
    return found, refused


def _portion(portion: Portion) -> list[tuple[str, ...]]:
    judge = _judge(portion.stack, portion.form)
    if portion.changes:
        changes = list(INNOCENT.values())
        return [_blocking(judge, changes[place]) for place in portion.places]
    return [_killers(judge, MUTANTS[place]) for place in portion.places]


_GRAPHS: dict[Form, Graph] = {}
"""Prod, evaluated in each form, in a process that works on portions."""


def _given(graphs: Mapping[Form, Graph]) -> None:
    _GRAPHS.update(graphs)


@cache
def _judge(stack: str, form: Form) -> Judge:
    graph = _GRAPHS[form] if stack == "prod" else innocent(stack, form)
    return Judge(graph, inside=True).__enter__()


def steps() -> int:
    return len(FORMS) * (len(MUTANTS) + len(INNOCENT))


def page(found: Sequence[Fate]) -> str:
    """The Markdown page; the same text for the same outcome."""
    by = {(id(fate.mutant), fate.form): fate for fate in found}
    core = [key for key, entry in catalogue.controls().items() if entry["tier"] == "core"]
    lines = [
        "# Mutants",
        "",
        "Written by `make mutants`; do not edit. Each line is one fault, planted alone in the evaluated prod stack or,",
        "where a service is not part of it, in a small stack of that service, with the outputs that the provider would",
        "give. The pack gets one whole operation for it, every resource's inputs and then all outputs, once as a first",
        "preview and once as an update. Noticed means: by a mandatory violation.",
        "",
        f"{len(MUTANTS)} mutants, at least one for each of the "
        f"{len(core) - len(uncovered()) - _aside(core)} core controls "
        f"that apply here, and for {_optional()} optional ones; {len(INNOCENT)} innocent changes.",
        "",
        *_counts(found),
        "",
        "| control | fault | noticed in the update by | in the first preview by |",
        "|---|---|---|---|",
    ]
    for mutant in sorted(MUTANTS, key=lambda one: one.controls):
        cells = [_cell(by[id(mutant), form]) for form in FORMS]
        lines.append(f"| {', '.join(mutant.controls)} | {mutant.title} | {cells[0]} | {cells[1]} |")
    lines += ["", "## Innocent changes", "", "None of these may raise anything mandatory.", ""]
    lines += [f"- {title}" for title in INNOCENT]
    lines += ["", "## Set aside", "", "Core controls that no rule enforces, each with its reason.", ""]
    lines += [f"- {key}: {reason}" for key, reason in catalogue.not_applicable().items()]
    return "\n".join(lines) + "\n"


def _counts(found: Sequence[Fate]) -> list[str]:
    """A table of what was noticed, for faults of core controls and for the others."""
    lines = ["| faults | update | first preview | undecidable in the preview |", "|---|---|---|---|"]
    for title, wanted in (("of core controls", True), ("of optional controls", False)):
        own = [fate for fate in found if _is_core(fate.mutant) is wanted]
        forms = [[fate for fate in own if fate.form == form] for form in FORMS]
        cells = [f"{sum(bool(fate.killers) for fate in one)} of {len(one)}" for one in forms]
        lines.append(f"| {title} | {' | '.join(cells)} | {sum(fate.marked for fate in own)} |")
    return lines


def _is_core(mutant: Mutant) -> bool:
    return any(catalogue.controls()[control]["tier"] == "core" for control in mutant.controls)


def _aside(core: Sequence[str]) -> int:
    return len(set(core) & set(catalogue.not_applicable()))


def _optional() -> int:
    aimed_at = {control for mutant in MUTANTS for control in mutant.controls}
    return sum(catalogue.controls()[control]["tier"] == "optional" for control in aimed_at)


def _cell(fate: Fate) -> str:
    if fate.wrong:
        return f"**{fate.wrong}**"
    return fate.mutant.undecidable if fate.marked else ", ".join(f"`{name}`" for name in fate.killers)
