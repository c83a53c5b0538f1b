"""SARIF 2.1.0, for code-scanning services."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from pulumi_preflight.baseline import Changes
from pulumi_preflight.findings import Finding, Result, Rule
from pulumi_preflight.reports import document
from pulumi_preflight.shape import Place, Shape

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
# Code-scanning services sort by this number, as CVSS does.
_SCORES = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "3.0", "unspecified": "1.0"}
_TAGS = 20
"""Code-scanning services refuse a rule with more tags."""


def render(result: Result, shape: Shape | None = None, changes: Changes | None = None) -> Iterator[str]:
    """The result as one SARIF run, in pieces; exempted findings are results that carry a suppression.

    A result lies where `shape` says that its component is declared, otherwise in the stack file. With `changes`
    each result says whether it is new; what is gone is left out, since services would show it as present.
    """
    run = {
        "tool": {"driver": {"name": result.pack, "rules": [_rule(rule) for rule in result.rules]}},
        "automationDetails": {"id": f"preflight/{result.project}/{result.stack}/"},
        "invocations": [_invocation(result)],
        "properties": {"evidence": "; ".join(result.evidence.sentences()), "disabledRules": result.disabled},
        "columnKind": "unicodeCodePoints",
        "results": _results(result, shape or Shape(), changes),
    }
    return document.pieces({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _results(result: Result, shape: Shape, changes: Changes | None) -> Iterator[dict[str, Any]]:
    index = {rule.id: number for number, rule in enumerate(result.rules)}
    new = set(changes.new) if changes else set()
    for finding in result.findings:
        entry = _result(finding, index[finding.rule])
        entry["locations"] = [_location(finding, result, shape)]
        if changes is not None:
            entry["baselineState"] = "new" if finding in new else "unchanged"
        yield entry


def _invocation(result: Result) -> dict[str, Any]:
    notes = [{"level": "warning", "message": {"text": warning}} for warning in result.warnings]
    return {"executionSuccessful": True, "toolExecutionNotifications": notes}


def _rule(rule: Rule) -> dict[str, Any]:
    remedy = rule.remedy or rule.title
    answers = f"\n\nAnswers {rule.reference}." if rule.reference else ""
    level = "error" if rule.level in ("mandatory", "remediate") else "warning"
    entry: dict[str, Any] = {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.id.replace("_", "-").split("-")),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": f"{rule.title}."},
        "help": {"text": remedy + answers, "markdown": f"**{rule.title}**\n\n{remedy}{answers}"},
        "defaultConfiguration": {"level": level, "enabled": rule.level != "disabled"},
        "properties": {
            "tags": list(dict.fromkeys(("security", *rule.tags)))[:_TAGS],
            "security-severity": _SCORES[rule.severity],
            "problem.severity": level,
            "precision": "very-high",
        },
    }
    if rule.url:
        entry["helpUri"] = rule.url
    return entry


def _result(finding: Finding, index: int) -> dict[str, Any]:
    fingerprint = _fingerprint(finding)
    entry: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": "error" if finding.blocking else "note" if finding.kind == "exempted" else "warning",
        "message": {"text": finding.message},
        # Findings of one rule in one component share a line: without the second print they would be one alert.
        "partialFingerprints": {"finding/v1": fingerprint, "primaryLocationLineHash": fingerprint},
        "properties": {"kind": finding.kind, "forms": list(finding.forms), "type": finding.type},
    }
    if finding.kind == "exempted":
        entry["suppressions"] = [{"kind": "external", "justification": finding.message}]
    return entry


def _location(finding: Finding, result: Result, shape: Shape) -> dict[str, Any]:
    place = shape.place(finding.urn) or Place(f"Pulumi.{result.stack}.yaml")
    logical: dict[str, Any] = {"name": finding.resource, "kind": "resource"}
    if finding.urn:
        logical["fullyQualifiedName"] = finding.urn
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(place.file), "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": place.line},
        },
        "logicalLocations": [logical],
    }


def _fingerprint(finding: Finding) -> str:
    text = "\n".join((finding.kind, finding.rule, finding.urn, finding.message))
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()
