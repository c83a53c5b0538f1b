"""A result as text: one function per format, all written from the same findings."""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from functools import cache
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pulumi_preflight import baseline
from pulumi_preflight.baseline import Changes
from pulumi_preflight.errors import UserError
from pulumi_preflight.findings import Finding, Result
from pulumi_preflight.reports import document, junit, markdown, page, sarif
from pulumi_preflight.shape import Place, Shape

LIMIT = 500
"""Findings in a table, which costs a millisecond a row and which nobody reads to its end."""
_COLOURS = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan", "unspecified": "dim"}
_KINDS = {
    "violation": "broken",
    "not_evaluated": "not evaluated",
    "exempted": "exempted",
    "unread_types": "not read",
}


def render(result: Result, format_: str, shape: Shape | None = None, changes: Changes | None = None) -> str:
    """The report in one of FORMATS, ending in a line break. Raises KeyError for any other name.

    `shape` adds places to SARIF and the picture to HTML; `changes` what is new since a baseline.
    """
    return "".join(pieces(result, format_, shape, changes))


def pieces(
    result: Result, format_: str, shape: Shape | None = None, changes: Changes | None = None
) -> Iterator[str]:
    """What `render` gives, in pieces: the report of a large stack need not fit into memory."""
    text = FORMATS[format_](result, shape or Shape(), changes)
    if isinstance(text, str):
        yield text.rstrip("\n")
    else:
        yield from text
    yield "\n"


def targets(entries: Iterable[str], formats: Collection[str]) -> list[tuple[str, Path]]:
    """(format, file) of each FORMAT=FILE. Raises UserError in one sentence for anything else."""
    found = []
    for entry in entries:
        name, _, target = entry.partition("=")
        if name not in formats or not target:
            raise UserError(
                f"--also {entry} must have the form FORMAT=FILE, with one of {', '.join(formats)}."
            )
        found.append((name, Path(target)))
    return found


def print_table(result: Result, console: Console, changes: Changes | None = None) -> None:
    """The report for people: a table when there is something to report, and one closing line."""
    if result.findings:
        console.print(_table(result))
        _left_out(console, result.findings)
    for rule, remedy in _remedies(result).items():
        console.print(Text.assemble((f"{rule}: ", "bold"), remedy))
    if changes is not None:
        console.print(Text(f"against the baseline: {changes}"))
        for finding in changes.new[:LIMIT]:
            console.print(Text.assemble(("new: ", "bold"), f"{finding.rule}, {finding.resource}"))
        _left_out(console, changes.new)
    for warning in result.warnings:
        console.print(Text.assemble(("warning: ", "bold yellow"), warning), soft_wrap=True)
    for line in evidence(result):
        console.print(Text(line, "dim"), soft_wrap=True)
    console.print(Text(summary(result), "green" if result.passed else "bold red"), soft_wrap=True)


def _left_out(console: Console, findings: Sequence[Finding]) -> None:
    if len(findings) > LIMIT:
        console.print(
            Text(f"{len(findings) - LIMIT:,} more findings, none graver: --format json has all.", "bold")
        )


def evidence(result: Result) -> list[str]:
    """What the report is evidence of, and what it leaves out, a line each."""
    left_out = [f"left out: {result.disabled} disabled rules"] if result.disabled else []
    return [*result.evidence.sentences(), *left_out]


def _remedies(result: Result) -> dict[str, str]:
    return {item.rule: item.remedy for item in result.findings if item.blocking and item.remedy}


def summary(result: Result) -> str:
    """One sentence with the verdict and the counts."""
    blocking = sum(finding.blocking for finding in result.findings)
    weaker = [(result.disabled, "disabled"), (result.relaxed, "relaxed")]
    words = ", ".join(f"{number} {word}" for number, word in weaker if number)
    rules = f"{len(result.rules)} policies of {result.pack}" + (f" ({words})" if words else "")
    counts = [
        f"{blocking} blocking",
        f"{result.count('violation', blocking=False)} advisory",
        f"{result.count('not_evaluated')} not evaluated",
        f"{result.count('exempted')} exempted",
    ]
    return (
        f"{'passed' if result.passed else 'FAILED'}: {result.stack} ({', '.join(result.forms)}), "
        f"{result.resources} resources, {rules}, {', '.join(counts)}, "
        f"{result.seconds:.1f} s"
    )


def _table(result: Result) -> Table:
    table = Table(title=Text(f"{result.project} / {result.stack}"), title_justify="left", show_lines=True)
    for heading in ("severity", "rule, resource", "finding"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "severity")
    for finding in result.findings[:LIMIT]:
        level = finding.level if finding.kind == "violation" else _KINDS[finding.kind]
        table.add_row(
            Text.assemble(
                (finding.severity, _COLOURS[finding.severity]),
                (f"\n{level}", "bold" if finding.blocking else "dim"),
            ),
            Text.assemble((finding.rule, "bold"), f"\n{finding.resource}"),
            Text(finding.message + _only(finding, result)),
        )
    return table


def _only(finding: Finding, result: Result) -> str:
    return "" if len(finding.forms) == len(result.forms) else f" (only in {', '.join(finding.forms)})"


def _as_table(result: Result, shape: Shape, changes: Changes | None) -> str:
    text = io.StringIO()
    print_table(result, Console(file=text, width=160, color_system=None), changes)
    return text.getvalue()


def _as_json(result: Result, shape: Shape, changes: Changes | None) -> Iterator[str]:
    content: dict[str, Any] = {
        "version": baseline.VERSION,
        "project": result.project,
        "stack": result.stack,
        "pack": result.pack,
        "forms": list(result.forms),
        "passed": result.passed,
        "resources": result.resources,
        "seconds": round(result.seconds, 3),
        "warnings": list(result.warnings),
        "evidence": asdict(result.evidence) | {"disabled": result.disabled, "relaxed": result.relaxed},
        "findings": (_entry(finding, shape) for finding in result.findings),
        "rules": map(asdict, result.rules),
    }
    if changes is not None:
        content["changes"] = {
            name: map(_plain, getattr(changes, name)) for name in ("new", "fixed", "unchanged")
        }
    return document.pieces(content)


def _entry(finding: Finding, shape: Shape) -> dict[str, Any]:
    place = shape.place(finding.urn)
    return _plain(finding) | {"blocking": finding.blocking, "place": _place(place) if place else None}


@cache
def _place(place: Place) -> dict[str, Any]:
    return asdict(place)


def _plain(finding: Finding) -> dict[str, Any]:
    return {name: getattr(finding, name) for name in _NAMES}


_NAMES = tuple(item.name for item in fields(Finding))
FORMATS: Mapping[str, Callable[[Result, Shape, Changes | None], str | Iterator[str]]] = {
    "table": _as_table,
    "json": _as_json,
    "markdown": lambda result, shape, changes: markdown.render(
        result, summary(result), changes, evidence(result)
    ),
    "sarif": sarif.render,
    "junit": lambda result, shape, changes: junit.render(result, evidence(result)),
    "html": lambda result, shape, changes: page.render(
        result, summary(result), shape, changes, evidence=evidence(result)
    ),
}
