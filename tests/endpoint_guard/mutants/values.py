"""Further values that a rule must not accept, where it has another fault elsewhere."""

from __future__ import annotations

import json
from typing import Any, Final

from endpoint_guard import types as t

from tests.endpoint_guard.mutants.change import GONE, Mutant, Ref, Stack, add, mutant, put, without

ACL: Final = t.WEB_ACL, "firewall"
CONFIG: Final = t.ENDPOINT_CONFIG, "model"
MODEL: Final = t.MODEL, "model"
FUNCTION: Final = t.FUNCTION, "score"
PLAN: Final = t.USAGE_PLAN, "api-checkout"
IMAGE: Final = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sklearn:latest"
STAGE: Final = Ref(t.STAGE, "api", "arn")
ERRORS: Final = t.ALARM, "alarms-function-errors"
OPEN: Final = {"cidrBlocks": ["0.0.0.0/0"], "fromPort": 22, "toPort": 22, "protocol": "tcp"}
LOOSE: Final = json.dumps({"type": "object", "properties": {"a": {"type": "string"}}})
LOG: Final = t.WEB_ACL_LOGGING, "firewall"


def _another_header(stack: Stack) -> None:
    put(*ACL, "dataProtectionConfig", GONE)(stack)
    put(*LOG, "redactedFields", [{"singleHeader": {"name": "x-other"}}])(stack)


def _secret_key(stack: Stack) -> None:
    for provider in stack.every(t.PROVIDER):
        for side in ("inputs", "outputs"):
            provider[side]["secretKey"] = "secret"


def _counted(group: int, rule: str) -> Any:
    override = [{"name": rule, "actionToUse": {"count": {}}}]
    return put(*ACL, f"rules.{group}.statement.managedRuleGroupStatement.ruleActionOverrides", override)


API: list[Mutant] = [
    mutant(
        "AGW-G15", "the method is OPTIONS", "options-is-a-mock", put(t.METHOD, "api", "httpMethod", "OPTIONS")
    ),
    mutant(
        "AGW-G16",
        "another address in place of the function",
        "integration-safe",
        put(t.INTEGRATION, "api", "type", "HTTP"),
    ),
    mutant(
        "AGW-G01",
        "a burst of minus one",
        "usage-plan-throttled",
        put(*PLAN, "throttleSettings.burstLimit", -1),
    ),
    mutant(
        "AGW-G01",
        "one path throttled less than its plan",
        "usage-plan-throttled",
        put(*PLAN, "apiStages.0.throttles", [{"path": "/score/POST", "rateLimit": 9999, "burstLimit": 1}]),
    ),
    mutant(
        "AGW-010",
        "settings of one path alone",
        "stage-throttled",
        put(t.METHOD_SETTINGS, "api", "methodPath", "score/POST"),
    ),
    mutant(
        "AGW-G13",
        "a schema of another object",
        "request-schema-strict",
        put(t.API_MODEL, "api", "schema", LOOSE),
    ),
    mutant("AGW-G13", "an empty schema", "request-schema-strict", put(t.API_MODEL, "api", "schema", "{}")),
    mutant(
        "LAM-G06",
        "the gateway gives up before the function",
        "timeouts-nest",
        put(t.INTEGRATION, "api", "timeoutMilliseconds", 5000),
        at="score",
    ),
    mutant(
        "LAM-G02",
        "another service may call the function",
        "function-no-side-door",
        put(t.PERMISSION, "api", "principal", "events.amazonaws.com"),
    ),
    mutant(
        "LAM-013",
        "a function URL without authentication",
        "function-url-authenticated",
        add(t.FUNCTION_URL, "open", {"functionName": Ref(*FUNCTION, "name"), "authorizationType": "NONE"}),
    ),
    mutant(
        "LAM-015",
        "a function that runs for minutes",
        "function-timeout-bounded",
        put(*FUNCTION, "timeout", 300),
    ),
    mutant(
        "LAM-006",
        "an access key under a plain name",
        "container-env-no-secrets",
        put(*FUNCTION, "environment.variables.X", "AKIAABCDEFGHIJKLMNOP"),
    ),
]

FIREWALL: list[Mutant] = [
    mutant(
        "WAF-G02",
        "bodies of a megabyte",
        "firewall-body-size",
        put(*ACL, "rules.0.statement.sizeConstraintStatement.size", 1_000_000),
    ),
    mutant("WAF-G05", "another header is hidden in the log", "firewall-log-hides-keys", _another_header),
    mutant(
        "WAF-G07",
        "a log filter that drops everything",
        "firewall-log-complete",
        put(*LOG, "loggingFilter", {"defaultBehavior": "DROP", "filters": []}),
    ),
    mutant(
        "WAF-G09",
        "the first rule allows",
        "firewall-no-early-allow",
        put(*ACL, "rules.0.action", {"allow": {}}),
    ),
    mutant(
        "WAF-G03",
        "a rule of the common group is counted",
        "firewall-nothing-counted",
        _counted(2, "SizeRestrictions_BODY"),
    ),
    mutant(
        "WAF-G03",
        "a rule of the second group is counted",
        "firewall-nothing-counted",
        _counted(3, "Log4JRCE_HEADER"),
    ),
    mutant(
        "WAF-G10",
        "two firewalls before one stage",
        "stage-behind-firewall",
        add(t.WEB_ACL_ASSOCIATION, "second", {"resourceArn": STAGE, "webAclArn": Ref(*ACL, "arn")}),
    ),
    mutant(
        "WAF-007",
        "a firewall of the first kind",
        "no-classic-firewall",
        add("aws:waf/webAcl:WebAcl", "old", {"name": "old"}),
    ),
]

MODELS: list[Mutant] = [
    mutant(
        "SM-G02",
        "an image by its tag",
        "model-image-pinned",
        add(t.MODEL, "canary", {"primaryContainer": {"image": IMAGE}}),
        at="canary",
    ),
    mutant(
        "SM-G11",
        "a report on sample data",
        "model-trained-on-data",
        put(*MODEL, "primaryContainer.environment.TRAINING_DATA", "sample:" + "ab" * 32),
        settings={"model-trained-on-data": {"enforcementLevel": "mandatory"}},
    ),
    mutant(
        "SM-G08",
        "a key in the container",
        "container-env-no-secrets",
        put(*MODEL, "primaryContainer.environment.API_KEY", "abc"),
    ),
    mutant(
        "SM-G03",
        "an artifact at the root of its bucket",
        "model-artifact-pinned",
        put(
            *MODEL,
            "primaryContainer.modelDataUrl",
            "s3://fraud-prod-artifacts-123456789012-us-east-1/model.tar.gz",
        ),
    ),
    mutant(
        "SM-G03",
        "an upload without a digest in its key",
        "artifact-upload-pinned",
        put(t.BUCKET_OBJECT, "model", "key", "models/latest/model.tar.gz"),
    ),
    mutant(
        "SM-G10",
        "a serverless shadow",
        "endpoint-kinds",
        put(
            *CONFIG,
            "shadowProductionVariants",
            [{"variantName": "shadow", "serverlessConfig": {"maxConcurrency": 1}}],
        ),
    ),
]

AROUND: list[Mutant] = [
    mutant(
        "S3-009",
        "a log bucket without a policy",
        "bucket-tls-only",
        without(t.BUCKET_POLICY, "access-logs"),
        at="access-logs",
    ),
    mutant("SNS-004", "a topic without a policy", "topic-tls-only", without(t.TOPIC_POLICY), at="alarms"),
    mutant("CW-G01", "an alarm on every function", "alarm-watches-stack", put(*ERRORS, "dimensions", GONE)),
    mutant("CW-004", "an alarm that acts when all is well", "alarm-acts", put(*ERRORS, "alarmActions", GONE)),
    mutant(
        "VPC-001",
        "an open port behind the group itself",
        "no-open-ingress",
        put(t.SECURITY_GROUP, "private-model", "ingress", [{"self": True, "cidrBlocks": []}, OPEN]),
    ),
    mutant(
        "VPC-002",
        "the second of two ranges is everything",
        "no-open-egress",
        put(
            t.SECURITY_GROUP,
            "private-function",
            "egress",
            [{**OPEN, "cidrBlocks": ["10.0.0.0/8", "0.0.0.0/0"]}],
        ),
    ),
    mutant("PUL-G06", "no firewall at all", "required-components", without(t.WEB_ACL)),
    mutant(
        "PUL-G04",
        "an inline ACL of a bucket",
        "no-legacy-buckets",
        put(t.BUCKET, "access-logs", "acl", "private"),
    ),
    mutant(
        "TAG-001",
        "no tags on a bucket",
        "resources-tagged",
        put(t.BUCKET, "access-logs", "tags", GONE),
        put(t.BUCKET, "access-logs", "tagsAll", GONE),
    ),
    mutant("IAM-025", "a secret key in the provider", "provider-pinned", _secret_key),
]
VALUES: list[Mutant] = [*API, *FIREWALL, *MODELS, *AROUND]
