"""Runs the catalogue in both forms of the stack."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context

from endpoint_guard import catalogue
from endpoint_guard.discovery import rules
from pulumi_preflight.graph import Graph

from tests.endpoint_guard.mutants.catalogue import MUTANTS, uncovered
from tests.endpoint_guard.mutants.change import Change, Mutant
from tests.endpoint_guard.mutants.innocent import INNOCENT
from tests.endpoint_guard.mutants.judge import Judge, killers
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
    with Judge(form, inside=inside) as judge:
        ordered = sorted(mutants, key=lambda one: json.dumps(one.settings, default=dict))
        return [Fate(one, form, _killers(judge, one)) for one in ordered]


def alarms(form: Form, changes: Iterable[tuple[str, Change]], *, inside: bool = False) -> list[Alarm]:
    """The innocent changes that raise something mandatory."""
    with Judge(form, inside=inside) as judge:
        found = [Alarm(title, form, _blocking(judge, change)) for title, change in changes]
        return [alarm for alarm in found if alarm.rules]


def _killers(judge: Judge, mutant: Mutant) -> tuple[str, ...]:
    return tuple(killers(mutant, judge.says(mutant.change, mutant.settings)))


def _blocking(judge: Judge, change: Change) -> tuple[str, ...]:
    return tuple(sorted({entry.rule for entry in judge.says(change) if entry.blocks} - {"exemption-ledger"}))


_PORTION = 20
Portion = tuple[Form, bool, int]
"""Some mutants (or, when true, innocent changes) in one form, from a place in their list on."""


def run(done: Callable[[int], None]) -> tuple[list[Fate], list[Alarm]]:
    """Everything, in both forms, by one process a core. `done` is told how many are through."""
    portions: list[Portion] = [
        (form, innocent, start)
        for form in FORMS
        for innocent in (False, True)
        for start in range(0, len(INNOCENT if innocent else MUTANTS), _PORTION)
    ]
    changes = list(INNOCENT.items())
    found: list[Fate] = []
    refused: list[Alarm] = []
    graphs = {form: declared("prod", form) for form in FORMS}
    with ProcessPoolExecutor(2, get_context("spawn"), _given, (graphs,)) as pool:
        for (form, innocent, start), rules in zip(portions, pool.map(_portion, portions), strict=True):
            for place, named in enumerate(rules, start):
                if not innocent:
                    found.append(Fate(MUTANTS[place], form, named))
                elif named:
                    refused.append(Alarm(changes[place][0], form, named))
            done(len(rules))
    return found, refused


def _portion(portion: Portion) -> list[tuple[str, ...]]:
    form, innocent, start = portion
    judge = _judge(form)
    if innocent:
        return [_blocking(judge, change) for change in list(INNOCENT.values())[start : start + _PORTION]]
    return [_killers(judge, mutant) for mutant in MUTANTS[start : start + _PORTION]]


_GRAPHS: dict[Form, Graph] = {}
"""The evaluated stack in each form, in a process that works on portions."""


def _given(graphs: Mapping[Form, Graph]) -> None:
    _GRAPHS.update(graphs)


@cache
def _judge(form: Form) -> Judge:
    return Judge(form, inside=True, graph=_GRAPHS[form]).__enter__()


def steps() -> int:
    return len(FORMS) * (len(MUTANTS) + len(INNOCENT))


def idle_rules() -> list[str]:
    """Rules that no mutant expects anything of."""
    return sorted(set(rules()) - {rule for mutant in MUTANTS for rule in mutant.rules})


def page(found: Sequence[Fate]) -> str:
    """The Markdown page; the same text for the same outcome."""
    by = {(id(fate.mutant), fate.form): fate for fate in found}
    core = [key for key, entry in catalogue.controls().items() if entry["tier"] == "core"]
    lines = [
        "# Mutants",
        "",
        "Written by `make mutants`; do not edit. Each line is one fault, planted alone in the evaluated prod stack,",
        "with the outputs that the provider would give. The pack gets one whole operation for it, every resource's",
        "inputs and then all outputs, once as a first preview and once as an update. Noticed means: by a mandatory",
        "violation.",
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
