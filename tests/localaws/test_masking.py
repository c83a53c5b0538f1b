"""What a log's data protection hides, and what it leaves."""

from __future__ import annotations

import json

import pytest

from attacks.probes.answers import CARDS, ELSEWHERE, IN_HEADERS
from localaws.masking import masker


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
