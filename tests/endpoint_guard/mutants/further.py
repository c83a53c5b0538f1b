"""Faults that keep the form of the good state: a key that the caller chooses, a filter that keeps nothing."""

from __future__ import annotations

import json

from endpoint_guard import types as t

from tests.endpoint_guard.mutants.change import ACCOUNT, REGION, Mutant, Ref, add, allow, grant, mutant, put

API = (t.REST_API, "api")
FUNCTION_ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:fraud-prod-score"
RATE = "rules.1.statement.rateBasedStatement"
LOG_FILTER = {
    "defaultBehavior": "DROP",
    "filters": [
        {
            "behavior": "KEEP",
            "requirement": "MEETS_ALL",
            "conditions": [{"actionCondition": {"action": name}} for name in ("BLOCK", "COUNT")],
        }
    ],
}


def _definition(operation: dict[str, object]) -> str:
    return json.dumps({"openapi": "3.0.1", "paths": {"/score": {"post": operation}}})


POOL = {
    "type": "apiKey",
    "name": "Authorization",
    "in": "header",
    "x-amazon-apigateway-authtype": "cognito_user_pools",
}


def _pool_definition(*scopes: str) -> str:
    operation = {"security": [{"pool": list(scopes)}]}
    content = {"paths": {"/score": {"post": operation}}, "components": {"securitySchemes": {"pool": POOL}}}
    return json.dumps({"openapi": "3.0.1", **content})


FURTHER: list[Mutant] = [
    mutant(
        "AGW-027",
        "a method for the ID tokens of a whole pool",
        "token-scopes-asked",
        put(t.METHOD, "api", "authorization", "COGNITO_USER_POOLS"),
    ),
    mutant(
        "AGW-027",
        "a definition for the ID tokens of a whole pool",
        "token-scopes-asked",
        add(t.REST_API_PUT, "put", {"restApiId": Ref(*API), "body": _pool_definition()}),
    ),
    mutant(
        "LAM-G02",
        "a role that may call the function",
        "function-no-side-door",
        grant(t.ROLE_POLICY, "model", allow("lambda:InvokeFunction", FUNCTION_ARN)),
    ),
    mutant(
        "WAF-G01",
        "a rate by a header that the caller chooses",
        "firewall-rate-rule",
        put(t.WEB_ACL, "firewall", f"{RATE}.aggregateKeyType", "CUSTOM_KEYS"),
        put(t.WEB_ACL, "firewall", f"{RATE}.customKeys", [{"header": {"name": "x-api-key"}}]),
    ),
    mutant(
        "WAF-G07",
        "a log filter that nothing meets",
        "firewall-log-complete",
        put(t.WEB_ACL_LOGGING, "firewall", "loggingFilter", LOG_FILTER),
    ),
    mutant(
        "S3-007",
        "a foreign organization reads captured requests",
        "policy-names-own-organization",
        grant(
            t.BUCKET_POLICY,
            "capture",
            allow(
                "s3:GetObject",
                f"arn:aws:s3:::fraud-prod-capture-{ACCOUNT}-{REGION}/*",
                Principal="*",
                Condition={"StringEquals": {"aws:PrincipalOrgID": "o-abc1234567"}},
            ),
        ),
    ),
    mutant(
        "SM-G03",
        "another module is served",
        "environment-steers-nothing",
        put(t.MODEL, "model", "primaryContainer.environment.SAGEMAKER_SERVING_MODULE", "other:application()"),
    ),
    mutant(
        "AGW-G16",
        "a state machine in place of the function",
        "integration-calls-code",
        put(t.INTEGRATION, "api", "type", "AWS"),
        put(t.INTEGRATION, "api", "uri", f"arn:aws:apigateway:{REGION}:states:action/StartExecution"),
    ),
    mutant(
        "AGW-G16",
        "a queue behind an HTTP API",
        "http-integration-calls-code",
        add(t.HTTP_INTEGRATION, "queue", {"integrationSubtype": "SQS-SendMessage"}),
    ),
    mutant(
        "AGW-G15",
        "an answer that quotes what was sent",
        "gateway-response-says-little",
        add(
            t.API_RESPONSE,
            "echo",
            {
                "restApiId": Ref(*API),
                "responseTemplates": {"application/json": '{"m": $context.error.validationErrorString}'},
            },
        ),
    ),
    mutant(
        "AGW-001",
        "a definition that anyone may call",
        "definition-authenticated",
        add(t.REST_API_PUT, "put", {"restApiId": Ref(*API), "body": _definition({})}),
    ),
    mutant(
        "AGW-001",
        "a definition without a key",
        "definition-requires-api-key",
        add(
            t.REST_API_PUT,
            "put",
            {
                "restApiId": Ref(*API),
                "body": _definition({"x-amazon-apigateway-auth": {"type": "AWS_IAM"}}),
            },
        ),
    ),
    mutant(
        "AGW-015",
        "a definition without a validator",
        "definition-validates-requests",
        add(t.REST_API_PUT, "put", {"restApiId": Ref(*API), "body": _definition({})}),
    ),
]
