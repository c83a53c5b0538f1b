"""The ledger of exemptions: which finding is accepted, why, by whom and until when."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from endpoint_guard.rule import Finding, Outcome, Rule, Verdict

FILE = Path("exemptions.yaml")
_FIELDS = {"rule", "resource", "reason", "owner", "until", "ticket", "path", "stacks"}
_REQUIRED = ("rule", "resource", "reason", "owner", "until", "ticket")


@dataclass(frozen=True)
class Exemption:
    """One accepted finding: a rule, on the resource with this name (a pattern), at a path (a pattern).

    `stacks` are the stacks it is meant for; empty means all. It holds through the day `until`.
    """

    rule: str
    resource: str
    reason: str
    owner: str
    until: date
    ticket: str
    path: str = "*"
    stacks: tuple[str, ...] = ()

    def expired(self, today: date) -> bool:
        return today > self.until

    def meant_for(self, stack: str) -> bool:
        return not self.stacks or stack in self.stacks

    def covers(self, rule: str, finding: Finding, stack: str) -> bool:
        """Whether it names this finding, its date aside."""
        return (
            rule == self.rule
            and self.meant_for(stack)
            and fnmatch.fnmatchcase(finding.name, self.resource)
            and fnmatch.fnmatchcase(finding.path, self.path)
        )


@cache
def load(file: Path | None = None) -> tuple[tuple[Exemption, ...], tuple[str, ...]]:
    """The exemptions and one sentence per entry that cannot be used. A missing file holds none."""
    file = file or FILE
    if not file.exists():
        return (), ()
    try:
        content = yaml.safe_load(file.read_text("utf-8")) or []
    except (OSError, yaml.YAMLError):
        return (), (f"{file.name} cannot be read as YAML; it must hold a list of entries.",)
    if not isinstance(content, list):
        return (), (f"{file.name} must hold a list of entries.",)
    found: list[Exemption] = []
    wrong: list[str] = []
    for number, entry in enumerate(content, 1):
        problem = _problem(entry)
        if problem:
            wrong.append(f"{file.name}, entry {number}: {problem}.")
        else:
            found.append(_exemption(entry))
    return tuple(found), tuple(wrong)


def _problem(entry: Any) -> str | None:
    if not isinstance(entry, Mapping):
        return "must have the fields " + ", ".join(_REQUIRED)
    unknown = set(entry) - _FIELDS
    if unknown:
        return f"{sorted(map(str, unknown))[0]} is no field; they are {', '.join(sorted(_FIELDS))}"
    for name in _REQUIRED:
        if not entry.get(name):
            return f"{name} is missing"
    if len(str(entry["reason"]).strip()) < 10:
        return "reason must say in 10 characters or more why the finding is accepted"
    if not isinstance(entry["until"], date):
        return "until must be a date, YYYY-MM-DD"
    if str(entry["resource"]).strip("*?") == "":
        return "resource must name a resource, not everything"
    return None


def _exemption(entry: Mapping[str, Any]) -> Exemption:
    return Exemption(
        rule=str(entry["rule"]),
        resource=str(entry["resource"]),
        reason=" ".join(str(entry["reason"]).split()),
        owner=str(entry["owner"]),
        until=entry["until"],
        ticket=str(entry["ticket"]),
        path=str(entry.get("path", "*")),
        stacks=tuple(str(stack) for stack in entry.get("stacks", ())),
    )


def holding(rule: str, finding: Finding, stack: str, today: date) -> Exemption | None:
    """The exemption in force for a finding, if any."""
    for exemption in load()[0]:
        if not exemption.expired(today) and exemption.covers(rule, finding, stack):
            return exemption
    return None


def ledger_problems(
    outcomes: Iterable[Outcome],
    rules: Mapping[str, Rule],
    stack: str,
    today: date,
    idle: frozenset[str] = frozenset(),
) -> list[str]:
    """One sentence per entry that is unreadable, names no rule, is expired, or matches no finding any more.

    `idle` are the rules that are not in force here: an entry for them is neither used nor unused.
    """
    found = list(load()[1])
    findings = [
        (o.rule, finding) for o in outcomes if o.verdict is not Verdict.PASS for finding in o.findings
    ]
    for entry in load()[0]:
        place = f"{FILE.name}: the entry for {entry.rule} on {entry.resource} (ticket {entry.ticket})"
        if entry.rule not in rules:
            found.append(f"{place} names no rule of this pack; correct the id or remove the entry.")
        elif not entry.meant_for(stack) or entry.rule in idle:
            continue
        elif entry.expired(today):
            found.append(f"{place} expired on {entry.until}; mend the resource or renew the entry.")
        elif not any(entry.covers(rule, finding, stack) for rule, finding in findings):
            found.append(f"{place} matches no finding any more; remove the entry.")
    return found
