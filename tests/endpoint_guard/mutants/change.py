"""Changes of a recorded stack: what a mutant does to it, said in one line each."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from endpoint_guard.types import PROVIDER
from pulumi_preflight.graph import UNKNOWN, Graph, Resource

from tests.endpoint_guard.mutants.answers import answered

GONE = object()
"""A property set to this is removed."""
ACCOUNT = "123456789012"
REGION = "us-east-1"


@dataclass(frozen=True)
class Ref:
    """An output of another resource of the stack: its value after an update, unknown before, a dependency in both."""

    type: str
    name: str
    output: str = "id"


class Stack:
    """A copy of a recorded stack that may be changed: `resources` by appending, a resource when it was asked for."""

    def __init__(self, graph: Graph) -> None:
        self.preview = graph.preview
        self.resources: list[Resource] = list(graph.resources)
        self._before: dict[int, Resource] = {}

    def find(self, kind: str, name: str) -> Resource:
        """The resource; KeyError, in words, when the stack does not have it."""
        for index, resource in enumerate(self.resources):
            if resource["type"] == kind and resource["urn"].rpartition("::")[2] == name:
                return self._copied(index)
        raise KeyError(f"the recorded stack has no {kind} named {name}")

    def every(self, kind: str = "") -> list[Resource]:
        """All resources, or those of a type."""
        return [self._copied(i) for i, one in enumerate(self.resources) if kind in ("", one["type"])]

    def _copied(self, index: int) -> Resource:
        """The resource as a copy of this stack's own, made when it is needed: few are ever changed."""
        before = self.resources[index]
        if id(before) in self._before:
            return before
        resource = self.resources[index] = copy.deepcopy(before)
        # The recorder lets both sides share their values; a change must be made on each.
        resource["outputs"] = copy.deepcopy(before["outputs"])
        self._before[id(resource)] = before
        return resource

    def append(self, resource: Resource) -> None:
        """Adds a resource; what it does not say about itself, the provider answers."""
        self.resources.append(resource)
        self._before[id(resource)] = {}
        resource |= answered(resource, self.by_urn(), self.preview)

    def provider(self) -> str:
        """The provider that a further resource has."""
        own = next(resource for resource in self.resources if resource["type"] == PROVIDER)
        used = (resource["provider"] for resource in self.resources if resource["provider"])
        return next(used, f"{own['urn']}::{own['id']}")

    def by_urn(self) -> dict[str, Resource]:
        return {resource["urn"]: resource for resource in self.resources}

    def changed(self) -> frozenset[str]:
        """The URNs of what differs from the recorded stack."""
        return frozenset(one["urn"] for one in self.resources if self._before.get(id(one), one) != one)

    def answer(self) -> frozenset[str]:
        """As `changed`, after outputs were given that fit the changed inputs."""
        by_urn, changed = self.by_urn(), self.changed()
        for urn in changed:
            resource = by_urn[urn]
            if self._before[id(resource)].get("inputs") != resource["inputs"]:
                resource |= answered(resource, by_urn, self.preview)
        return changed

    def output(self, ref: Ref) -> Any:
        """What a reference gives in this form of the stack."""
        resource = self.find(ref.type, ref.name)
        if ref.output == "id":
            return resource["id"]
        return resource["outputs"].get(ref.output, UNKNOWN if self.preview else f"{ref.name}-{ref.output}")


Change = Callable[[Stack], None]


@dataclass(frozen=True)
class Mutant:
    """One fault. Any of `rules` kills it, on the resource named `at` if that is given.

    `undecidable` says why a preview cannot tell; it must then be found by the update. `settings` are thresholds
    under which it is judged, by rule. `stack` is the innocent stack that it is planted in: prod, or a small one.
    """

    controls: tuple[str, ...]
    title: str
    change: Change
    rules: tuple[str, ...]
    at: str = ""
    undecidable: str = ""
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    stack: str = "prod"


def mutant(controls: str, title: str, rules: str, *changes: Change, **more: Any) -> Mutant:
    """A mutant from ids separated by spaces; several changes are made one after the other."""
    return Mutant(tuple(controls.split()), title, together(*changes), tuple(rules.split()), **more)


def together(*changes: Change) -> Change:
    def change(stack: Stack) -> None:
        for one in changes:
            one(stack)

    return change


def put(kind: str, name: str, path: str, value: Any) -> Change:
    """Sets a property, as input and as output. A whole property loses its dependencies unless it is given a Ref."""

    def change(stack: Stack) -> None:
        resource = stack.find(kind, name)
        filled, edges = _filled(stack, value)
        _set(resource, path, filled)
        if "." not in path:
            _link(resource, path, edges)
        elif edges:
            top = path.split(".", 1)[0]
            _link(resource, top, [*resource["propertyDependencies"].get(top, ()), *edges])

    return change


def unlinked(kind: str, name: str, path: str, value: Any) -> Change:
    """As `put`, and the whole property loses its dependencies: it now names something outside the stack."""

    def change(stack: Stack) -> None:
        put(kind, name, path, value)(stack)
        _link(stack.find(kind, name), path.split(".", 1)[0], [])

    return change


def _set(resource: Resource, path: str, value: Any) -> None:
    *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for side in ("inputs", "outputs"):
        node: Any = resource[side]
        for step in steps:
            node = node.setdefault(step, {}) if isinstance(node, dict) else node[step]
        if value is not GONE:
            node[last] = copy.deepcopy(value)
        elif isinstance(node, list):
            del node[int(last)]
        else:
            node.pop(last, None)


def _link(resource: Resource, name: str, urns: Sequence[str]) -> None:
    resource["propertyDependencies"] = {**resource["propertyDependencies"], name: list(dict.fromkeys(urns))}


def _filled(stack: Stack, value: Any) -> tuple[Any, list[str]]:
    """The value with references filled in, and the URNs they refer to."""
    if isinstance(value, Ref):
        return stack.output(value), [stack.find(value.type, value.name)["urn"]]
    if isinstance(value, Mapping):
        pairs = {key: _filled(stack, item) for key, item in value.items()}
        return {key: pair[0] for key, pair in pairs.items()}, [
            urn for pair in pairs.values() for urn in pair[1]
        ]
    if isinstance(value, list):
        filled = [_filled(stack, item) for item in value]
        return [pair[0] for pair in filled], [urn for pair in filled for urn in pair[1]]
    return value, []


def without(kind: str, *names: str) -> Change:
    """Removes the named resources of a type, or all of them."""

    def change(stack: Stack) -> None:
        gone = [stack.find(kind, name) for name in names] or stack.every(kind)
        stack.resources = [resource for resource in stack.resources if resource not in gone]

    return change


def add(kind: str, name: str, properties: Mapping[str, Any], *, protect: bool = False, **more: Any) -> Change:
    """Adds a resource; its properties may hold references."""

    def change(stack: Stack) -> None:
        filled = {key: _filled(stack, value) for key, value in properties.items()}
        # A component has a shorter type, and no provider.
        custom = "/" in kind or kind.startswith(("aws-native:", "pulumi-python:"))
        provider = stack.provider() if custom else ""
        root = stack.resources[0]["urn"]
        urn = root.split("::")[0] + "::" + root.split("::")[1] + f"::{kind}::{name}"
        inputs = {key: pair[0] for key, pair in filled.items()}
        edges = {key: pair[1] for key, pair in filled.items() if pair[1]}
        resource = {
            "urn": urn,
            "type": kind,
            "custom": custom,
            "id": UNKNOWN if custom and stack.preview else "",
            "inputs": inputs,
            "outputs": copy.deepcopy(inputs),
            "parent": root,
            "provider": provider,
            "dependencies": sorted({target for targets in edges.values() for target in targets}),
            "propertyDependencies": edges,
            "protect": protect,
            **more,
        }
        stack.append(resource)

    return change


def option(kind: str, name: str, **options: Any) -> Change:
    """Sets options of a resource, such as protect or ignoreChanges."""
    return lambda stack: stack.find(kind, name).update(options)


Document = dict[str, Any]


def document(kind: str, name: str, edit: Callable[[Document], Any], key: str = "policy") -> Change:
    """Edits the JSON document that a property holds; it must be known in a preview too."""

    def change(stack: Stack) -> None:
        resource = stack.find(kind, name)
        text = resource["inputs"][key]
        content = json.loads(text)
        edit(content)
        for side in ("inputs", "outputs"):
            resource[side][key] = json.dumps(content)

    return change


def grant(kind: str, name: str, statement: Mapping[str, Any], key: str = "policy") -> Change:
    """Adds a statement to a policy document."""
    return document(kind, name, lambda content: content["Statement"].append(dict(statement)), key)


def drop(kind: str, name: str, sid: str, key: str = "policy") -> Change:
    """Removes the statement with a Sid from a policy document; KeyError when there is none."""
    return document(kind, name, lambda content: content["Statement"].remove(_named(content, sid)), key)


def edit(kind: str, name: str, sid: str, key: str = "policy", **elements: Any) -> Change:
    """Sets elements of the statement with a Sid; GONE removes one."""

    def change(content: Document) -> None:
        statement = _named(content, sid)
        for element, value in elements.items():
            if value is GONE:
                statement.pop(element)
            else:
                statement[element] = value

    return document(kind, name, change, key)


def _named(content: Document, sid: str) -> Document:
    found = [statement for statement in content["Statement"] if statement.get("Sid") == sid]
    if not found:
        raise KeyError(f"the document has no statement {sid}")
    first: Document = found[0]
    return first


def policy(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(actions: Any, resources: Any, **more: Any) -> Document:
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}
