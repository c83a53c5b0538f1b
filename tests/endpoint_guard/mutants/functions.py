"""Mutants of the function."""

from __future__ import annotations

from typing import Any

from endpoint_guard import types as t
from pulumi_preflight.graph import UNKNOWN

from tests.endpoint_guard.mutants.change import (
    ACCOUNT,
    GONE,
    Change,
    Mutant,
    Ref,
    Stack,
    add,
    mutant,
    put,
    without,
)

FUNCTION = t.FUNCTION, "score"
PERMISSION = t.PERMISSION, "api"
GROUPS = Ref(t.SECURITY_GROUP, "private-function")
OWN_KEY = "encrypted-with-own-key"
IN_VPC = "workload-in-vpc"
DOOR = "function-no-side-door"
EXPLICIT = "function-limits-explicit"


def _source(stack: Stack) -> None:
    """The ARN of the stage with a wildcard behind it; in a preview unknown, made from the stage alone."""
    resource = stack.find(*PERMISSION)
    stage = stack.find(t.STAGE, "api")
    value = UNKNOWN if stack.preview else f"{stage['outputs']['executionArn']}/*"
    for side in ("inputs", "outputs"):
        resource[side]["sourceArn"] = value
    resource["propertyDependencies"]["sourceArn"] = [stage["urn"]]


def _all_methods(stack: Stack) -> None:
    for side in ("inputs", "outputs"):
        stack.find(*PERMISSION)[side]["sourceArn"] = (
            f"arn:aws:execute-api:us-east-1:{ACCOUNT}:47c49c2d46/*/*/*"
        )


def _trigger(kind: str, name: str, **properties: Any) -> Change:
    return add(kind, name, {"functionName": Ref(*FUNCTION, "name"), **properties})


FUNCTIONS: list[Mutant] = [
    mutant(
        "LAM-002",
        "no reserved concurrency",
        "function-concurrency-bounded",
        put(*FUNCTION, "reservedConcurrentExecutions", GONE),
    ),
    mutant(
        "LAM-002",
        "the function is switched off",
        "function-concurrency-bounded",
        put(*FUNCTION, "reservedConcurrentExecutions", 0),
    ),
    mutant("LAM-003", "the function runs outside the network", IN_VPC, put(*FUNCTION, "vpcConfig", GONE)),
    mutant(
        "LAM-003",
        "a network configuration of empty lists",
        IN_VPC,
        put(*FUNCTION, "vpcConfig", {"subnetIds": [], "securityGroupIds": []}),
    ),
    mutant(
        "LAM-003",
        "subnets without a group",
        IN_VPC,
        put(*FUNCTION, "vpcConfig", {"subnetIds": [Ref(t.SUBNET, "private-a"), Ref(t.SUBNET, "private-b")]}),
    ),
    mutant(
        "LAM-003",
        "one subnet",
        IN_VPC,
        put(
            *FUNCTION, "vpcConfig", {"subnetIds": [Ref(t.SUBNET, "private-a")], "securityGroupIds": [GROUPS]}
        ),
    ),
    mutant("LAM-005", "variables without the stack's key", OWN_KEY, put(*FUNCTION, "kmsKeyArn", GONE)),
    mutant(
        "LAM-006",
        "a secret in the function",
        "container-env-no-secrets",
        put(*FUNCTION, "environment.variables.DB_PASSWORD", "hunter2hunter2"),
    ),
    mutant(
        "LAM-008",
        "traces only what others ask for",
        "function-traced",
        put(*FUNCTION, "tracingConfig.mode", "PassThrough"),
    ),
    mutant("LAM-009", "unsigned code", "function-code-signed", put(*FUNCTION, "codeSigningConfigArn", GONE)),
    mutant(
        "LAM-010",
        "a runtime at its end",
        "function-runtime-supported",
        put(*FUNCTION, "runtime", "python3.8"),
    ),
    mutant(
        "LAM-011", "everybody may invoke", "function-permission-bound", put(*PERMISSION, "principal", "*")
    ),
    mutant(
        "LAM-012",
        "a service bound to no source",
        "function-permission-bound function-permission-narrow",
        put(*PERMISSION, "sourceArn", GONE),
    ),
    mutant(
        "LAM-012",
        "any API of any account",
        "function-permission-bound function-permission-narrow",
        put(*PERMISSION, "sourceArn", "arn:aws:execute-api:*:*:*/*/*/*"),
    ),
    mutant(
        "LAM-013", "an open function URL", DOOR, _trigger(t.FUNCTION_URL, "url", authorizationType="NONE")
    ),
    mutant("LAM-015", "no timeout", EXPLICIT, put(*FUNCTION, "timeout", GONE)),
    mutant("LAM-016", "no memory size", EXPLICIT, put(*FUNCTION, "memorySize", GONE)),
    mutant(
        "LAM-018", "no logging configuration", "function-log-group", put(*FUNCTION, "loggingConfig", GONE)
    ),
    mutant(
        "LAM-019",
        "a layer of another account",
        "function-no-foreign-layers",
        put(*FUNCTION, "layers", ["arn:aws:lambda:us-east-1:999999999999:layer:more:1"]),
    ),
    mutant("LAM-021", "no description", EXPLICIT, put(*FUNCTION, "description", "")),
    mutant(
        "LAM-022",
        "a star in the function's role",
        "iam-no-service-wildcard",
        put(
            t.ROLE_POLICY,
            "function",
            "policy",
            '{"Statement": {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}}',
        ),
    ),
    mutant("LAM-G01", "every method of every stage", "function-permission-narrow", _all_methods),
    mutant(
        "LAM-G01",
        "every method of the stage",
        "function-permission-narrow",
        _source,
        undecidable="The ARN holds the id of an API that does not exist yet; the update judges it.",
    ),
    mutant("LAM-G01", "no alias named", "function-permission-qualified", put(*PERMISSION, "qualifier", GONE)),
    mutant(
        "LAM-G02",
        "an event source",
        DOOR,
        _trigger(t.EVENT_SOURCE, "queue", eventSourceArn=f"arn:aws:sqs:us-east-1:{ACCOUNT}:a"),
    ),
    mutant(
        "LAM-G02",
        "a second permission",
        DOOR,
        add(
            t.PERMISSION,
            "events",
            {
                "action": "lambda:InvokeFunction",
                "function": Ref(*FUNCTION, "name"),
                "qualifier": "live",
                "principal": "events.amazonaws.com",
                "sourceArn": f"arn:aws:events:us-east-1:{ACCOUNT}:rule/a",
                "sourceAccount": ACCOUNT,
            },
        ),
    ),
    mutant(
        "LAM-G02",
        "an invocation by a bucket's events",
        DOOR,
        put(
            "aws:s3/bucketNotification:BucketNotification",
            "artifacts",
            "lambdaFunctions",
            [{"lambdaFunctionArn": Ref(*FUNCTION, "arn"), "events": ["s3:ObjectCreated:*"]}],
        ),
    ),
    mutant(
        "LAM-G03 CW-G04",
        "the function's log group is not in the stack",
        "function-log-group",
        without(t.LOG_GROUP, "score"),
    ),
    mutant(
        "LAM-G04", "logs as text", "function-log-group", put(*FUNCTION, "loggingConfig.logFormat", "Text")
    ),
    mutant(
        "LAM-G04",
        "debugging logs",
        "function-log-group",
        put(*FUNCTION, "loggingConfig.applicationLogLevel", "DEBUG"),
    ),
    mutant(
        "LAM-G05",
        "unsigned code with a warning",
        "code-signing-enforced",
        put(t.CODE_SIGNING, "score", "policies.untrustedArtifactOnDeployment", "Warn"),
    ),
    mutant("LAM-G06", "the function outlasts the gateway", "timeouts-nest", put(*FUNCTION, "timeout", 29)),
    mutant(
        "LAM-G06",
        "the endpoint call outlasts the function",
        "timeouts-nest",
        put(*FUNCTION, "environment.variables.ENDPOINT_TIMEOUT_SECONDS", "12"),
    ),
    mutant(
        "LAM-G07",
        "more concurrency than the ceiling",
        "function-concurrency-bounded",
        put(*FUNCTION, "reservedConcurrentExecutions", 5000),
    ),
    mutant(
        "LAM-G07",
        "too little concurrency for the throttle",
        "concurrency-fits-throttle",
        put(*FUNCTION, "reservedConcurrentExecutions", 1),
    ),
    mutant(
        "LAM-G08",
        "a package that is not pinned",
        "function-package-pinned",
        put(*FUNCTION, "sourceCodeHash", GONE),
    ),
    mutant(
        "LAM-G09",
        "the function reaches the internet",
        "no-open-egress",
        add(
            t.GROUP_EGRESS,
            "out",
            {"securityGroupId": GROUPS, "cidrIpv4": "0.0.0.0/0", "ipProtocol": "-1", "description": "out"},
        ),
    ),
    mutant(
        "LAM-G09",
        "the function reaches an address",
        "group-rules-named",
        add(
            t.GROUP_EGRESS,
            "out",
            {
                "securityGroupId": GROUPS,
                "cidrIpv4": "203.0.113.7/32",
                "fromPort": 443,
                "toPort": 443,
                "ipProtocol": "tcp",
                "description": "out",
            },
        ),
    ),
]
