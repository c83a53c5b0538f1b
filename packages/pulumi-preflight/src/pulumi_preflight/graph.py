"""The resource graph: what `pulumi stack export` would write, as plain data."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

# The engine's signatures of special values, the same in every SDK: written here, so that reading a graph does not need
# the SDK, whose import takes longer than the reading. A test compares them with the SDK's.
SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a mark of secrets, not one
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
REFERENCE = "5cf8f73096256a8f31e491e813e4eb8e"
ASSETS = ("c44067f5952c0a294b673a41bacd8c17", "0def7320c3a5731c473e5ecbe6d01bc7")
"""Of an asset and of an archive."""
SIGNATURES = frozenset({SECRET, REFERENCE, *ASSETS})
"""What an object with a signature may be in a state: the engine refuses every other."""
HIDDEN = "[secret]"

STACK_TYPE = "pulumi:pulumi:Stack"

Resource = dict[str, Any]
Source = Literal["offline", "engine", "deployed"]
"""Evaluated here, as the engine logged it, or what is deployed."""


@dataclass(frozen=True)
class Graph:
    """The resources of one stack, in an order in which parents and dependencies come first.

    Every resource has urn, type, custom, id, inputs, outputs, parent, provider, dependencies,
    propertyDependencies and protect; other keys of a stack export (ignoreChanges, aliases, retainOnDelete)
    only when set. Values are JSON values; an unknown is Pulumi's sentinel string; secrets, assets and
    archives are signature mappings.
    """

    project: str
    stack: str
    preview: bool
    resources: list[Resource] = field(repr=False)
    exports: dict[str, Any] = field(default_factory=dict, repr=False)
    config: Mapping[str, str] = field(default_factory=dict, repr=False)
    secret_keys: frozenset[str] = frozenset()
    warnings: tuple[str, ...] = ()
    """What a verdict on this graph does not cover, a sentence each."""
    source: Source = "offline"

    def get(self, urn: str) -> Resource | None:
        """The resource with this URN, or None."""
        return next((resource for resource in self.resources if resource["urn"] == urn), None)

    def by_type(self, type_: str) -> list[Resource]:
        """All resources of a type, in graph order."""
        return [resource for resource in self.resources if resource["type"] == type_]

    def to_export(self, *, mask: bool = True) -> dict[str, Any]:
        """The JSON document of `pulumi stack export`; with `mask`, without a secret's plain text."""

        def secret(value: Any) -> Any:
            if mask:
                return {SIGNATURE: SECRET, "ciphertext": ""}
            return {SIGNATURE: SECRET, "plaintext": json.dumps(value)}

        return {
            "version": 3,
            "deployment": {
                "manifest": {"time": "0001-01-01T00:00:00Z", "magic": "", "version": ""},
                "resources": [map_secrets(resource, secret) for resource in self.resources],
                "metadata": {},
            },
        }


def map_secrets(value: Any, replace: Callable[[Any], Any]) -> Any:
    """A copy of `value` in which every secret is replaced by `replace(<what it holds>)`."""
    if isinstance(value, Mapping):
        if value.get(SIGNATURE) == SECRET:
            return replace(value.get("value"))
        return {key: map_secrets(item, replace) for key, item in value.items()}
    if isinstance(value, list):
        return [map_secrets(item, replace) for item in value]
    return value


def secrets(value: Any) -> Iterator[Any]:
    """What each secret in `value` holds."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, Mapping):
            if item.get(SIGNATURE) == SECRET:
                yield item.get("value")
            else:
                stack += item.values()
        elif isinstance(item, list):
            stack += item


def plain_references(value: Any) -> Any:
    """A copy of `value` as a provider sees it: for a reference to a resource its id, to a component its URN."""
    if isinstance(value, Mapping):
        if value.get(SIGNATURE) == REFERENCE:
            return value.get("id") or value.get("urn", "")
        return {key: plain_references(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain_references(item) for item in value]
    return value


def reveal(value: Any) -> Any:
    """A copy of `value` with the plain text of every secret: for those who serve it, never for a report."""
    return map_secrets(value, reveal)


def whole_numbers(value: Any) -> Any:
    """Protobuf has only floating-point numbers; this gives back the integers among them."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {key: whole_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [whole_numbers(item) for item in value]
    return value


def in_order(resources: list[Resource]) -> list[Resource]:
    """Parents, providers and dependencies first, otherwise by URN: the same on every run."""
    by_urn = {resource["urn"]: resource for resource in sorted(resources, key=lambda item: str(item["urn"]))}
    done: dict[str, Resource] = {}

    def visit(urn: str) -> None:
        if urn in done or urn not in by_urn:
            return
        resource = by_urn.pop(urn)
        provider = str(resource["provider"]).rpartition("::")[0]
        for other in (resource["parent"], provider, *sorted(resource["dependencies"])):
            visit(other)
        done[urn] = resource

    for urn in list(by_urn):
        visit(urn)
    return list(done.values())
