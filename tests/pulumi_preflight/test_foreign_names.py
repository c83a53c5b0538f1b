"""Names are chosen by whoever wrote the program or the file: in no report do they form markup, links or commands."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest
from pulumi_preflight.findings import Evidence
from pulumi_preflight.reports import FORMATS, print_table, render
from pulumi_preflight.scrub import scrub
from rich.console import Console

from tests.pulumi_preflight.results import mixed

STEERING = "\x1b[31m\x07\u202e\u2066\u200b\u00ad\ufeff"
LINKS = "http://auto.example/link www.auto.example [x](http://evil.example)"


@pytest.mark.parametrize("format_", FORMATS)
def test_names_steer_nothing(format_: str) -> None:
    result = replace(
        mixed(), project=f"pr[/x]od{STEERING}", stack=f"st[bold]age{STEERING}", warnings=(STEERING,)
    )
    text = render(result, format_)
    assert not any(char in text for char in STEERING if char not in "[31m")


def test_a_name_is_not_markup_of_the_terminal() -> None:
    file = io.StringIO()
    print_table(replace(mixed(), project="pr[/x]od"), Console(file=file, width=200))
    assert "pr[/x]od" in file.getvalue()


def test_a_name_forms_no_link_in_markdown() -> None:
    finding = replace(mixed().findings[0], resource=LINKS, message=LINKS)
    text = render(replace(mixed(), findings=(finding,)), "markdown")
    assert "http://" not in text
    assert "www.auto" not in text


def test_every_format_has_warnings_and_evidence() -> None:
    evidence = Evidence("offline", "2026-01-01 10:00 UTC", "abc123", "tool 1", "2.0", "prod.json")
    result = replace(mixed(), warnings=("It ended early.",), evidence=evidence)
    for format_ in FORMATS:
        text = render(result, format_)
        assert "It ended early." in text, format_
        assert "abc123" in text, format_
    assert json.loads(render(result, "json"))["evidence"]["source"] == "offline"


def test_secret_numbers_and_short_secrets_are_blanked_where_they_stand_alone() -> None:
    clean = scrub(["4711", "ab", "line\none", "long-secret"])
    assert clean("4711 x4711 14711 (4711)") == "[secret] x4711 14711 ([secret])"
    assert clean("ab cab ab.") == "[secret] cab [secret]."
    assert clean("line one, long-secret") == "[secret], [secret]"
