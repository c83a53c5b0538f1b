"""The ledger of exemptions: which finding is accepted, why, by whom and until when."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from endpoint_guard.rule import Finding, Outcome, Rule, Verdict


@dataclass(frozen=True)
class Exemption:
    """One accepted finding: a rule, on the resource with this name (a pattern), at a path (a pattern).

    `stacks` and `projects` are those it is meant for; empty means all. It holds through the day `until`.
    """

    rule: str
    resource: str
    reason: str
    owner: str
    until: date
    ticket: str
    path: str = "*"
    stacks: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    line: int = 0

    def expired(self, today: date) -> bool:
        return today > self.until

    def meant_for(self, stack: str, project: str) -> bool:
        return (not self.stacks or stack in self.stacks) and (not self.projects or project in self.projects)

    def covers(self, finding: Finding) -> bool:
        """Whether it names the resource and the path of a finding of its rule, dates aside."""
        return fnmatch.fnmatchcase(finding.name, self.resource) and fnmatch.fnmatchcase(
            finding.path, self.path
        )


@dataclass(frozen=True)
class Ledger:
    """All exemptions of a pack, and one sentence per entry that cannot be used. `name` is the file's."""

    entries: tuple[Exemption, ...] = ()
    problems: tuple[str, ...] = ()
    name: str = "exemptions.yaml"

    @cached_property
    def _by_rule(self) -> dict[str, list[Exemption]]:
        found: dict[str, list[Exemption]] = {}
        for entry in self.entries:
            found.setdefault(entry.rule, []).append(entry)
        return found

    def concerns(self, rule: str) -> bool:
        """Whether an entry names this rule."""
        return rule in self._by_rule

    def holding(self, rule: str, finding: Finding, stack: str, project: str, today: date) -> Exemption | None:
        """The exemption in force for a finding, if any."""
        for entry in self._by_rule.get(rule, ()):
            if entry.meant_for(stack, project) and not entry.expired(today) and entry.covers(finding):
                return entry
        return None

    def mistakes(
        self,
        outcomes: Iterable[Outcome],
        rules: Mapping[str, Rule],
        stack: str,
        project: str,
        today: date,
        disabled: frozenset[str] = frozenset(),
    ) -> list[str]:
        """One sentence per entry that is unreadable, names no rule, is expired, or matches no finding any more.

        An entry for a rule in `disabled` is neither used nor unused.
        """
        found = list(self.problems)
        findings: dict[str, list[Finding]] = {}
        for outcome in outcomes:
            if outcome.verdict is not Verdict.PASS:
                findings.setdefault(outcome.rule, []).extend(outcome.findings)
        for entry in self.entries:
            about = f"the entry for {entry.rule} on {entry.resource} (ticket {entry.ticket})"
            place = f"{self.name}, line {entry.line}: {about}"
            if entry.rule not in rules:
                found.append(f"{place} names no rule of this pack; correct the id or remove the entry.")
            elif not entry.meant_for(stack, project) or entry.rule in disabled:
                continue
            elif entry.expired(today):
                found.append(f"{place} expired on {entry.until}; fix the resource or renew the entry.")
            elif not any(map(entry.covers, findings.get(entry.rule, ()))):
                found.append(f"{place} matches no finding any more; remove the entry.")
        return found
