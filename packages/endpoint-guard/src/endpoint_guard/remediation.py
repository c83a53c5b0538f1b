"""Mending inputs at Pulumi's remediate level, on a copy: secrets stay secret, unknowns are left alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from endpoint_guard.node import UNKNOWN, plain
from endpoint_guard.sdk import Secret, raw


@dataclass(frozen=True)
class Mend:
    """Sets one property: to `value`, or to the threshold `setting`; with `upwards` only a smaller or absent number.

    `endless` names the threshold for a number that is absent or 0 and means "without end": a shorter one would delete.
    """

    path: str
    value: Any = None
    setting: str = ""
    upwards: bool = False
    endless: str = ""

    def after(self, before: Any, settings: Mapping[str, Any]) -> Any:
        """The value in place of `before`, which is known or None; `before` itself when it may stay."""
        if self.endless and not before:
            return settings[self.endless]
        target = settings[self.setting] if self.setting else self.value
        return before if before == target or (self.upwards and _number(before) > _number(target)) else target


def mended(
    props: Mapping[str, Any], mends: tuple[Mend, ...], settings: Mapping[str, Any]
) -> dict[str, Any] | None:
    """The inputs with the mends that apply, or None when nothing changes. `props` itself is left alone.

    A mend is left out where the property, or anything above it, is not known yet.
    """
    before = raw(props)
    result = before
    for mend in mends:
        result = _set(result, mend.path.split("."), partial(mend.after, settings=settings))
    return result if result is not before and isinstance(result, dict) else None


def _set(node: Any, steps: list[str], after: Callable[[Any], Any]) -> Any:
    """The node, or a copy of it in which the value is set; the node itself when nothing changes."""
    if Secret is not None and isinstance(node, Secret):
        inner = _set(node.value, steps, after)
        return node if inner is node.value else Secret(inner)
    node = raw(node)
    if plain(node) is UNKNOWN:
        return node
    if not steps:
        return after(node)
    if node is not None and not isinstance(node, dict):
        return node
    known: dict[str, Any] = node or {}
    old = known.get(steps[0])
    new = _set(old, steps[1:], after)
    return node if new is old else {**known, steps[0]: new}


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else float("-inf")
