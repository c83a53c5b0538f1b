"""JSON that need not fit into memory: its long lists are written item by item."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any


def pieces(value: Any, indent: str = "") -> Iterator[str]:
    """The JSON text of `value`, in pieces. An iterator in it becomes a list with one item a line."""
    if isinstance(value, Mapping):
        members = ((f"{json.dumps(key)}: ", item) for key, item in value.items())
        yield from _enclosed("{}", members, indent)
    elif isinstance(value, list):
        yield from _enclosed("[]", (("", item) for item in value), indent)
    elif isinstance(value, Iterator):
        yield from _enclosed("[]", ((json.dumps(item), None) for item in value), indent, whole=True)
    else:
        yield json.dumps(value)


def _enclosed(
    brackets: str, members: Iterator[tuple[str, Any]], indent: str, *, whole: bool = False
) -> Iterator[str]:
    """The members, each with what stands before its value, or `whole` as they are."""
    inner, separator = f"{indent}  ", "\n"
    yield brackets[0]
    for before, value in members:
        yield f"{separator}{inner}{before}"
        separator = ",\n"
        if not whole:
            yield from pieces(value, inner)
    yield f"\n{indent}{brackets[1]}" if separator == ",\n" else brackets[1]
