"""Functions: their environment, and every way to them."""

from __future__ import annotations

from typing import Any

from endpoint_guard import types as t

from tests.endpoint_guard.items import ACCOUNT, Item, Ref
from tests.endpoint_guard.verdicts.case import BUCKET, OBJECTS, Case, fine, function, may, wrong

LAMBDA_ARN = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:score"
API = Item(t.REST_API, "api", {"name": "api"})
CALL = Item(
    t.INTEGRATION,
    "call",
    {"restApi": Ref("api"), "type": "AWS_PROXY", "httpMethod": "POST", "uri": Ref("score", "invokeArn")},
)
HTTP_CALL = Item(
    t.HTTP_INTEGRATION,
    "call",
    {"apiId": "abc", "integrationType": "AWS_PROXY", "integrationUri": Ref("score", "invokeArn")},
)
RULE_TARGET = Item(t.EVENT_TARGET, "event", {"rule": "nightly", "arn": Ref("score", "arn")})
DOORS = "function-no-side-door"


def permits(principal: str, **source: Any) -> Item:
    """A permission to invoke the function."""
    own = {"action": "lambda:InvokeFunction", "function": Ref("score", "name"), "principal": principal}
    return Item(t.PERMISSION, "p", {**own, **source})


def url(authorization: str) -> Item:
    """A function URL."""
    return Item(
        t.FUNCTION_URL, "u", {"functionName": Ref("score", "name"), "authorizationType": authorization}
    )


BOUND = "function-permission-bound"

CASES: tuple[Case, ...] = (
    *(
        wrong(f"a secret in {name}", "container-env-no-secrets", function(**{name: value}))
        for name, value in (
            ("API_TOKEN", "abcd1234efgh"),
            ("ENCRYPTION_KEY", "hunter2hunter2"),
            ("PASSPHRASE", "correct-horse-battery"),
            ("CONNECTION", "Server=db;User Id=svc;Password=hunter2;"),
            ("HMAC", "9f86d081884c7d659a2feaa0c55ad015"),
            ("dbPassword", "arn:not a reference"),
            ("DB_PASSWORD2", "arn:aws:x"),
            ("apiKey2", "abcd1234efgh"),
            ("ANY", "ghp_" + "a1B2" * 9),
            ("ANY", "xoxb-" + "123456789012-abcdef"),
        )
    ),
    *(
        fine(f"no secret in {name}", "container-env-no-secrets", function(**{name: value}))
        for name, value in (
            ("DB_SECRET_NAME", "prod/ledger/database"),
            ("PARAMETERS_SECRETS_EXTENSION_CACHE_ENABLED", "true"),
            ("PASSWORD_MIN_LENGTH", "12"),
            ("SECRETS_MANAGER_TTL", "300"),
            ("TABLE_KEY", "id"),
            ("MAX_TOKENS", "4096"),
            ("SECRET", f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:ledger-abc123"),
            ("TOKEN_URL", "https://a.example.com/t"),
        )
    ),
    *(
        wrong(f"steered by {name}", "environment-steers-nothing", function(**{name: value}))
        for name, value in (
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://203.0.113.9/c"),
            ("AWS_CONFIG_FILE", "/tmp/c"),
            ("PYTHONPATH", "/tmp/x"),
            ("PIP_CONFIG_FILE", "/tmp/p"),
            ("PIP_PYPI_URL", "https://index.example"),
            ("PYTHONPLATLIBDIR", "../tmp/x"),
            ("NODE_OPTIONS", "--require /tmp/x.js"),
            ("JAVA_TOOL_OPTIONS", "-javaagent:/tmp/a.jar"),
            ("https_proxy", "http://203.0.113.9"),
        )
    ),
    *(
        fine(f"not steered by {name}", "environment-steers-nothing", function(**{name: value}))
        for name, value in (
            ("ENV", "prod"),
            ("NODE_OPTIONS", "--enable-source-maps"),
            ("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1"),
            ("PYTHONPATH", "/var/task/lib"),
            ("LOG_LEVEL", "INFO"),
        )
    ),
    fine("the only event target is no second way", DOORS, function(), RULE_TARGET),
    fine("the only HTTP API is no second way", DOORS, function(), HTTP_CALL),
    wrong("an event target beside the API", DOORS, API, function(), CALL, RULE_TARGET),
    fine(
        "invokeFunction in another spelling",
        DOORS,
        API,
        function(),
        CALL,
        Item(
            t.PERMISSION,
            "p",
            {
                "action": "lambda:invokeFunction",
                "function": Ref("score", "name"),
                "principal": "apigateway.amazonaws.com",
            },
        ),
    ),
    wrong(
        "a role that may call the function",
        DOORS,
        API,
        function(),
        CALL,
        may("lambda:InvokeFunction", LAMBDA_ARN),
    ),
    wrong("a role that may call any function", DOORS, API, function(), CALL, may("lambda:Invoke*", "*")),
    fine(
        "a role that may call another function",
        DOORS,
        API,
        function(),
        CALL,
        may("lambda:InvokeFunction", LAMBDA_ARN + "-other"),
    ),
    fine(
        "a permission for the stack's own rule",
        "function-permission-bound",
        function(),
        Item("aws:cloudwatch/eventRule:EventRule", "nightly", {"name": "nightly"}),
        Item(
            t.PERMISSION,
            "p",
            {
                "action": "lambda:InvokeFunction",
                "function": Ref("score", "name"),
                "principal": "events.amazonaws.com",
                "sourceArn": Ref("nightly", "arn"),
            },
        ),
    ),
    wrong("everybody may invoke", BOUND, function(), permits("*")),
    fine("one organization may invoke", BOUND, function(), permits("*", principalOrgId="o-abc1234567")),
    wrong("a service for any account", BOUND, function(), permits("sns.amazonaws.com")),
    fine("a service for one account", BOUND, function(), permits("sns.amazonaws.com", sourceAccount=ACCOUNT)),
    wrong("a bucket by its name alone", BOUND, function(), permits("s3.amazonaws.com", sourceArn=OBJECTS[0])),
    fine(
        "a bucket of the stack",
        BOUND,
        BUCKET,
        function(),
        permits("s3.amazonaws.com", sourceArn=Ref("scores", "arn")),
    ),
    fine(
        "every method of an API of one account",
        BOUND,
        function(),
        permits("apigateway.amazonaws.com", sourceArn=f"arn:aws:execute-api:us-east-1:{ACCOUNT}:abc123/*/*"),
    ),
    wrong(
        "every method of the stack's API",
        "function-permission-narrow",
        API,
        function(),
        permits("apigateway.amazonaws.com", sourceArn=f"arn:aws:execute-api:us-east-1:{ACCOUNT}:abc123/*/*"),
    ),
    wrong("an address for everybody", "function-url-authenticated", function(), url("NONE")),
    fine("an address for signed requests", "function-url-authenticated", function(), url("AWS_IAM")),
)
