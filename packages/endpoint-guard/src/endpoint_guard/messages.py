"""The graph of a stack from what the engine sends, over the wire or through the policy SDK."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from functools import cache, partial
from typing import Any

from endpoint_guard import older
from endpoint_guard.graph import Graph, Resource
from endpoint_guard.sdk import decode, plain
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


def from_messages(
    messages: Sequence[Any], inputs: Mapping[str, Any] | None = None, settings: Iterable[str] = ()
) -> Graph:
    """The graph of the engine's AnalyzeRequest or AnalyzerResource messages.

    `inputs` are those of each URN that the engine told before; `settings` the values of the stack's.
    """
    here = {message.urn for message in messages}
    told = inputs or {}
    return Graph((from_message(message, here, told.get(message.urn)) for message in messages), settings)


def from_request(request: Any, inputs: Mapping[str, Any]) -> Graph:
    """The graph of the one resource of an AnalyzeRequest, whose properties have been read."""
    return Graph([from_message(request, set(), inputs, lambda: inputs)])


def from_message(
    message: Any, here: Set[str], inputs: Mapping[str, Any] | None, outputs: Callable[[], Any] | None = None
) -> Resource:
    """The resource of one message, in a stack of the resources `here`."""
    urn, options, token = message.urn, message.options, message.type
    read = outputs or partial(decode, message.properties)
    answer = cache(lambda: older.reshaped(token, read()))
    told = None if inputs is None or outputs else older.reshaped(token, inputs)
    said = answer if told is None else lambda: program_view(told, answer())
    return Resource(
        urn=urn,
        type=older.current(token),
        token=token,
        name=message.name or urn.rsplit("::", 1)[-1],
        properties=said,
        outputs=answer,
        provider=message.provider.urn if message.HasField("provider") else "",
        protect=options.protect,
        ignore_changes=tuple(options.ignoreChanges),
        edges=_edges(message, here) if here else {},
    )


def _edges(message: Any, here: Set[str]) -> dict[str, tuple[str, ...]]:
    """The resources of the stack that each property is made from; an AnalyzeRequest does not say."""
    named = getattr(message, "propertyDependencies", None) or {}
    found = ((key, tuple(urn for urn in entry.urns if urn in here)) for key, entry in named.items())
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
