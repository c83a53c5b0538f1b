"""What a check found, as plain data: every report is written from this and from nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal["violation", "not_evaluated", "exempted"]
Level = Literal["advisory", "mandatory", "remediate", "disabled"]
Severity = Literal["critical", "high", "medium", "low", "unspecified"]

SEVERITIES: tuple[Severity, ...] = ("critical", "high", "medium", "low", "unspecified")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_KINDS: tuple[Kind, ...] = ("violation", "not_evaluated", "exempted")


@dataclass(frozen=True)
class Rule:
    """One policy of the pack as it applied: `level` is the final one, after levels file and defaults."""

    id: str
    title: str
    severity: Severity
    level: Level
    scope: Literal["resource", "stack"]
    remedy: str = ""
    url: str = ""
    tags: tuple[str, ...] = ()
    reference: str = ""


@dataclass(frozen=True)
class Finding:
    """One sentence about one resource. It has no field for a property's value, so no report shows one."""

    kind: Kind
    rule: str
    title: str
    severity: Severity
    level: Level
    urn: str
    resource: str
    type: str
    message: str
    remedy: str = ""
    forms: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """A resource's name is the program's choice: no control character of it reaches a terminal or a file."""
        for name in ("message", "resource"):
            object.__setattr__(self, name, _CONTROL.sub(" ", getattr(self, name)))

    @property
    def blocking(self) -> bool:
        """Whether this finding alone fails the check: a mandatory rule was broken, or could not be judged."""
        return self.kind != "exempted" and self.level in ("mandatory", "remediate")


@dataclass(frozen=True)
class Result:
    """The outcome of a check: which forms of the stack were judged, by which rules, and what was found."""

    project: str
    stack: str
    pack: str
    forms: tuple[str, ...]
    resources: int
    rules: tuple[Rule, ...]
    findings: tuple[Finding, ...]
    seconds: float

    @property
    def passed(self) -> bool:
        """No finding is blocking."""
        return not any(finding.blocking for finding in self.findings)

    def rule(self, id_: str) -> Rule | None:
        """The rule with this id, or None."""
        return next((rule for rule in self.rules if rule.id == id_), None)

    def count(self, kind: Kind, *, blocking: bool | None = None) -> int:
        """How many findings of a kind there are, optionally only the blocking or the other ones."""
        return sum(finding.kind == kind and blocking in (None, finding.blocking) for finding in self.findings)


def merged(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Each finding once, with the forms in which it was seen, the gravest first."""
    unique: dict[tuple[str, str, str, str], Finding] = {}
    for finding in findings:
        key = (finding.kind, finding.rule, finding.urn, finding.message)
        seen = unique.get(key)
        forms = tuple(dict.fromkeys((*(seen.forms if seen else ()), *finding.forms)))
        unique[key] = replace(finding, forms=forms)
    return tuple(sorted(unique.values(), key=_gravity))


def merge(results: Iterable[Result]) -> Result:
    """One result from those of several forms of the same stack, judged at the same time; at least one."""
    parts = list(results)
    return replace(
        parts[-1],
        forms=tuple(form for part in parts for form in part.forms),
        resources=max(part.resources for part in parts),
        findings=merged(finding for part in parts for finding in part.findings),
        seconds=max(part.seconds for part in parts),
    )


def _gravity(finding: Finding) -> tuple[int, bool, int, str, str, str]:
    return (
        _KINDS.index(finding.kind),
        not finding.blocking,
        SEVERITIES.index(finding.severity),
        finding.rule,
        finding.urn,
        finding.message,
    )
