"""What CloudWatch Logs masks in a log group with a data protection policy, for the two kinds that occur here."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

_CARD = re.compile(r"(?<!\d)(?:[3-6](?:[ -]?\d){12,18}|2[2-7](?:[ -]?\d){14})(?!\d)")
"""Begins as the brands' numbers do: a time in milliseconds, every tenth of which has a right check digit, does not."""
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
"""Begins where a word does and is as long as an address may be (RFC 5321): a long line costs its length."""


def masker(identifiers: Sequence[str]) -> Callable[[str], str]:
    """A function that hides what these data identifiers name."""
    card, email = "CreditCardNumber" in identifiers, "EmailAddress" in identifiers

    def mask(line: str) -> str:
        if card:
            line = _CARD.sub(lambda match: _stars(match) if _is_card(match[0]) else match[0], line)
        return _EMAIL.sub(_stars, line) if email else line

    return mask


def _stars(match: re.Match[str]) -> str:
    return "*" * len(match[0])


def _is_card(text: str) -> bool:
    """The check digit is right (Luhn)."""
    digits = [int(digit) for digit in reversed(text) if digit.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0
