"""A read-only view of the resources of a stack, and of what refers to what."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, TypeVar

from endpoint_guard.node import UNKNOWN, MalformedError, Node, State, UnreadableError, plain
from endpoint_guard.sdk import decode

__all__ = ["UNKNOWN", "Graph", "MalformedError", "Node", "Resource", "State", "UnreadableError", "plain"]

T = TypeVar("T")
_IDENTITIES: Final = ("id", "arn", "name", "bucket", "keyId", "invokeArn", "executionArn", "url")
"""The properties under which others refer to a resource by a literal."""


@dataclass(frozen=True, eq=False)
class Resource:
    """One resource: what the program says about it and which resources each property is made from."""

    urn: str
    type: str
    name: str
    properties: Callable[[], Any] = field(repr=False, default=dict)  # plain values, made when first asked for
    provider: str = ""
    protect: bool = False
    ignore_changes: tuple[str, ...] = ()
    edges: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    graph: Graph = field(repr=False, default_factory=lambda: Graph(()))

    @property
    def kind(self) -> str:
        """The last word of the type, for people."""
        return "Provider" if self.type.startswith("pulumi:providers:") else self.type.rsplit(":", 1)[-1]

    @property
    def is_component(self) -> bool:
        """Whether it only groups others: no provider stands behind it, and its type has no provider's form."""
        return not self.provider and "/" not in self.type and not self.type.startswith("pulumi:")

    @cached_property
    def root(self) -> Node:
        return Node(self, "", self.properties())

    def get(self, path: str) -> Node:
        """The node at a dotted path; an empty path is the resource itself."""
        return self.root.get(path) if path else self.root

    def targets(self, path: str, *types: str) -> list[Resource]:
        """The resources of these types that a property refers to.

        Property dependencies decide; only a property without any is compared by literal id, ARN or name. Raises
        UnreadableError when there is no dependency and the value is unknown.
        """
        edges = self.edges.get(path.split(".", 1)[0], ())
        if edges:
            found = (self.graph.find(urn) for urn in edges)
            return [other for other in found if other is not None and other.type in types]
        wanted = [leaf.text() for leaf in self.get(path).leaves()]
        return [other for text in wanted for other in self.graph.known_as(text) if other.type in types]

    def users(self, path: str, *types: str) -> list[Resource]:
        """The resources of these types whose property at `path` refers to this one, each once."""
        return list(self.graph.users(path, *types).get(self.urn, ()))


class Graph:
    """All resources of a stack, indexed by type, by URN and by what refers to what."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self.resources = tuple(resources)
        self._by_urn = {resource.urn: resource for resource in self.resources}
        self._by_type: dict[str, list[Resource]] = {}
        for resource in self.resources:
            object.__setattr__(resource, "graph", self)
            self._by_type.setdefault(resource.type, []).append(resource)
        self._users: dict[tuple[str, tuple[str, ...]], dict[str, list[Resource]]] = {}
        self._remembered: dict[object, Any] = {}

    def of(self, *types: str) -> list[Resource]:
        """The resources of these types, in the order of their registration within each type."""
        return [resource for kind in types for resource in self._by_type.get(kind, ())]

    def remember(self, key: object, make: Callable[[], T]) -> T:
        """What `make` gives, made once per graph; an exception is not remembered."""
        if key not in self._remembered:
            self._remembered[key] = make()
        made: T = self._remembered[key]
        return made

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
            properties = resource.root.value
            values = [properties.get(key) for key in _IDENTITIES] if isinstance(properties, dict) else []
            for value in values:
                known = index.setdefault(value, []) if isinstance(value, str) and value else [resource]
                if resource not in known:
                    known.append(resource)
        return index

    def known_as(self, text: str) -> list[Resource]:
        """The resources whose id, ARN or name is this text."""
        return self._literals.get(text.removesuffix(":*"), []) if text else []

    def users(self, path: str, *types: str) -> Mapping[str, list[Resource]]:
        """For each URN, the resources of these types whose property at `path` refers to it. Built once.

        A reference that is not known yet is left out: the rule that reads the referring resource reports it.
        """
        key = (path, types)
        if key not in self._users:
            index: dict[str, list[Resource]] = {}
            for user in self.of(*types):
                try:
                    targets = user.targets(path, *self._by_type)
                except UnreadableError:
                    continue
                for target in dict.fromkeys(targets):
                    index.setdefault(target.urn, []).append(user)
            self._users[key] = index
        return self._users[key]


def from_policy(resources: Iterable[Any]) -> Graph:
    """The graph of what the engine hands to a stack policy (`StackValidationArgs.resources`)."""
    return Graph(_from_policy(resource) for resource in resources)


def _from_policy(resource: Any) -> Resource:
    edges = {
        name: tuple(target.urn for target in targets)
        for name, targets in resource.property_dependencies.items()
        if targets
    }
    return _resource(resource, edges)


def from_messages(messages: Sequence[Any]) -> Graph:
    """The graph of the engine's AnalyzeRequest or AnalyzerResource messages."""
    here = {message.urn for message in messages}
    return Graph(_from_message(message, here) for message in messages)


def _from_message(message: Any, here: set[str]) -> Resource:
    struct = message.properties
    return Resource(
        urn=message.urn,
        type=message.type,
        name=message.name or message.urn.rsplit("::", 1)[-1],
        properties=lambda: decode(struct),
        provider=message.provider.urn if message.HasField("provider") else "",
        protect=message.options.protect,
        ignore_changes=tuple(message.options.ignoreChanges),
        edges=_edges(message, here),
    )


def _edges(message: Any, here: set[str]) -> dict[str, tuple[str, ...]]:
    """The resources of the stack that each property is made from; an AnalyzeRequest does not say."""
    named = getattr(message, "propertyDependencies", None) or {}
    found = ((key, tuple(urn for urn in entry.urns if urn in here)) for key, entry in named.items())
    return {key: urns for key, urns in found if urns}


def from_resource(args: Any) -> Resource:
    """The one resource that the engine hands to a resource policy (`ResourceValidationArgs`)."""
    return Graph([_resource(args, {})]).resources[0]


def _resource(args: Any, edges: Mapping[str, tuple[str, ...]]) -> Resource:
    props = args.props
    return Resource(
        urn=args.urn,
        type=args.resource_type,
        name=args.name or args.urn.rsplit("::", 1)[-1],
        properties=lambda: plain(props),
        provider=args.provider.urn if args.provider else "",
        protect=bool(args.opts.protect),
        ignore_changes=tuple(args.opts.ignore_changes),
        edges=edges,
    )
