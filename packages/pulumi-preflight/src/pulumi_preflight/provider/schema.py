"""What the AWS provider knows of a resource type: which properties it has and what becomes of each.

The data is in schema.zip (written by tools/renew_provider_schema.py, which names the sources).
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from pulumi_preflight.graph import SIGNATURE, UNKNOWN

_FILE = Path(__file__).parent / "schema.zip"
_KINDS = {
    "t": "text",
    "n": "number",
    "b": "bool",
    "l": "list",
    "s": "set",
    "m": "map",
    "o": "object",
    "a": "asset",
}


@dataclass(frozen=True)
class Property:
    """One property. `kind`: text, number, bool, list, set, map, object or asset; `nested`: the members' properties."""

    kind: str
    flags: str = "o"
    default: Any = None
    nested: Mapping[str, Property] = field(default_factory=dict)
    origin: str = ""

    @property
    def required(self) -> bool:
        return "r" in self.flags

    @property
    def settable(self) -> bool:
        """A program may set it."""
        return "r" in self.flags or "o" in self.flags

    @property
    def computed(self) -> bool:
        """The provider may fill it in when the program leaves it out."""
        return "c" in self.flags

    @property
    def replaces(self) -> bool:
        """Another value makes a new resource."""
        return "f" in self.flags

    @property
    def block(self) -> bool:
        """A block of the provider's configuration: never null when it may occur many times."""
        return "b" in self.flags

    @property
    def sensitive(self) -> bool:
        return "e" in self.flags

    @property
    def null(self) -> bool:
        """Computed by its schema, yet absent from a plan that does not set it."""
        return "n" in self.flags

    @property
    def zero(self) -> bool:
        """A member of a list of objects that is one attribute: empty when it is not set, never null."""
        return "z" in self.flags

    @property
    def in_set(self) -> bool:
        """A member of a set of blocks: a text that is not set is empty there, never null."""
        return "w" in self.flags

    @property
    def newer(self) -> bool:
        """Known to pulumi-aws, unknown to the release of the provider that the data is from."""
        return "6" in self.flags

    @property
    def empty(self) -> Any:
        """What comes back for a value that nobody set, as the provider stores it; None when nothing does."""
        return {"text": "", "number": 0, "bool": False, "list": [], "set": []}.get(self.kind)


@dataclass(frozen=True)
class Schema:
    """A resource type of pulumi-aws."""

    token: str
    properties: Mapping[str, Property]
    known: bool
    """The release of the provider that the data is from has the type; else only names are known."""
    keeps_null: bool = False
    """What is not set stays absent for good: types written with the provider's newer framework."""


@cache
def schema(token: str) -> Schema | None:
    """The schema of a resource type, or None when pulumi-aws has no such type."""
    record = _service(token.split(":")[1].split("/")[0]).get(token) if token.startswith("aws:") else None
    if record is None:
        return None
    properties = {**_properties(record["p"]), **_LATER.get(token, {})}
    return Schema(token, properties, record["tf"] is not None, "null" in record)


_LATER: Mapping[str, Mapping[str, Property]] = {
    "aws:redshift/cluster:Cluster": {
        "encrypted": Property("text", "o", "true"),
        "publiclyAccessible": Property("bool", "o", False),
    },
}
"""Properties of which pulumi-aws 7 follows a later release of the provider than the data is from."""


@cache
def _service(name: str) -> dict[str, Any]:
    with zipfile.ZipFile(_FILE) as file:
        if name not in file.namelist():
            return {}
        result: dict[str, Any] = json.loads(file.read(name))
        return result


def _properties(rows: Mapping[str, Any], within: str = "") -> dict[str, Property]:
    return {key: _property(within, *row) for key, row in rows.items()}


def _property(
    within: str, flags: str, default: Any = None, nested: Mapping[str, Any] | None = None, origin: str = ""
) -> Property:
    inner = "w" if within or ("b" in flags[1:] and "s" in flags[1:]) else ""
    return Property(_KINDS[flags[0]], flags[1:] + within, default, _properties(nested or {}, inner), origin)


def plain(value: Any) -> bool:
    """`value` is an ordinary mapping: no secret, asset or other marked value."""
    return isinstance(value, Mapping) and SIGNATURE not in value


def has_unknown(value: Any) -> bool:
    """Some part of `value` is not known yet."""
    if isinstance(value, Mapping):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(has_unknown(item) for item in value)
    return bool(value == UNKNOWN)
