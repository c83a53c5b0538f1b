"""What a log's data protection hides, and what it leaves."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from attacks.probes.answers import CARDS, ELSEWHERE, IN_HEADERS
from localaws.masking import masker
from tests.harness import PROJECT


@pytest.mark.parametrize("card", [*CARDS, *ELSEWHERE, *IN_HEADERS, "4222222222222", "2223003122003222"])
def test_a_card_number_is_hidden_also_in_groups(card: str) -> None:
    mask = masker(["CreditCardNumber"])
    grouped = "-".join(card[start : start + 4] for start in range(0, len(card), 4))
    for text in (card, grouped):
        assert mask(f'{{"text": "{text}."}}') == f'{{"text": "{"*" * len(text)}."}}'


def test_other_numbers_stay_and_a_line_stays_json() -> None:
    mask = masker(["CreditCardNumber"])
    for moment in range(1_795_508_000_000, 1_795_508_000_200):
        line = json.dumps({"timestamp": moment, "account": "123456789012", "no card": "4111111111111112"})
        assert mask(line) == line


def test_nothing_is_hidden_that_no_policy_names() -> None:
    assert masker([])(f"{CARDS[0]} a@b.example") == f"{CARDS[0]} a@b.example"
    assert masker(["EmailAddress"])(f"{CARDS[0]} a@b.example") == f"{CARDS[0]} ***********"


def test_a_long_line_costs_its_length(tmp_path: Path) -> None:
    """In a process of its own, which a limit on processor time ends: what is linear needs a hundredth of it."""
    script = """
        import resource
        from localaws.masking import masker
        resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
        mask = masker(["EmailAddress", "CreditCardNumber"])
        for text in ("a" * 100_000, "a." * 50_000, "a@" * 50_000, "a@" + "b" * 100_000, "a@" + "b." * 50_000,
                     "4 " * 50_000, "4" * 100_000, "4-" * 50_000):
            mask(text)
        print("done")
        """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        cwd=PROJECT,
        check=False,
    )
    assert run.stdout == "done\n"


def test_an_address_within_a_line_is_hidden() -> None:
    mask = masker(["EmailAddress"])
    assert mask('{"from": "first.last+tag@mail.example.org", "b": 1}') == f'{{"from": "{"*" * 31}", "b": 1}}'
