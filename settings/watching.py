"""Settings of who is notified, and from when."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from settings.reader import Reader


@dataclass(frozen=True)
class Alarms:
    """Who is notified, and from when a day's purchases count as different from those of the model's card."""

    email: pulumi.Output[str] | None
    """An address, secret from here on."""
    drift_margin: float
    """Multiple of the population stability index that 99 in 100 of the training data's days stay below."""
    least_hourly_requests: int = 0
    """Fewer in an hour are an alarm; 0 for none."""
    quota_percent: int = 80
    """Of a client's daily quota, from which on it is an alarm."""
    key_age_days: int = 0
    """From which on an API key is too old; 0 for never."""
    rankings: bool = False
    """Whether CloudWatch Contributor Insights ranks addresses, countries and clients."""


def read_alarms(r: Reader, *, required: bool) -> Alarms:
    """`required`: an address has to be given."""
    email = r.text("alarmEmail", r"[^@\s]+@[^@\s]+\.[^@\s]+", "an e-mail address")
    if required and email is None:
        r.refuse(
            "alarmEmail", "an e-mail address where deletionProtection is on: alarms have to reach someone"
        )
    return Alarms(
        pulumi.Output.secret(email) if email else None,
        drift_margin=r.number("driftMargin", 1, 100, 1.5),
        least_hourly_requests=r.integer("leastHourlyRequests", 0, 1_000_000, 0),
        quota_percent=r.integer("quotaAlarmPercent", 1, 100, 80),
        key_age_days=r.integer("maxKeyAgeDays", 0, 3650, 0),
        rankings=r.flag("contributorInsights", False),
    )
