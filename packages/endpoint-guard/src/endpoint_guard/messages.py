"""The graph of a stack from what the engine sends, over the wire or through the policy SDK."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from endpoint_guard import older
from endpoint_guard.graph import Graph, Resource
from endpoint_guard.values import decode, plain, shared
from endpoint_guard.views import program_view


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


Told = Callable[[str], Mapping[str, Any] | None]
"""What the engine told before of the resource with a URN: its inputs."""


def from_messages(messages: Iterable[Any], told: Told = lambda urn: None) -> list[Resource]:
    """The resources of the engine's AnalyzerResource messages; none of the messages is kept."""
    found = [from_message(message, told(message.urn)) for message in messages]
    here = {one.urn for one in found}
    for one in found:
        within = {key: tuple(urn for urn in urns if urn in here) for key, urns in one.edges.items()}
        # A copy of every resource would cost more than all the rest of this.
        object.__setattr__(one, "edges", {key: urns for key, urns in within.items() if urns})
    return found


def from_request(request: Any, inputs: Mapping[str, Any]) -> Graph:
    """The graph of the one resource of an AnalyzeRequest, whose properties have been read."""
    return Graph([_resource_of(request, lambda: inputs, None, {})])


def from_message(message: Any, inputs: Mapping[str, Any] | None = None) -> Resource:
    """The resource of one message, with what the program said of it where that is known."""
    answer = decode(message.properties)
    return _resource_of(message, lambda: answer, inputs, _edges(message))


def _resource_of(
    message: Any,
    outputs: Callable[[], Any],
    inputs: Mapping[str, Any] | None,
    edges: Mapping[str, tuple[str, ...]],
) -> Resource:
    urn, options, token = shared(message.urn), message.options, message.type
    answer = cache(lambda: older.reshaped(token, outputs()))
    told = None if inputs is None else older.reshaped(token, inputs)
    return Resource(
        urn=urn,
        type=older.current(token),
        token=token,
        name=message.name or urn.rsplit("::", 1)[-1],
        properties=answer if told is None else lambda: program_view(told, answer()),
        outputs=answer,
        provider=shared(message.provider.urn) if message.HasField("provider") else "",
        protect=options.protect,
        ignore_changes=tuple(options.ignoreChanges),
        edges=edges,
    )


def _edges(message: Any) -> dict[str, tuple[str, ...]]:
    """The URNs of what each property is made from."""
    named = message.propertyDependencies
    found = ((key, tuple(map(shared, named[key].urns))) for key in named)
    return {older.renamed(message.type, key): urns for key, urns in found if urns}


def from_resource(args: Any) -> Resource:
    """The one resource that the engine hands to a resource policy (`ResourceValidationArgs`)."""
    return Graph([_resource(args, {})]).resources[0]


def _resource(args: Any, edges: Mapping[str, tuple[str, ...]]) -> Resource:
    props = args.props
    token = args.resource_type
    return Resource(
        urn=args.urn,
        type=older.current(token),
        token=token,
        name=args.name or args.urn.rsplit("::", 1)[-1],
        properties=lambda: older.reshaped(token, plain(props)),
        provider=args.provider.urn if args.provider else "",
        protect=bool(args.opts.protect),
        ignore_changes=tuple(args.opts.ignore_changes),
        edges=edges,
    )
