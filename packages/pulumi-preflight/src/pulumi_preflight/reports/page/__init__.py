"""One HTML file with everything in it: findings, picture, rules and attacks; it asks nothing of any server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from pulumi_preflight.baseline import Changes
from pulumi_preflight.findings import SEVERITIES, Finding, Result, Rule
from pulumi_preflight.reports.page.element import el
from pulumi_preflight.reports.page.parts import badge, document, filters, select
from pulumi_preflight.reports.page.picture import draw
from pulumi_preflight.shape import Item, Place, Shape

_REST = "rest"
_KINDS = {
    "blocking": "blocking",
    "advisory": "advisory",
    "not_evaluated": "not evaluated",
    "exempted": "exempted",
    "unread_types": "not read",
}


CARDS = 2_000
"""Findings that the page shows, the gravest ones; a browser takes seconds for more."""
PICTURED = 2_000
"""Resources up to which there is a picture: nobody finds one among more."""


@dataclass(frozen=True)
class Section:
    """A part of the page that somebody else made: a line for its header, and the part itself."""

    headline: Element
    body: Element


def render(
    result: Result,
    sentence: str,
    shape: Shape,
    changes: Changes | None = None,
    sections: Sequence[Section] = (),
    evidence: Sequence[str] = (),
) -> str:
    """The page. It can be read without its script, which only filters; no text in it is taken for markup.

    `sections` are parts that others add about the same stack, after the resources' own.
    """
    title = f"{result.project}/{result.stack}: policy check {'passed' if result.passed else 'failed'}"
    return document(title, *_Page(result, shape, changes, sections).parts(sentence, evidence))


def pillar(rule: Rule | None) -> str:
    """The group a rule belongs to: its first tag."""
    return rule.tags[0] if rule and rule.tags else "other"


class _Page:
    """The page's parts; resources and findings go by their numbers, so that no name becomes an id."""

    def __init__(
        self, result: Result, shape: Shape, changes: Changes | None, sections: Sequence[Section]
    ) -> None:
        self.result = result
        self.shape = shape
        self.changes = changes
        self.sections = sections
        self.new = set(changes.new) if changes else set()
        named = {finding.urn: finding for finding in result.findings}
        urns = dict.fromkeys([*shape.by_urn, *named])
        self.numbers = {urn: number for number, urn in enumerate(urns, 1)}
        self.items = {
            urn: shape.by_urn.get(urn) or Item(urn, named[urn].resource, named[urn].type) for urn in urns
        }

    def parts(self, sentence: str, evidence: Sequence[str] = ()) -> Iterable[Element | None]:
        verdict = "passed" if self.result.passed else "failed"
        yield el(
            "header",
            el("h1", f"{self.result.project} / {self.result.stack}"),
            el("p", el("strong", verdict, class_=f"verdict {verdict}"), " ", sentence.partition(": ")[2]),
            *(
                el("p", el("strong", "Warning: "), warning, class_="warning")
                for warning in self.result.warnings
            ),
            el("p", f"Against the baseline: {self.changes}.") if self.changes else None,
            el("p", "; ".join(evidence), class_="small evidence") if evidence else None,
            *(section.headline for section in self.sections),
        )
        beside = bool(self.result.findings and self.shape.items)
        parts = (self._filters(), self._findings(), self._picture(), self._fixed(), self._rules())
        yield el("main", *parts, class_="beside" if beside else None)
        for section in self.sections:
            yield section.body

    def _filters(self) -> Element:
        findings = self.result.findings
        pillars = sorted({pillar(rule) for rule in self.result.rules})
        touched = sorted(
            {finding.urn for finding in findings[:CARDS]}, key=lambda urn: self._name(urn).lower()
        )
        kinds = [key for key in _KINDS if any(key in _kinds(finding) for finding in findings)]
        return filters(
            "filters",
            select("pillar", [(name, name) for name in pillars]),
            select("severity", [(name, name) for name in SEVERITIES]),
            select("kind", [(key, _KINDS[key]) for key in kinds]),
            select("change", [("new", "new"), ("unchanged", "unchanged")]) if self.changes else None,
            select("resource", [(str(self.numbers[urn]), self._name(urn)) for urn in touched]),
        )

    def _findings(self) -> Element:
        shown, more = self._anchored()[:CARDS], len(self.result.findings) - CARDS
        cards = [self._card(anchor, finding) for anchor, finding in shown]
        none = el("p", "No findings." if not cards else "No finding matches.", id="none", hidden=bool(cards))
        rest = f"{more:,} more findings, none graver, are in the JSON report."
        return el(
            "section",
            el("h2", "Findings"),
            *cards,
            none,
            el("p", rest, id=_REST) if more > 0 else None,
            id="findings",
        )

    def _anchored(self) -> list[tuple[str, Finding]]:
        """The findings with the ids of their places on the page, in the order of their gravity."""
        return [
            (f"f{number}" if number <= CARDS else _REST, finding)
            for number, finding in enumerate(self.result.findings, 1)
        ]

    def _card(self, anchor: str, finding: Finding) -> Element:
        partly = len(finding.forms) < len(self.result.forms)
        new = finding in self.new
        place = self.shape.place(finding.urn)
        return el(
            "article",
            el(
                "p",
                badge(finding.severity, finding.severity),
                *(badge(_KINDS[kind], kind) for kind in _kinds(finding)),
                badge("new", "new") if new else None,
                el("b", finding.rule),
                el(
                    "span",
                    self._name(finding.urn),
                    class_="resource",
                    data_resource=self.numbers[finding.urn],
                ),
                class_="line",
            ),
            el("p", finding.message),
            el("p", el("i", "Remedy: "), finding.remedy) if finding.remedy else None,
            el("p", f"Only in {', '.join(finding.forms)}.", class_="small") if partly else None,
            el("p", _where(place), class_="small") if place else None,
            id=anchor,
            data_pillar=pillar(self.result.rule(finding.rule)),
            data_severity=finding.severity,
            data_kind=" ".join(_kinds(finding)),
            data_change="new" if new else "unchanged",
            data_resource=self.numbers[finding.urn],
        )

    def _fixed(self) -> Element | None:
        if not self.changes or not self.changes.fixed:
            return None
        lines = [
            el("li", el("b", finding.rule), f" on {finding.resource}: {finding.message}")
            for finding in self.changes.fixed
        ]
        return el("section", el("h2", f"Fixed: {len(lines)}"), el("ul", *lines), id="fixed")

    def _picture(self) -> Element | None:
        if not self.shape.items:
            return None
        if len(self.shape.items) > PICTURED:
            many = f"The picture is left out: {len(self.shape.items):,} resources are more than it can show."
            return el("section", el("h2", "Resources"), el("p", many), id="picture")
        legend = [
            el("span", badge("2", "critical"), " broken rules, in the colour of the most severe"),
            el("span", badge("1", "advisory"), " advisory only"),
            el("span", badge("?", "unknown"), " not evaluated"),
            el("span", badge("e", "exempted"), " exempted"),
            el("span", "A line leads from a resource down to one it uses."),
        ]
        return el(
            "section",
            el("h2", "Resources"),
            el("p", *legend, class_="legend"),
            el("div", draw(self.shape, self._anchored(), self.numbers), class_="picture", tabindex="0"),
            id="picture",
        )

    def _rules(self) -> Element:
        counts = Counter(finding.rule for finding in self.result.findings)
        rows = [self._row(rule, counts[rule.id]) for rule in self.result.rules]
        headings = ("rule", "severity", "level", "pillar", "findings", "answers")
        return el(
            "section",
            el("h2", "Rules"),
            el(
                "details",
                el("summary", f"{len(rows)} rules of {self.result.pack}"),
                el(
                    "div",
                    el(
                        "table",
                        el("thead", el("tr", *(el("th", name, scope="col") for name in headings))),
                        el("tbody", *rows),
                    ),
                    class_="wide",
                ),
            ),
            id="rules",
        )

    def _row(self, rule: Rule, count: int) -> Element:
        cells = (rule.severity, rule.level, pillar(rule), str(count or ""), rule.reference)
        return el(
            "tr",
            el(
                "td",
                el("b", rule.id),
                el("br"),
                rule.title,
                el("br"),
                el("span", rule.remedy, class_="small"),
            ),
            *(el("td", cell) for cell in cells),
            data_pillar=pillar(rule),
            data_severity=rule.severity,
        )

    def _name(self, urn: str) -> str:
        return f"{self.items[urn].kind} {self.items[urn].name}".strip()


def _kinds(finding: Finding) -> list[str]:
    """What it is, as far as it matters to a reader: a rule that could not be judged may block as well."""
    kinds = ["blocking"] if finding.blocking else []
    if finding.kind != "violation":
        return [*kinds, finding.kind]
    return kinds or ["advisory"]


def _where(place: Place) -> str:
    return f"{place.file}, line {place.line}"
