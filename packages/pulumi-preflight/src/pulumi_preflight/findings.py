"""What a check found, as plain data: every report is written from this and from nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from pulumi_preflight.graph import Source

Kind = Literal["violation", "not_evaluated", "exempted", "unread_types"]
Level = Literal["advisory", "mandatory", "remediate", "disabled"]
Severity = Literal["critical", "high", "medium", "low", "unspecified"]

SEVERITIES: tuple[Severity, ...] = ("critical", "high", "medium", "low", "unspecified")
_CONTROL = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
"""What steers a terminal, or shows text in another order than it is in, or is not to be seen at all."""
_SOURCES: dict[Source, str] = {
    "offline": "evaluated offline: nothing was created, and values that only AWS knows are made up",
    "engine": "as the Pulumi engine logged it",
    "deployed": "judged from the state of what is deployed",
}
KINDS: tuple[Kind, ...] = ("violation", "not_evaluated", "exempted", "unread_types")
NOTES: tuple[Kind, ...] = ("exempted", "unread_types")
"""What a pack reports beside its verdict: never blocking, at whatever level."""


def printable(text: str) -> str:
    """`text` with a blank for every character that is not for reading."""
    return text if text.isascii() and text.isprintable() else _CONTROL.sub(" ", text)


@dataclass(frozen=True)
class Rule:
    """One policy of the pack as it applied: `level` is the final one, after levels file and defaults."""

    id: str
    title: str
    severity: Severity
    level: Level
    remedy: str = ""
    url: str = ""
    tags: tuple[str, ...] = ()
    reference: str = ""
    relaxed: bool = False
    """In force with a lower level than the pack's own, or with other settings."""


@dataclass(frozen=True, slots=True)
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
        for name in ("message", "resource", "type"):
            object.__setattr__(self, name, printable(getattr(self, name)))

    @property
    def blocking(self) -> bool:
        """Whether this finding alone fails the check: a mandatory rule was broken, or could not be judged."""
        return self.kind not in NOTES and self.level in ("mandatory", "remediate")


@dataclass(frozen=True)
class Evidence:
    """What a result is evidence of, for a reader who has the report alone; what is not known is empty."""

    source: Source | None = None
    moment: str = ""
    commit: str = ""
    tool: str = ""
    pack_version: str = ""
    library: str = ""
    """The installed package that the pack takes its rules from, with its version."""
    levels: str = ""

    def sentences(self) -> tuple[str, ...]:
        """The evidence in words."""
        where = _SOURCES[self.source] if self.source else ""
        versions = [
            f"commit {self.commit}" if self.commit else "",
            self.tool,
            f"policy pack version {self.pack_version}" if self.pack_version else "",
            f"rules of {self.library}" if self.library else "",
            f"levels of {self.levels}" if self.levels else "",
        ]
        parts = [where, self.moment, ", ".join(part for part in versions if part)]
        return tuple(part for part in parts if part)


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
    warnings: tuple[str, ...] = ()
    """What the verdict does not cover, a sentence each."""
    evidence: Evidence = Evidence()

    def __post_init__(self) -> None:
        """The names of project, stack and pack are as foreign as those of resources."""
        for name in ("project", "stack", "pack"):
            object.__setattr__(self, name, printable(getattr(self, name)))
        object.__setattr__(self, "warnings", tuple(map(printable, self.warnings)))

    @property
    def disabled(self) -> int:
        """How many of the rules are disabled."""
        return sum(rule.level == "disabled" for rule in self.rules)

    @property
    def passed(self) -> bool:
        """No finding is blocking."""
        return not any(finding.blocking for finding in self.findings)

    @property
    def relaxed(self) -> int:
        """How many of the rules are in force with a lower level than the pack's own, or with other settings."""
        return sum(rule.relaxed for rule in self.rules)

    def rule(self, id_: str) -> Rule | None:
        """The rule with this id, or None."""
        return next((rule for rule in self.rules if rule.id == id_), None)

    def count(self, kind: Kind, *, blocking: bool | None = None) -> int:
        """How many findings of a kind there are, optionally only the blocking or the other ones."""
        return sum(finding.kind == kind and blocking in (None, finding.blocking) for finding in self.findings)


def merge_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Each finding once, with the forms in which it was seen, the most severe first."""
    unique: dict[tuple[str, str, str, str], Finding] = {}
    for finding in findings:
        key = (finding.kind, finding.rule, finding.urn, finding.message)
        seen = unique.get(key)
        if seen is not None:
            finding = replace(finding, forms=tuple(dict.fromkeys((*seen.forms, *finding.forms))))
        unique[key] = finding
    gravities = {_gravity(finding) for finding in unique.values()}
    ranks = {gravity: rank for rank, gravity in enumerate(sorted(gravities))}
    return tuple(sorted(unique.values(), key=lambda one: (ranks[_gravity(one)], one.urn, one.message)))


def merge_results(results: Iterable[Result]) -> Result:
    """One result from those of several forms of the same stack, judged at the same time; at least one."""
    parts = list(results)
    if len(parts) == 1:
        return parts[0]
    return replace(
        parts[-1],
        forms=tuple(form for part in parts for form in part.forms),
        resources=max(part.resources for part in parts),
        findings=merge_findings(finding for part in parts for finding in part.findings),
        warnings=tuple(dict.fromkeys(warning for part in parts for warning in part.warnings)),
        seconds=max(part.seconds for part in parts),
    )


def _gravity(finding: Finding) -> tuple[int, bool, int, str]:
    return (
        KINDS.index(finding.kind),
        not finding.blocking,
        SEVERITIES.index(finding.severity),
        finding.rule,
    )
