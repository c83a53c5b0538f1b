"""What the engine told the pack earlier in the same operation: the inputs of every resource.

A preview or an update asks about each resource's inputs first (`Analyze`) and about all resources' outputs at its end
(`AnalyzeStack`), in one process. The outputs do not tell what the program left to the provider from what is not known
yet; the inputs do. They are kept from the first `Analyze` to the end of `AnalyzeStack`, apart for each stack; a new
operation (`ConfigureStack`) starts with none. `Remediate` leaves them alone: the engine calls `Analyze` after it, with
what was fixed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Key = tuple[str, str]


class Operations:
    """The operations of one pack that have begun and not ended, each by its stack and project."""

    def __init__(self) -> None:
        self._told: dict[Key, dict[str, Any]] = {}
        self._settings: dict[Key, tuple[str, ...]] = {}

    def begin(self, stack: str, project: str, settings: Iterable[str] = ()) -> None:
        """A new operation on a stack, with the values of its settings: what was told about it before is forgotten."""
        self._told.pop((stack, project), None)
        self._settings[stack, project] = tuple(settings)

    def told(self, urn: str, inputs: Any) -> None:
        """The inputs of a resource, read from the message."""
        self._told.setdefault(_key(urn), {})[urn] = inputs

    def inputs(self, urn: str) -> Any:
        """The inputs of a resource, or None when nobody told them."""
        return self._told.get(_key(urn), {}).get(urn)

    def end(self, urns: Iterable[str]) -> tuple[str, ...]:
        """Ends the operation on these resources: the values of the settings of their stacks."""
        keys = {*map(_key, urns)}
        for key in keys:
            self._told.pop(key, None)
        return tuple(value for key in keys for value in self._settings.get(key, ()))


def _key(urn: str) -> Key:
    parts = urn.split(":", 5)
    return (parts[2], parts[4]) if len(parts) == 6 else ("", "")
