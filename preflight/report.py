"""A result as text: one function per format, all written from the same findings."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from preflight import junit, sarif
from preflight.findings import Finding, Result

_COLOURS = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan", "unspecified": "dim"}
_KINDS = {"violation": "broken", "not_evaluated": "not evaluated", "exempted": "exempted"}


def render(result: Result, format_: str) -> str:
    """The report in one of FORMATS, ending in a line break. Raises KeyError for any other name."""
    return FORMATS[format_](result).rstrip("\n") + "\n"


def print_table(result: Result, console: Console) -> None:
    """The report for people: a table when there is something to tell, and one closing line."""
    if result.findings:
        console.print(_table(result))
    for rule, remedy in _remedies(result).items():
        console.print(Text.assemble((f"{rule}: ", "bold"), remedy))
    colour = "green" if result.passed else "bold red"
    console.print(f"[{colour}]{escape(summary(result))}[/]")


def _remedies(result: Result) -> dict[str, str]:
    return {item.rule: item.remedy for item in result.findings if item.blocking and item.remedy}


def summary(result: Result) -> str:
    """One sentence with the verdict and the counts."""
    blocking = sum(finding.blocking for finding in result.findings)
    counts = [
        f"{blocking} blocking",
        f"{result.count('violation', blocking=False)} advisory",
        f"{result.count('not_evaluated')} not evaluated",
        f"{result.count('exempted')} exempted",
    ]
    return (
        f"{'passed' if result.passed else 'FAILED'}: {result.stack} ({', '.join(result.forms)}), "
        f"{result.resources} resources, {len(result.rules)} policies of {result.pack}, {', '.join(counts)}, "
        f"{result.seconds:.1f} s"
    )


def _table(result: Result) -> Table:
    table = Table(title=f"{result.project} / {result.stack}", title_justify="left", show_lines=True)
    for heading in ("severity", "rule, resource", "finding"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "severity")
    for finding in result.findings:
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


def _as_table(result: Result) -> str:
    text = io.StringIO()
    print_table(result, Console(file=text, width=160, color_system=None))
    return text.getvalue()


def _as_json(result: Result) -> str:
    document: dict[str, Any] = {
        "project": result.project,
        "stack": result.stack,
        "pack": result.pack,
        "forms": list(result.forms),
        "passed": result.passed,
        "resources": result.resources,
        "seconds": round(result.seconds, 3),
        "findings": [asdict(finding) | {"blocking": finding.blocking} for finding in result.findings],
        "rules": [asdict(rule) for rule in result.rules],
    }
    return json.dumps(document, indent=2)


def _as_markdown(result: Result) -> str:
    lines = [f"### Policy check of `{result.project}/{result.stack}`", "", summary(result), ""]
    if result.findings:
        lines += ["| severity | level | rule | resource | finding |", "|---|---|---|---|---|"]
    for finding in result.findings:
        level = finding.level if finding.kind == "violation" else _KINDS[finding.kind]
        cells = (finding.severity, level, f"`{finding.rule}`", f"`{finding.resource}`", finding.message)
        lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    remedies = _remedies(result)
    if remedies:
        lines += ["", "<details><summary>Remedies</summary>", ""]
        lines += [f"- `{rule}`: {_cell(remedy)}" for rule, remedy in remedies.items()]
        lines += ["", "</details>"]
    return "\n".join(lines)


def _cell(text: str) -> str:
    for char, entity in (("&", "&amp;"), ("<", "&lt;"), ("|", "\\|"), ("\n", " ")):
        text = text.replace(char, entity)
    return text


FORMATS: Mapping[str, Callable[[Result], str]] = {
    "table": _as_table,
    "json": _as_json,
    "markdown": _as_markdown,
    "sarif": sarif.render,
    "junit": junit.render,
}
