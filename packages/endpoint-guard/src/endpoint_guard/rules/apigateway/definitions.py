"""APIs that are imported as an OpenAPI definition: each operation is judged as a declared method would be."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from endpoint_guard import types as t
from endpoint_guard.graph import Node, Resource
from endpoint_guard.rule import Context, Finding, fail, rule

_VERBS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "x-amazon-apigateway-any-method")
_WITH_BODY: Final = ("put", "post", "patch", "x-amazon-apigateway-any-method")
_REST: Final = (t.REST_API, t.REST_API_PUT)


@dataclass(frozen=True)
class Operation:
    """One verb of one path; `schemes` are the security schemes of which a caller has to satisfy one set."""

    node: Node
    verb: str
    content: dict[str, Any]
    document: dict[str, Any]

    @property
    def needs(self) -> list[list[dict[str, Any]]]:
        """The ways in, each as the security schemes that it asks for together."""
        return [[scheme for scheme, _ in way] for way in self._ways()]

    def _ways(self) -> list[list[tuple[dict[str, Any], Any]]]:
        """The same, each scheme with the scopes that are asked of it."""
        known = _mapping(self.document.get("securityDefinitions"))
        known |= _mapping(_mapping(self.document.get("components")).get("securitySchemes"))
        chosen = self.content.get("security", self.document.get("security")) or []
        return [
            [(_mapping(known.get(name)), scopes) for name, scopes in way.items()]
            for way in chosen
            if isinstance(way, dict)
        ]

    @property
    def is_preflight(self) -> bool:
        """Whether the gateway answers a browser's OPTIONS by itself."""
        called = _mapping(self.content.get("x-amazon-apigateway-integration"))
        return self.verb == "options" and str(called.get("type", "")).lower() == "mock"

    def authenticates(self) -> bool:
        """Whether every way in says who the caller is; a key alone only says which client's key it is."""
        auth = _mapping(self.content.get("x-amazon-apigateway-auth")) or _mapping(
            self.document.get("x-amazon-apigateway-auth")
        )
        if str(auth.get("type", "")).upper() == "AWS_IAM":
            return True
        ways = self.needs
        return bool(ways) and all(any(map(_identifies, way)) for way in ways)

    def asks_tokens_for_scopes(self) -> bool:
        """Whether every way in by a token of a user pool asks for a scope."""
        return all(scopes or not _takes_pool_tokens(scheme) for way in self._ways() for scheme, scopes in way)

    def asks_for_key(self) -> bool:
        """Whether every way in asks for an API key."""
        ways = self.needs
        return bool(ways) and all(any(map(_is_key, way)) for way in ways)

    def validates(self) -> bool:
        """Whether a validator that looks at bodies is in force."""
        validators = _mapping(self.document.get("x-amazon-apigateway-request-validators"))
        default = self.document.get("x-amazon-apigateway-request-validator")
        name = self.content.get("x-amazon-apigateway-request-validator", default)
        return _mapping(validators.get(str(name))).get("validateRequestBody") is True


def _mapping(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, dict) else {}


def _is_key(scheme: dict[str, Any]) -> bool:
    own = "x-amazon-apigateway-authtype" in scheme or "x-amazon-apigateway-authorizer" in scheme
    return scheme.get("type") == "apiKey" and str(scheme.get("name", "")).lower() == "x-api-key" and not own


def _identifies(scheme: dict[str, Any]) -> bool:
    """Whether API Gateway acts on a scheme: on its own extensions, and on nothing else that OpenAPI knows."""
    return "x-amazon-apigateway-authtype" in scheme or "x-amazon-apigateway-authorizer" in scheme


def _takes_pool_tokens(scheme: dict[str, Any]) -> bool:
    return str(scheme.get("x-amazon-apigateway-authtype", "")).lower() == "cognito_user_pools"


def definition(api: Resource) -> dict[str, Any] | None:
    """The imported definition, or None where it cannot be read. Raises UnreadableError when it is not known yet."""
    text = api.get("body").text()
    try:
        parsed = json.loads(text) if text.lstrip().startswith("{") else _of_yaml(text)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None


def _of_yaml(text: str) -> Any:
    import yaml  # it takes a while, and the engine waits for all that a pack imports at its start

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return None


def operations(api: Resource) -> list[Operation]:
    """The operations of the imported definition; none where there is no definition that can be read."""
    document = definition(api) if api.get("body").declared else None
    if document is None:
        return []
    return [
        Operation(Node(api, f"body.paths[{path}].{verb}", content), verb, _mapping(content), document)
        for path, verbs in _mapping(document.get("paths")).items()
        for verb, content in _mapping(verbs).items()
        if verb in _VERBS
    ]


def unless(
    api: Resource, good: Callable[[Operation], bool], text: str, verbs: tuple[str, ...] = _VERBS
) -> Iterator[Finding]:
    """A finding for each operation with one of the verbs that is not good; a preflight answer needs nothing."""
    for operation in operations(api):
        if operation.verb in verbs and not operation.is_preflight and not good(operation):
            yield fail(operation.node, text)


@rule(
    id="api-definition-readable",
    title="An imported API definition can be read, and says which methods there are",
    pillar="integrity",
    severity="high",
    why="Methods inside a definition that cannot be read escape every rule about methods.",
    remedy="Give body as OpenAPI in JSON or YAML with paths, or declare Resource, Method and Integration.",
    references=("AGW-G18", "AGW-026"),
    on=(*_REST, t.HTTP_API),
    scope="resource",
)
def api_definition_readable(api: Resource, ctx: Context) -> Iterator[Finding]:
    if not api.get("body").declared and api.type != t.REST_API_PUT:
        return
    if not operations(api):
        yield fail(api.get("body"), "imports a definition without a method that can be read")


@rule(
    id="definition-authenticated",
    title="Every operation of an imported definition authenticates its caller",
    pillar="auth",
    severity="critical",
    why="An operation without a scheme that API Gateway acts on is open to everybody.",
    remedy="Give the operation a security scheme with x-amazon-apigateway-authtype or an authorizer.",
    references=("AGW-001", "AGW-002", "AGW-021"),
    on=(*_REST, t.HTTP_API),
    scope="resource",
)
def definition_authenticated(api: Resource, ctx: Context) -> Iterator[Finding]:
    yield from unless(api, Operation.authenticates, "lets anyone call without authentication")


@rule(
    id="definition-requires-api-key",
    title="Every operation of an imported definition asks for an API key",
    pillar="auth",
    severity="critical",
    level="advisory",
    why="Without a key a caller belongs to no usage plan: nothing meters, throttles or names it.",
    remedy="Give the operation a security scheme of type apiKey in the header x-api-key.",
    references=("AGW-001",),
    on=_REST,
    scope="resource",
)
def definition_requires_api_key(api: Resource, ctx: Context) -> Iterator[Finding]:
    yield from unless(api, Operation.asks_for_key, "does not require an API key")


@rule(
    id="definition-validates-requests",
    title="Every operation of an imported definition with a body validates it",
    pillar="integrity",
    severity="high",
    why="What nobody validated reaches the function as it was sent.",
    remedy="Declare x-amazon-apigateway-request-validators and name one with validateRequestBody.",
    references=("AGW-015",),
    on=_REST,
    scope="resource",
)
def definition_validates_requests(api: Resource, ctx: Context) -> Iterator[Finding]:
    yield from unless(api, Operation.validates, "does not validate the body of a request", verbs=_WITH_BODY)
