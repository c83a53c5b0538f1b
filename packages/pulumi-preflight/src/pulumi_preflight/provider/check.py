"""The provider's Check: automatic names, defaults, and the mistakes it finds before anything is created."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pulumi_preflight.graph import UNKNOWN
from pulumi_preflight.provider.names import automatic_name
from pulumi_preflight.provider.schema import Property, plain, schema

Properties = dict[str, Any]
DEFAULTS = "__defaults"


def check(
    token: str, name: str, inputs: Mapping[str, Any], *, seed: str, old: Mapping[str, Any] | None = None
) -> tuple[Properties, list[tuple[str, str]]]:
    """The inputs as the provider completes them, and its failures as (property, reason).

    `old`: the checked inputs of the resource as it is, when it exists. The key `__defaults` names what the
    provider filled in; the engine keeps it in the state and shows it to no pack.
    """
    known = schema(token)
    checked = {key: value for key, value in inputs.items() if not key.startswith("__")}
    if known is None:
        return checked, []
    filled = [key for key in (old or {}).get(DEFAULTS, []) if isinstance(key, str)]
    kept = {key: old[key] for key in filled if old and key in old}
    named = automatic_name(token, name, checked, seed, kept)
    failures = [
        (key, f'Missing required argument. The argument "{item.origin or key}" is required')
        for key, item in known.properties.items()
        if item.required and not item.block and checked.get(key) is None and not (named and named[0] == key)
    ]
    failures += [
        (key, f"Invalid or unknown key. Examine values at '{name}.{key}'.")
        for key in checked
        if key not in known.properties
    ]
    added = _defaults(known.properties, checked)
    if named:
        checked[named[0]] = named[1]
        added.append(named[0])
    checked[DEFAULTS] = sorted(added)
    return checked, failures


def shown(inputs: Mapping[str, Any]) -> Properties:
    """Checked inputs without the keys that are for the provider alone: what a pack gets."""
    return {key: _shown(value) for key, value in inputs.items() if not key.startswith("__")}


def _shown(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _shown(item) for key, item in value.items() if key != DEFAULTS}
    if isinstance(value, list):
        return [_shown(item) for item in value]
    return value


def _defaults(properties: Mapping[str, Property], values: Properties) -> list[str]:
    """Fills in the defaults of the provider's schema, in place; the names of those filled in."""
    added = []
    for key, item in properties.items():
        if key not in values and item.default is not None and item.settable and not item.computed:
            values[key] = item.default
            added.append(key)
        elif item.nested and values.get(key) not in (None, UNKNOWN):
            values[key] = _nested_defaults(item, values[key])
    return added


def _nested_defaults(item: Property, value: Any) -> Any:
    if isinstance(value, list):
        return [_nested_defaults(item, member) for member in value]
    if not plain(value) or item.kind == "map":
        return value
    copy = dict(value)
    added = _defaults(item.nested, copy)
    return copy | ({DEFAULTS: sorted(added)} if added else {})
