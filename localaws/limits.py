"""Token buckets and quotas of the stage and of the usage plans, exact where AWS's are best effort."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from localaws.declared_api import Method
from localaws.declared_plans import ApiKey, Plan, Throttle

ACCOUNT = Throttle(10_000, 5_000)
"""AWS's default for an account and region, above all that is declared."""


class Bucket:
    """A token bucket: full at first, refilled at `rate` tokens a second up to `burst`."""

    def __init__(self, limit: Throttle, now: float) -> None:
        self._limit, self._tokens, self._at = limit, float(limit.burst), now

    def ready(self, now: float) -> bool:
        """There is a token, which `take` would take."""
        self._tokens = min(self._limit.burst, self._tokens + (now - self._at) * self._limit.rate)
        self._at = now
        return self._tokens >= 1

    def take(self) -> None:
        """Takes one token."""
        self._tokens -= 1


@dataclass
class _Used:
    period: str
    count: int = 0


class Limits:
    """Admits requests by usage plan, method and account, in API Gateway's order; counts them to the quota."""

    def __init__(
        self, *, clock: Callable[[], float] = time.monotonic, calendar: Callable[[], float] = time.time
    ) -> None:
        self._clock, self._calendar = clock, calendar
        self._buckets: dict[tuple[str, ...], Bucket] = {}
        self._used: dict[tuple[str, str], _Used] = {}

    def refuse(self, method: Method, key: ApiKey | None) -> str | None:
        """THROTTLED, QUOTA_EXCEEDED, or None for a request that is admitted and counted."""
        now, plan = self._clock(), key.plan if key else None
        wanted: list[tuple[tuple[str, ...], Throttle | None]] = [
            (("method", method.route), method.throttle),
            (("account",), ACCOUNT),
        ]
        if key and plan:
            wanted = [
                (("plan", plan.id, key.id, method.route), plan.methods.get(method.route)),
                (("plan", plan.id, key.id), plan.throttle),
                *wanted,
            ]
        buckets = [
            self._buckets.setdefault(name, Bucket(limit, now)) for name, limit in wanted if limit is not None
        ]
        if not all(bucket.ready(now) for bucket in buckets):
            return "THROTTLED"
        if key and plan and not self._within_quota(plan, key):
            return "QUOTA_EXCEEDED"
        for bucket in buckets:
            bucket.take()
        return None

    def _within_quota(self, plan: Plan, key: ApiKey) -> bool:
        if plan.quota is None:
            return True
        period = _period(plan.period, self._calendar())
        used = self._used.setdefault((plan.id, key.id), _Used(period))
        if used.period != period:
            used.period, used.count = period, 0
        if used.count >= plan.quota:
            return False
        used.count += 1
        return True


def _period(kind: str, now: float) -> str:
    """The name of the current day, week or month in UTC."""
    return datetime.fromtimestamp(now, UTC).strftime(
        {"WEEK": "%G-W%V", "MONTH": "%Y-%m"}.get(kind, "%Y-%m-%d")
    )
