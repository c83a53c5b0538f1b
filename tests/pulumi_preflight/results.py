"""Results and graphs written by hand, for the tests of the reports."""

from __future__ import annotations

from typing import Any

from pulumi_preflight.findings import Finding, Kind, Level, Result, Rule, Severity
from pulumi_preflight.graph import Graph

HOSTILE = 'Key "a|b" <script>alert(1)</script> & [bold]x[/bold] \x1b[31m\x00 ünïcode (policy).'
ROOT = "urn:pulumi:prod::p::"


def rule(id_: str, level: Level = "mandatory", severity: Severity = "high") -> Rule:
    return Rule(id_, f"title of {id_}", severity, level, remedy=f"fix {id_}", tags=("auth", "APIGW-001"))


def finding(rule_: Rule, kind: Kind = "violation", message: str = "A sentence.", **more: Any) -> Finding:
    values: dict[str, Any] = {
        "kind": kind,
        "rule": rule_.id,
        "title": rule_.title,
        "severity": rule_.severity,
        "level": rule_.level if kind != "exempted" else "advisory",
        "urn": f"{ROOT}aws:kms/key:Key::{rule_.id}-key",
        "resource": f"{rule_.id}-key",
        "type": "aws:kms/key:Key",
        "message": message,
        "remedy": rule_.remedy,
        "forms": ("update",),
    }
    return Finding(**values | more)


def mixed() -> Result:
    """One finding of each sort, one rule switched off, one without any finding."""
    bad, soft, unknown = rule("bad"), rule("soft", "advisory", "low"), rule("unknown")
    spared, off, good = rule("spared"), rule("off", "disabled"), rule("good")
    findings = (
        finding(bad, message=HOSTILE),
        finding(soft),
        finding(unknown, "not_evaluated"),
        finding(spared, "exempted", "spared is exempted: reason."),
    )
    rules = (bad, soft, unknown, spared, off, good)
    return Result("p", "prod", "pack", ("preview", "update"), 9, rules, findings, 1.25)


def resource(
    type_: str, name: str, parent: str = "", uses: dict[str, list[str]] | None = None, **inputs: Any
) -> dict[str, Any]:
    """A resource as in a stack export."""
    return {
        "urn": f"{ROOT}{type_}::{name}",
        "type": type_,
        "custom": type_.startswith("aws:"),
        "id": "",
        "inputs": inputs,
        "outputs": dict(inputs),
        "parent": parent,
        "provider": "",
        "protect": False,
        "dependencies": sorted({urn for urns in (uses or {}).values() for urn in urns}),
        "propertyDependencies": uses or {},
    }


def graph(*resources: dict[str, Any]) -> Graph:
    return Graph("p", "prod", False, list(resources))
