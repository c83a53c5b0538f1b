"""One place in a resource's properties.

A property is read through a `Node`, which is known, unknown (a preview cannot tell yet) or missing, and which
remembers its path, so that a finding can name the place without ever holding the value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from endpoint_guard.values import UNKNOWN, plain

if TYPE_CHECKING:
    from endpoint_guard.graph import Resource

__all__ = ["UNKNOWN", "MalformedError", "Node", "State", "UnreadableError", "plain"]


@lru_cache(maxsize=4096)
def _steps(path: str) -> tuple[str, ...]:
    return tuple(path.split("."))


def below(value: Any, path: str) -> Any:
    """The value at a dotted path below another; None below what has no members, UNKNOWN below what is not known."""
    for step in _steps(path):
        # A block that may occur once arrives as an object or as a list of one.
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if isinstance(value, dict):
            value = value.get(step)
        elif value is UNKNOWN:
            break
        else:
            value = None
    return value


class State(Enum):
    """What a preview or an update can tell about a property."""

    KNOWN = "known"
    UNKNOWN = "unknown"
    MISSING = "missing"


class UnreadableError(Exception):
    """A rule needs a property that is not known yet. `node` says which."""

    def __init__(self, node: Node) -> None:
        super().__init__(node.path)
        self.node = node


class MalformedError(Exception):
    """A property that must hold a JSON document holds something else."""

    def __init__(self, node: Node) -> None:
        super().__init__(node.path)
        self.node = node


class Node:
    """One place in a resource's properties. Empty strings, nulls and empty collections count as missing."""

    __slots__ = ("path", "resource", "value")

    def __init__(self, resource: Resource, path: str, value: Any) -> None:
        self.resource = resource
        self.path = path
        self.value = value

    def __repr__(self) -> str:
        return f"Node({self.resource.urn!r}, {self.path!r})"

    @property
    def state(self) -> State:
        if self.value is UNKNOWN:
            return State.UNKNOWN
        return State.MISSING if self.value is None or self.value in ("", [], {}) else State.KNOWN

    @property
    def present(self) -> bool:
        """Whether there is a value. Raises UnreadableError when that is not known yet."""
        return self._known().state is State.KNOWN

    @property
    def declared(self) -> bool:
        """Whether the program gives a value, known or not."""
        return self.state is not State.MISSING

    def get(self, path: str) -> Node:
        """The node at a dotted path below this one; missing below a missing or scalar one."""
        return Node(self.resource, f"{self.path}.{path}" if self.path else path, below(self.value, path))

    def items(self) -> list[Node]:
        """The elements of a list; a lone value is a list of one. Raises UnreadableError when unknown."""
        if self._known().state is State.MISSING:
            return []
        if not isinstance(self.value, list):
            return [self]
        return [Node(self.resource, f"{self.path}[{i}]", item) for i, item in enumerate(self.value)]

    def entries(self) -> list[tuple[str, Node]]:
        """The pairs of a map. Raises UnreadableError when unknown; empty for anything else than a map."""
        value = self._known().value
        if not isinstance(value, dict):
            return []
        return [(key, Node(self.resource, f"{self.path}.{key}", item)) for key, item in value.items()]

    def text(self) -> str:
        """The string, or "" when missing or of another type. Raises UnreadableError when unknown."""
        value = self._known().value
        return value if isinstance(value, str) else ""

    def texts(self) -> list[str]:
        """The strings of a list. Raises UnreadableError when the list or an element is unknown."""
        return [item.text() for item in self.items()]

    def number(self) -> float | None:
        """The number, or None when missing or of another type. Raises UnreadableError when unknown."""
        value = self._known().value
        if isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?", value):
            return float(value)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

    def flag(self, default: bool = False) -> bool:
        """The boolean, `default` when missing, the opposite of `default`'s safety for no other type."""
        value = self._known().value
        if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
        return value if isinstance(value, bool) else default

    def document(self) -> Node:
        """The parsed JSON document that the string holds.

        Raises UnreadableError when the string is unknown and MalformedError when it is not a JSON object.
        """
        value = self._known().value
        if isinstance(value, str):
            text = value
            try:
                value = self.resource.graph.remember(("document", text), lambda: plain(json.loads(text)))
            except (ValueError, RecursionError):
                raise MalformedError(self) from None
        if not isinstance(value, dict):
            raise MalformedError(self)
        return Node(self.resource, self.path, value)

    def leaves(self) -> Iterator[Node]:
        """Every scalar below this node, known or not."""
        found: list[Node] = []
        self._gather(found)
        return iter(found)

    def texts_below(self) -> Iterator[str]:
        """Every text below this node that is known, without its place: where many are looked through."""
        open_: list[Any] = [self.value]
        while open_:
            value = open_.pop()
            if isinstance(value, str):
                yield value
            elif isinstance(value, dict):
                open_.extend(value.values())
            elif isinstance(value, list):
                open_.extend(value)

    def _gather(self, found: list[Node]) -> None:
        if isinstance(self.value, dict):
            for key, item in self.value.items():
                Node(self.resource, f"{self.path}.{key}", item)._gather(found)
        elif isinstance(self.value, list):
            for i, item in enumerate(self.value):
                Node(self.resource, f"{self.path}[{i}]", item)._gather(found)
        elif self.value is not None:
            found.append(self)

    def _known(self) -> Node:
        if self.value is UNKNOWN:
            raise UnreadableError(self)
        return self
