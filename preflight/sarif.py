"""SARIF 2.1.0, for code-scanning services."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from preflight.findings import Finding, Result, Rule

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
# Code-scanning services sort by this number, as CVSS does.
_SCORES = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "3.0", "unspecified": "1.0"}


def render(result: Result) -> str:
    """The result as one SARIF run; exempted findings are results that carry a suppression."""
    index = {rule.id: number for number, rule in enumerate(result.rules)}
    run = {
        "tool": {
            "driver": {
                "name": result.pack,
                "rules": [_rule(rule) for rule in result.rules],
            }
        },
        "automationDetails": {"id": f"preflight/{result.project}/{result.stack}/"},
        "results": [_result(finding, result, index[finding.rule]) for finding in result.findings],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _rule(rule: Rule) -> dict[str, Any]:
    remedy = rule.remedy or rule.title
    entry: dict[str, Any] = {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.title},
        "help": {"text": remedy, "markdown": f"**{rule.title}**\n\n{remedy}"},
        "defaultConfiguration": {
            "level": "error" if rule.level in ("mandatory", "remediate") else "warning",
            "enabled": rule.level != "disabled",
        },
        "properties": {"tags": ["security", *rule.tags], "security-severity": _SCORES[rule.severity]},
    }
    if rule.url:
        entry["helpUri"] = rule.url
    return entry


def _result(finding: Finding, result: Result, index: int) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": "error" if finding.blocking else "note" if finding.kind == "exempted" else "warning",
        "message": {"text": finding.message},
        # The finding is about a declared resource; the stack file is the nearest file every project has.
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": f"Pulumi.{result.stack}.yaml"},
                    "region": {"startLine": 1},
                },
                "logicalLocations": [
                    {"name": finding.resource, "fullyQualifiedName": finding.urn, "kind": "resource"}
                ],
            }
        ],
        "partialFingerprints": {"finding/v1": _fingerprint(finding)},
        "properties": {"kind": finding.kind, "forms": list(finding.forms), "type": finding.type},
    }
    if finding.kind == "exempted":
        entry["suppressions"] = [{"kind": "external", "justification": finding.message}]
    return entry


def _fingerprint(finding: Finding) -> str:
    text = "\n".join((finding.kind, finding.rule, finding.urn, finding.message))
    return hashlib.sha256(text.encode()).hexdigest()
