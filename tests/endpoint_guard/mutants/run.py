"""Runs the catalogue in both forms of the stack, each against a policy process of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from endpoint_guard import catalogue
from endpoint_guard.discovery import rules

from tests.endpoint_guard.mutants.catalogue import MUTANTS, uncovered
from tests.endpoint_guard.mutants.change import Change, Mutant
from tests.endpoint_guard.mutants.innocent import INNOCENT
from tests.endpoint_guard.mutants.judge import Judge, killers
from tests.harness import FORMS, Form

Progress = Callable[[], None]


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


def fates(form: Form, mutants: Sequence[Mutant], done: Progress = lambda: None) -> list[Fate]:
    """What becomes of mutants in one form. Those with thresholds of their own come last: few reconfigurations."""
    found: list[Fate] = []
    with Judge(form) as judge:
        for mutant in sorted(mutants, key=lambda one: json.dumps(one.settings, default=dict)):
            said = judge.says(mutant.change, mutant.settings)
            found.append(Fate(mutant, form, tuple(killers(mutant, said))))
            done()
    return found


def alarms(form: Form, changes: Iterable[tuple[str, Change]], done: Progress = lambda: None) -> list[Alarm]:
    """The innocent changes that raise something mandatory."""
    found: list[Alarm] = []
    with Judge(form) as judge:
        for title, change in changes:
            blocking = sorted(
                {entry.rule for entry in judge.says(change) if entry.blocks} - {"exemption-ledger"}
            )
            if blocking:
                found.append(Alarm(title, form, tuple(blocking)))
            done()
    return found


def run(done: Progress) -> tuple[list[Fate], list[Alarm]]:
    """Everything, in both forms at once."""
    with ThreadPoolExecutor(len(FORMS)) as pool:
        both = list(pool.map(lambda form: _form(form, done), FORMS))
    return [fate for part, _ in both for fate in part], [alarm for _, part in both for alarm in part]


def _form(form: Form, done: Progress) -> tuple[list[Fate], list[Alarm]]:
    return fates(form, MUTANTS, done), alarms(form, INNOCENT.items(), done)


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
        "Written by `make mutants`; do not edit. Each line is one fault, planted alone in the recorded prod stack and",
        "judged by the real policy process, once as a first preview and once as an update.",
        "",
        f"{len(MUTANTS)} mutants, at least one for each of the "
        f"{len(core) - len(uncovered()) - _aside(core)} core controls "
        f"that apply here, and for {_optional()} optional ones; {len(INNOCENT)} innocent changes.",
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


def _aside(core: Sequence[str]) -> int:
    return len(set(core) & set(catalogue.not_applicable()))


def _optional() -> int:
    aimed_at = {control for mutant in MUTANTS for control in mutant.controls}
    return sum(catalogue.controls()[control]["tier"] == "optional" for control in aimed_at)


def _cell(fate: Fate) -> str:
    if fate.wrong:
        return f"**{fate.wrong}**"
    return fate.mutant.undecidable if fate.marked else ", ".join(f"`{name}`" for name in fate.killers)
