"""Small programs of which the right verdict is known: what a rule has to find, and what it has to leave alone.

Each goes through the real policy process, as a first preview and as an update.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from endpoint_guard import types as t
from endpoint_guard.discovery import rules
from endpoint_guard.graph import Graph, Resource
from endpoint_guard.rule import run

from tests.endpoint_guard.compliant import ACCOUNT, Item, Ref
from tests.endpoint_guard.guard_process import Pack

PROVIDER = Item(t.PROVIDER, "aws", {"region": "us-east-1", "allowedAccountIds": f'["{ACCOUNT}"]'})
BUCKET = Item(t.BUCKET, "scores", {"bucket": "corp-scores"})
OBJECTS = ["arn:aws:s3:::corp-scores", "arn:aws:s3:::corp-scores/*"]
GITHUB = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"


@dataclass(frozen=True)
class Case:
    """A program, the rule it is about, and whether that rule has to find something."""

    title: str
    rule: str
    found: bool
    items: tuple[Item, ...]


def wrong(title: str, rule: str, *items: Item) -> Case:
    return Case(title, rule, True, items)


def fine(title: str, rule: str, *items: Item) -> Case:
    return Case(title, rule, False, items)


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def deny(condition: dict[str, Any], **more: Any) -> Item:
    """A bucket policy that denies everybody everything under a condition."""
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": OBJECTS,
        "Condition": condition,
    }
    return Item(
        t.BUCKET_POLICY, "scores", {"bucket": Ref("scores"), "policy": document({**statement, **more})}
    )


def admits(condition: dict[str, Any]) -> Item:
    """A bucket policy that lets everyone read under a condition."""
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": OBJECTS[1]}
    policy = document({**statement, "Condition": condition} if condition else statement)
    return Item(t.BUCKET_POLICY, "scores", {"bucket": Ref("scores"), "policy": policy})


def may(action: str, *resources: str) -> Item:
    """A role's policy with one statement."""
    statement = {"Effect": "Allow", "Action": action, "Resource": list(resources)}
    return Item(t.ROLE_POLICY, "worker", {"role": "worker", "policy": document(statement)})


def trusts(condition: dict[str, Any]) -> Item:
    """A role that an identity provider's identities may assume under a condition."""
    statement = {
        "Effect": "Allow",
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": GITHUB},
        "Condition": {
            "StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"},
            **condition,
        },
    }
    return Item(t.ROLE, "deploy", {"name": "deploy", "assumeRolePolicy": document(statement)})


def function(**variables: str) -> Item:
    return Item(t.FUNCTION, "score", {"name": "score", "environment": {"variables": variables}})


def rated(**statement: Any) -> Item:
    """A web ACL with one rate rule."""
    rule = {
        "name": "rate",
        "priority": 0,
        "action": {"block": {}},
        "statement": {"rateBasedStatement": statement},
    }
    return Item(t.WEB_ACL, "acl", {"name": "acl", "scope": "REGIONAL", "rules": [rule]})


def kept(default: str, behavior: str, requirement: str, *conditions: dict[str, Any]) -> Item:
    """A logging configuration of the firewall with one filter."""
    one = {"behavior": behavior, "requirement": requirement, "conditions": list(conditions)}
    return Item(t.WEB_ACL_LOGGING, "log", {"loggingFilter": {"defaultBehavior": default, "filters": [one]}})


def quota(limit: int, period: str) -> Item:
    return Item(t.USAGE_PLAN, "plan", {"quotaSettings": {"limit": limit, "period": period}})


def definition(operation: dict[str, Any], **document: Any) -> Item:
    """A REST API that is imported as a definition with one operation."""
    content = {"openapi": "3.0.1", "paths": {"/score": {"post": operation}}, **document}
    return Item(t.REST_API, "api", {"name": "api", "body": json.dumps(content)})


TLS = {"Bool": {"aws:SecureTransport": "false"}}
ACTION = {name: {"actionCondition": {"action": name}} for name in ("ALLOW", "BLOCK", "COUNT")}
LABEL = {"labelNameCondition": {"labelName": "never"}}
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
SUB = "token.actions.githubusercontent.com:sub"
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

CASES = (
    wrong("a secret alone", "secret-has-policy", Item(t.SECRET, "token", {"name": "token"})),
    fine(
        "a secret with a policy",
        "secret-has-policy",
        Item(t.SECRET, "token", {"name": "token", "policy": document({"Effect": "Deny", "Principal": "*"})}),
    ),
    wrong(
        "new disks are left in clear",
        "disks-encrypted-by-default",
        Item(t.DISKS_BY_DEFAULT, "disks", {"enabled": False}),
    ),
    fine("on when nothing is said", "disks-encrypted-by-default", Item(t.DISKS_BY_DEFAULT, "disks", {})),
    wrong(
        "a second key in the block",
        "bucket-tls-only",
        BUCKET,
        deny({"Bool": {**TLS["Bool"], "aws:MultiFactorAuthPresent": "true"}}),
    ),
    fine("IfExists makes a deny stricter", "bucket-tls-only", BUCKET, deny({"BoolIfExists": TLS["Bool"]})),
    fine(
        "a version as a number", "bucket-tls-floor", BUCKET, deny({"NumericLessThan": {"s3:TlsVersion": 1.2}})
    ),
    fine(
        "only 1.2 and 1.3 pass",
        "bucket-tls-floor",
        BUCKET,
        deny({"NumericNotEquals": {"s3:TlsVersion": ["1.2", "1.3"]}}),
    ),
    fine(
        "at most 1.1 is refused",
        "bucket-tls-floor",
        BUCKET,
        deny({"NumericLessThanEquals": {"s3:TlsVersion": "1.1"}}),
    ),
    wrong("1.1 passes", "bucket-tls-floor", BUCKET, deny({"NumericLessThan": {"s3:TlsVersion": "1.1"}})),
    wrong(
        "reads alone are refused",
        "bucket-tls-floor",
        BUCKET,
        deny({"NumericLessThan": {"s3:TlsVersion": "1.2"}}, Action="s3:GetObject"),
    ),
    wrong(
        "one account alone is refused",
        "topic-tls-only",
        Item(t.TOPIC, "alarms", {"name": "alarms"}),
        Item(
            t.TOPIC_POLICY,
            "alarms",
            {
                "arn": Ref("alarms", "arn"),
                "policy": document(
                    {
                        "Effect": "Deny",
                        "Principal": "*",
                        "Action": "sns:Publish",
                        "Resource": "*",
                        "Condition": {**TLS, "StringEquals": {"aws:PrincipalAccount": "999988887777"}},
                    }
                ),
            },
        ),
    ),
    wrong(
        "everyone, by a policy variable",
        "bucket-policy-not-public",
        BUCKET,
        admits({"StringEquals": {"aws:PrincipalAccount": "${aws:PrincipalAccount}"}}),
    ),
    fine(
        "the paths of one organization",
        "bucket-policy-not-public",
        BUCKET,
        admits({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": ["o-abc1234567/r-ab12/*"]}}),
    ),
    wrong(
        "a public policy of a bucket that is not in the stack",
        "bucket-policy-not-public",
        Item(t.BUCKET_POLICY, "other", {"bucket": "other", "policy": admits({}).props["policy"]}),
    ),
    wrong(
        "a foreign organization",
        "policy-names-own-accounts",
        BUCKET,
        admits({"StringEquals": {"aws:PrincipalOrgID": "o-abc1234567"}}),
    ),
    wrong(
        "a foreign endpoint",
        "policy-names-own-accounts",
        BUCKET,
        admits({"StringEquals": {"aws:SourceVpce": "vpce-0123456789abcdef0"}}),
    ),
    fine(
        "everyone of the own account",
        "policy-names-own-accounts",
        BUCKET,
        admits({"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}),
    ),
    wrong(
        "every API key of the account",
        "iam-resources-named",
        may("apigateway:GET", "arn:aws:apigateway:us-east-1::/apikeys/*"),
    ),
    wrong(
        "every log group of AWS's services",
        "iam-resources-named",
        may("logs:FilterLogEvents", f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/*"),
    ),
    wrong(
        "every function's log group",
        "iam-resources-named",
        may("logs:FilterLogEvents", f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/lambda/*"),
    ),
    wrong(
        "question marks in a bucket's name",
        "iam-resources-named",
        may("s3:GetObject", "arn:aws:s3:::corp-data-????/*"),
    ),
    wrong(
        "every role below a path",
        "iam-resources-named",
        may("iam:GetRole", f"arn:aws:iam::{ACCOUNT}:role/service-role/*"),
    ),
    fine(
        "the streams of one log group",
        "iam-resources-named",
        may("logs:PutLogEvents", f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/lambda/score:*"),
    ),
    fine(
        "the objects of one bucket", "iam-resources-named", may("s3:GetObject", "arn:aws:s3:::corp-scores/*")
    ),
    fine(
        "a secret with AWS's six letters behind its name",
        "iam-resources-named",
        may(
            "secretsmanager:GetSecretValue",
            f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:ledger-??????",
        ),
    ),
    wrong("every repository of GitHub", "role-trust-not-everyone", trusts({})),
    wrong("every repository, spelt out", "role-trust-not-everyone", trusts({"StringLike": {SUB: "repo:*"}})),
    fine(
        "the repositories of one owner",
        "role-trust-not-everyone",
        trusts({"StringLike": {SUB: "repo:acme/*"}}),
    ),
    fine(
        "one branch",
        "role-trust-not-everyone",
        trusts({"StringEquals": {SUB: "repo:acme/api:ref:refs/heads/main"}}),
    ),
    wrong(
        "a rate by a header that the caller chooses",
        "firewall-rate-rule",
        rated(limit=300, aggregateKeyType="CUSTOM_KEYS", customKeys=[{"header": {"name": "x-api-key"}}]),
    ),
    wrong(
        "a rate by address and header",
        "firewall-rate-rule",
        rated(
            limit=300,
            aggregateKeyType="CUSTOM_KEYS",
            customKeys=[{"ip": {}}, {"header": {"name": "x-api-key"}}],
        ),
    ),
    fine("a rate by address", "firewall-rate-rule", rated(limit=300, aggregateKeyType="IP")),
    wrong(
        "a filter that nothing meets",
        "firewall-log-complete",
        kept("DROP", "KEEP", "MEETS_ALL", ACTION["BLOCK"], ACTION["COUNT"]),
    ),
    wrong(
        "a filter by a label that never occurs",
        "firewall-log-complete",
        kept("DROP", "KEEP", "MEETS_ALL", ACTION["BLOCK"], LABEL),
    ),
    wrong(
        "a filter that drops by label",
        "firewall-log-complete",
        kept("KEEP", "DROP", "MEETS_ANY", ACTION["ALLOW"], LABEL),
    ),
    fine(
        "blocked and counted requests are kept",
        "firewall-log-complete",
        kept("DROP", "KEEP", "MEETS_ANY", ACTION["BLOCK"], ACTION["COUNT"]),
    ),
    fine(
        "allowed requests alone are dropped",
        "firewall-log-complete",
        kept("KEEP", "DROP", "MEETS_ALL", ACTION["ALLOW"], LABEL),
    ),
    wrong("a week's quota on one day", "usage-plan-quota", quota(700_000, "WEEK")),
    wrong("a month's quota on one day", "usage-plan-quota", quota(3_000_000, "MONTH")),
    fine("a quota of a week under a day's", "usage-plan-quota", quota(90_000, "WEEK")),
    fine(
        "TLS 1.2 by default", "domain-modern-tls", Item(t.DOMAIN_NAME, "d", {"domainName": "a.example.com"})
    ),
    fine(
        "metrics in AWS's spelling",
        "firewall-metrics-on",
        Item(
            t.WEB_ACL,
            "acl",
            {
                "visibilityConfig": {"cloudwatchMetricsEnabled": True},
                "ruleJson": json.dumps(
                    [{"Name": "r", "VisibilityConfig": {"CloudWatchMetricsEnabled": True}}]
                ),
            },
        ),
    ),
    *(
        wrong(f"a secret in {name}", "container-env-no-secrets", function(**{name: value}))
        for name, value in (
            ("API_TOKEN", "abcd1234efgh"),
            ("ENCRYPTION_KEY", "hunter2hunter2"),
            ("PASSPHRASE", "correct-horse-battery"),
            ("CONNECTION", "Server=db;User Id=svc;Password=hunter2;"),
            ("HMAC", "9f86d081884c7d659a2feaa0c55ad015"),
            ("dbPassword", "arn:not a reference"),
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
    wrong(
        "no tags, and a provider without default tags",
        "resources-tagged",
        Item(t.TOPIC, "plain", {"name": "plain"}),
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
    wrong(
        "a blocked request answered with 200",
        "firewall-has-rules",
        Item(
            t.WEB_ACL,
            "acl",
            {
                "rules": [
                    {
                        "name": "r",
                        "action": {"block": {"customResponse": {"responseCode": 200}}},
                        "statement": {"geoMatchStatement": {"countryCodes": ["KP"]}},
                    }
                ]
            },
        ),
    ),
    wrong(
        "most of the internet in pieces",
        "firewall-exceptions-narrow",
        Item(t.IP_SET, "s", {"addresses": [f"{n}.0.0.0/8" for n in range(1, 224)]}),
    ),
    wrong(
        "an alarm that never goes off",
        "alarm-can-go-off",
        Item(
            t.ALARM,
            "a",
            {
                "namespace": "AWS/Lambda",
                "metricName": "Errors",
                "comparisonOperator": "GreaterThanThreshold",
                "threshold": 1e9,
            },
        ),
    ),
    fine(
        "a data bucket with an upload",
        "artifact-upload-pinned",
        BUCKET,
        Item(t.BUCKET_OBJECT, "icon", {"bucket": Ref("scores"), "key": "favicon.png"}),
    ),
    fine("ACLs are off by default", "bucket-no-acls", BUCKET),
    fine(
        "a group of an instance",
        "group-in-use",
        Item(t.SECURITY_GROUP, "web", {"description": "web"}),
        Item("aws:ec2/instance:Instance", "web", {"vpcSecurityGroupIds": [Ref("web")]}),
    ),
    wrong("a group of nothing", "group-in-use", Item(t.SECURITY_GROUP, "web", {"description": "web"})),
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
)


@pytest.mark.parametrize("preview", [False, True], ids=["update", "preview"])
@pytest.mark.parametrize("case", CASES, ids=[f"{case.rule}: {case.title}" for case in CASES])
def test_the_verdict_is_right(pack: Pack, case: Case, preview: bool) -> None:
    pack.configure([case.rule])

    found = pack.judge([PROVIDER, *case.items], preview=preview)

    assert bool(found) is case.found, [entry.text for entry in found]


def test_default_tags_are_those_of_the_own_provider() -> None:
    tagged = Resource(
        "urn:tagged", t.PROVIDER, "tagged", lambda: {"defaultTags": '{"tags": {"Owner": "payments"}}'}
    )
    west = Resource("urn:west", t.PROVIDER, "west", lambda: {"region": "us-west-2"})
    topics = [
        Resource(f"urn:{p.name}-topic", t.TOPIC, p.name, lambda: {"name": "x"}, provider=p.urn)
        for p in (tagged, west)
    ]
    graph = Graph([tagged, west, *topics])

    outcomes = run(rules()["resources-tagged"], graph)

    assert [outcome.urn for outcome in outcomes if outcome.findings] == ["urn:west-topic"]
