"""JUnit XML, for the test pages of CI services: one case per policy."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree

from pulumi_preflight.findings import Finding, Result

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(result: Result, evidence: Sequence[str] = ()) -> str:
    """One test case per policy: failed when a finding is blocking, skipped when disabled or only exempted."""
    counts = {"tests": str(len(result.rules)), "errors": "0", "time": f"{result.seconds:.3f}"}
    suite = ElementTree.Element("testsuite", name=_xml(f"{result.project}/{result.stack}"))
    failures = skipped = 0
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in [*(("warning", text) for text in result.warnings), ("evidence", "; ".join(evidence))]:
        if value:
            ElementTree.SubElement(properties, "property", name=name, value=_xml(value))
    for rule in result.rules:
        findings = [finding for finding in result.findings if finding.rule == rule.id]
        case = ElementTree.SubElement(
            suite, "testcase", classname=_xml(result.pack), name=_xml(rule.id), time="0"
        )
        blocking = [finding for finding in findings if finding.blocking]
        others = [finding for finding in findings if not finding.blocking]
        if blocking:
            failures += 1
            _add(case, "failure", f"{rule.title}: {len(blocking)} blocking", blocking, type=rule.severity)
        elif rule.level == "disabled":
            skipped += 1
            _add(case, "skipped", "disabled", [])
        elif others and all(finding.kind == "exempted" for finding in others):
            skipped += 1
            _add(case, "skipped", "exempted", others)
            continue
        if others:
            _add(case, "system-out", "", others)
    suite.attrib |= counts | {"failures": str(failures), "skipped": str(skipped)}
    root = ElementTree.Element("testsuites", suite.attrib | {"name": _xml(result.pack)})
    root.append(suite)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True)


def _add(case: ElementTree.Element, tag: str, message: str, findings: list[Finding], **more: str) -> None:
    element = ElementTree.SubElement(case, tag, ({"message": _xml(message)} if message else {}) | more)
    lines = [f"[{finding.kind}] {finding.resource}: {finding.message}" for finding in findings]
    element.text = _xml("\n".join(lines)) or None


def _xml(text: str) -> str:
    return _NOT_XML.sub("?", text)
