"""JUnit XML, for the test pages of CI services: one case per policy."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from preflight.findings import Finding, Result, Rule

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(result: Result) -> str:
    """One test case per policy: failed when a finding is blocking, skipped when only disabled or exempted."""
    suite = ElementTree.Element("testsuite", name=f"{result.project}/{result.stack}")
    failures = skipped = 0
    for rule in result.rules:
        findings = [finding for finding in result.findings if finding.rule == rule.id]
        case = ElementTree.SubElement(suite, "testcase", classname=result.pack, name=rule.id)
        blocking = [finding for finding in findings if finding.blocking]
        if blocking:
            failures += 1
            _add(case, "failure", f"{len(blocking)} blocking", blocking)
        elif rule.level == "disabled" or any(finding.kind == "exempted" for finding in findings):
            skipped += 1
            _add(case, "skipped", _why(rule), findings)
        elif findings:
            _add(case, "system-out", "", findings)
    suite.attrib |= {
        "tests": str(len(result.rules)),
        "failures": str(failures),
        "skipped": str(skipped),
        "errors": "0",
        "time": f"{result.seconds:.3f}",
    }
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True)


def _add(case: ElementTree.Element, tag: str, message: str, findings: list[Finding]) -> None:
    element = ElementTree.SubElement(case, tag, {"message": message} if message else {})
    lines = [f"{finding.resource}: {finding.message}" for finding in findings]
    element.text = _NOT_XML.sub("?", "\n".join(lines))


def _why(rule: Rule) -> str:
    return "disabled" if rule.level == "disabled" else "exempted"
