"""Fixing inputs at Pulumi's remediate level, on a copy: secrets stay secret, unknowns are left alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from endpoint_guard.values import SECRET, SIGNATURE, UNKNOWN, plain


@dataclass(frozen=True)
class PropertyFix:
    """Sets one property: to `value`, or to the threshold `setting`; with `upwards` only a smaller or absent number.

    `zero_means_forever` names the threshold for a number whose absence or 0 means "without end": a shorter one would
    delete.
    """

    path: str
    value: Any = None
    setting: str = ""
    upwards: bool = False
    zero_means_forever: str = ""

    def after(self, before: Any, settings: Mapping[str, Any]) -> Any:
        """The value in place of `before`, which is known or None; `before` itself when it may stay."""
        if self.zero_means_forever and not before:
            return settings[self.zero_means_forever]
        target = settings[self.setting] if self.setting else self.value
        return before if before == target or (self.upwards and _number(before) > _number(target)) else target


def fixed(
    sent: Mapping[str, Any], fixes: tuple[PropertyFix, ...], settings: Mapping[str, Any]
) -> dict[str, Any] | None:
    """The inputs, as the engine sent them, with the fixes that apply; None when nothing changes.

    `sent` itself is left alone. A fix is left out where the property, or anything above it, is not known yet.
    """
    result: Any = sent
    for fix in fixes:
        result = _set(result, fix.path.split("."), partial(fix.after, settings=settings))
    return result if result is not sent else None


def _set(node: Any, steps: list[str], after: Callable[[Any], Any]) -> Any:
    """The node, or a copy of it in which the value is set; the node itself when nothing changes."""
    if isinstance(node, dict) and SIGNATURE in node:
        if node[SIGNATURE] != SECRET or "value" not in node:
            return node
        inner = _set(node["value"], steps, after)
        return node if inner is node["value"] else {**node, "value": inner}
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
