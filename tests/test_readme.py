"""README says what is there: every setting, every command, and no more."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import settings
from model.serving import handler
from settings.reader import Reader
from tests.components.recorded import of_type
from tests.harness import PROJECT, STACKS, declared

README = (PROJECT / "README.md").read_text("utf-8")
PAGES = sorted(
    str(page.relative_to(PROJECT))
    for pattern in ("*.md", "docs/*.md", "packages/*/*.md")
    for page in PROJECT.glob(pattern)
)


@pytest.fixture
def readers(monkeypatch: pytest.MonkeyPatch) -> list[Reader]:
    made: list[Reader] = []

    class Noted(Reader):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments)  # type: ignore[arg-type]
            made.append(self)

    monkeypatch.setattr(settings, "Reader", Noted)
    return made


def test_every_setting_stands_in_a_table(readers: list[Reader]) -> None:
    with pytest.raises(settings.SettingsError):
        settings.load()  # outside a stack the required keys are missing, and all keys have been asked for
    (reader,) = readers
    missing = [key for key in sorted(reader.read) if f"`{key}`" not in README]
    assert len(reader.read) > 30
    assert not missing, f"README's settings tables lack {missing}"


def test_every_output_stands_in_a_table() -> None:
    for stack in STACKS:
        missing = [name for name in declared(stack).exports if f"`{name}`" not in README]
        assert not missing, f"README's table of outputs lacks {missing}"


def test_every_status_of_an_error_is_listed() -> None:
    (sentence,) = re.findall(r"Errors are .*?; a message names", README)
    gateway = {r["inputs"].get("statusCode") for r in of_type(declared("prod"), "Response")}
    statuses = gateway - {None} | {str(status) for status in handler._STATUS.values()}
    assert len(statuses) > 5
    assert statuses <= set(re.findall(r"\d{3}", sentence))


def anchors(page: Path) -> set[str]:
    """What the host makes of the headings, for links into a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_somewhere(name: str) -> None:
    page = PROJECT / name
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        place, _, anchor = link.partition("#")
        target = page.parent / place if place else page
        if ":" not in link and (not target.exists() or (anchor and anchor not in anchors(target))):
            broken.append(link)
    assert not broken, f"{name} links to {broken}"
