"""Resource graph -> the OpenAPI document of the declared API: routes, key, schema, every answer it may give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pulumi_preflight.graph import Graph

from localaws.declared_api import Api, Method, read_api
from model.decision import DECISIONS

OPENAPI = "3.1.0"
_JSON = "application/json"
_REFUSALS: Mapping[str, str] = {
    "400": "The request is not the contract's.",
    "403": "The key, the signature or the firewall refused it.",
    "413": "The body is too large.",
    "415": "The body is not JSON in UTF-8.",
    "429": "Too many requests, or the day's quota is used up.",
    "500": "The function could not handle the request.",
    "502": "The model did not answer as agreed.",
    "503": "The model is busy.",
    "504": "The model did not answer in time.",
}
_ERROR = {
    "type": "object",
    "additionalProperties": False,
    "required": ["request_id", "error"],
    "properties": {
        "request_id": {"type": "string", "minLength": 1},
        "error": {
            "type": "object",
            "additionalProperties": False,
            "required": ["code", "message"],
            "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
        },
    },
}
_PREDICTION = {
    "type": "object",
    "additionalProperties": False,
    "required": ["is_fraud", "score"],
    "properties": {
        "is_fraud": {"type": "boolean"},
        "score": {"type": "number", "minimum": 0, "maximum": 1, "multipleOf": 0.01},
        "decision": {"enum": list(DECISIONS)},
    },
}
_SCORES = {
    "type": "object",
    "additionalProperties": False,
    "required": ["request_id", "model_version", "predictions"],
    "properties": {
        "request_id": {"type": "string", "minLength": 1},
        "model_version": {"type": "string"},
        "predictions": {"type": "array", "minItems": 1, "items": _PREDICTION},
    },
}


def document(graph: Graph) -> dict[str, Any]:
    """The OpenAPI document of the API in `graph`. Raises ServerError when it declares none that can be served."""
    api = read_api(graph, "us-east-1")
    paths: dict[str, Any] = {}
    for method in api.methods:
        paths.setdefault(method.path, {})[method.verb.lower()] = _operation(method)
    return {
        "openapi": OPENAPI,
        "info": {"title": "Fraud scoring", "version": api.stage},
        "servers": [{"url": _server(api)}],
        "paths": paths,
        "components": {
            "schemas": {"Scores": _SCORES, "Error": _ERROR},
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
                "signature": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "x-amazon-apigateway-authtype": "awsSigv4",
                },
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            },
        },
    }


def _server(api: Api) -> str:
    return f"https://{api.id}.execute-api.{api.region}.amazonaws.com/{api.stage}"


def _operation(method: Method) -> dict[str, Any]:
    security = {"key": method.key_required, "signature": method.signed, "token": bool(method.token)}
    schema = {name: value for name, value in method.models.get("$default", {}).items() if name != "$schema"}
    answers = {"200": {"description": "One prediction for each transaction.", "content": _content("Scores")}}
    answers |= {
        status: {"description": what, "content": _content("Error")} for status, what in _REFUSALS.items()
    }
    if method.token:
        answers["401"] = {"description": "The token is missing or not valid.", "content": _content("Error")}
    return {
        "operationId": "score",
        "security": [{name: [] for name, asked in security.items() if asked}],
        "requestBody": {"required": True, "content": {_JSON: {"schema": schema}}},
        "responses": answers,
    }


def _content(name: str) -> dict[str, Any]:
    return {_JSON: {"schema": {"$ref": f"#/components/schemas/{name}"}}}
