"""Faults that can be ordered from the local provider, to try what a failed or an interrupted update leaves."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field


class Refused(Exception):
    """AWS refused the call. The message is what the provider reports."""


@dataclass
class Faults:
    """Creations that fail once, and creations that hang until the engine cancels; by the resource's name.

    A name is the last part of the URN, or `type::name` where several resources share it.
    """

    fail: set[str] = field(default_factory=set)
    hang: set[str] = field(default_factory=set)
    _cancelled: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def before_creation(self, urn: str) -> None:
        """Raises Refused once for an ordered failure; returns from an ordered hang only when cancelled."""
        token, name = urn.split("::")[2].split("$")[-1], urn.split("::")[-1]
        keys = {name, f"{token}::{name}"}
        with self._lock:
            failing, hanging = keys & self.fail, keys & self.hang
            self.fail -= failing
            self.hang -= hanging
        if failing:
            raise Refused(f"creating {token} ({name}): InternalFailure: this failure was ordered")
        if hanging:
            self._cancelled.wait()
            raise Refused(f"creating {token} ({name}): context canceled")

    def cancel(self) -> None:
        """Ends every hang."""
        self._cancelled.set()
