"""What became of the attacks: a section of the page, or a page of its own."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from pulumi_preflight.reports.page import Section
from pulumi_preflight.reports.page.element import el
from pulumi_preflight.reports.page.parts import badge, document, filters, select

from attacks.about import About
from attacks.probe import WORDS, Outcome, Verdict, green, told
from attacks.probes import FAMILIES

ID = "attacks"
_FAMILY = {probe.name: family for family, probes in FAMILIES.items() for probe in probes}
_HEADINGS = ("probe", "verdict", "expected", "seen", "threats")


def render(outcomes: Sequence[Outcome], sentence: str, about: About) -> str:
    """A page of the attacks alone."""
    evidence = (el("p", line, class_="small") for line in about.evidence)
    header = el("header", el("h1", about.title), headline(outcomes, sentence), *evidence)
    return document(f"{about.title}: {sentence}", header, section(outcomes, "Probes"))


def as_section(outcomes: Sequence[Outcome]) -> Section:
    """The attacks as a part of a stack's page."""
    return Section(headline(outcomes, link(told(outcomes))), section(outcomes))


def headline(outcomes: Sequence[Outcome], *sentence: str | Element) -> Element:
    """How the attacks ended, in one line."""
    word, class_ = ("held", "passed") if green(outcomes) else ("not held", "failed")
    return el("p", el("strong", word, class_=f"verdict {class_}"), " ", *sentence)


def link(sentence: str) -> Element:
    """A sentence that leads to the section."""
    return el("a", f"attacks: {sentence}", href=f"#{ID}")


def section(outcomes: Sequence[Outcome], title: str = "Attacks") -> Element:
    """All probes in the order of the catalogue; skipped ones with their reason."""
    return el(
        "section",
        el("h2", title),
        _filters(outcomes),
        el(
            "div",
            el(
                "table",
                el("thead", el("tr", *(el("th", name, scope="col") for name in _HEADINGS))),
                el("tbody", *(_row(outcome) for outcome in outcomes)),
            ),
            class_="wide",
        ),
        el("p", "No probe matches.", class_="none", hidden=True),
        id=ID,
    )


def _filters(outcomes: Sequence[Outcome]) -> Element:
    verdicts = {outcome.verdict for outcome in outcomes}
    families = dict.fromkeys(_family(outcome) for outcome in outcomes)
    threats = {threat for outcome in outcomes for threat in outcome.probe.threats}
    controls = {control for outcome in outcomes for control in outcome.probe.controls}
    return filters(
        "attack-filters",
        select("verdict", [(item.name.lower(), WORDS[item]) for item in Verdict if item in verdicts]),
        select("family", [(name, name) for name in families]),
        select("threat", [(name, name) for name in sorted(threats, key=_threat_order)]),
        select("control", [(name, name) for name in sorted(controls)]),
    )


def _row(outcome: Outcome) -> Element:
    probe, verdict = outcome.probe, outcome.verdict
    held = ", ".join(probe.controls)
    return el(
        "tr",
        el("td", el("b", probe.name), el("br"), probe.title, el("br"), el("span", held, class_="small")),
        el("td", badge(WORDS[verdict], verdict.name.lower())),
        el("td", probe.expectation, data_label=_HEADINGS[2]),
        el("td", outcome.seen, data_label=_HEADINGS[3]),
        el("td", " ".join(probe.threats), class_="small"),
        data_verdict=verdict.name.lower(),
        data_family=_family(outcome),
        data_threat=" ".join(probe.threats),
        data_control=" ".join(probe.controls),
    )


def _family(outcome: Outcome) -> str:
    return _FAMILY.get(outcome.probe.name, "other")


def _threat_order(name: str) -> tuple[str, int, str]:
    """API2 before API10."""
    letters = name.rstrip("0123456789")
    digits = name[len(letters) :]
    return letters, int(digits or 0), name
