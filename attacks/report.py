"""Outcomes as a table, JSON, JUnit and a page, and the catalogue as Markdown."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from xml.etree import ElementTree

from rich.console import Console
from rich.table import Table
from rich.text import Text

from attacks import page
from attacks.probe import Outcome, Probe, Verdict, When, told

VERSION = 1
_STYLES = {
    Verdict.PASS: "green",
    Verdict.FAIL: "bold red",
    Verdict.ERROR: "bold red",
    Verdict.SKIPPED: "dim",
}


def print_table(outcomes: Sequence[Outcome], console: Console) -> None:
    """The outcomes for people: a row for each probe that did not hold, and one line about all of them."""
    if rows := [outcome for outcome in outcomes if outcome.verdict is not Verdict.PASS]:
        console.print(table(rows, "Probes that did not hold, or were skipped"))
    console.print(told(outcomes), highlight=False)


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


def render(outcomes: Sequence[Outcome], form: str, subject: str = "") -> str:
    """The outcomes in one of FORMATS; `subject` is what was attacked. Raises KeyError for any other form."""
    return FORMATS[form](outcomes, subject)


def _text(outcomes: Sequence[Outcome], _: str) -> str:
    console = Console(file=io.StringIO(), width=200, color_system=None)
    with console.capture() as captured:
        console.print(table(outcomes))
    return captured.get()


def _json(outcomes: Sequence[Outcome], subject: str) -> str:
    document = {
        "version": VERSION,
        "subject": subject,
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


def _junit(outcomes: Sequence[Outcome], _: str) -> str:
    def count(verdict: Verdict) -> str:
        return str(sum(outcome.verdict is verdict for outcome in outcomes))

    root = ElementTree.Element("testsuites")
    suite = ElementTree.SubElement(
        root,
        "testsuite",
        name="attacks",
        tests=str(len(outcomes)),
        failures=count(Verdict.FAIL),
        errors=count(Verdict.ERROR),
        skipped=count(Verdict.SKIPPED),
        time=f"{sum(outcome.seconds for outcome in outcomes):.3f}",
    )
    tags = {Verdict.FAIL: "failure", Verdict.ERROR: "error", Verdict.SKIPPED: "skipped"}
    for outcome in outcomes:
        case = ElementTree.SubElement(
            suite, "testcase", classname="attacks", name=outcome.probe.name, time=f"{outcome.seconds:.3f}"
        )
        if outcome.verdict in tags:
            message = f"expected {outcome.probe.expectation}; seen {outcome.seen}"
            ElementTree.SubElement(case, tags[outcome.verdict], message=message)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


FORMATS: Mapping[str, Callable[[Sequence[Outcome], str], str]] = {
    "table": _text,
    "json": _json,
    "junit": _junit,
    "html": lambda outcomes, subject: page.render(outcomes, told(outcomes), subject) + "\n",
}


def catalogue(families: Mapping[str, Sequence[Probe]]) -> str:
    """All probes by family as Markdown tables."""
    lines: list[str] = []
    for family, probes in families.items():
        lines += [f"### {family.capitalize()}", ""]
        lines += [
            "| probe | what it does | expected | threats | controls | runs |",
            "|---|---|---|---|---|---|",
        ]
        for probe in probes:
            cells = (
                f"`{probe.name}`",
                probe.title,
                probe.expectation,
                ", ".join(probe.threats),
                ", ".join(f"`{control}`" for control in probe.controls),
                _runs(probe),
            )
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        lines.append("")
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
