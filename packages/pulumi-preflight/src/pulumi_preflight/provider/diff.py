"""What a change of inputs does to a resource: nothing, an update, or a replacement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pulumi_preflight.graph import UNKNOWN
from pulumi_preflight.provider.complete import same
from pulumi_preflight.provider.schema import Property, plain, schema


@dataclass
class Difference:
    """`changed`: dotted paths to "add", "update" or "delete"; `replaces`: those that need a new resource."""

    changed: dict[str, str] = field(default_factory=dict)
    replaces: set[str] = field(default_factory=set)


def difference(
    token: str, old: Mapping[str, Any], new: Mapping[str, Any], ignored: Sequence[str] = ()
) -> Difference:
    """The difference between two sets of checked inputs."""
    known = schema(token)
    found = Difference()
    if known:
        _compare(known.properties, old, new, "", found)
    else:
        for key in sorted(old.keys() | new.keys()):
            if old.get(key) != new.get(key):
                found.changed[key] = _kind(old, new, key)
    for path in list(found.changed):
        if any(path == item or path.startswith((f"{item}.", f"{item}[")) for item in ignored):
            del found.changed[path]
            found.replaces.discard(path)
    return found


def _kind(old: Mapping[str, Any], new: Mapping[str, Any], key: str) -> str:
    if old.get(key) is None:
        return "add"
    return "delete" if new.get(key) is None else "update"


def _compare(
    properties: Mapping[str, Property],
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    path: str,
    found: Difference,
) -> None:
    for key in sorted(old.keys() | new.keys()):
        if key.startswith("__"):
            continue
        item, one, other = properties.get(key), old.get(key), new.get(key)
        place = f"{path}{key}"
        if (one is None and other is None) or same(item, one, other):
            continue
        if item and item.kind == "object" and isinstance(one, Mapping) and isinstance(other, Mapping):
            _compare(item.nested, one, other, f"{place}.", found)
            continue
        if other is None and item and item.computed and not item.block:
            continue  # left out again: the provider keeps what is there
        found.changed[place] = _kind(old, new, key)
        if item and (item.replaces or _replaced_within(item, one, other)):
            found.replaces.add(place)


def _replaced_within(item: Property, one: Any, other: Any) -> bool:
    """Some part that differs, in a list or a set of blocks, forces a replacement."""
    if not item.nested or other == UNKNOWN:
        return False
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = list(zip(one, other, strict=True))
    elif plain(one) and plain(other):
        pairs = [(one, other)]
    else:
        return any(part.replaces for part in item.nested.values() if part.required)
    inner = Difference()
    for left, right in pairs:
        if plain(left) and plain(right):
            _compare(item.nested, left, right, "", inner)
    return bool(inner.replaces)
