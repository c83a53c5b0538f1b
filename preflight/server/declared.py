"""Resource graph -> what the local servers have to do: container, function and API, as declared."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from preflight.graph import UNKNOWN, Graph, reveal
from preflight.server.errors import ServerError

MODEL = "aws:sagemaker/model:Model"
ENDPOINT = "aws:sagemaker/endpoint:Endpoint"
OBJECT = "aws:s3/bucketObjectv2:BucketObjectv2"
FUNCTION = "aws:lambda/function:Function"
REST_API = "aws:apigateway/restApi:RestApi"
STAGE = "aws:apigateway/stage:Stage"
PATH = "aws:apigateway/resource:Resource"
METHOD = "aws:apigateway/method:Method"
INTEGRATION = "aws:apigateway/integration:Integration"
API_KEY = "aws:apigateway/apiKey:ApiKey"

_LAMBDA_DEFAULT_SECONDS = 3
_INTEGRATION_LIMIT_MS = 29_000

Resource = Mapping[str, Any]


@dataclass(frozen=True)
class Container:
    """The model's container: its archive, the digest in the archive's key, its environment."""

    endpoint: str
    archive: Path
    sha256: str
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Function:
    """The scoring function. `files` maps paths in its package to content; seconds, and memory in MB."""

    name: str
    handler: str
    files: Mapping[str, bytes]
    environment: Mapping[str, str]
    timeout: float
    memory: int
    concurrency: int
    region: str


@dataclass(frozen=True)
class Method:
    """One HTTP method of one path, with the time its integration may take in seconds."""

    verb: str
    path: str
    resource_id: str
    key_required: bool
    timeout: float


@dataclass(frozen=True)
class ApiKey:
    """A declared key. Its value is never read from the graph: local keys are generated here."""

    name: str
    id: str
    enabled: bool


@dataclass(frozen=True)
class Api:
    """The REST API with its one stage."""

    id: str
    stage: str
    methods: tuple[Method, ...]
    keys: tuple[ApiKey, ...]
    binary: bool


@dataclass(frozen=True)
class Declared:
    """Everything that is served of a stack."""

    container: Container
    function: Function
    api: Api


def read(graph: Graph, project: Path) -> Declared:
    """What `graph` declares; relative asset paths are taken from the folder `project`.

    Raises ServerError when the graph has no scoring stack or leaves a needed property unknown.
    """
    return Declared(_container(graph, project), _function(graph, project), _api(graph))


def _one(graph: Graph, type_: str) -> Resource:
    found = graph.by_type(type_)
    if len(found) != 1:
        raise ServerError(
            f"The stack declares {len(found)} resources of type {type_}, and exactly one can be served here."
        )
    resource: Resource = reveal(found[0])
    return resource


def _known(resource: Resource, *path: str) -> Any:
    value: Any = resource["inputs"]
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    if value is None or value == UNKNOWN:
        name = resource["urn"].rpartition("::")[2]
        raise ServerError(
            f"{name} has no known {'.'.join(path)}: serve the update form of the stack's graph."
        )
    return value


def _environment(variables: Any) -> dict[str, str]:
    return {name: str(value) for name, value in (variables or {}).items()}


def _container(graph: Graph, project: Path) -> Container:
    model = _one(graph, MODEL)
    url = str(_known(model, "primaryContainer", "modelDataUrl"))
    for resource in graph.by_type(OBJECT):
        key, source = resource["inputs"].get("key"), resource["inputs"].get("source")
        digest = re.search(r"[0-9a-f]{64}", str(key))
        if digest and url.endswith(f"/{key}") and isinstance(source, Mapping) and "path" in source:
            return Container(
                endpoint=str(_known(_one(graph, ENDPOINT), "name")),
                archive=project / source["path"],
                sha256=digest.group(),
                environment=_environment(_known(model, "primaryContainer", "environment")),
            )
    raise ServerError(
        "No declared S3 object with a digest in its key is what the model's modelDataUrl names."
    )


def _function(graph: Graph, project: Path) -> Function:
    function = _one(graph, FUNCTION)
    inputs, handler = function["inputs"], str(_known(function, "handler"))
    concurrency = int(inputs.get("reservedConcurrentExecutions") or -1)
    return Function(
        name=str(_known(function, "name")),
        handler=handler,
        files=_files(graph, inputs.get("code"), handler, project),
        environment=_environment((inputs.get("environment") or {}).get("variables")),
        timeout=float(inputs.get("timeout") or _LAMBDA_DEFAULT_SECONDS),
        memory=int(inputs.get("memorySize") or 128),
        concurrency=concurrency,
        region=_region(graph),
    )


def _region(graph: Graph) -> str:
    """The default provider's region."""
    regions = (provider["inputs"].get("region") for provider in graph.by_type("pulumi:providers:aws"))
    return next((str(region) for region in regions if region), "us-east-1")


def _files(graph: Graph, code: Any, handler: str, project: Path) -> dict[str, bytes]:
    """The function's package: its own archive or, when AWS signs it, the archive uploaded for signing."""
    module = handler.rpartition(".")[0].replace(".", "/") + ".py"
    for archive in (code, *(item["inputs"].get("source") for item in graph.by_type(OBJECT))):
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


def _api(graph: Graph) -> Api:
    rest = _one(graph, REST_API)
    paths = {str(item["id"]): item for item in graph.by_type(PATH)}
    timeouts = [
        float(item["inputs"].get("timeoutMilliseconds") or _INTEGRATION_LIMIT_MS) / 1000
        for item in graph.by_type(INTEGRATION)
    ]
    methods = tuple(
        Method(
            verb=str(item["inputs"]["httpMethod"]),
            path=_path(item, paths),
            resource_id=str(item["inputs"].get("resourceId")),
            key_required=bool(item["inputs"].get("apiKeyRequired")),
            timeout=min(timeouts, default=_INTEGRATION_LIMIT_MS / 1000),
        )
        for item in graph.by_type(METHOD)
    )
    keys = tuple(_key(item) for item in graph.by_type(API_KEY))
    stage = str(_known(_one(graph, STAGE), "stageName"))
    return Api(str(rest["id"]), stage, methods, keys, bool(rest["inputs"].get("binaryMediaTypes")))


def _path(method: Resource, paths: Mapping[str, Resource]) -> str:
    """The method's path, read from what its resourceId depends on."""
    parts: list[str] = []
    urns = {item["urn"]: item for item in paths.values()}
    owners: Sequence[str] = (method.get("propertyDependencies") or {}).get("resourceId") or ()
    resource = next(
        (urns[urn] for urn in owners if urn in urns), paths.get(str(method["inputs"].get("resourceId")))
    )
    while resource is not None:
        parts.insert(0, str(resource["inputs"]["pathPart"]))
        resource = paths.get(str(resource["inputs"].get("parentId")))
    return "/" + "/".join(parts)


def _key(resource: Resource) -> ApiKey:
    inputs = resource["inputs"]
    name = resource["urn"].rpartition("::")[2]
    enabled = inputs.get("enabled")
    return ApiKey(str(inputs.get("name") or name), str(resource["id"]), enabled is None or bool(enabled))
