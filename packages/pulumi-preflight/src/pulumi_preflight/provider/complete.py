"""Completes the values of a resource by its schema, and gives them the provider's own form.

The form (as the engine hands it to a pack): JSON documents compact with sorted keys, sets in order, numbers
and booleans as text where the provider stores text; a set or map of which one member is unknown is unknown
as a whole.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from pulumi_preflight.graph import SECRET, SIGNATURE, UNKNOWN
from pulumi_preflight.provider.schema import Property, has_unknown, plain

ABSENT: Any = object()
"""Stands for a property that is not there at all."""

Missing = Callable[[str, Property, Any], Any]
"""What to put for a property that is not set: its dotted path, the property, its old value or ABSENT."""


def complete(
    properties: Mapping[str, Property],
    values: Mapping[str, Any],
    missing: Missing,
    old: Mapping[str, Any] | None = None,
    path: str = "",
) -> dict[str, Any]:
    """`values` in the provider's form, with every other property as `missing` says."""
    out = {key: value for key, value in values.items() if key not in properties and not key.startswith("__")}
    before = old if isinstance(old, Mapping) else {}
    for key, item in properties.items():
        place = f"{path}{key}"
        earlier = before.get(key, ABSENT)
        if values.get(key) is not None:
            out[key] = _value(item, values[key], missing, earlier, place)
            continue
        value = missing(place, item, earlier)
        if value is not ABSENT:
            out[key] = value
    return out


def secret(value: Any) -> Any:
    """`value` marked as secret, once."""
    if isinstance(value, Mapping) and value.get(SIGNATURE) == SECRET:
        return value
    return {SIGNATURE: SECRET, "value": value}


def same(item: Property | None, one: Any, other: Any) -> bool:
    """Two values of a property mean the same to the provider."""
    if item is None:
        return bool(one == other)
    return bool(_bare(item, one) == _bare(item, other))


def _bare(item: Property, value: Any) -> Any:
    return None if value is None else _value(item, value, lambda *_: ABSENT, ABSENT, "")


def _value(item: Property, value: Any, missing: Missing, old: Any, path: str) -> Any:
    if isinstance(value, Mapping) and value.get(SIGNATURE) == SECRET:
        inner = old.get("value", ABSENT) if isinstance(old, Mapping) else ABSENT
        return secret(_value(item, value.get("value"), missing, inner, path))
    if value == UNKNOWN:
        return UNKNOWN
    if item.kind in ("list", "set"):
        return _many(item, value if isinstance(value, list) else [value], missing, old, path)
    if not plain(value) and isinstance(value, Mapping):
        return value  # an asset or an archive
    if item.kind == "object" and isinstance(value, Mapping):
        return complete(item.nested, value, missing, old if isinstance(old, Mapping) else None, f"{path}.")
    if item.kind == "map":
        return UNKNOWN if has_unknown(value) else value
    return _scalar(item, value)


def _many(item: Property, values: list[Any], missing: Missing, old: Any, path: str) -> Any:
    if not item.nested:
        if item.kind == "set":
            return UNKNOWN if has_unknown(values) else _in_order(item, values)
        return list(values)
    earlier = old if isinstance(old, list) and len(old) == len(values) else [ABSENT] * len(values)
    one = Property("object", "o", None, item.nested)
    done = [_value(one, value, missing, before, path) for value, before in zip(values, earlier, strict=True)]
    return _in_order(item, done) if item.kind == "set" else done


def _scalar(item: Property, value: Any) -> Any:
    if item.kind == "text":
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, int | float):
            return str(int(value)) if float(value).is_integer() else str(value)
        return _document(item, value)
    if item.kind == "bool" and value in ("true", "false"):
        return value == "true"
    if item.kind == "number" and isinstance(value, str):
        try:
            return float(value) if "." in value else int(value)
        except ValueError:
            return value
    return value


def _document(item: Property, value: Any) -> Any:
    """A JSON document in the provider's form: compact, keys sorted; of some, `Version` first.

    A program may also give the document itself, which pulumi-aws writes as JSON.
    """
    if not set(item.flags) & {"j", "v"} or not isinstance(value, str | Mapping):
        return value
    if isinstance(value, Mapping):
        if has_unknown(value):
            return UNKNOWN
        value = json.dumps(value)
    try:
        document = json.loads(value)
    except ValueError:
        return value
    if "v" in item.flags and isinstance(document, dict) and "Version" in document:
        rest = json.loads(json.dumps(document, sort_keys=True))
        document = {"Version": rest.pop("Version"), **{k: rest[k] for k in ("Id",) if k in rest}, **rest}
        return _escaped(json.dumps(document, separators=(",", ":"), ensure_ascii=False))
    return _escaped(json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False))


def _escaped(document: str) -> str:
    """As Go writes JSON: three characters that mean something in HTML are escaped."""
    return document.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _in_order(item: Property, values: list[Any]) -> list[Any]:
    """A set in the provider's order: by its members' own order, objects by their properties in turn."""
    seen = {json.dumps(value, sort_keys=True): value for value in values}
    return sorted(seen.values(), key=lambda value: _rank(item, value))


def _rank(item: Property | None, value: Any) -> str:
    """The text by which the provider compares two members of a set; what is absent comes last."""
    if value is None:
        return "[]" if item and item.block and item.kind in ("list", "set") else "~"
    if isinstance(value, Mapping):
        nested = item.nested if item else {}
        names = sorted(
            {*value, *nested}, key=lambda key: (nested[key].origin if key in nested else "") or _snake(key)
        )
        return "<" + ";".join(_rank(nested.get(key), value.get(key)) for key in names) + ">"
    if isinstance(value, list):
        return "[" + ";".join(_rank(item, member) for member in value) + "]"
    if isinstance(value, bool):
        return "T" if value else "F"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()
