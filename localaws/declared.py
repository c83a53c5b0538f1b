"""Resource graph -> what the local servers have to do: container, function and API, as declared."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pulumi_preflight.graph import Graph, Resource, reveal

from localaws import tokens
from localaws.declared_api import Api, known, one, read_api
from localaws.declared_firewall import Firewall, masked_identifiers, read_firewall
from localaws.errors import ServerError

_LAMBDA_DEFAULT_SECONDS = 3


@dataclass(frozen=True)
class Capture:
    """Data capture of the endpoint: share of the requests in percent, and Input, Output or both."""

    percentage: int
    modes: tuple[str, ...]


@dataclass(frozen=True)
class Container:
    """The model's container: its archive, the digest in the archive's key, its environment."""

    endpoint: str
    archive: Path
    sha256: str
    environment: Mapping[str, str]
    capture: Capture | None = None


@dataclass(frozen=True)
class Function:
    """The scoring function. `files` maps paths in its package to content; seconds, and memory in MB.

    `concurrency` is None where none is reserved, and 0 where the function is switched off.
    """

    name: str
    handler: str
    files: Mapping[str, bytes]
    environment: Mapping[str, str]
    timeout: float
    memory: int
    concurrency: int | None
    region: str


@dataclass(frozen=True)
class Declared:
    """Everything that is served of a stack."""

    container: Container
    function: Function
    api: Api
    firewall: Firewall | None
    masked: Mapping[str, Sequence[str]]


def read(graph: Graph, project: Path) -> Declared:
    """What `graph` declares; relative asset paths are taken from the folder `project`.

    Raises ServerError when the graph has no scoring stack or leaves a needed property unknown.
    """
    function = _function(graph, project)
    api = read_api(graph, function.region)
    return Declared(
        _container(graph, project),
        function,
        api,
        read_firewall(graph, api.stage_arn, api.account),
        masked_identifiers(graph),
    )


def _environment(variables: Any) -> dict[str, str]:
    return {name: str(value) for name, value in (variables or {}).items()}


def _container(graph: Graph, project: Path) -> Container:
    model = _model(graph)
    url = str(known(model, "primaryContainer", "modelDataUrl"))
    for resource in graph.by_type(tokens.BUCKET_OBJECT):
        key, source = resource["inputs"].get("key"), resource["inputs"].get("source")
        digest = re.search(r"[0-9a-f]{64}", str(key))
        if digest and url.endswith(f"/{key}") and isinstance(source, Mapping) and "path" in source:
            return Container(
                endpoint=str(known(one(graph, tokens.ENDPOINT), "name")),
                archive=project / source["path"],
                sha256=digest.group(),
                environment=_environment(known(model, "primaryContainer", "environment")),
                capture=_capture(graph),
            )
    raise ServerError(
        "No declared S3 object with a digest in its key is what the model's modelDataUrl names."
    )


def _model(graph: Graph) -> Resource:
    """The model that answers; a shadow's answers reach nobody."""
    answering = {
        variant.get("modelName")
        for item in graph.by_type(tokens.ENDPOINT_CONFIGURATION)
        for variant in item["inputs"].get("productionVariants") or ()
    }
    named = [
        item for item in graph.by_type(tokens.SAGEMAKER_MODEL) if item["outputs"].get("name") in answering
    ]
    found: Resource = reveal(named[0]) if len(named) == 1 else one(graph, tokens.SAGEMAKER_MODEL)
    return found


def _capture(graph: Graph) -> Capture | None:
    for item in graph.by_type(tokens.ENDPOINT_CONFIGURATION):
        config = item["inputs"].get("dataCaptureConfig") or {}
        if config.get("enableCapture"):
            modes = tuple(str(option["captureMode"]) for option in config.get("captureOptions") or ())
            return Capture(int(config.get("initialSamplingPercentage") or 0), modes)
    return None


def _function(graph: Graph, project: Path) -> Function:
    function = one(graph, tokens.FUNCTION)
    inputs, handler = function["inputs"], str(known(function, "handler"))
    reserved = inputs.get("reservedConcurrentExecutions")
    return Function(
        name=str(known(function, "name")),
        handler=handler,
        files=_files(graph, inputs.get("code"), handler, project),
        environment=_environment((inputs.get("environment") or {}).get("variables")),
        timeout=float(inputs.get("timeout") or _LAMBDA_DEFAULT_SECONDS),
        memory=int(inputs.get("memorySize") or 128),
        concurrency=None if reserved is None or int(reserved) < 0 else int(reserved),
        region=_region(graph),
    )


def _region(graph: Graph) -> str:
    """The default provider's region."""
    regions = (provider["inputs"].get("region") for provider in graph.by_type("pulumi:providers:aws"))
    return next((str(region) for region in regions if region), "us-east-1")


def _files(graph: Graph, code: Any, handler: str, project: Path) -> dict[str, bytes]:
    """The function's package: its own archive or, when AWS signs it, the archive uploaded for signing."""
    module = handler.rpartition(".")[0].replace(".", "/") + ".py"
    for archive in (code, *(item["inputs"].get("source") for item in graph.by_type(tokens.BUCKET_OBJECT))):
        files = _contents(archive, project) if isinstance(archive, Mapping) else {}
        if module in files:
            return files
    raise ServerError(f"No declared archive of files holds the function's handler file {module}.")


def _contents(archive: Mapping[str, Any], project: Path) -> dict[str, bytes]:
    """The files in a zip, or in an archive of named assets; nothing for any other asset."""
    try:
        if str(archive.get("path", "")).endswith(".zip"):
            with zipfile.ZipFile(project / archive["path"]) as package:
                return {name: package.read(name) for name in package.namelist()}
        return {name: _content(asset, project) for name, asset in (archive.get("assets") or {}).items()}
    except (OSError, zipfile.BadZipFile):
        raise ServerError("The function's package cannot be read: evaluate the stack again.") from None


def _content(asset: Mapping[str, Any], project: Path) -> bytes:
    path = asset.get("path")
    return (project / path).read_bytes() if path else str(asset.get("text") or "").encode()
