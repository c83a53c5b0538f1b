"""When a score becomes an alert: the rule that a model's card carries, the same in training and in the container.

Standard library only: the file travels in the artifact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args, overload

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

RuleName = Literal["cost", "f1", "precision", "alerts-per-1000"]
RULES: tuple[RuleName, ...] = get_args(RuleName)
"""The rules that a user can choose; the reference recipe has a rule of its own, "fixed"."""

APPROVE, REVIEW, DECLINE = DECISIONS = ("approve", "review", "decline")
HIGHEST_PRICE = 1_000_000


@dataclass(frozen=True)
class Prices:
    """US dollars that decisions cost: a false alarm (a call to the customer), and a missed fraud beside its amount.

    A fraud that is missed costs its handling, and the frauds that follow it on the card. $40 is the least of 0, 10,
    20 and 40 at which nine in ten episodes were caught at their first fraud on the replica's validation weeks.
    """

    false_alarm: float = 10.0
    missed_fraud: float = 40.0


@dataclass(frozen=True)
class Choice:
    """What a user asks for. The rule's numbers are found on validation data, never on test data.

    `precision` is a share and binds rule "precision", `alerts_per_1000` is in transactions and binds the rule of its
    name, `decline` is a score: an alert below it is for review, one at or above it is declined; None for no such
    second threshold.
    """

    rule: RuleName = "cost"
    prices: Prices = Prices()
    precision: float = 0.9
    alerts_per_1000: float = 5.0
    decline: float | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """Which purchases are alerts.

    With a `threshold`: those whose score reaches it. Without: those where letting the purchase pass is expected to
    cost at least as much as an alert, score x (amount + missed_fraud) >= (1 - score) x false_alarm. That is the
    decision of least expected cost when scores are probabilities (Elkan, The Foundations of Cost-Sensitive Learning,
    IJCAI 2001, section 1). Raises ValueError for numbers that no rule can have.
    """

    name: str
    prices: Prices
    threshold: float | None = None
    decline: float | None = None

    def __post_init__(self) -> None:
        if self.threshold is not None and not 0 <= self.threshold <= 1:
            raise ValueError("a threshold must be between 0 and 1")
        if self.decline is not None and not 0 < self.decline <= 1:
            raise ValueError("the score to decline at must be above 0 and at most 1")
        if not all(
            0 <= price <= HIGHEST_PRICE for price in (self.prices.false_alarm, self.prices.missed_fraud)
        ):
            raise ValueError(f"prices must be between 0 and {HIGHEST_PRICE:,} dollars")

    @overload
    def alerts(self, score: float, amount: float) -> bool: ...
    @overload
    def alerts(
        self, score: npt.NDArray[np.float64], amount: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.bool_]: ...
    def alerts(self, score: Any, amount: Any) -> Any:
        """Whether scores between 0 and 1 of purchases of `amount` dollars are alerts: a number, or arrays (n,)."""
        if self.threshold is not None:
            return score >= self.threshold
        return score * (amount + self.prices.missed_fraud) >= (1 - score) * self.prices.false_alarm

    def decision(self, score: float, amount: float) -> str | None:
        """One of DECISIONS, or None when the rule has no second threshold."""
        if self.decline is None:
            return None
        if not self.alerts(score, amount):
            return APPROVE
        return DECLINE if score >= self.decline else REVIEW

    def to_card(self) -> dict[str, Any]:
        """The card's entry, which `of_card` reads."""
        return {
            "rule": self.name,
            "threshold": self.threshold,
            "false_alarm": self.prices.false_alarm,
            "missed_fraud": self.prices.missed_fraud,
            "decline": self.decline,
        }

    @classmethod
    def of_card(cls, entry: Mapping[str, Any]) -> Rule:
        """The rule of a card. Raises KeyError, TypeError or ValueError for an entry that `to_card` cannot give."""
        numbers = [entry["false_alarm"], entry["missed_fraud"], entry["threshold"], entry["decline"]]
        if not all(_is_number(number) for number in numbers[:2]):
            raise TypeError("prices must be numbers")
        if not all(number is None or _is_number(number) for number in numbers[2:]):
            raise TypeError("thresholds must be numbers or null")
        if entry["rule"] not in (*RULES, "fixed") or (entry["rule"] == "cost") != (
            entry["threshold"] is None
        ):
            raise ValueError("the rule cost has no threshold, and every other rule has one")
        return cls(str(entry["rule"]), Prices(*numbers[:2]), *numbers[2:])

    def __str__(self) -> str:
        if self.threshold is not None:
            return f"{self.name}: score at least {self.threshold:g}"
        amount = f"(amount + ${self.prices.missed_fraud:g})" if self.prices.missed_fraud else "amount"
        return f"{self.name}: score / (1 - score) x {amount} at least ${self.prices.false_alarm:g}"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
