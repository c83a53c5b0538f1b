"""REST and HTTP APIs: methods, routes, imported definitions, limits."""

from __future__ import annotations

import json
from typing import Any

from endpoint_guard import types as t

from tests.endpoint_guard.items import Item, Ref
from tests.endpoint_guard.verdicts.case import Case, fine, wrong


def quota(limit: int, period: str) -> Item:
    return Item(t.USAGE_PLAN, "plan", {"quotaSettings": {"limit": limit, "period": period}})


def definition(operation: dict[str, Any], **document: Any) -> Item:
    """A REST API that is imported as a definition with one operation."""
    content = {"openapi": "3.0.1", "paths": {"/score": {"post": operation}}, **document}
    return Item(t.REST_API, "api", {"name": "api", "body": json.dumps(content)})


TLS = {"Bool": {"aws:SecureTransport": "false"}}
SCHEMES = {
    "components": {
        "securitySchemes": {
            "key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
            "signed": {
                "type": "apiKey",
                "name": "Authorization",
                "in": "header",
                "x-amazon-apigateway-authtype": "awsSigv4",
            },
        }
    }
}
API = Item(t.REST_API, "api", {"name": "api"})

CASES: tuple[Case, ...] = (
    wrong("a week's quota on one day", "usage-plan-quota", quota(700_000, "WEEK")),
    wrong("a month's quota on one day", "usage-plan-quota", quota(3_000_000, "MONTH")),
    fine("a quota of a week under a day's", "usage-plan-quota", quota(90_000, "WEEK")),
    fine(
        "TLS 1.2 by default", "domain-modern-tls", Item(t.DOMAIN_NAME, "d", {"domainName": "a.example.com"})
    ),
    wrong(
        "a quick API in clear",
        "http-integration-tls",
        Item(t.HTTP_API, "h", {"protocolType": "HTTP", "target": "http://backend"}),
    ),
    wrong(
        "a quick API without authentication",
        "http-route-authorized",
        Item(t.HTTP_API, "h", {"protocolType": "HTTP", "target": "https://backend"}),
    ),
    wrong(
        "a quick API without limits",
        "http-stage-throttled",
        Item(t.HTTP_API, "h", {"protocolType": "HTTP", "target": "https://backend"}),
    ),
    wrong(
        "a route with looser limits",
        "http-stage-throttled",
        Item(
            t.HTTP_STAGE,
            "s",
            {
                "defaultRouteSettings": {"throttlingRateLimit": 10, "throttlingBurstLimit": 10},
                "routeSettings": [
                    {"routeKey": "POST /x", "throttlingRateLimit": 10000, "throttlingBurstLimit": 5000}
                ],
            },
        ),
    ),
    wrong(
        "an access log of another account",
        "http-stage-logged",
        Item(
            t.HTTP_STAGE,
            "s",
            {"accessLogSettings": {"destinationArn": "arn:aws:logs:us-east-1:999999999999:log-group:x"}},
        ),
    ),
    wrong(
        "a queue behind a route",
        "http-integration-calls-code",
        Item(t.HTTP_INTEGRATION, "i", {"integrationSubtype": "SQS-SendMessage"}),
    ),
    wrong(
        "a state machine in place of the function",
        "integration-calls-code",
        Item(
            t.INTEGRATION,
            "i",
            {"type": "AWS", "uri": "arn:aws:apigateway:us-east-1:states:action/StartExecution"},
        ),
    ),
    wrong(
        "an authorizer's decision for an hour",
        "method-requires-authorization",
        API,
        Item(
            t.AUTHORIZER,
            "a",
            {"restApi": Ref("api"), "type": "REQUEST", "authorizerResultTtlInSeconds": 3600},
        ),
        Item(
            t.METHOD,
            "m",
            {
                "restApi": Ref("api"),
                "httpMethod": "POST",
                "authorization": "CUSTOM",
                "authorizerId": Ref("a"),
            },
        ),
    ),
    wrong(
        "an answer that quotes the value",
        "gateway-response-says-little",
        Item(
            t.API_RESPONSE,
            "r",
            {"responseTemplates": {"application/json": '{"m": "$context.error.validationErrorString"}'}},
        ),
    ),
    *(
        wrong(
            f"an answer with {value} in a header",
            "gateway-response-says-little",
            Item(t.API_RESPONSE, "r", {"responseParameters": {"gatewayresponse.header.x": value}}),
        )
        for value in ("context.identity.apiKey", "method.request.header.x-api-key")
    ),
    wrong(
        "an answer with the key between braces",
        "gateway-response-says-little",
        Item(
            t.API_RESPONSE,
            "r",
            {"responseTemplates": {"application/json": '{"m": "${context.identity.apiKey}"}'}},
        ),
    ),
    fine(
        "an answer that speaks of the key",
        "gateway-response-says-little",
        Item(
            t.API_RESPONSE,
            "r",
            {
                "responseTemplates": {"application/json": '{"m": "send method.request.header.x-api-key"}'},
                "responseParameters": {
                    "gatewayresponse.header.a": "'context.identity.apiKey'",
                    "gatewayresponse.header.b": "context.identity.apiKeyId",
                },
            },
        ),
    ),
    fine(
        "an answer with the request's id",
        "gateway-response-says-little",
        Item(
            t.API_RESPONSE, "r", {"responseTemplates": {"application/json": '{"id": "$context.requestId"}'}}
        ),
    ),
    wrong("an operation that anyone may call", "definition-authenticated", definition({})),
    wrong("a key alone", "definition-authenticated", definition({"security": [{"key": []}]}, **SCHEMES)),
    fine(
        "a signature and a key",
        "definition-authenticated",
        definition({"security": [{"key": [], "signed": []}]}, **SCHEMES),
    ),
    fine(
        "a signature and a key, for the key",
        "definition-requires-api-key",
        definition({"security": [{"key": [], "signed": []}]}, **SCHEMES),
    ),
    wrong(
        "a way in without a key",
        "definition-requires-api-key",
        definition({"security": [{"key": []}, {"signed": []}]}, **SCHEMES),
    ),
    wrong("a body that nobody validates", "definition-validates-requests", definition({})),
    fine(
        "a validated body",
        "definition-validates-requests",
        definition(
            {},
            **{
                "x-amazon-apigateway-request-validators": {"all": {"validateRequestBody": True}},
                "x-amazon-apigateway-request-validator": "all",
            },
        ),
    ),
    fine("a definition that can be read", "api-definition-readable", definition({})),
    wrong(
        "a definition that cannot be read", "api-definition-readable", Item(t.REST_API, "api", {"body": "{"})
    ),
)
