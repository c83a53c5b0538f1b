"""README says what is there: every setting, every command, and no more."""

from __future__ import annotations

import re

import pytest

import settings
from settings.reader import Reader
from tests.harness import PROJECT, STACKS, declared

README = (PROJECT / "README.md").read_text("utf-8")


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


def test_every_file_that_it_names_exists() -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", README)
    missing = [link for link in links if not (PROJECT / link).exists()]
    assert links
    assert not missing, f"README links to {missing}"
