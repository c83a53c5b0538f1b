"""A read-only view of the resources of a stack, and of what refers to what."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, TypeVar

from endpoint_guard.node import UNKNOWN, MalformedError, Node, State, UnreadableError, below, plain
from endpoint_guard.views import IDENTITIES

__all__ = ["UNKNOWN", "Graph", "MalformedError", "Node", "Resource", "State", "UnreadableError", "plain"]

T = TypeVar("T")
_WHOLE: Final = IDENTITIES - {"version"}
"""The identities that also name a resource as a part of another text, such as an ARN."""
_MODULES: Final = {
    "elasticloadbalancing": "lb",
    "events": "cloudwatch",
    "execute-api": "apigateway",
    "firehose": "kinesis",
    "logs": "cloudwatch",
    "states": "sfn",
}
"""The module of pulumi-aws for the service in an ARN, where the two differ."""


@dataclass(frozen=True, eq=False)
class Resource:
    """One resource: what the program says about it and which resources each property is made from."""

    urn: str
    type: str
    name: str
    properties: Callable[[], Any] = field(repr=False, default=dict)  # plain values, made when first asked for
    outputs: Callable[[], Any] | None = field(repr=False, default=None)
    provider: str = ""
    protect: bool = False
    ignore_changes: tuple[str, ...] = ()
    edges: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    graph: Graph = field(repr=False, default_factory=lambda: _NONE)
    token: str = ""  # the type as the program writes it, where that is an older name

    @property
    def kind(self) -> str:
        """The last word of the type, for people."""
        token = self.token or self.type
        return "Provider" if token.startswith("pulumi:providers:") else token.rsplit(":", 1)[-1]

    @property
    def is_component(self) -> bool:
        """Whether it only groups others: no provider stands behind it, and its type has no provider's form."""
        return not self.provider and "/" not in self.type and not self.type.startswith("pulumi:")

    @cached_property
    def _said(self) -> Any:
        return self.properties()

    @cached_property
    def _answer(self) -> Any:
        return self._said if self.outputs is None else self.outputs()

    @property
    def root(self) -> Node:
        return Node(self, "", self._said)

    def get(self, path: str) -> Node:
        """The node at a dotted path of what the program says; an empty path is the resource itself."""
        return Node(self, path, below(self._said, path) if path else self._said)

    def answered(self, path: str) -> Node:
        """The node at a dotted path of what AWS answered, be it the program's value or AWS's own."""
        return Node(self, path, below(self._answer, path))

    @cached_property
    def known_by(self) -> frozenset[str]:
        """The texts by which others refer to the resource, so far as they are known."""
        value = self._answer
        texts = value.values() if isinstance(value, dict) else ()
        return frozenset(text for text in texts if isinstance(text, str) and text)

    @cached_property
    def named_by(self) -> frozenset[str]:
        """Those of `known_by` that also name the resource as a part of another text."""
        value = self._answer
        texts = [value.get(key) for key in _WHOLE] if isinstance(value, dict) else ()
        return frozenset(text for text in texts if isinstance(text, str) and text)

    @property
    def own_texts(self) -> list[str]:
        """The id and the ARN, so far as they are known."""
        values = (self.answered(key).value for key in ("id", "arn"))
        return [text for text in dict.fromkeys(values) if isinstance(text, str) and text]

    def targets(self, path: str, *types: str) -> list[Resource]:
        """The resources of these types that a property refers to.

        A text that is known says so itself: by the identity of a resource that the property was made from, else by
        that of any resource. For an unknown text the dependencies decide; when they lead to none of the types, the
        one resource of the type that is made from the same things. Raises UnreadableError when nothing decides.
        """
        top = path.split(".", 1)[0].split("[", 1)[0]
        origins = [one for urn in self.edges.get(top, ()) if (one := self.graph.find(urn)) is not None]
        linked = [other for other in origins if other.type in types]
        found: dict[Resource, None] = {}
        for leaf in self.get(path).leaves():
            if leaf.value is UNKNOWN:
                if not origins:
                    raise UnreadableError(leaf)
                found.update(dict.fromkeys(linked or self._made_alike(leaf, origins, types)))
            elif text := leaf.text():
                near = [other for other in linked if _named_in(text, other)]
                nested = bool(origins) and "." in leaf.path.removeprefix(path) and not text.startswith("arn:")
                far = [] if near or nested else self.graph.known_as(text)
                found.update(dict.fromkeys([*near, *(other for other in far if other.type in types)]))
        return list(found)

    def _made_alike(self, leaf: Node, origins: list[Resource], types: tuple[str, ...]) -> list[Resource]:
        """The resource of a type that is made from the same things as an unknown text, if there is one of its kind."""
        if len(types) != 1:
            return []
        alike = {
            other
            for origin in origins
            for other in self.graph.made_from(origin.urn, types[0])
            if other is not self
        }
        if len(alike) > 1:
            raise UnreadableError(leaf)
        return list(alike)

    def users(self, path: str, *types: str) -> list[Resource]:
        """The resources of these types whose property at `path` refers to this one, each once.

        Raises UnreadableError when there is none, and one whose property is not known yet may be it.
        """
        users, doubtful = self.graph.users(path, types, self.type)
        found = users.get(self.urn, [])
        if not found and doubtful:
            raise UnreadableError(doubtful[0])
        return list(found)

    def users_of_any_kind(self) -> list[Resource]:
        """The resources of which any property is made from this one, or holds its id or ARN as a literal."""
        return self.graph.all_users(self)


def _named_in(text: str, other: Resource) -> bool:
    """Whether a text is, or holds as a word, something by which a resource is known."""
    if text in other.known_by:
        return True
    if other.answered("id").value is None and ":alias/aws/" not in f":{text}":
        return True  # an account of the stack without ids does not say: the dependency does
    return any(_is_word(known, text) for known in other.named_by if known in text)


def _is_word(word: str, text: str) -> bool:
    """Whether the text holds the word with neither a letter nor a digit beside it."""
    start = text.find(word)
    while start >= 0:
        end = start + len(word)
        beside = text[start - 1 : start] if start else "", text[end : end + 1]
        if not any(sign.isascii() and sign.isalnum() for sign in beside):
            return True
        start = text.find(word, start + 1)
    return False


class Graph:
    """All resources of a stack, indexed by type, by URN and by what refers to what."""

    def __init__(self, resources: Iterable[Resource], settings: Iterable[str] = ()) -> None:
        self.resources = tuple(resources)
        self.settings = frozenset(settings)
        self._by_urn = {resource.urn: resource for resource in self.resources}
        self._by_type: dict[str, list[Resource]] = {}
        for resource in self.resources:
            object.__setattr__(resource, "graph", self)
            self._by_type.setdefault(resource.type, []).append(resource)
        self._users: dict[tuple[str, tuple[str, ...], str], tuple[dict[str, list[Resource]], list[Node]]] = {}
        self._remembered: dict[object, Any] = {}

    def of(self, *types: str) -> list[Resource]:
        """The resources of these types, in the order of their registration within each type."""
        return [resource for kind in types for resource in self._by_type.get(kind, ())]

    @property
    def types(self) -> frozenset[str]:
        """The types of its resources."""
        return frozenset(self._by_type)

    def remember(self, key: object, make: Callable[[], T]) -> T:
        """What `make` gives, made once per graph; an exception is not remembered."""
        if key not in self._remembered:
            self._remembered[key] = make()
        made: T = self._remembered[key]
        return made

    def release(self) -> None:
        """Ends the graph: what it holds is free at once, and need not be looked for as a circle of references."""
        for resource in self.resources:
            object.__setattr__(resource, "graph", _NONE)
        self._remembered.clear()

    def find(self, urn: str) -> Resource | None:
        return self._by_urn.get(urn)

    @property
    def stack(self) -> str:
        """The stack's name, from the first URN; "" for an empty graph."""
        return self.resources[0].urn.split(":")[2] if self.resources else ""

    @property
    def project(self) -> str:
        """The project's name, from the first URN; "" for an empty graph."""
        return self.resources[0].urn.split(":")[4] if self.resources else ""

    @cached_property
    def _literals(self) -> dict[str, list[Resource]]:
        index: dict[str, list[Resource]] = {}
        for resource in self.resources:
            for text in resource.named_by:
                index.setdefault(text, []).append(resource)
        return index

    def known_as(self, text: str) -> list[Resource]:
        """The resources whose id, ARN or name is this text, or whose name an ARN of their service ends with."""
        exact = self._literals.get(text.removesuffix(":*"), []) if text else []
        if exact or not text.startswith("arn:"):
            return exact
        parts = text.removesuffix(":*").split(":", 5)
        if len(parts) < 6:
            return []
        module = f"aws:{_MODULES.get(parts[2], parts[2])}/"
        tails = {
            parts[5],
            parts[5].rsplit("/", 1)[-1],
            parts[5].rsplit(":", 1)[-1],
            parts[5].split(":", 1)[-1],
        }
        found = (other for tail in sorted(tails) for other in self._literals.get(tail, []))
        return [other for other in dict.fromkeys(found) if other.type.startswith(module)]

    @cached_property
    def _made(self) -> dict[str, dict[str, list[Resource]]]:
        index: dict[str, dict[str, list[Resource]]] = {}
        for resource in self.resources:
            for urn in {urn for urns in resource.edges.values() for urn in urns}:
                index.setdefault(urn, {}).setdefault(resource.type, []).append(resource)
        return index

    def made_from(self, urn: str, kind: str) -> list[Resource]:
        """The resources of a type with a property made from the resource of this URN."""
        return self._made.get(urn, {}).get(kind, [])

    def all_users(self, target: Resource) -> list[Resource]:
        """The resources of which any property is made from `target`, or holds its id or ARN as a literal."""
        linked = [other for others in self._made.get(target.urn, {}).values() for other in others]
        literal = [other for text in target.own_texts for other in self._holders.get(text, ())]
        return [other for other in dict.fromkeys([*linked, *literal]) if other is not target]

    @cached_property
    def _holders(self) -> dict[str, list[Resource]]:
        """For each id and ARN of a resource, the resources that hold it as a literal."""
        index: dict[str, list[Resource]] = {text: [] for one in self.resources for text in one.own_texts}
        for resource in self.resources:
            for text in {*resource.root.texts_below()} & index.keys():
                index[text].append(resource)
        return index

    def users(
        self, path: str, types: tuple[str, ...], kind: str
    ) -> tuple[Mapping[str, list[Resource]], list[Node]]:
        """For the URN of each resource of type `kind`, the resources of `types` whose property refers to it.

        Beside it the properties of which nobody knows yet what they refer to. Built once.
        """
        key = (path, types, kind)
        if key not in self._users:
            index: dict[str, list[Resource]] = {}
            doubtful: list[Node] = []
            for user in self.of(*types):
                try:
                    targets = user.targets(path, kind)
                except UnreadableError as error:
                    doubtful.append(error.node)
                    continue
                for target in targets:
                    index.setdefault(target.urn, []).append(user)
            self._users[key] = (index, doubtful)
        return self._users[key]


class _NoGraph(Graph):
    """What a resource without a graph is in. It remembers nothing: such resources have nothing in common."""

    def remember(self, key: object, make: Callable[[], T]) -> T:
        return make()


_NONE: Final[Graph] = _NoGraph(())
