"""A resource in the engine's two messages to a policy pack: before its operation, and at the end of the run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pulumi.runtime.proto import analyzer_pb2

from pulumi_preflight.graph import Resource, plain_references
from pulumi_preflight.structs import to_struct


def short_name(urn: str) -> str:
    """The logical name at the end of a URN."""
    return urn.rpartition("::")[2]


def _struct(values: Mapping[str, Any]) -> Any:
    return to_struct(plain_references(values))


def request(resource: Resource, by_urn: Mapping[str, Resource]) -> Any:
    """A resource before its operation: its inputs."""
    request = analyzer_pb2.AnalyzeRequest(
        type=resource["type"],
        urn=resource["urn"],
        name=short_name(resource["urn"]),
        properties=_struct(resource["inputs"]),
        options=_options(resource),
    )
    _add_provider(request, resource, by_urn)
    return request


def view(resource: Resource, by_urn: Mapping[str, Resource]) -> Any:
    """A resource at the end: what AWS answered, its id among it; of a component and a provider, its outputs."""
    in_aws = resource["custom"] and not resource["type"].startswith("pulumi:")
    identity = {"id": resource["id"]} if in_aws and resource["id"] else {}
    message = analyzer_pb2.AnalyzerResource(
        type=resource["type"],
        urn=resource["urn"],
        name=short_name(resource["urn"]),
        parent=resource["parent"],
        properties=_struct({**identity, **resource["outputs"]}),
        options=_options(resource),
        dependencies=resource["dependencies"],
    )
    for key, urns in resource["propertyDependencies"].items():
        message.propertyDependencies[key].urns.extend(urns or [])
    _add_provider(message, resource, by_urn)
    return message


def _options(resource: Resource) -> Any:
    options = analyzer_pb2.AnalyzerResourceOptions(
        protect=bool(resource["protect"]),
        ignoreChanges=resource.get("ignoreChanges", []),
        deleteBeforeReplace=resource.get("deleteBeforeReplace", False),
        deleteBeforeReplaceDefined="deleteBeforeReplace" in resource,
        additionalSecretOutputs=resource.get("additionalSecretOutputs", []),
        aliases=resource.get("aliases", []),
        parent=resource["parent"],
    )
    options.customTimeouts.SetInParent()
    for key, seconds in (resource.get("customTimeouts") or {}).items():
        if key in ("create", "update", "delete"):  # the message has no others
            setattr(options.customTimeouts, key, seconds)
    return options


def _add_provider(message: Any, resource: Resource, by_urn: Mapping[str, Resource]) -> None:
    urn = resource["provider"].rpartition("::")[0]
    provider = by_urn.get(urn)
    if provider is not None:
        message.provider.CopyFrom(
            analyzer_pb2.AnalyzerProviderResource(
                type=provider["type"], urn=urn, name=short_name(urn), properties=_struct(provider["inputs"])
            )
        )
