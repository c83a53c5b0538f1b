"""Mutants of the API, its keys and plans, and the firewall in front of it."""

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
    policy,
    put,
    unlinked,
    without,
)

API = t.REST_API, "api"
METHOD = t.METHOD, "api"
STAGE = t.STAGE, "api"
SETTINGS = t.METHOD_SETTINGS, "api"
INTEGRATION = t.INTEGRATION, "api"
EVERYONE = policy({"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "*"})
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


def log_format(**entries: Any) -> Change:
    """Sets entries of the access-log format; GONE removes one."""

    def change(stack: Stack) -> None:
        resource = stack.find(*STAGE)
        content = json.loads(resource["inputs"]["accessLogSettings"]["format"])
        for key, value in entries.items():
            content[key] = value
            if value is GONE:
                del content[key]
        put(*STAGE, "accessLogSettings.format", json.dumps(content))(stack)

    return change


def narrower(**settings: Any) -> Change:
    base = {
        "throttlingRateLimit": 10,
        "throttlingBurstLimit": 10,
        "loggingLevel": "ERROR",
        "metricsEnabled": True,
    }
    properties = {"restApi": Ref(*API), "stageName": Ref(*STAGE, "stageName"), "methodPath": "score/POST"}
    return add(t.METHOD_SETTINGS, "narrower", {**properties, "settings": {**base, **settings}})


OPTIONS = {"restApi": Ref(*API), "resourceId": Ref(t.API_RESOURCE, "api"), "httpMethod": "OPTIONS"}
LOOSE = "no-looser-method-settings"

ROUTES: list[Mutant] = [
    mutant(
        "AGW-001",
        "a method that asks for nothing",
        "method-requires-api-key",
        put(*METHOD, "apiKeyRequired", False),
        put(*METHOD, "authorization", "NONE"),
    ),
    mutant(
        "AGW-002",
        "a key alone authenticates",
        "method-requires-authorization",
        put(*METHOD, "authorization", "NONE"),
    ),
    mutant(
        "AGW-002",
        "an authorizer type without an authorizer",
        "method-requires-authorization",
        put(*METHOD, "authorization", "CUSTOM"),
    ),
    mutant(
        "AGW-003",
        "an edge-optimised API",
        "api-endpoint-type",
        put(*API, "endpointConfiguration.types", "EDGE"),
    ),
    mutant("AGW-004", "no access log", "stage-access-log", put(*STAGE, "accessLogSettings", GONE)),
    mutant(
        "AGW-005", "no execution log", "stage-execution-log", put(*SETTINGS, "settings.loggingLevel", "OFF")
    ),
    mutant(
        "AGW-005",
        "one path alone is logged",
        "stage-execution-log",
        put(*SETTINGS, "methodPath", "health/GET"),
    ),
    mutant(
        "AGW-006",
        "an access log as text",
        "stage-access-log",
        put(*STAGE, "accessLogSettings.format", "$context.requestId $context.status"),
    ),
    mutant(
        "AGW-007",
        "whole requests are logged",
        "no-data-trace",
        put(*SETTINGS, "settings.dataTraceEnabled", True),
    ),
    mutant("AGW-008", "no metrics", "api-metrics-on", put(*SETTINGS, "settings.metricsEnabled", False)),
    mutant("AGW-009", "no tracing", "stage-traced", put(*STAGE, "xrayTracingEnabled", False)),
    mutant(
        "AGW-010",
        "a throttle of minus one is none",
        "stage-throttled",
        put(*SETTINGS, "settings.throttlingRateLimit", -1),
    ),
    mutant(
        "AGW-010", "no burst limit", "stage-throttled", put(*SETTINGS, "settings.throttlingBurstLimit", GONE)
    ),
    mutant("AGW-011", "no firewall", "stage-behind-firewall", without(t.WEB_ACL_ASSOCIATION, "firewall")),
    mutant(
        "AGW-011",
        "no firewall, and the API named by its id",
        "stage-behind-firewall",
        without(t.WEB_ACL_ASSOCIATION, "firewall"),
        put(*STAGE, "restApi", "47c49c2d46"),
    ),
    mutant(
        "AGW-013",
        "a cache in clear",
        "no-response-cache",
        put(*SETTINGS, "settings.cachingEnabled", True),
        put(*SETTINGS, "settings.cacheDataEncrypted", False),
    ),
    mutant("AGW-015", "no validator", "requests-validated", put(*METHOD, "requestValidatorId", GONE)),
    mutant(
        "AGW-015",
        "a validator that does not look at the body",
        "requests-validated",
        put(t.VALIDATOR, "api", "validateRequestBody", False),
    ),
    mutant(
        "AGW-015",
        "only JSON is validated",
        "requests-validated",
        put(*METHOD, "requestModels", {"application/json": Ref(t.API_MODEL, "api", "name")}),
    ),
    mutant(
        "AGW-016",
        "a domain with old TLS",
        "domain-modern-tls",
        add(t.DOMAIN_NAME, "domain", {"domainName": "a.example.com", "securityPolicy": "TLS_1_0"}),
    ),
    mutant(
        "AGW-018",
        "a secret in the stage",
        "container-env-no-secrets",
        put(*STAGE, "variables", {"apiKey": SECRET}),
    ),
    mutant("AGW-020", "a policy for everybody", "api-policy-not-anonymous", put(*API, "policy", EVERYONE)),
    mutant(
        "AGW-020",
        "a separate policy for everybody",
        "api-policy-not-anonymous",
        add(t.REST_API_POLICY, "open", {"restApiId": Ref(*API), "policy": EVERYONE}),
    ),
    mutant(
        "AGW-026",
        "a definition that nobody reads",
        "api-definition-readable",
        put(*API, "body", '{"openapi": "3.0.1", "paths": {}}'),
    ),
    mutant(
        "AGW-G05",
        "a key's value from the program",
        "api-key-generated",
        put(t.API_KEY, "api-checkout", "value", "0123456789abcdefghij"),
    ),
    mutant(
        "AGW-G06",
        "the key from an authorizer",
        "api-key-source-header",
        put(*API, "apiKeySource", "AUTHORIZER"),
    ),
    mutant(
        "AGW-G07",
        "the default host beside a domain",
        "default-host-closed",
        add(t.BASE_PATH_MAPPING, "mapping", {"restApi": Ref(*API), "domainName": "a.example.com"}),
    ),
    mutant("AGW-G08", "the log does not say which client", "stage-access-log", log_format(apiKeyId=GONE)),
    mutant(
        "AGW-G08",
        "the log does not say what the firewall did",
        "stage-access-log",
        log_format(wafResponse=GONE),
    ),
    mutant(
        "AGW-G08",
        "the key itself in the log",
        "stage-log-hides-secrets",
        log_format(key="$context.identity.apiKey"),
    ),
    mutant(
        "AGW-G08",
        "claims in the log",
        "stage-log-hides-secrets",
        log_format(who="$context.authorizer.claims.email"),
    ),
    mutant(
        "AGW-G09",
        "the log goes outside the stack",
        "stage-log-destination",
        unlinked(
            *STAGE, "accessLogSettings.destinationArn", "arn:aws:logs:us-east-1:123456789012:log-group:other"
        ),
    ),
    mutant(
        "AGW-G09",
        "the execution log's group is not declared",
        "execution-log-group",
        without(t.LOG_GROUP, "execution"),
    ),
    mutant("AGW-G10", "a cache", "no-response-cache", put(*STAGE, "cacheClusterEnabled", True)),
    mutant("AGW-G11", "the account may write no logs", "api-account-logs", without(t.API_ACCOUNT, "api")),
    mutant(
        "AGW-G11",
        "the account's role is missing",
        "api-account-logs",
        put(t.API_ACCOUNT, "api", "cloudwatchRoleArn", GONE),
    ),
    mutant("AGW-G12", "one method is throttled less", LOOSE, narrower(throttlingRateLimit=150)),
    mutant("AGW-G12", "one method is not logged", LOOSE, narrower(loggingLevel="OFF")),
    mutant("AGW-G12", "no settings for every method", "stage-throttled", without(t.METHOD_SETTINGS, "api")),
]
