"""One field of the compliant stack is broken per case: the rule that must notice names that resource alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from endpoint_guard import types as t

from tests.endpoint_guard import compliant as c
from tests.endpoint_guard.compliant import GONE, Item, Ref
from tests.endpoint_guard.guard_process import Pack

Change = Callable[[list[Item]], None]


@dataclass(frozen=True)
class Case:
    """`rule` must flag the resources named in `flagged`, and nothing else."""

    rule: str
    change: Change
    flagged: tuple[str, ...]
    name: str


def find(items: list[Item], kind: str, name: str) -> Item:
    return next(item for item in items if item.type == kind and item.name == name)


def put(props: Any, path: str, value: Any) -> None:
    *steps, last = [int(s) if s.isdigit() else s for s in path.split(".")]
    for step in steps:
        props = props.setdefault(step, {}) if isinstance(props, dict) else props[step]
    if value is GONE:
        del props[last]
    else:
        props[last] = value


def breaks(rule: str, kind: str, name: str, path: str, value: Any, *flagged: str) -> Case:
    def change(items: list[Item]) -> None:
        put(find(items, kind, name).props, path, value)

    shown = "gone" if value is GONE else "other"
    return Case(rule, change, flagged or (name,), f"{rule}-{name}-{path}-{shown}")


def policy(
    rule: str, kind: str, name: str, statement: dict[str, Any], *flagged: str, key: str = "policy"
) -> Case:
    def change(items: list[Item]) -> None:
        props = find(items, kind, name).props
        content = json.loads(props[key])
        content["Statement"].append(statement)
        props[key] = json.dumps(content)

    return Case(rule, change, flagged or (name,), f"{rule}-{name}-{statement.get('Action')}")


def only(
    rule: str, kind: str, name: str, statement: dict[str, Any], *flagged: str, key: str = "policy"
) -> Case:
    return breaks(rule, kind, name, key, c.document(statement), *flagged)


def without(rule: str, kind: str, name: str, *flagged: str) -> Case:
    def change(items: list[Item]) -> None:
        items.remove(find(items, kind, name))

    return Case(rule, change, flagged, f"{rule}-without-{name}")


def extra(rule: str, item: Item, *flagged: str) -> Case:
    return Case(rule, lambda items: items.append(item), flagged or (item.name,), f"{rule}-with-{item.name}")


def option(rule: str, kind: str, name: str, **options: Any) -> Case:
    def change(items: list[Item]) -> None:
        for key, value in options.items():
            setattr(find(items, kind, name), key, value)

    return Case(rule, change, (name,), f"{rule}-{name}-{'-'.join(options)}")


PUBLIC = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
FOREIGN = {
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::999999999999:root"},
    "Action": "s3:GetObject",
}
ROLES = t.ROLE_POLICY, "function-role"
GROUP = "rules.2.statement.managedRuleGroupStatement"
OVERRIDE = [{"name": "SizeRestrictions_BODY", "actionToUse": {"count": {}}}]
RATE = "rules.1.statement.rateBasedStatement"
SIZE = "rules.0.statement.sizeConstraintStatement"

AUTH = [
    breaks("method-requires-api-key", t.METHOD, "method", "apiKeyRequired", False),
    breaks("method-requires-authorization", t.METHOD, "method", "authorization", "NONE"),
    breaks("method-requires-authorization", t.METHOD, "method", "authorization", "CUSTOM"),
    breaks("options-is-a-mock", t.METHOD, "method", "httpMethod", "OPTIONS"),
    breaks("no-catch-all-routes", t.METHOD, "method", "httpMethod", "ANY"),
    breaks("no-catch-all-routes", t.API_RESOURCE, "path", "pathPart", "{proxy+}"),
    breaks("api-key-source-header", t.REST_API, "api", "apiKeySource", "AUTHORIZER"),
    breaks("api-key-generated", t.API_KEY, "client", "value", "0123456789012345678901"),
    breaks("api-key-joined", t.API_KEY, "client", "enabled", False),
    without("api-key-joined", t.USAGE_PLAN_KEY, "join", "client"),
    without("usage-plan-joined", t.USAGE_PLAN_KEY, "join", "plan"),
    breaks("usage-plan-joined", t.USAGE_PLAN, "plan", "apiStages", []),
    without("stage-in-usage-plan", t.USAGE_PLAN, "plan", "stage"),
    without("method-chain", t.WEB_ACL_ASSOCIATION, "link", "method"),
    without("method-chain", t.WEB_ACL_LOGGING, "acl-log", "method"),
    without("method-chain", t.USAGE_PLAN_KEY, "join", "method"),
    breaks("method-chain", t.USAGE_PLAN, "plan", "quotaSettings", GONE, "method"),
    breaks("method-chain", t.WEB_ACL_LOGGING, "acl-log", "redactedFields", [], "method"),
    breaks(
        "method-chain", t.WEB_ACL, "acl", "rules.1.visibilityConfig.sampledRequestsEnabled", True, "method"
    ),
    only("api-policy-not-anonymous", t.REST_API, "api", {**PUBLIC, "Action": "execute-api:Invoke"}),
    breaks("api-endpoint-type", t.REST_API, "api", "endpointConfiguration", {"types": "EDGE"}),
    extra(
        "default-host-closed",
        Item(t.BASE_PATH_MAPPING, "mapping", {"restApi": Ref("api"), "domainName": "a"}),
        "api",
    ),
    extra("domain-modern-tls", Item(t.DOMAIN_NAME, "domain", {"securityPolicy": "TLS_1_0"})),
    breaks("function-permission-bound", t.PERMISSION, "permission", "principal", "*"),
    breaks(
        "function-permission-narrow",
        t.PERMISSION,
        "permission",
        "sourceArn",
        "arn:aws:execute-api:*:*:*/*/*/*",
    ),
    breaks("function-permission-qualified", t.PERMISSION, "permission", "qualifier", GONE),
    extra("function-no-side-door", Item(t.FUNCTION_URL, "url", {"functionName": Ref("function", "name")})),
    breaks("function-no-side-door", t.PERMISSION, "permission", "principal", "events.amazonaws.com"),
    policy(
        "endpoint-invoked-by-function-only",
        t.ROLE_POLICY,
        "model-role",
        c.allow("sagemaker:Invoke*", c.ENDPOINT),
        "model-role",
        "endpoint",
    ),
    only("endpoint-invoked-by-function-only", *ROLES, c.allow("s3:GetObject", "*"), "endpoint"),
    only("endpoint-invoked-by-function-only", *ROLES, c.allow("sagemaker:InvokeEndpoint", c.ENDPOINT + "*")),
    policy("iam-no-admin", *ROLES, c.allow("*", "*")),
    policy("iam-no-admin", *ROLES, c.allow(["s3:GetObject", "*:*"], "*")),
    policy("iam-no-service-wildcard", *ROLES, c.allow("S3:*", "arn:aws:s3:::b/*")),
    policy("iam-actions-listed", *ROLES, c.allow("s3:Get?bject", "arn:aws:s3:::b/*")),
    policy("iam-resources-named", *ROLES, c.allow("s3:PutObject", "*")),
    policy("iam-resources-named", *ROLES, c.allow("kms:Decrypt", "arn:aws:kms:*:123456789012:key/k")),
    policy(
        "iam-resources-named",
        *ROLES,
        c.allow("lambda:InvokeFunction", f"arn:aws:lambda:{c.REGION}:1:function:*"),
    ),
    policy("iam-resources-named", *ROLES, c.allow("sts:AssumeRole", "arn:aws:iam::123456789012:role/*")),
    policy("iam-no-escalation", *ROLES, c.allow("iam:PutRolePolicy", "arn:aws:iam::123456789012:role/a")),
    policy("iam-no-escalation", *ROLES, {"Effect": "Allow", "NotAction": "s3:*", "Resource": "a"}),
    policy("iam-no-broad-reading", *ROLES, c.allow("secretsmanager:GetSecretValue", "*")),
    policy("iam-pass-role-narrow", *ROLES, c.allow("iam:PassRole", "arn:aws:iam::123456789012:role/a")),
    policy("iam-no-negated-elements", *ROLES, {"Effect": "Allow", "NotAction": "iam:*", "Resource": "a"}),
    policy(
        "iam-no-negated-elements", t.KEY, "key", {**c.allow("kms:Decrypt", "*"), "NotPrincipal": {"AWS": "a"}}
    ),
    extra(
        "iam-no-managed-policies",
        Item(
            t.ROLE_ATTACHMENT,
            "admin",
            {
                "role": Ref("function-role", "name"),
                "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess",
            },
        ),
    ),
    extra("iam-one-way-of-attaching", Item(t.POLICY_ATTACHMENT, "many", {"policyArn": "a", "roles": ["b"]})),
    extra("iam-no-users", Item(t.ACCESS_KEY, "keys", {"user": "somebody"})),
    only(
        "role-trust-not-everyone",
        t.ROLE,
        "function-role",
        {**PUBLIC, "Action": "sts:AssumeRole"},
        key="assumeRolePolicy",
    ),
    policy(
        "role-trust-not-everyone",
        t.ROLE,
        "function-role",
        {**FOREIGN, "Action": "sts:AssumeRole"},
        key="assumeRolePolicy",
    ),
    breaks(
        "role-trust-guarded", t.ROLE, "model-role", "assumeRolePolicy", c.trust("sagemaker", guarded=False)
    ),
    breaks("role-trust-exact", t.ROLE, "model-role", "assumeRolePolicy", c.trust("lambda")),
    breaks(
        "role-per-workload",
        t.MODEL,
        "model",
        "executionRoleArn",
        Ref("function-role", "arn"),
        "function-role",
    ),
    policy("model-role-minimal", t.ROLE_POLICY, "model-role", c.allow("s3:DeleteObject", "arn:aws:s3:::b/*")),
]

THROTTLING = [
    breaks("usage-plan-throttled", t.USAGE_PLAN, "plan", "throttleSettings", GONE),
    breaks("usage-plan-throttled", t.USAGE_PLAN, "plan", "throttleSettings.rateLimit", 100_000),
    breaks("usage-plan-throttled", t.USAGE_PLAN, "plan", "throttleSettings.burstLimit", -1),
    breaks(
        "usage-plan-throttled",
        t.USAGE_PLAN,
        "plan",
        "apiStages.0.throttles",
        [{"path": "/a", "rateLimit": 99, "burstLimit": 1}],
    ),
    breaks("usage-plan-quota", t.USAGE_PLAN, "plan", "quotaSettings", GONE),
    breaks("usage-plan-quota", t.USAGE_PLAN, "plan", "quotaSettings.limit", 10_000_000),
    breaks("stage-throttled", t.METHOD_SETTINGS, "settings", "methodPath", "score/POST", "stage"),
    breaks("stage-throttled", t.METHOD_SETTINGS, "settings", "settings.throttlingRateLimit", -1, "settings"),
    extra(
        "no-looser-method-settings",
        Item(
            t.METHOD_SETTINGS,
            "looser",
            {
                "restApi": Ref("api"),
                "stageName": Ref("stage", "stageName"),
                "methodPath": "score/POST",
                "settings": {"throttlingRateLimit": 1000, "throttlingBurstLimit": 1, "loggingLevel": "ERROR"},
            },
        ),
    ),
    breaks("firewall-rate-rule", t.WEB_ACL, "acl", "rules.1.action", {"count": {}}),
    breaks("firewall-rate-rule", t.WEB_ACL, "acl", f"{RATE}.limit", 1_000_000),
    breaks(
        "firewall-rate-rule",
        t.WEB_ACL,
        "acl",
        f"{RATE}.scopeDownStatement",
        {"geoMatchStatement": {"countryCodes": ["US"]}},
    ),
    breaks("firewall-rate-rule", t.WEB_ACL, "acl", "rules", c.firewall_rules()[:1]),
    breaks("firewall-body-size", t.WEB_ACL, "acl", f"{SIZE}.fieldToMatch.body.oversizeHandling", "CONTINUE"),
    breaks("firewall-body-size", t.WEB_ACL, "acl", f"{SIZE}.size", 1_000_000),
    breaks("function-concurrency-bounded", t.FUNCTION, "function", "reservedConcurrentExecutions", 0),
    breaks("function-concurrency-bounded", t.FUNCTION, "function", "reservedConcurrentExecutions", GONE),
    without("scaling-bounded", t.SCALING_TARGET, "scaling", "endpoint"),
    breaks("scaling-bounded", t.SCALING_TARGET, "scaling", "maxCapacity", 500),
]

ENCRYPTION = [
    breaks("kms-key-rotates", t.KEY, "key", "enableKeyRotation", GONE),
    breaks("kms-key-single-region", t.KEY, "key", "multiRegion", True),
    breaks("kms-key-single-region", t.KEY, "key", "bypassPolicyLockoutSafetyCheck", True),
    breaks("kms-key-described", t.KEY, "key", "description", ""),
    breaks("kms-deletion-window", t.KEY, "key", "deletionWindowInDays", 7),
    breaks("kms-policy-written", t.KEY, "key", "policy", GONE),
    policy(
        "kms-policy-not-public",
        t.KEY,
        "key",
        {
            **c.allow("kms:Decrypt", "*", Principal="*"),
            "Condition": {"StringLike": {"aws:PrincipalArn": "*"}},
        },
    ),
    policy("kms-policy-not-public", t.KEY, "key", c.allow("kms:Decrypt", "*", Principal={"AWS": ["*"]})),
    policy(
        "kms-services-conditioned",
        t.KEY,
        "key",
        c.allow("kms:Decrypt", "*", Principal={"Service": "sns.amazonaws.com"}),
    ),
    policy(
        "kms-admin-apart-from-use",
        t.KEY,
        "key",
        c.allow("kms:*", "*", Principal={"AWS": "arn:aws:iam::123456789012:role/a"}),
    ),
    only(
        "kms-policy-admits-services",
        t.KEY,
        "key",
        c.allow("kms:PutKeyPolicy", "*", Principal={"AWS": "arn:aws:iam::123456789012:root"}),
    ),
    extra("kms-grants-narrow", Item(t.GRANT, "grant", {"granteePrincipal": "somebody"})),
    breaks("encrypted-with-own-key", t.LOG_GROUP, "access-log", "kmsKeyId", GONE),
    breaks("encrypted-with-own-key", t.TOPIC, "topic", "kmsMasterKeyId", "alias/aws/sns"),
    breaks("encrypted-with-own-key", t.FUNCTION, "function", "kmsKeyArn", GONE),
    breaks("encrypted-with-own-key", t.ENDPOINT_CONFIG, "config", "kmsKeyArn", GONE),
    breaks("encrypted-with-own-key", t.ENDPOINT_CONFIG, "config", "dataCaptureConfig.kmsKeyId", GONE),
    without("bucket-encrypted", t.BUCKET_ENCRYPTION, "logs", "logs"),
    breaks(
        "bucket-encrypted",
        t.BUCKET_ENCRYPTION,
        "artifacts",
        "rules.0.applyServerSideEncryptionByDefault",
        {"sseAlgorithm": "AES256"},
    ),
    breaks("bucket-key-enabled", t.BUCKET_ENCRYPTION, "artifacts", "rules.0.bucketKeyEnabled", False),
    without("bucket-tls-only", t.BUCKET_POLICY, "logs", "logs"),
    only("bucket-tls-only", t.BUCKET_POLICY, "logs", c.deny("s3:PutObject", "arn:aws:s3:::logs/*", c.PLAIN)),
    only("bucket-tls-only", t.BUCKET_POLICY, "logs", c.deny("s3:*", "arn:aws:s3:::logs/*", c.PLAIN)),
    only("bucket-tls-floor", t.BUCKET_POLICY, "logs", c.deny("s3:*", "arn:aws:s3:::logs/*", c.PLAIN)),
    breaks("object-encrypted", t.BUCKET_OBJECT, "artifact", "kmsKeyId", GONE),
    breaks("uploads-use-stack-key", t.BUCKET_POLICY, "artifacts", "policy", c.bucket_policy("artifacts")),
    without("topic-tls-only", t.TOPIC_POLICY, "topic", "topic"),
    policy("topic-publishers-named", t.TOPIC_POLICY, "topic", {**PUBLIC, "Action": "sns:Publish"}),
    breaks("topic-signature-sha256", t.TOPIC, "topic", "signatureVersion", 1),
    breaks("subscription-encrypted", t.SUBSCRIPTION, "person", "protocol", "http"),
]

LOGGING = [
    breaks("stage-access-log", t.STAGE, "stage", "accessLogSettings", GONE),
    breaks(
        "stage-access-log", t.STAGE, "stage", "accessLogSettings.format", "$context.requestId $context.status"
    ),
    breaks(
        "stage-log-hides-secrets",
        t.STAGE,
        "stage",
        "accessLogSettings.format",
        c.LOG_FORMAT[:-1] + ', "key": "$context.identity.apiKey"}',
    ),
    breaks(
        "stage-log-destination",
        t.STAGE,
        "stage",
        "accessLogSettings.destinationArn",
        "arn:aws:logs:a:b:log-group:c",
    ),
    breaks("stage-execution-log", t.METHOD_SETTINGS, "settings", "settings.loggingLevel", "OFF"),
    breaks("stage-execution-log", t.METHOD_SETTINGS, "settings", "methodPath", "health/GET", "stage"),
    without("execution-log-group", t.LOG_GROUP, "execution-log", "stage"),
    breaks("no-data-trace", t.METHOD_SETTINGS, "settings", "settings.dataTraceEnabled", True),
    breaks("api-metrics-on", t.METHOD_SETTINGS, "settings", "settings.metricsEnabled", False),
    breaks("stage-traced", t.STAGE, "stage", "xrayTracingEnabled", False),
    without("api-account-logs", t.API_ACCOUNT, "account", "stage"),
    without("firewall-logged", t.WEB_ACL_LOGGING, "acl-log", "acl"),
    breaks("firewall-logged", t.WEB_ACL_LOGGING, "acl-log", "logDestinationConfigs", []),
    breaks(
        "firewall-log-hides-keys",
        t.WEB_ACL_LOGGING,
        "acl-log",
        "redactedFields.0.singleHeader.name",
        "x-other",
    ),
    breaks("firewall-samples-hide-keys", t.WEB_ACL, "acl", "visibilityConfig.sampledRequestsEnabled", True),
    breaks(
        "firewall-log-complete",
        t.WEB_ACL_LOGGING,
        "acl-log",
        "loggingFilter",
        {"defaultBehavior": "DROP", "filters": []},
    ),
    breaks(
        "firewall-metrics-on", t.WEB_ACL, "acl", "rules.3.visibilityConfig.cloudwatchMetricsEnabled", False
    ),
    breaks("log-retention", t.LOG_GROUP, "access-log", "retentionInDays", GONE),
    breaks("log-retention", t.LOG_GROUP, "access-log", "retentionInDays", 30),
    extra(
        "log-policy-not-public",
        Item(t.LOG_RESOURCE_POLICY, "open", {"policyDocument": c.document({**PUBLIC, "Action": "logs:*"})}),
    ),
    without("logs-mask-card-data", t.LOG_DATA_PROTECTION, "execution-mask", "execution-log"),
    breaks("function-log-group", t.FUNCTION, "function", "loggingConfig.logFormat", "Text"),
    breaks("function-log-group", t.FUNCTION, "function", "loggingConfig.applicationLogLevel", "DEBUG"),
    without("endpoint-log-group", t.LOG_GROUP, "model-log", "endpoint"),
    breaks("function-traced", t.FUNCTION, "function", "tracingConfig.mode", "PassThrough"),
    without("bucket-access-logged", t.BUCKET_LOGGING, "artifacts", "artifacts", "logs"),
    breaks(
        "bucket-access-logged",
        t.BUCKET_LOGGING,
        "artifacts",
        "targetBucket",
        "elsewhere",
        "artifacts",
        "logs",
    ),
    policy(
        "log-bucket-locked-down",
        t.BUCKET_POLICY,
        "logs",
        c.allow("s3:PutObject", "*", Principal={"AWS": "arn:aws:iam::123456789012:role/a"}),
    ),
    without("flow-logs-on", t.FLOW_LOG, "flow", "vpc"),
    breaks("flow-logs-on", t.FLOW_LOG, "flow", "trafficType", "ACCEPT"),
    without("required-alarms", t.ALARM, "function-throttles", "scoring-prod"),
    breaks("alarm-watches-stack", t.ALARM, "function-errors", "dimensions", {"FunctionName": "other"}),
    breaks("alarm-watches-stack", t.ALARM, "function-errors", "dimensions", GONE),
    breaks("alarm-acts", t.ALARM, "blocked", "alarmActions", GONE),
    breaks("alarm-acts", t.ALARM, "blocked", "actionsEnabled", False),
    without("alarm-reaches-someone", t.SUBSCRIPTION, "person", "topic"),
    breaks("alarm-missing-data", t.ALARM, "blocked", "treatMissingData", GONE),
]

OPEN = {"cidrIpv4": "0.0.0.0/0", "fromPort": 22, "toPort": 22, "ipProtocol": "tcp"}
NETWORK = [
    without("stage-behind-firewall", t.WEB_ACL_ASSOCIATION, "link", "stage"),
    extra(
        "stage-behind-firewall",
        Item(
            t.WEB_ACL_ASSOCIATION,
            "second",
            {"resourceArn": Ref("stage", "arn"), "webAclArn": Ref("acl", "arn")},
        ),
        "stage",
    ),
    breaks("stage-behind-firewall", t.WEB_ACL_ASSOCIATION, "link", "webAclArn", "arn:aws:wafv2:elsewhere"),
    breaks("firewall-regional", t.WEB_ACL, "acl", "scope", "CLOUDFRONT"),
    breaks("firewall-has-rules", t.WEB_ACL, "acl", "rules", []),
    breaks("firewall-baseline", t.WEB_ACL, "acl", "rules", c.firewall_rules()[:-1]),
    breaks("firewall-nothing-counted", t.WEB_ACL, "acl", "rules.2.overrideAction", {"count": {}}),
    breaks("firewall-nothing-counted", t.WEB_ACL, "acl", f"{GROUP}.ruleActionOverrides", OVERRIDE),
    breaks(
        "firewall-nothing-counted",
        t.WEB_ACL,
        "acl",
        f"{GROUP}.scopeDownStatement",
        {"byteMatchStatement": {}},
    ),
    breaks("firewall-no-early-allow", t.WEB_ACL, "acl", "rules.0.action", {"allow": {}}),
    breaks("integration-safe", t.INTEGRATION, "integration", "type", "HTTP"),
    extra(
        "function-url-authenticated", Item(t.FUNCTION_URL, "url", {"functionName": Ref("function", "name")})
    ),
    breaks(
        "integration-encrypted", t.INTEGRATION, "integration", "tlsConfig", {"insecureSkipVerification": True}
    ),
    extra("no-open-ingress", Item(t.GROUP_INGRESS, "ssh", OPEN)),
    extra("no-open-egress", Item(t.GROUP_EGRESS, "out", OPEN)),
    breaks(
        "no-open-egress",
        t.SECURITY_GROUP,
        "function",
        "egress",
        [{"cidrBlocks": ["10.0.0.0/8", "0.0.0.0/0"]}],
    ),
    extra("group-rules-named", Item(t.GROUP_INGRESS, "wide", {**OPEN, "cidrIpv4": "10.0.0.0/8"})),
    without("default-group-closed", t.DEFAULT_SECURITY_GROUP, "default", "vpc"),
    breaks("default-group-closed", t.DEFAULT_SECURITY_GROUP, "default", "ingress", [{"self": True}]),
    breaks("group-described", t.SECURITY_GROUP, "function", "description", "Managed by Pulumi"),
    extra("group-in-use", Item(t.SECURITY_GROUP, "idle", {"description": "idle"})),
    breaks("group-rules-one-way", t.SECURITY_GROUP, "endpoints", "ingress", [{"a": 1}, {"b": 2}]),
    breaks("workload-in-vpc", t.FUNCTION, "function", "vpcConfig", {"subnetIds": [], "securityGroupIds": []}),
    breaks("workload-in-vpc", t.MODEL, "model", "vpcConfig.subnets", [Ref("a")]),
    extra(
        "subnets-isolated", Item(t.ROUTE, "out", {"natGatewayId": "nat", "destinationCidrBlock": "0.0.0.0/0"})
    ),
    breaks("subnet-no-public-addresses", t.SUBNET, "a", "mapPublicIpOnLaunch", True),
    without("private-path-to-services", t.VPC_ENDPOINT, "to-kms", "vpc"),
    breaks("private-path-to-services", t.VPC_ENDPOINT, "to-kms", "privateDnsEnabled", False),
    breaks("vpc-endpoint-in-zones", t.VPC_ENDPOINT, "to-kms", "subnetIds", [Ref("a")]),
    breaks("vpc-endpoint-policy-pinned", t.VPC_ENDPOINT, "to-s3", "policy", GONE),
    only("vpc-endpoint-policy-pinned", t.VPC_ENDPOINT, "to-s3", c.allow("s3:GetObject", "*", Principal="*")),
    only(
        "runtime-endpoint-pinned",
        t.VPC_ENDPOINT,
        "to-sagemaker.runtime",
        c.allow("sagemaker:*", "*", Principal="*"),
    ),
    without("bucket-has-public-block", t.BUCKET_BLOCK, "artifacts", "artifacts"),
    breaks("bucket-blocks-public", t.BUCKET_BLOCK, "artifacts", "restrictPublicBuckets", False),
    breaks("bucket-no-acls", t.BUCKET_OWNERSHIP, "logs", "rule.objectOwnership", "ObjectWriter"),
    extra("bucket-no-acls", Item(t.BUCKET_ACL, "acl", {"bucket": Ref("logs"), "acl": "public-read"})),
    policy("bucket-policy-not-public", t.BUCKET_POLICY, "logs", PUBLIC),
    policy("bucket-policy-not-public", t.BUCKET_POLICY, "logs", {**FOREIGN, "Resource": "*"}),
    policy(
        "bucket-policy-no-lockout", t.BUCKET_POLICY, "logs", {**PUBLIC, "Effect": "Deny", "Action": "s3:*"}
    ),
]

LOOSE = json.dumps({"type": "object", "properties": {"a": {"type": "string"}}})
INTEGRITY = [
    breaks("model-image-trusted", t.MODEL, "model", "primaryContainer.image", "docker.io/somebody/image:1"),
    breaks(
        "model-image-pinned",
        t.MODEL,
        "model",
        "primaryContainer.image",
        "683313688378.dkr.ecr.us-east-1.amazonaws.com/sklearn:latest",
    ),
    breaks(
        "model-artifact-pinned",
        t.MODEL,
        "model",
        "primaryContainer.modelDataUrl",
        "s3://elsewhere/model.tar.gz",
    ),
    breaks(
        "model-artifact-pinned",
        t.MODEL,
        "model",
        "primaryContainer.modelDataUrl",
        "s3://artifacts/model.tar.gz",
    ),
    breaks("artifact-upload-pinned", t.BUCKET_OBJECT, "artifact", "key", "models/latest/model.tar.gz"),
    breaks("artifact-upload-pinned", t.BUCKET_OBJECT, "artifact", "checksumAlgorithm", GONE),
    breaks(
        "artifact-bucket-write-protected",
        t.BUCKET_POLICY,
        "artifacts",
        "policy",
        c.bucket_policy("artifacts"),
    ),
    breaks("container-env-no-secrets", t.MODEL, "model", "primaryContainer.environment.API_KEY", "abc"),
    breaks(
        "container-env-no-secrets", t.FUNCTION, "function", "environment.variables.X", "AKIAABCDEFGHIJKLMNOP"
    ),
    breaks("requests-validated", t.METHOD, "method", "requestValidatorId", GONE),
    breaks(
        "requests-validated", t.METHOD, "method", "requestModels", {"application/json": Ref("schema", "name")}
    ),
    breaks("requests-validated", t.VALIDATOR, "validator", "validateRequestBody", False),
    breaks("request-schema-strict", t.API_MODEL, "schema", "schema", LOOSE),
    breaks("request-schema-strict", t.API_MODEL, "schema", "schema", "{}"),
    breaks("deployment-redeploys", t.DEPLOYMENT, "deployment", "triggers", GONE),
    breaks("stage-serves-deployment", t.STAGE, "stage", "canarySettings", {"percentTraffic": 10}),
    breaks("api-definition-readable", t.REST_API, "api", "body", '{"openapi": "3.0.0"}'),
    breaks("no-response-cache", t.STAGE, "stage", "cacheClusterEnabled", True),
    breaks("function-runtime-supported", t.FUNCTION, "function", "runtime", "python3.8"),
    breaks("function-package-pinned", t.FUNCTION, "function", "sourceCodeHash", GONE),
    breaks(
        "function-no-foreign-layers",
        t.FUNCTION,
        "function",
        "layers",
        ["arn:aws:lambda:a:999999999999:layer:b:1"],
    ),
    breaks("function-limits-explicit", t.FUNCTION, "function", "memorySize", GONE),
    breaks(
        "code-signing-enforced", t.CODE_SIGNING, "signing", "policies.untrustedArtifactOnDeployment", "Warn"
    ),
    breaks("function-code-signed", t.FUNCTION, "function", "codeSigningConfigArn", GONE),
    breaks("model-isolated", t.MODEL, "model", "enableNetworkIsolation", False),
    breaks("endpoint-wired-to-stack", t.ENDPOINT, "endpoint", "endpointConfigName", "elsewhere"),
    breaks("endpoint-no-shell", t.ENDPOINT_CONFIG, "config", "productionVariants.0.enableSsmAccess", True),
    breaks(
        "endpoint-dumps-encrypted",
        t.ENDPOINT_CONFIG,
        "config",
        "productionVariants.0.coreDumpConfig",
        {"a": "b"},
    ),
    breaks(
        "endpoint-wired-to-stack",
        t.ENDPOINT_CONFIG,
        "config",
        "shadowProductionVariants",
        [{"variantName": "shadow"}],
    ),
    breaks(
        "endpoint-kinds",
        t.ENDPOINT_CONFIG,
        "config",
        "shadowProductionVariants",
        [{"variantName": "shadow", "serverlessConfig": {"maxConcurrency": 1}}],
    ),
    breaks("capture-on-and-kept", t.ENDPOINT_CONFIG, "config", "dataCaptureConfig.enableCapture", False),
    breaks(
        "capture-on-and-kept",
        t.ENDPOINT_CONFIG,
        "config",
        "dataCaptureConfig.captureOptions",
        [{"captureMode": "Input"}],
    ),
]

RESILIENCE = [
    breaks("endpoint-instances", t.ENDPOINT_CONFIG, "config", "productionVariants.0.initialInstanceCount", 1),
    breaks("rollout-guarded", t.ENDPOINT, "endpoint", "deploymentConfig", GONE),
    breaks("rollout-guarded", t.ENDPOINT, "endpoint", "deploymentConfig.autoRollbackConfiguration", GONE),
    breaks("timeouts-nest", t.INTEGRATION, "integration", "timeoutMilliseconds", 5000, "function"),
    breaks("function-timeout-bounded", t.FUNCTION, "function", "timeout", 300),
    breaks("endpoint-parts-not-named", t.MODEL, "model", "name", "model"),
    breaks("bucket-versioned", t.BUCKET_VERSIONING, "logs", "versioningConfiguration.status", "Suspended"),
    without("artifact-locked", t.BUCKET_LOCK, "artifacts", "artifacts"),
    without("bucket-lifecycle", t.BUCKET_LIFECYCLE, "logs", "logs"),
    option("stateful-protected", t.KEY, "key", protect=False),
    breaks("bucket-no-force-destroy", t.BUCKET, "logs", "forceDestroy", True),
]

HYGIENE = [
    without("required-components", t.WEB_ACL, "acl", "scoring-prod"),
    extra("only-readable-resources", Item("aws-native:s3:Bucket", "other", {})),
    extra("only-readable-resources", Item("pulumi-python:dynamic:Resource", "dynamic", {})),
    option("no-ignored-changes", t.BUCKET_POLICY, "logs", ignore_changes=["policy"]),
    breaks("provider-pinned", "pulumi:providers:aws", "default", "secretKey", "secret"),
    breaks("provider-pinned", "pulumi:providers:aws", "default", "allowedAccountIds", GONE),
    breaks("no-legacy-buckets", t.BUCKET, "logs", "acl", "private"),
    breaks("resources-tagged", t.BUCKET, "logs", "tags", GONE),
    extra("no-classic-firewall", Item("aws:waf/webAcl:WebAcl", "old", {})),
]

CASES = [*AUTH, *THROTTLING, *ENCRYPTION, *LOGGING, *NETWORK, *INTEGRITY, *RESILIENCE, *HYGIENE]


@pytest.mark.parametrize("preview", [False, True], ids=["update", "preview"])
@pytest.mark.parametrize("case", CASES, ids=[f"{i}-{case.name}" for i, case in enumerate(CASES)])
def test_a_broken_field_is_found_at_its_resource(pack: Pack, case: Case, preview: bool) -> None:
    items = c.program()
    case.change(items)
    pack.configure([case.rule])

    found = pack.judge(items, preview=preview)

    assert {entry.rule for entry in found} == {case.rule}
    assert {entry.resource for entry in found} == set(case.flagged)
    for entry in found:
        assert f'"{entry.resource}"' in entry.text
        assert "internal error" not in entry.text


@pytest.mark.parametrize("preview", [False, True], ids=["update", "preview"])
def test_the_compliant_stack_passes_every_rule_with_a_case_and_has_nothing_unknown(
    pack: Pack, preview: bool
) -> None:
    pack.configure({case.rule for case in CASES} | {"not-evaluated"})

    assert pack.judge(c.program(), preview=preview) == []


def test_every_rule_has_a_case_here_or_in_the_catalogue_of_mutants() -> None:
    from endpoint_guard.discovery import rules

    from tests.endpoint_guard.mutants.catalogue import MUTANTS
    from tests.endpoint_guard.services.faults import RULES
    from tests.endpoint_guard.test_right_verdicts import CASES as SMALL

    expected = {case.rule for case in CASES} | {rule for mutant in MUTANTS for rule in mutant.rules}
    expected |= set(RULES) | {case.rule for case in SMALL if case.found}
    # Our own stacks, whose models are trained on sample data, are the case of the last one.
    assert set(rules()) - expected == {"model-trained-on-data"}, "give each of these rules a fault of its own"
