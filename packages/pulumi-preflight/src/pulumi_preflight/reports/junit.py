"""JUnit XML, for the test pages of CI services: one case per policy."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal
from xml.etree import ElementTree

from pulumi_preflight.findings import Finding, Result

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Case:
    """One test case: `outcome` is None where it passed; `text` belongs to the outcome, `output` stands beside it."""

    name: str
    outcome: Literal["failure", "error", "skipped"] | None = None
    message: str = ""
    type: str = ""
    text: str = ""
    output: str = ""
    seconds: float = 0


def document(
    name: str,
    suite: str,
    cases: Sequence[Case],
    *,
    seconds: float,
    properties: Sequence[tuple[str, str]] = (),
) -> str:
    """A file with one suite; characters that XML does not have become question marks."""
    counts = Counter(case.outcome for case in cases)
    numbers = {
        "tests": str(len(cases)),
        "errors": str(counts["error"]),
        "time": f"{seconds:.3f}",
        "failures": str(counts["failure"]),
        "skipped": str(counts["skipped"]),
    }
    element = ElementTree.Element("testsuite", {"name": _xml(suite)} | numbers)
    if properties:
        parent = ElementTree.SubElement(element, "properties")
        for key, value in properties:
            ElementTree.SubElement(parent, "property", name=key, value=_xml(value))
    for case in cases:
        _add(element, name, case)
    root = ElementTree.Element("testsuites", {"name": _xml(name)} | numbers)
    root.append(element)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True)


def _add(suite: ElementTree.Element, classname: str, case: Case) -> None:
    element = ElementTree.SubElement(
        suite, "testcase", classname=_xml(classname), name=_xml(case.name), time=f"{case.seconds:.3f}"
    )
    if case.outcome:
        said = {name: _xml(text) for name, text in (("message", case.message), ("type", case.type)) if text}
        ElementTree.SubElement(element, case.outcome, said).text = _xml(case.text) or None
    if case.output:
        ElementTree.SubElement(element, "system-out").text = _xml(case.output)


def render(result: Result, evidence: Sequence[str] = ()) -> str:
    """One test case per policy: failed when a finding is blocking, skipped when disabled or only exempted."""
    told = [*(("warning", text) for text in result.warnings), ("evidence", "; ".join(evidence))]
    return document(
        result.pack,
        f"{result.project}/{result.stack}",
        list(_cases(result)),
        seconds=result.seconds,
        properties=[(name, text) for name, text in told if text],
    )


def _cases(result: Result) -> Iterator[Case]:
    by_rule: dict[str, list[Finding]] = {rule.id: [] for rule in result.rules}
    for finding in result.findings:
        by_rule[finding.rule].append(finding)
    for rule in result.rules:
        findings = by_rule[rule.id]
        blocking = [finding for finding in findings if finding.blocking]
        others = [finding for finding in findings if not finding.blocking]
        if blocking:
            title = f"{rule.title}: {len(blocking)} blocking"
            yield Case(rule.id, "failure", title, rule.severity, _lines(blocking), _lines(others))
        elif rule.level == "disabled":
            yield Case(rule.id, "skipped", "disabled", output=_lines(others))
        elif others and all(finding.kind == "exempted" for finding in others):
            yield Case(rule.id, "skipped", "exempted", text=_lines(others))
        else:
            yield Case(rule.id, output=_lines(others))


def _lines(findings: Sequence[Finding]) -> str:
    return "\n".join(f"[{finding.kind}] {finding.resource}: {finding.message}" for finding in findings)


def _xml(text: str) -> str:
    return _NOT_XML.sub("?", text)
