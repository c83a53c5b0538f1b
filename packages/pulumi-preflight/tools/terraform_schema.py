"""The Terraform AWS provider's schema as a tree of properties.

Defaults, replacements and the form of JSON documents are learned from plans.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from terraform_plugin import UNKNOWN, Plugin

Block = dict[str, Any]


@dataclass
class Property:
    """One attribute or block. `kind`: text, number, bool, list, set, map, object (one block)."""

    kind: str
    flags: str
    """r required, o optional, c computed, e sensitive, f forces a replacement, b block, s a set of blocks,
    n absent from a plan although computed, z empty when not set, j and v JSON documents (see learn)."""
    default: Any = None
    nested: dict[str, Property] = field(default_factory=dict)


def tree(block: Block) -> dict[str, Property]:
    """Every property of a schema block, by Terraform name."""
    found = {name: _attribute(value) for name, value in block.get("attributes", {}).items()}
    for name, value in block.get("block_types", {}).items():
        mode = value["nesting_mode"]
        kind = "object" if value.get("max_items") == 1 or mode in ("single", "group") else mode
        flags = ("r" if value.get("min_items") else "o") + "b" + ("s" if mode == "set" else "")
        found[name] = Property(kind, flags, nested=tree(value["block"]))
    return found


def _flags(value: Block) -> str:
    return "".join(
        letter
        for letter, key in (("r", "required"), ("o", "optional"), ("c", "computed"), ("e", "sensitive"))
        if value.get(key)
    )


def _attribute(value: Block) -> Property:
    if "nested_type" in value:
        nested = value["nested_type"]
        mode = nested["nesting_mode"]
        kind = "object" if mode == "single" else mode
        return Property(
            kind, _flags(value), nested={k: _attribute(v) for k, v in nested["attributes"].items()}
        )
    kind, inner = _type(value.get("type", "string"))
    return Property(kind, _flags(value), nested=inner)


def _type(type_: Any) -> tuple[str, dict[str, Property]]:
    if isinstance(type_, str):
        return {"string": "text", "number": "number", "bool": "bool"}.get(type_, "text"), {}
    kind, inner = type_
    if kind == "object":
        return "object", {name: Property(*_spread(t)) for name, t in inner.items()}
    if isinstance(inner, list) and inner[0] == "object":
        return kind, {name: Property(*_spread(t)) for name, t in inner[1].items()}
    return kind, {}


def _spread(type_: Any) -> tuple[str, str, None, dict[str, Property]]:
    kind, nested = _type(type_)
    return kind, "oz", None, nested


_LARGEST = 600
"""Attributes in a sample."""


class Sample:
    """Values of the schema's shape: `empty`, all unknown, or made up from a seed."""

    @staticmethod
    def empty(block: Block) -> dict[str, Any]:
        out: dict[str, Any] = dict.fromkeys(block.get("attributes", {}))
        for name, value in block.get("block_types", {}).items():
            out[name] = {"list": [], "set": [], "map": {}}.get(value["nesting_mode"])
        return out

    @staticmethod
    def full(block: Block, seed: int, depth: int | None = None) -> dict[str, Any]:
        """Every settable attribute and one of each block, with other values for another seed."""
        depth = _depth(block) if depth is None else depth
        out: dict[str, Any] = {}
        for name, value in block.get("attributes", {}).items():
            settable = value.get("required") or value.get("optional")
            out[name] = _made_up(name, value, seed) if settable else None
        for name, value in block.get("block_types", {}).items():
            if depth == 0 or name == "timeouts":
                out[name] = {"list": [], "set": [], "map": {}}.get(value["nesting_mode"])
                continue
            one = Sample.full(value["block"], seed, depth - 1)
            out[name] = {"list": [one], "set": [one], "map": {"k": one}}.get(value["nesting_mode"], one)
        return out


def _depth(block: Block) -> int:
    """How many levels of blocks to fill: a firewall's statements nest without end."""
    return next((depth for depth in (4, 3, 2, 1) if _size(block, depth) <= _LARGEST), 0)


def _size(block: Block, depth: int) -> int:
    inner = block.get("block_types", {}).values() if depth else ()
    return len(block.get("attributes", {})) + sum(_size(value["block"], depth - 1) for value in inner)


def _least(block: Block, depth: int) -> dict[str, Any]:
    """Required attributes unknown, the rest unset, one of each block down to `depth`."""
    out = Sample.empty(block)
    for name, value in block.get("attributes", {}).items():
        if value.get("required"):
            out[name] = UNKNOWN
    for name, value in block.get("block_types", {}).items():
        if depth and name != "timeouts" and value["nesting_mode"] in ("list", "set", "single"):
            one = _least(value["block"], depth - 1)
            out[name] = one if value["nesting_mode"] == "single" else [one]
    return out


def _made_up(name: str, value: Block, seed: int) -> Any:
    if "nested_type" in value:
        nested = value["nested_type"]
        one = {k: _made_up(k, v, seed) for k, v in nested["attributes"].items()}
        return {"list": [one], "set": [one], "map": {"k": one}}.get(nested["nesting_mode"], one)
    type_ = value.get("type", "string")
    if type_ == "string" and name.endswith("arn"):
        return f"arn:aws:iam::123456789012:role/v{seed}"
    return _of_type(type_, seed)


def _of_type(type_: Any, seed: int) -> Any:
    if type_ == "number":
        return seed
    if type_ == "bool":
        return seed % 2 == 0
    if isinstance(type_, str):
        return f"v{seed}"
    kind, inner = type_
    if kind == "object":
        return {name: _of_type(t, seed) for name, t in inner.items()}
    one = _of_type(inner, seed)
    return {f"k{seed}": one} if kind == "map" else [one]


def learn(plugin: Plugin, type_: str, block: Block) -> tuple[dict[str, Property], str]:
    """The tree of one resource type with defaults and replacements; second, what could not be learned or ""."""
    properties = tree(block)
    trouble = _learn_defaults(plugin, type_, block, properties)
    _learn_documents(plugin, type_, block, properties)
    return properties, trouble + _learn_replacements(plugin, type_, block, properties)


def _learn_defaults(plugin: Plugin, type_: str, block: Block, properties: dict[str, Property]) -> str:
    trouble, allowed = "", plugin.falls + 2
    working: dict[str, Any] | None = None
    for depth in range(_depth(block), -1, -1):
        config = _least(block, depth)
        planned, _, error = plugin.plan(type_, None, config, config)
        trouble = error
        if planned and not error:
            _take_defaults(properties, config, planned)
            working = config
    if not trouble:
        return ""
    # The provider demands something that its schema calls optional: leave one out at a time.
    learned = working is not None
    for most in [working] if working else _nearly_full(block):
        for name, item in properties.items():
            if plugin.falls >= allowed:
                break
            left_out = most[name] if item.flags.startswith("r") else [] if "b" in item.flags else None
            config = {**most, name: None if name == "timeouts" else left_out}
            planned, _, error = plugin.plan(type_, None, config, config)
            if planned and not error:
                _take_defaults(properties, config, planned)
                learned = True
    return "" if learned else f"defaults: {trouble} "


def _nearly_full(block: Block) -> list[dict[str, Any]]:
    """Configurations with every attribute made up, and with every attribute unknown."""
    blocks = _blocks(_least(block, _depth(block)), block)
    unknown = {
        name: UNKNOWN if value.get("required") or value.get("optional") else None
        for name, value in block.get("attributes", {}).items()
    }
    return [Sample.full(block, 1) | blocks, unknown | blocks]


def _blocks(config: dict[str, Any], block: Block) -> dict[str, Any]:
    return {name: config[name] for name in block.get("block_types", {})}


def _take_defaults(properties: dict[str, Property], config: Any, planned: Any) -> None:
    """Notes what a plan shows of what was not configured: a default, a block that is computed, or nothing."""
    for name, item in properties.items():
        given, got = config.get(name), planned.get(name)
        if given in (None, [], {}) and got == UNKNOWN:
            if "c" not in item.flags:
                item.flags += "c"
            continue
        if isinstance(got, list) and len(got) == 1 and isinstance(got[0], dict):
            got = got[0]
            given = given[0] if isinstance(given, list) and given else {}
        if item.nested and isinstance(got, dict):
            _take_defaults(item.nested, given if isinstance(given, dict) else {}, got)
        elif given is None and isinstance(got, str | int | float | bool):
            item.default = got
        elif given is None and got is None and "c" in item.flags and "n" not in item.flags:
            item.flags += "n"


_DOCUMENT = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow"}]}'
_SORTED = '{"Statement":[{"Effect":"Allow"}],"Version":"2012-10-17"}'
_VERSION_FIRST = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow"}]}'


def _learn_documents(plugin: Plugin, type_: str, block: Block, properties: dict[str, Property]) -> None:
    """Flag j: the provider compacts the JSON document and sorts its keys; v: the same with Version first."""
    least, allowed = _least(block, 0), plugin.falls + 2
    for name, item in properties.items():
        if plugin.falls >= allowed:
            return
        if item.kind != "text" or not set(item.flags) & set("ro"):
            continue
        config = {**least, name: _DOCUMENT}
        planned, _, _ = plugin.plan(type_, None, config, config)
        kept = planned.get(name) if planned else None
        item.flags += {_SORTED: "j", _VERSION_FIRST: "v"}.get(kept, "") if isinstance(kept, str) else ""


def _learn_replacements(plugin: Plugin, type_: str, block: Block, properties: dict[str, Property]) -> str:
    old, new, least = Sample.full(block, 1), Sample.full(block, 2), _least(block, 0)
    few = {key: old[key] if least[key] is UNKNOWN else least[key] for key in old}
    trouble, allowed = "", plugin.falls + 2
    for name, item in properties.items():
        if plugin.falls >= allowed:
            return f"{trouble}the provider does not answer in time "
        if name == "timeouts" or not set(item.flags) & set("ro"):
            continue
        error = ""
        for others in (few, old):
            prior = {**others, name: old[name]}
            if "id" in prior:
                prior["id"] = "v1"
            changed = {**others, name: new[name]}
            _, paths, error = plugin.plan(type_, prior, changed, changed)
            if not error:
                for path in paths:
                    _mark(properties, path.split("."), name)
                break
        trouble = trouble or (f"replacement by {name}: {error} " if error else "")
    return trouble


def _mark(properties: dict[str, Property], path: list[str], changed: str) -> None:
    if path[0] != changed:
        return
    level, item = properties, None
    for step in path:
        if step not in level:
            break
        item = level[step]
        level = item.nested
    if item is not None and "f" not in item.flags:
        item.flags += "f"
