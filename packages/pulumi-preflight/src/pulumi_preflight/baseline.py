"""What changed against an earlier check, whose JSON report is the baseline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import jsonschema

from pulumi_preflight import jsonfile
from pulumi_preflight.errors import UserError
from pulumi_preflight.findings import Finding, Result

VERSION = 1
"""The version of the JSON report: raised when a field goes or changes its meaning, not when one is added."""

_TEXTS = {item.name: {"type": "string"} for item in fields(Finding) if item.name != "forms"}
_LIST = {"type": "array", "items": {"type": "string"}}
_SCHEMA = {
    "type": "object",
    "required": ["version", "project", "stack", "forms", "findings"],
    "properties": {
        "project": {"type": "string"},
        "stack": {"type": "string"},
        "forms": _LIST,
        "findings": {
            "type": "array",
            "items": {
                "type": "object",
                "required": [*_TEXTS, "forms"],
                "properties": {
                    **_TEXTS,
                    "forms": _LIST,
                    "kind": {"enum": ["violation", "not_evaluated", "exempted", "unread_types"]},
                    "severity": {"enum": ["critical", "high", "medium", "low", "unspecified"]},
                    "level": {"enum": ["mandatory", "remediate", "advisory", "disabled"]},
                },
            },
        },
    },
}


@dataclass(frozen=True)
class Changes:
    """The findings of a result that are new and unchanged, and those of the baseline that are gone."""

    new: tuple[Finding, ...]
    unchanged: tuple[Finding, ...]
    fixed: tuple[Finding, ...]

    def __str__(self) -> str:
        return f"{len(self.new)} new, {len(self.fixed)} fixed, {len(self.unchanged)} unchanged"


@dataclass(frozen=True)
class Baseline:
    """An earlier JSON report that `read` found to be one."""

    path: Path
    document: Mapping[str, Any] = field(repr=False)


def compare(result: Result, baseline: Baseline) -> Changes:
    """The result against an earlier report.

    A finding is the same when kind, rule, resource and sentence are. Raises UserError in one sentence when
    the report is of another stack or of other forms.
    """
    path, document = baseline.path, baseline.document
    if (document["project"], document["stack"]) != (result.project, result.stack):
        raise UserError(
            f"the baseline {path} is of {document['project']}/{document['stack']}, not of "
            f"{result.project}/{result.stack}."
        )
    if set(document["forms"]) != set(result.forms):
        raise UserError(
            f"the baseline {path} judged {' and '.join(document['forms'])}, this check judges "
            f"{' and '.join(result.forms)}: write the baseline with the same options."
        )
    before = {_identity(finding): finding for finding in map(_finding, document["findings"])}
    now = {_identity(finding) for finding in result.findings}
    return Changes(
        new=tuple(finding for finding in result.findings if _identity(finding) not in before),
        unchanged=tuple(finding for finding in result.findings if _identity(finding) in before),
        fixed=tuple(finding for identity, finding in before.items() if identity not in now),
    )


def read(path: Path) -> Baseline:
    """The JSON report in `path`. Raises UserError in one sentence when it is not one."""
    remedy = "write it with `check --format json --output <file>`."
    document = jsonfile.read(path, "the baseline", remedy)
    if not jsonschema.Draft7Validator(_SCHEMA).is_valid(document):
        raise UserError(f"the baseline {path} is not the JSON report of a check: {remedy}")
    if document["version"] != VERSION:
        raise UserError(f"the baseline {path} has another version than {VERSION}: {remedy}")
    return Baseline(path, document)


def _finding(entry: Mapping[str, Any]) -> Finding:
    values = {item.name: entry[item.name] for item in fields(Finding)}
    return Finding(**values | {"forms": tuple(entry["forms"])})


def _identity(finding: Finding) -> tuple[str, str, str, str]:
    return finding.kind, finding.rule, finding.urn, finding.message
