"""Markdown, for the comment on a pull request: short first, details folded, within the size a comment may have."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from pulumi_preflight.baseline import Changes
from pulumi_preflight.findings import Finding, Result

LIMIT = 60_000
"""Characters; code hosts refuse comments of 65,536 and more."""

_KINDS = {
    "violation": "broken",
    "not_evaluated": "not evaluated",
    "exempted": "exempted",
    "unread_types": "not read",
}
_HEAD = ("severity", "level", "rule", "resource", "finding")
# A resource's name is text of the program's choosing: it shall neither form links and images nor call people.
_ESCAPES = {char: f"&#{ord(char)};" for char in "\\`*[]<>|~$&"} | {
    "@": "@&#8203;",
    "#": "&#35;&#8203;",
    "\n": " ",
    "\r": " ",
    "\0": "&#8203;",
}
# An address forms a link without any markup: a blank of no width within it prevents that.
_LINK = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)", re.IGNORECASE)
_BREAK = "\0"


def render(
    result: Result, sentence: str, changes: Changes | None = None, evidence: Sequence[str] = ()
) -> str:
    """The result under its one-sentence summary; with `changes`, what is new and fixed before the rest."""
    title = f"{result.project}/{result.stack}"
    lines = [
        # By this line a workflow finds its earlier comment, to edit it.
        f"<!-- policy check of {text(title)} -->",
        f"### {'✅' if result.passed else '❌'} Policy check of {code(title)}",
        "",
        text(sentence),
        *(f"\n**Warning:** {text(warning)}" for warning in result.warnings),
        *(["", f"<sub>{text('; '.join(evidence))}</sub>"] if evidence else []),
    ]
    for heading, findings, folded in _sections(result, changes):
        lines += _section(heading, findings, folded, LIMIT - len("\n".join(lines)))
    return "\n".join([*lines, *_remedies(result, LIMIT - len("\n".join(lines)))])


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table whose cells are Markdown already; a bar in a cell stays a bar."""
    cells = [head, *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    first, *others = [f"| {' | '.join(row)} |" for row in cells]
    return [first, "|" + "---|" * len(head), *others]


def text(value: str) -> str:
    """Any text as inline Markdown that shows it literally."""
    return "".join(_ESCAPES.get(char, char) for char in _LINK.sub(_BREAK, value))


def code(value: str) -> str:
    """Any text as code that it cannot leave."""
    return f"<code>{text(value)}</code>"


def _sections(result: Result, changes: Changes | None) -> Iterable[tuple[str, Sequence[Finding], bool]]:
    if changes is None:
        yield "", result.findings, False
        return
    yield f"New: {len(changes.new)}", changes.new, False
    yield f"Fixed: {len(changes.fixed)}", changes.fixed, True
    blocking = sum(finding.blocking for finding in changes.unchanged)
    yield f"Unchanged: {len(changes.unchanged)}, {blocking} blocking", changes.unchanged, True


def _section(heading: str, findings: Sequence[Finding], folded: bool, room: int) -> list[str]:
    lines = _table(findings, room)
    if not heading:
        return lines
    if not findings:
        return ["", f"**{heading}**"]
    if folded:
        return ["", f"<details><summary><b>{heading}</b></summary>", *lines, "", "</details>"]
    return ["", f"**{heading}**", *lines]


def _table(findings: Sequence[Finding], room: int) -> list[str]:
    rows: list[Sequence[str]] = []
    # The remedies, the closing tags and the line about what was left out need their share.
    room -= 3_000
    for number, finding in enumerate(findings):
        level = finding.level if finding.kind == "violation" else _KINDS[finding.kind]
        cells = (finding.severity, level, code(finding.rule), code(finding.resource), text(finding.message))
        room -= len(" | ".join(cells)) + 5
        if room < 0:
            return ["", *table(_HEAD, rows), "", f"{len(findings) - number} more are in the other reports."]
        rows.append(cells)
    return ["", *table(_HEAD, rows)] if rows else []


def _remedies(result: Result, room: int) -> list[str]:
    remedies = {item.rule: item.remedy for item in result.findings if item.blocking and item.remedy}
    lines = []
    room -= 200
    for rule, remedy in remedies.items():
        line = f"- {code(rule)}: {text(remedy)}"
        room -= len(line) + 1
        if room < 0:
            break
        lines.append(line)
    return ["", "<details><summary>Remedies</summary>", "", *lines, "", "</details>"] if lines else []
