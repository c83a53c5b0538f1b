"""The pages in a real browser, at three widths: nothing runs over, the picture can be read and moved, dark is dark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pulumi_preflight.graph import STACK_TYPE
from pulumi_preflight.reports import render
from pulumi_preflight.shape import shape

from attacks import report
from attacks.about import About
from attacks.probe import Outcome, Verdict
from attacks.probes import ALL
from tests.pulumi_preflight.browser import MISSING, PROGRAM, Page, browser
from tests.pulumi_preflight.results import graph, mixed, resource

pytestmark = [
    pytest.mark.skipif(PROGRAM is None, reason=MISSING),
    pytest.mark.xdist_group("browser"),
]
WIDTHS = (400, 800, 1400)
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
VIEW = "document.querySelector('svg').getAttribute('viewBox')"
LETTERS = """(() => {
  const svg = document.querySelector('svg'), view = svg.viewBox.baseVal;
  return 12 * Math.min(svg.clientWidth / view.width, svg.clientHeight / view.height);
})()"""
"""Pixels that the letters of a name are high."""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser(tmp_path_factory.mktemp("profile")) as tab:
        yield tab


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    stack = resource(STACK_TYPE, "p-prod")
    parts = [resource("my:index:Part", f"part-{number}", stack["urn"]) for number in range(8)]
    keys = [
        resource("aws:kms/key:Key", name, parts[number % 8]["urn"])
        for number, name in enumerate(
            ["bad-key", "soft-key", *(f"a-rather-long-name-{n}" for n in range(70))]
        )
    ]
    drawn = shape(graph(stack, *parts, *keys), None)
    texts = {
        "check": render(mixed(), "html", drawn),
        "attacks": report.render(
            [Outcome(probe, Verdict.PASS, "403", 0.1, 2) for probe in ALL], "html", About("prod")
        ),
    }
    for name, text in texts.items():
        (folder / f"{name}.html").write_text(text)
    return {name: folder / f"{name}.html" for name in texts}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["check", "attacks"])
def test_nothing_runs_over_the_window(page: Page, files: dict[str, Path], name: str, width: int) -> None:
    page.open(files[name], width)
    assert page.ask(OVERFLOW) == 0


@pytest.mark.parametrize("width", WIDTHS)
def test_the_picture_can_be_read_fitted_and_moved(page: Page, files: dict[str, Path], width: int) -> None:
    page.open(files["check"], width)
    assert page.ask(LETTERS) >= 9
    page.ask(
        "[...document.querySelectorAll('.zoom button')].find((one) => one.textContent === 'Fit').click()"
    )
    drawn = "document.querySelector('.chips').getBoundingClientRect()"
    framed = "document.querySelector('.picture').getBoundingClientRect()"
    assert page.ask(f"{drawn}.left >= {framed}.left && {drawn}.right <= {framed}.right")
    assert page.ask(f"{drawn}.bottom <= {framed}.bottom")
    whole, letters = page.ask(VIEW), page.ask(LETTERS)
    for _ in range(3):
        page.ask("document.querySelector('.zoom button:nth-child(2)').click()")
    assert page.ask(LETTERS) > 2 * letters
    before = page.ask(VIEW)
    page.ask("document.querySelector('svg').scrollIntoView({block: 'center'})")
    x, y = page.ask(
        f"(() => {{ const box = {framed}; return [box.x + box.width / 2, box.y + box.height / 2] }})()"
    )
    page.drag(x, y, 60)
    assert page.ask(VIEW) not in (before, whole)
    assert page.ask("document.getElementById('filters').elements.resource.value") == ""


def test_a_finding_lights_up_its_resource(page: Page, files: dict[str, Path]) -> None:
    page.open(files["check"], 1400)
    page.ask("document.querySelector('article .resource').click()")
    assert page.ask("document.querySelectorAll('.chip.on, .group.on').length") == 1
    assert page.ask("document.querySelector('svg').classList.contains('filtered')")


@pytest.mark.parametrize("name", ["check", "attacks"])
def test_a_dark_window_has_a_dark_page(page: Page, files: dict[str, Path], name: str) -> None:
    paper = (
        "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number).reduce((a, b) => a + b)"
    )
    for dark in (False, True):
        page.open(files[name], 800, dark=dark)
        assert (page.ask(paper) < 150) is dark


def test_a_narrow_window_shows_what_was_seen_without_scrolling_sideways(
    page: Page, files: dict[str, Path]
) -> None:
    page.open(files["attacks"], 400)
    assert page.ask("(() => { const box = document.querySelector('#attacks .wide');"
                    " return box.scrollWidth <= box.clientWidth })()")  # fmt: skip
    assert page.ask("getComputedStyle(document.querySelector('[data-label=seen]'), '::before').content") == (
        '"seen: "'
    )
