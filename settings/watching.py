"""Settings of who is told, and from when."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from settings.reader import Reader


@dataclass(frozen=True)
class Alarms:
    """Who is told, and from when a day's purchases count as different from those of the model's card."""

    email: pulumi.Output[str] | None
    """An address, secret from here on."""
    drift_index: float
    """Population stability index."""
    alert_factor: float
    """How many times more, or fewer, alerts than the card has."""


def read_alarms(r: Reader, *, required: bool) -> Alarms:
    """`required`: an address has to be given."""
    email = r.text("alarmEmail", r"[^@\s]+@[^@\s]+\.[^@\s]+", "an e-mail address")
    if required and email is None:
        r.refuse(
            "alarmEmail", "an e-mail address where deletionProtection is on: alarms have to reach someone"
        )
    return Alarms(
        pulumi.Output.secret(email) if email else None,
        drift_index=r.number("driftIndex", 0.01, 5, 0.2),
        alert_factor=r.number("alertFactor", 1.1, 100, 3),
    )
