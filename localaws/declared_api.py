"""Resource graph -> the REST API as API Gateway would run it: methods, keys, plans, limits, validation, answers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pulumi_preflight.graph import UNKNOWN, Graph, Resource, reveal

from localaws import tokens
from localaws.declared_authorizer import (
    USER_POOLS,
    MachineClient,
    TokenCheck,
    read_machine_clients,
    read_token_check,
)
from localaws.declared_plans import ApiKey, Throttle, read_keys, throttle_of
from localaws.errors import ServerError

_INTEGRATION_LIMIT_MS = 29_000
_SOME_ACCOUNT = "000000000000"


@dataclass(frozen=True)
class Method:
    """One HTTP method of one path, with the time its integration may take in seconds.

    `models` maps a content type, or `$default`, to a JSON schema; it is empty when no body is validated. `traced`
    means that bodies go to the execution log.
    """

    verb: str
    path: str
    resource_id: str
    key_required: bool
    timeout: float
    signed: bool = False
    throttle: Throttle | None = None
    models: Mapping[str, Any] = field(default_factory=dict)
    required: Sequence[str] = ()
    traced: bool = False
    token: TokenCheck | None = None

    @property
    def route(self) -> str:
        """As a usage plan names it."""
        return f"{self.path}/{self.verb}"

    @property
    def generality(self) -> tuple[int, int, bool]:
        """The lowest of several methods that fit is the one that is called: greedy paths and ANY come last."""
        return self.path.count("+}"), self.path.count("{"), self.verb == "ANY"

    def parameters(self, verb: str, path: str) -> dict[str, str] | None:
        """The path parameters of a request that fits, or None."""
        names, parts = [], []
        for part in self.path.split("/"):
            if part.startswith("{") and part.endswith("}"):
                names.append(part.strip("{+}"))
                parts.append("(.+)" if part.endswith("+}") else "([^/]+)")
            else:
                parts.append(re.escape(part))
        found = re.fullmatch("/".join(parts), path) if self.verb in (verb, "ANY") else None
        return dict(zip(names, found.groups(), strict=True)) if found else None


@dataclass(frozen=True)
class GatewayResponse:
    """A declared answer of one type; None keeps API Gateway's own."""

    status: int | None
    headers: Mapping[str, str]
    template: str | None


@dataclass(frozen=True)
class Api:
    """The REST API with its one stage. `log_group` is where the declared access log goes.

    `machine_clients` may get tokens, where a method asks for one."""

    id: str
    stage: str
    stage_arn: str
    account: str
    region: str
    methods: tuple[Method, ...]
    keys: tuple[ApiKey, ...]
    binary: bool
    responses: Mapping[str, GatewayResponse] = field(default_factory=dict)
    log_format: str | None = None
    log_group: str = ""
    traced: bool = False
    machine_clients: tuple[MachineClient, ...] = ()

    @property
    def execution_group(self) -> str:
        """Where the execution log goes."""
        return f"API-Gateway-Execution-Logs_{self.id}/{self.stage}"

    def method(self, verb: str, path: str) -> tuple[Method, dict[str, str]] | None:
        """The method that a request calls, with its path parameters, or None."""
        for method in sorted(self.methods, key=lambda method: method.generality):
            parameters = method.parameters(verb, path)
            if parameters is not None:
                return method, parameters
        return None


def one(graph: Graph, type_: str) -> Resource:
    """The only resource of a type, with secrets in plain text; ServerError when it is not one."""
    found = graph.by_type(type_)
    if len(found) != 1:
        raise ServerError(
            f"The stack declares {len(found)} resources of type {type_}, and exactly one can be served here."
        )
    resource: Resource = reveal(found[0])
    return resource


def known(resource: Resource, *path: str) -> Any:
    """An input that has to be known; ServerError when it is not."""
    value: Any = resource["inputs"]
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    if value is None or value == UNKNOWN:
        name = resource["urn"].rpartition("::")[2]
        raise ServerError(
            f"{name} has no known {'.'.join(path)}: serve the update form of the stack's graph."
        )
    return value


def read_api(graph: Graph, region: str) -> Api:
    """The API of `graph`. Raises ServerError for what cannot be served."""
    rest, stage = one(graph, tokens.REST_API), one(graph, tokens.STAGE)
    if (rest["inputs"].get("apiKeySource") or "HEADER") != "HEADER":
        raise ServerError("The API takes its keys from an authorizer, which is not imitated: use HEADER.")
    settings = stage["inputs"].get("accessLogSettings") or {}
    name = str(known(stage, "stageName"))
    arn = str(rest["outputs"].get("executionArn") or "")
    methods = tuple(_method(graph, item, name) for item in graph.by_type(tokens.METHOD))
    keys = read_keys(graph, str(rest["id"]), name)
    checks = [method.token for method in methods if method.token]
    return Api(
        id=str(rest["id"]),
        stage=name,
        stage_arn=str(stage["outputs"].get("arn") or ""),
        account=arn.split(":")[4] if arn.count(":") > 4 else _SOME_ACCOUNT,
        region=region,
        methods=methods,
        keys=keys,
        binary=bool(rest["inputs"].get("binaryMediaTypes")),
        responses={
            item["inputs"]["responseType"]: _response(item) for item in graph.by_type(tokens.GATEWAY_RESPONSE)
        },
        log_format=settings.get("format"),
        log_group=str(settings.get("destinationArn") or "").rpartition(":log-group:")[2],
        traced=bool(stage["inputs"].get("xrayTracingEnabled")),
        machine_clients=read_machine_clients(graph, checks, [key.name for key in keys]),
    )


def _method(graph: Graph, method: Resource, stage: str) -> Method:
    inputs = method["inputs"]
    verb, path, resource = str(inputs["httpMethod"]), _path(graph, method), str(inputs.get("resourceId"))
    authorization = inputs.get("authorization") or "NONE"
    if authorization not in {"NONE", "AWS_IAM", USER_POOLS}:
        raise ServerError(f"{verb} {path} asks for authorization {authorization}, which is not imitated.")
    integration = _integration(graph, resource, verb, path)
    settings = _settings(graph, stage, f"{path.strip('/')}/{verb}")
    body, parameters = _validated(graph, inputs.get("requestValidatorId"))
    required = [name for name, needed in (inputs.get("requestParameters") or {}).items() if needed]
    return Method(
        verb=verb,
        path=path,
        resource_id=resource,
        key_required=bool(inputs.get("apiKeyRequired")),
        timeout=float(integration.get("timeoutMilliseconds") or _INTEGRATION_LIMIT_MS) / 1000,
        signed=authorization == "AWS_IAM",
        throttle=throttle_of(settings.get("throttlingRateLimit"), settings.get("throttlingBurstLimit")),
        models=_models(graph, inputs.get("requestModels") or {}) if body else {},
        required=tuple(required) if parameters else (),
        traced=bool(settings.get("dataTraceEnabled")) and settings.get("loggingLevel") in ("ERROR", "INFO"),
        token=read_token_check(graph, inputs, f"{verb} {path}"),
    )


def _path(graph: Graph, method: Resource) -> str:
    """The method's path, read from what its resourceId depends on."""
    paths = {str(item["id"]): item for item in graph.by_type(tokens.API_RESOURCE)}
    urns = {item["urn"]: item for item in paths.values()}
    owners: Sequence[str] = (method.get("propertyDependencies") or {}).get("resourceId") or ()
    resource = next(
        (urns[urn] for urn in owners if urn in urns), paths.get(str(method["inputs"].get("resourceId")))
    )
    parts: list[str] = []
    while resource is not None:
        parts.insert(0, str(resource["inputs"]["pathPart"]))
        resource = paths.get(str(resource["inputs"].get("parentId")))
    return "/" + "/".join(parts)


def _validated(graph: Graph, validator: Any) -> tuple[bool, bool]:
    """Whether bodies are validated, and parameters."""
    for item in graph.by_type(tokens.VALIDATOR):
        if item["id"] == validator:
            inputs = item["inputs"]
            return bool(inputs.get("validateRequestBody")), bool(inputs.get("validateRequestParameters"))
    return False, False


def _models(graph: Graph, names: Mapping[str, str]) -> dict[str, Any]:
    declared = {
        item["inputs"]["name"]: item["inputs"].get("schema") for item in graph.by_type(tokens.API_MODEL)
    }
    try:
        return {kind.lower(): json.loads(declared.get(name) or "{}") for kind, name in names.items()}
    except ValueError:
        raise ServerError("The schema of a request model is not JSON: correct the model.") from None


def _integration(graph: Graph, resource: str, verb: str, path: str) -> Mapping[str, Any]:
    """What a method leads to. API Gateway deploys no method without one, and here it has to be a function."""
    for item in graph.by_type(tokens.INTEGRATION):
        inputs: Mapping[str, Any] = item["inputs"]
        if (str(inputs.get("resourceId")), inputs.get("httpMethod")) == (resource, verb):
            if (inputs.get("type") or "AWS_PROXY") != "AWS_PROXY":
                raise ServerError(
                    f"{verb} {path} has an integration of type {inputs['type']}, which is not imitated: use AWS_PROXY."
                )
            return inputs
    raise ServerError(
        f"{verb} {path} has no integration, and API Gateway deploys no such method: declare one."
    )


def _settings(graph: Graph, stage: str, route: str) -> Mapping[str, Any]:
    """The stage's settings for a method: its own before those for all methods."""
    found: dict[str, Any] = {}
    for item in graph.by_type(tokens.METHOD_SETTINGS):
        if item["inputs"].get("stageName") == stage:
            place = str(item["inputs"].get("methodPath")).replace("~1", "/")
            found[place] = item["inputs"].get("settings") or {}
    return {**found.get("*/*", {}), **found.get(route, {})}


def _response(resource: Resource) -> GatewayResponse:
    inputs = resource["inputs"]
    templates = inputs.get("responseTemplates") or {}
    status = inputs.get("statusCode")
    return GatewayResponse(
        int(status) if status else None,
        {
            name.removeprefix("gatewayresponse.header."): value
            for name, value in (inputs.get("responseParameters") or {}).items()
            if name.startswith("gatewayresponse.header.")
        },
        templates.get("application/json") or next(iter(templates.values()), None),
    )
