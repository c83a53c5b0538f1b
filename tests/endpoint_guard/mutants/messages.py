"""Mutants of what a request may hold, and of what the API answers by itself."""

from __future__ import annotations

import json
from typing import Any

from endpoint_guard import types as t

from tests.endpoint_guard.mutants.change import (
    GONE,
    Change,
    Mutant,
    Ref,
    Stack,
    add,
    mutant,
    put,
)

API = t.REST_API, "api"
METHOD = t.METHOD, "api"
STAGE = t.STAGE, "api"
INTEGRATION = t.INTEGRATION, "api"
OPTIONS = {"restApi": Ref(*API), "resourceId": Ref(t.API_RESOURCE, "api"), "httpMethod": "OPTIONS"}


def schema(edit: Any) -> Change:
    """Edits the request schema."""

    def change(stack: Stack) -> None:
        resource = stack.find(t.API_MODEL, "api")
        content = json.loads(resource["inputs"]["schema"])
        edit(content)
        put(t.API_MODEL, "api", "schema", json.dumps(content))(stack)

    return change


def fields(content: Any) -> Any:
    return content["properties"]["transactions"]["items"]


MESSAGES: list[Mutant] = [
    mutant(
        "AGW-G13",
        "unknown fields are accepted",
        "request-schema-strict",
        schema(lambda s: fields(s).pop("additionalProperties")),
    ),
    mutant(
        "AGW-G13",
        "an array without end",
        "request-schema-strict",
        schema(lambda s: s["properties"]["transactions"].pop("maxItems")),
    ),
    mutant(
        "AGW-G13",
        "a number without bounds",
        "request-schema-strict",
        schema(lambda s: fields(s)["properties"]["amt"].pop("maximum")),
    ),
    mutant(
        "AGW-G13",
        "a field without a type",
        "request-schema-strict",
        schema(lambda s: fields(s)["properties"].update(more={})),
    ),
    mutant(
        "AGW-G13", "nothing is required", "request-schema-strict", schema(lambda s: fields(s).pop("required"))
    ),
    mutant("AGW-G14", "any verb", "no-catch-all-routes", put(*METHOD, "httpMethod", "ANY")),
    mutant("AGW-G14", "any path", "no-catch-all-routes", put(t.API_RESOURCE, "api", "pathPart", "{proxy+}")),
    mutant(
        "AGW-G15",
        "OPTIONS reaches the function",
        "options-is-a-mock",
        add(t.METHOD, "options", {**OPTIONS, "authorization": "NONE"}),
        add(t.INTEGRATION, "options", {**OPTIONS, "type": "AWS_PROXY"}),
    ),
    mutant(
        "AGW-G15",
        "every origin",
        "options-is-a-mock",
        add(t.METHOD, "options", {**OPTIONS, "authorization": "NONE"}),
        add(t.INTEGRATION, "options", {**OPTIONS, "type": "MOCK"}),
        add(
            t.INTEGRATION_RESPONSE,
            "options",
            {
                **OPTIONS,
                "statusCode": "200",
                "responseParameters": {"method.response.header.Access-Control-Allow-Origin": "'*'"},
            },
        ),
    ),
    mutant(
        "AGW-G16",
        "the backend's certificate is not checked",
        "integration-encrypted",
        put(*INTEGRATION, "tlsConfig", {"insecureSkipVerification": True}),
    ),
    mutant(
        "AGW-G16",
        "a plain connection to a backend",
        "integration-encrypted",
        put(*INTEGRATION, "type", "HTTP_PROXY"),
        put(*INTEGRATION, "uri", "http://backend.example.com"),
    ),
    mutant(
        "AGW-G17",
        "changes never reach the stage",
        "deployment-redeploys",
        put(t.DEPLOYMENT, "api", "triggers", GONE),
    ),
    mutant(
        "AGW-G17",
        "the stage serves another deployment",
        "stage-serves-deployment",
        put(*STAGE, "deployment", "abc123"),
    ),
    mutant(
        "AGW-G18",
        "a definition put over the API",
        "api-definition-readable",
        add(t.REST_API_PUT, "put", {"restApiId": Ref(*API), "body": "{}"}),
    ),
    mutant(
        "AGW-G18",
        "a canary",
        "stage-serves-deployment",
        put(*STAGE, "canarySettings", {"percentTraffic": 10, "deploymentId": "abc123"}),
    ),
]
