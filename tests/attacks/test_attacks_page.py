"""The attacks in the HTML page: every probe with its verdict, filterable, and no text taken for markup."""

from __future__ import annotations

import dataclasses
import re

from pulumi_preflight.reports import page, render
from pulumi_preflight.shape import Shape

from attacks import report
from attacks.about import About
from attacks.page import as_section
from attacks.probe import Outcome, Verdict, told
from attacks.probes import ALL
from tests.pulumi_preflight.results import mixed
from tests.pulumi_preflight.test_page import HOSTILE, Tags


def outcomes() -> list[Outcome]:
    """All probes held, but for one that is red, one in error and one left out."""
    found = [Outcome(probe, Verdict.PASS, "403", 0.1, 2) for probe in ALL]
    for place, verdict, seen in (
        (1, Verdict.FAIL, "200 (query)"),
        (2, Verdict.ERROR, "internal error (KeyError)"),
        (3, Verdict.SKIPPED, "needs an https address"),
    ):
        found[place] = dataclasses.replace(found[place], verdict=verdict, seen=seen)
    return found


def rows(tags: Tags) -> list[dict[str, str | None]]:
    return [attributes for attributes in tags.all("tr") if "data-verdict" in attributes]


def test_every_probe_is_a_row_that_says_how_it_ended() -> None:
    tried = outcomes()
    tags = Tags(report.render(tried, "html", About("prod")))
    assert [row["data-verdict"] for row in rows(tags)] == [o.verdict.value.lower() for o in tried]
    for outcome in tried:
        assert outcome.probe.name in tags.text
        assert outcome.probe.title in tags.text
    for said in ("200 (query)", "internal error (KeyError)", "needs an https address", told(tried)):
        assert said in tags.text
    assert not [row for row in rows(tags) if "hidden" in row]
    assert "not held" in tags.text


def test_the_filters_offer_what_there_is_and_the_script_knows_them() -> None:
    text = report.render(outcomes(), "html")
    tags = Tags(text)
    names = [str(attributes["name"]) for attributes in tags.all("select")]
    assert names == ["verdict", "family", "threat", "control"]
    script = re.search("<script>(.*?)</script>", text, re.DOTALL)
    assert script
    assert str(names).replace("'", '"') in script[1]
    offered = {attributes["value"] for attributes in tags.all("option")}
    for row in rows(tags):
        for name in names:
            assert set(str(row[f"data-{name}"]).split(" ")) <= offered
    threats = [str(attributes["value"]) for attributes in tags.all("option")]
    assert threats.index("API2") < threats.index("API10")


def test_the_checks_page_holds_both_and_its_own_filter_stays() -> None:
    tried = outcomes()
    text = page.render(mixed(), "FAILED: prod", Shape(), sections=[as_section(tried)])
    tags = Tags(text)
    assert [form["id"] for form in tags.all("form")] == ["filters", "attack-filters"]
    assert len(rows(tags)) == len(tried)
    assert len(tags.all("article")) == 4
    assert [link["href"] for link in tags.all("a")] == ["#attacks"]
    assert "attack" not in Tags(render(mixed(), "html")).text.lower()


def test_no_words_of_an_outcome_become_markup() -> None:
    bad = dataclasses.replace(
        ALL[0], title=HOSTILE[0], expected=HOSTILE[1], threats=("API1",), name=HOSTILE[2]
    )
    text = report.render([Outcome(bad, Verdict.FAIL, HOSTILE[3], 0, 1)], "html", About(HOSTILE[0]))
    tags = Tags(text)
    assert len(tags.all("script")) == len(tags.all("style")) == 1
    assert not {"img", "svg", "a"} & {tag for tag, _ in tags.found}
    for name in HOSTILE:
        assert name in tags.text
    assert not re.findall(r"\w+://[^\s\"'<]+", text)
