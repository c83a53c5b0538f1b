"""Outcomes as a table, JSON, JUnit and a page, and the catalogue as Markdown."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from pulumi_preflight.reports import junit, markdown
from rich.console import Console
from rich.table import Table
from rich.text import Text

from attacks import page
from attacks.about import About
from attacks.probe import Outcome, Probe, Verdict, When, told

VERSION = 1
_UNNAMED = About()
_STYLES = {
    Verdict.PASS: "green",
    Verdict.FAIL: "bold red",
    Verdict.ERROR: "bold red",
    Verdict.SKIPPED: "dim",
}


def print_table(outcomes: Sequence[Outcome], console: Console) -> None:
    """The outcomes for people: a row for each probe that did not hold, a line for each reason to skip some, and one
    about all of them."""
    if rows := [o for o in outcomes if o.verdict not in (Verdict.PASS, Verdict.SKIPPED)]:
        console.print(table(rows, "Probes that did not hold"))
    for reason, names in _skipped(outcomes).items():
        said = f"Skipped, {reason}: {', '.join(names)}"
        console.print(Text(said), style=_STYLES[Verdict.SKIPPED], highlight=False)
    console.print(told(outcomes), highlight=False)


def _skipped(outcomes: Sequence[Outcome]) -> dict[str, list[str]]:
    """Names of the skipped probes by reason."""
    found: dict[str, list[str]] = {}
    for outcome in outcomes:
        if outcome.verdict is Verdict.SKIPPED:
            found.setdefault(outcome.seen, []).append(outcome.probe.name)
    return found


def table(outcomes: Sequence[Outcome], title: str = "") -> Table:
    """The outcomes: what was tried, expected and seen."""
    result = Table(
        "probe", "threat", "expected", "seen", "s", "", title=title or told(outcomes), title_justify="left"
    )
    result.columns[0].no_wrap = True
    result.columns[4].justify = "right"
    for outcome in outcomes:
        probe = outcome.probe
        result.add_row(
            probe.name,
            Text(" ".join(probe.threats[:2])),
            Text(probe.expectation),
            Text(outcome.seen),
            f"{outcome.seconds:.1f}",
            Text(outcome.verdict.value, _STYLES[outcome.verdict]),
        )
    return result


def render(outcomes: Sequence[Outcome], form: str, about: About = _UNNAMED) -> str:
    """The outcomes in one of FORMATS. Raises KeyError for any other form."""
    return FORMATS[form](outcomes, about)


def _text(outcomes: Sequence[Outcome], about: About) -> str:
    console = Console(file=io.StringIO(), width=200, color_system=None)
    with console.capture() as captured:
        console.print(table(outcomes, f"{about.title}: {told(outcomes)}"))
        for sentence in about.evidence:
            console.print(Text(sentence))
    return captured.get()


def _json(outcomes: Sequence[Outcome], about: About) -> str:
    document = {
        "version": VERSION,
        "subject": about.subject,
        "part": about.part,
        "evidence": about.evidence,
        "summary": told(outcomes),
        "probes": [
            {
                "name": outcome.probe.name,
                "title": outcome.probe.title,
                "threats": list(outcome.probe.threats),
                "controls": list(outcome.probe.controls),
                "expected": outcome.probe.expectation,
                "seen": outcome.seen,
                "verdict": outcome.verdict.value,
                "requests": outcome.requests,
                "seconds": round(outcome.seconds, 3),
            }
            for outcome in outcomes
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


_OUTCOMES: Mapping[Verdict, Literal["failure", "error", "skipped"]] = {
    Verdict.FAIL: "failure",
    Verdict.ERROR: "error",
    Verdict.SKIPPED: "skipped",
}


def _junit(outcomes: Sequence[Outcome], about: About) -> str:
    cases = [
        junit.Case(
            outcome.probe.name,
            _OUTCOMES.get(outcome.verdict),
            f"expected {outcome.probe.expectation}; seen {outcome.seen}",
            seconds=outcome.seconds,
        )
        for outcome in outcomes
    ]
    told_of = [("evidence", "; ".join(about.evidence))] if about.evidence else []
    seconds = sum(case.seconds for case in cases)
    return junit.document("attacks", about.title, cases, seconds=seconds, properties=told_of) + "\n"


FORMATS: Mapping[str, Callable[[Sequence[Outcome], About], str]] = {
    "table": _text,
    "json": _json,
    "junit": _junit,
    "html": lambda outcomes, about: page.render(outcomes, told(outcomes), about) + "\n",
}


def catalogue(families: Mapping[str, Sequence[Probe]]) -> str:
    """All probes by family as Markdown tables."""
    lines: list[str] = []
    head = ("probe", "what it does", "expected", "threats", "controls", "runs")
    for family, probes in families.items():
        rows = [
            (
                f"`{probe.name}`",
                probe.title,
                probe.expectation,
                ", ".join(probe.threats),
                ", ".join(f"`{control}`" for control in probe.controls),
                _runs(probe),
            )
            for probe in probes
        ]
        lines += [f"### {family.capitalize()}", "", *markdown.table(head, rows), ""]
    return "\n".join(lines)


def _runs(probe: Probe) -> str:
    """Where and when a probe can run, in words."""
    words = {
        When.BESIDE: "",
        When.ALONE: "alone",
        When.LAST: "alone, last",
        When.AFTER: "over all answers",
    }[probe.when]
    needs = [need.value for need in probe.needs]
    return "; ".join(word for word in (words, *needs) if word) or "anywhere"
