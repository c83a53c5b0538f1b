"""Requests counted by key over a sliding window, as AWS WAF's rate-based rules do."""

from __future__ import annotations

from collections.abc import Callable

SLOTS = 30
"""Parts of a window: a count is at most one part too old. AWS itself looks only every few seconds."""

MAX_KEYS = 10_000
"""AWS WAF's own limit of keys that one rule tracks."""


class RateCounter:
    """Says of each request whether its key is above `limit` within the last `window` seconds."""

    def __init__(self, limit: int, window: float, clock: Callable[[], float]) -> None:
        self._limit, self._slot, self._clock = limit, window / SLOTS, clock
        self._counts: dict[tuple[str, ...], dict[int, int]] = {}

    def add(self, key: tuple[str, ...]) -> bool:
        """Counts one request; True when there are now more than the limit."""
        now = int(self._clock() / self._slot)
        counts = self._counts.pop(key, {})
        for slot in [slot for slot in counts if slot <= now - SLOTS]:
            del counts[slot]
        counts[now] = counts.get(now, 0) + 1
        # Put back last: the first key is then the one not seen for longest.
        self._counts[key] = counts
        if len(self._counts) > MAX_KEYS:
            del self._counts[next(iter(self._counts))]
        return sum(counts.values()) > self._limit
