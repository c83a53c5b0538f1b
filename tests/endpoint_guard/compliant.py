"""The smallest stack that the pack accepts, written out by hand, in preview and in update form."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from typing import Any

from endpoint_guard import types as t

ACCOUNT = "123456789012"
REGION = "us-east-1"
DIGEST = "ab" * 32
PREFIX = "urn:pulumi:compliant::scoring"
BUCKET = "arn:aws:s3:::artifacts"
ENDPOINT = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/scoring"
GONE = object()
"""A mutation to this value removes the property."""


@dataclass(frozen=True)
class Ref:
    """An output of another resource: a value after an update, unknown before, a dependency in both."""

    name: str
    output: str = "id"


@dataclass
class Item:
    """One resource of the program."""

    type: str
    name: str
    props: dict[str, Any]
    protect: bool = False
    ignore_changes: list[str] = field(default_factory=list)

    @property
    def urn(self) -> str:
        return f"{PREFIX}::{self.type}::{self.name}"


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(actions: Any, resources: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def deny(actions: Any, resources: Any, condition: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "Effect": "Deny",
        "Principal": "*",
        "Action": actions,
        "Resource": resources,
        "Condition": condition,
        **more,
    }


def trust(service: str, guarded: bool = True) -> str:
    condition = {"Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}}} if guarded else {}
    principal = {"Service": f"{service}.amazonaws.com"}
    return document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal, **condition})


OWN = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
PLAIN = {"Bool": {"aws:SecureTransport": "false"}}
OLD_TLS = {"NumericLessThan": {"s3:TlsVersion": "1.2"}}


def bucket_policy(name: str, *more: dict[str, Any]) -> str:
    both = [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"]
    return document(deny("s3:*", both, PLAIN), deny("s3:*", both, OLD_TLS), *more)


def key_policy() -> str:
    decrypt = ["kms:Decrypt", "kms:GenerateDataKey*"]
    context = {
        "ArnLike": {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:*"}
    }
    root = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    role = {"AWS": f"arn:aws:iam::{ACCOUNT}:role/model"}
    logs, alarms = {"Service": f"logs.{REGION}.amazonaws.com"}, {"Service": "cloudwatch.amazonaws.com"}
    return document(
        allow(["kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:DescribeKey"], "*", Principal=root),
        allow("kms:Decrypt", "*", Principal=role),
        allow(decrypt, "*", Principal=logs, Condition=context),
        allow(decrypt, "*", Principal=alarms, Condition=OWN),
    )


LOG_FORMAT = json.dumps(
    {
        "requestId": "$context.requestId",
        "status": "$context.status",
        "apiKeyId": "$context.identity.apiKeyId",
        "sourceIp": "$context.identity.sourceIp",
        "time": "$context.requestTime",
        "verb": "$context.httpMethod",
        "path": "$context.resourcePath",
        "waf": "$context.wafResponseCode",
        "error": "$context.error.responseType",
    }
)
SCHEMA = {
    "type": "object",
    "required": ["transactions"],
    "additionalProperties": False,
    "properties": {
        "transactions": {
            "type": "array",
            "maxItems": 25,
            "items": {
                "type": "object",
                "required": ["amt"],
                "additionalProperties": False,
                "properties": {
                    "amt": {"type": "number", "minimum": 0, "maximum": 100},
                    "time": {"type": "string", "maxLength": 19},
                    "category": {"type": "string", "enum": ["home"]},
                },
            },
        }
    },
}
VISIBLE = {"cloudwatchMetricsEnabled": True, "sampledRequestsEnabled": False, "metricName": "rule"}
GROUPS = (
    "AWSManagedRulesCommonRuleSet",
    "AWSManagedRulesKnownBadInputsRuleSet",
    "AWSManagedRulesAmazonIpReputationList",
    "AWSManagedRulesSQLiRuleSet",
    "AWSManagedRulesAnonymousIpList",
    "AWSManagedRulesLinuxRuleSet",
)


def firewall_rules() -> list[dict[str, Any]]:
    size = {"size": 8192, "comparisonOperator": "GT", "fieldToMatch": {"body": {"oversizeHandling": "MATCH"}}}
    size["textTransformations"] = [{"priority": 0, "type": "NONE"}]
    rate = {"limit": 1000, "aggregateKeyType": "IP", "evaluationWindowSec": 300}
    own = [("size", {"sizeConstraintStatement": size}), ("rate", {"rateBasedStatement": rate})]
    rules: list[dict[str, Any]] = [
        {"name": name, "action": {"block": {}}, "statement": statement} for name, statement in own
    ]
    for group in GROUPS:
        managed = {"managedRuleGroupStatement": {"vendorName": "AWS", "name": group}}
        rules.append({"name": group, "overrideAction": {"none": {}}, "statement": managed})
    return [{**rule, "priority": i, "visibilityConfig": dict(VISIBLE)} for i, rule in enumerate(rules)]


def group(name: str, full: str) -> Item:
    return Item(
        t.LOG_GROUP, name, {"name": full, "retentionInDays": 365, "kmsKeyId": Ref("key", "arn")}, protect=True
    )


def mask(name: str, target: str) -> Item:
    card = ["arn:aws:dataprotection::aws:data-identifier/CreditCardNumber"]
    masking = {"DataIdentifier": card, "Operation": {"Deidentify": {"MaskConfig": {}}}}
    content: dict[str, Any] = {"Statement": [masking]}
    props = {"logGroupName": Ref(target, "name"), "policyDocument": json.dumps(content)}
    return Item(t.LOG_DATA_PROTECTION, name, props)


def bucket(name: str, policy: str, kms: bool = True) -> list[Item]:
    default = (
        {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": Ref("key", "arn")}
        if kms
        else {"sseAlgorithm": "AES256"}
    )
    of = {"bucket": Ref(name)}
    flags = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    abort = {
        "status": "Enabled",
        "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
        "noncurrentVersionExpiration": {"noncurrentDays": 365},
    }
    encryption = [{"applyServerSideEncryptionByDefault": default, "bucketKeyEnabled": kms}]
    return [
        Item(t.BUCKET, name, {"bucket": name, "objectLockEnabled": kms, "tags": {"a": "b"}}, protect=True),
        Item(t.BUCKET_BLOCK, name, {**of, **dict.fromkeys(flags, True)}),
        Item(t.BUCKET_OWNERSHIP, name, {**of, "rule": {"objectOwnership": "BucketOwnerEnforced"}}),
        Item(t.BUCKET_ENCRYPTION, name, {**of, "rules": encryption}),
        Item(t.BUCKET_VERSIONING, name, {**of, "versioningConfiguration": {"status": "Enabled"}}),
        Item(t.BUCKET_LIFECYCLE, name, {**of, "rules": [abort]}),
        Item(t.BUCKET_POLICY, name, {**of, "policy": policy}),
    ]


def role(name: str, service: str, *statements: dict[str, Any], guarded: bool = True) -> list[Item]:
    return [
        Item(t.ROLE, name, {"name": name, "assumeRolePolicy": trust(service, guarded), "tags": {"a": "b"}}),
        Item(t.ROLE_POLICY, name, {"role": Ref(name, "name"), "policy": document(*statements)}),
    ]


def _storage() -> list[Item]:
    stamp = {"StringNotEquals": {"s3:x-amz-server-side-encryption-aws-kms-key-id": "key"}}
    elsewhere = {"ArnNotEquals": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/deployer"}}
    writes = ["s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion"]
    artifacts = bucket_policy(
        "artifacts", deny("s3:PutObject", f"{BUCKET}/*", stamp), deny(writes, f"{BUCKET}/*", elsewhere)
    )
    delivery = allow(
        "s3:PutObject",
        "arn:aws:s3:::logs/*",
        Principal={"Service": "logging.s3.amazonaws.com"},
        Condition=OWN,
    )
    upload = {
        "bucket": Ref("artifacts"),
        "key": f"models/{DIGEST}/model.tar.gz",
        "checksumAlgorithm": "SHA256",
        "serverSideEncryption": "aws:kms",
        "kmsKeyId": Ref("key", "arn"),
    }
    lock = {"bucket": Ref("artifacts"), "rule": {"defaultRetention": {"mode": "GOVERNANCE", "days": 30}}}
    key = {
        "description": "data",
        "enableKeyRotation": True,
        "deletionWindowInDays": 30,
        "policy": key_policy(),
    }
    return [
        Item(t.KEY, "key", {**key, "tags": {"a": "b"}}, protect=True),
        *bucket("artifacts", artifacts),
        *bucket("logs", bucket_policy("logs", delivery), kms=False),
        Item(t.BUCKET_LOCK, "artifacts", lock),
        Item(t.BUCKET_LOGGING, "artifacts", {"bucket": Ref("artifacts"), "targetBucket": Ref("logs")}),
        Item(t.BUCKET_OBJECT, "artifact", upload),
    ]


def _network() -> list[Item]:
    items = [
        Item(t.VPC, "vpc", {"cidrBlock": "10.0.0.0/16"}),
        Item(t.DEFAULT_SECURITY_GROUP, "default", {"vpcId": Ref("vpc")}),
        Item(t.FLOW_LOG, "flow", _flow()),
    ]
    for zone in "ab":
        items.append(Item(t.SUBNET, zone, {"vpcId": Ref("vpc"), "availabilityZone": f"{REGION}{zone}"}))
    for name in ("function", "model", "endpoints"):
        props = {"vpcId": Ref("vpc"), "description": name, "tags": {"a": "b"}}
        items.append(Item(t.SECURITY_GROUP, name, props))
    tcp = {"fromPort": 443, "toPort": 443, "ipProtocol": "tcp", "description": "calls"}
    inward = {"securityGroupId": Ref("endpoints"), "referencedSecurityGroupId": Ref("function"), **tcp}
    outward = {"securityGroupId": Ref("function"), "referencedSecurityGroupId": Ref("endpoints"), **tcp}
    items += [Item(t.GROUP_INGRESS, "inward", inward), Item(t.GROUP_EGRESS, "outward", outward)]
    for service in ("sagemaker.runtime", "logs", "kms", "monitoring", "s3"):
        items.append(_vpc_endpoint(service))
    return items


def _flow() -> dict[str, Any]:
    group = {"logDestination": Ref("flow-log", "arn"), "iamRoleArn": Ref("flow-role", "arn")}
    return {"vpcId": Ref("vpc"), "trafficType": "ALL", **group}


def _vpc_endpoint(service: str) -> Item:
    action = "sagemaker:InvokeEndpoint" if service == "sagemaker.runtime" else f"{service}:PutThing"
    target = ENDPOINT if service == "sagemaker.runtime" else f"arn:aws:{service}:{REGION}:{ACCOUNT}:thing/one"
    caller = {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}
    props: dict[str, Any] = {
        "vpcId": Ref("vpc"),
        "serviceName": f"com.amazonaws.{REGION}.{service}",
        "vpcEndpointType": "Gateway" if service == "s3" else "Interface",
        "policy": document(allow(action, target, Principal="*", Condition=caller)),
    }
    if service != "s3":
        props |= {
            "privateDnsEnabled": True,
            "subnetIds": [Ref("a"), Ref("b")],
            "securityGroupIds": [Ref("endpoints")],
        }
    return Item(t.VPC_ENDPOINT, f"to-{service}", props)


def _model() -> list[Item]:
    network = {"subnets": [Ref("a"), Ref("b")], "securityGroupIds": [Ref("model")]}
    image = f"683313688378.dkr.ecr.{REGION}.amazonaws.com/sklearn@sha256:{DIGEST}"
    container = {
        "image": image,
        "modelDataUrl": Ref("artifact", "address"),
        "environment": {"MODEL_SHA256": DIGEST},
    }
    variant = {"modelName": Ref("model", "name"), "variantName": "primary", "initialInstanceCount": 2}
    capture = {
        "enableCapture": True,
        "initialSamplingPercentage": 10,
        "kmsKeyId": Ref("key", "arn"),
        "destinationS3Uri": "s3://artifacts/capture",
        "captureOptions": [{"captureMode": "Input"}, {"captureMode": "Output"}],
    }
    rollout = {
        "blueGreenUpdatePolicy": {
            "trafficRoutingConfiguration": {"type": "CANARY", "waitIntervalInSeconds": 300}
        },
        "autoRollbackConfiguration": {"alarms": [{"alarmName": Ref("model-errors", "name")}]},
    }
    config = {
        "productionVariants": [variant],
        "kmsKeyArn": Ref("key", "arn"),
        "dataCaptureConfig": capture,
    }
    scaling = {"resourceId": "endpoint/scoring/variant/primary", "minCapacity": 2, "maxCapacity": 6}
    served = {"name": "scoring", "endpointConfigName": Ref("config", "name"), "deploymentConfig": rollout}
    return [
        *role("model-role", "sagemaker", allow("s3:GetObject", f"{BUCKET}/models/*")),
        Item(
            t.MODEL,
            "model",
            {
                "executionRoleArn": Ref("model-role", "arn"),
                "primaryContainer": container,
                "vpcConfig": network,
                "enableNetworkIsolation": True,
            },
        ),
        Item(t.ENDPOINT_CONFIG, "config", config),
        Item(t.ENDPOINT, "endpoint", {**served, "tags": {"a": "b"}}, protect=True),
        Item(t.SCALING_TARGET, "scaling", scaling),
        Item(t.SCALING_POLICY, "scaling-policy", {"resourceId": Ref("scaling", "resourceId")}),
    ]


def _function() -> list[Item]:
    return [
        *role("function-role", "lambda", allow("sagemaker:InvokeEndpoint", ENDPOINT), guarded=False),
        Item(
            t.FUNCTION,
            "function",
            {
                "name": "score",
                "description": "scores",
                "runtime": "python3.13",
                "role": Ref("function-role", "arn"),
                "timeout": 10,
                "memorySize": 256,
                "sourceCodeHash": "hash",
                "reservedConcurrentExecutions": 20,
                "tracingConfig": {"mode": "Active"},
                "environment": {"variables": {"ENDPOINT_NAME": "scoring"}},
                "kmsKeyArn": Ref("key", "arn"),
                "codeSigningConfigArn": Ref("signing", "arn"),
                "vpcConfig": {"subnetIds": [Ref("a"), Ref("b")], "securityGroupIds": [Ref("function")]},
                "loggingConfig": {"logFormat": "JSON", "logGroup": Ref("function-log", "name")},
                "tags": {"a": "b"},
            },
        ),
        Item(t.CODE_SIGNING, "signing", {"policies": {"untrustedArtifactOnDeployment": "Enforce"}}),
        Item(t.FUNCTION_ALIAS, "alias", {"functionName": Ref("function", "name"), "name": "live"}),
        Item(
            t.PERMISSION,
            "permission",
            {
                "action": "lambda:InvokeFunction",
                "function": Ref("function", "name"),
                "qualifier": Ref("alias", "name"),
                "principal": "apigateway.amazonaws.com",
                "sourceArn": [Ref("stage", "executionArn"), Ref("method", "httpMethod"), Ref("path", "path")],
                "sourceAccount": ACCOUNT,
            },
        ),
    ]


def _api() -> list[Item]:
    of = {"restApi": Ref("api")}
    limits = {
        "throttlingRateLimit": 50,
        "throttlingBurstLimit": 100,
        "loggingLevel": "ERROR",
        "metricsEnabled": True,
    }
    log = {"destinationArn": Ref("access-log", "arn"), "format": LOG_FORMAT}
    bound = {"requestValidatorId": Ref("validator"), "requestModels": {"$default": Ref("schema", "name")}}
    verb = {"httpMethod": "POST", "authorization": "AWS_IAM", "apiKeyRequired": True}
    plan = {
        "apiStages": [{"apiId": Ref("api"), "stage": Ref("stage", "stageName")}],
        "throttleSettings": {"rateLimit": 10, "burstLimit": 20},
        "quotaSettings": {"limit": 1000, "period": "DAY"},
    }
    join = {"keyId": Ref("client"), "usagePlanId": Ref("plan"), "keyType": "API_KEY"}
    call = {
        "httpMethod": "POST",
        "type": "AWS_PROXY",
        "timeoutMilliseconds": 29000,
        "uri": Ref("alias", "invokeArn"),
    }
    served = {"deployment": Ref("deployment"), "stageName": "prod", "xrayTracingEnabled": True}
    return [
        *role(
            "api-role",
            "apigateway",
            allow("logs:PutLogEvents", "arn:aws:logs:us-east-1:123456789012:log-group:a:*"),
            guarded=False,
        ),
        Item(t.API_ACCOUNT, "account", {"cloudwatchRoleArn": Ref("api-role", "arn")}),
        Item(
            t.REST_API,
            "api",
            {"name": "api", "endpointConfiguration": {"types": "REGIONAL"}, "tags": {"a": "b"}},
        ),
        Item(t.API_RESOURCE, "path", {**of, "pathPart": "score"}),
        Item(t.API_MODEL, "schema", {**of, "name": "Score", "schema": json.dumps(SCHEMA)}),
        Item(
            t.VALIDATOR, "validator", {**of, "validateRequestBody": True, "validateRequestParameters": True}
        ),
        Item(t.METHOD, "method", {**of, "resourceId": Ref("path"), **verb, **bound}),
        Item(t.INTEGRATION, "integration", {**of, "resourceId": Ref("path"), **call}),
        Item(t.DEPLOYMENT, "deployment", {**of, "triggers": {"api": "digest"}}),
        Item(t.STAGE, "stage", {**of, **served, "accessLogSettings": log}),
        Item(
            t.METHOD_SETTINGS,
            "settings",
            {**of, "stageName": Ref("stage", "stageName"), "methodPath": "*/*", "settings": limits},
        ),
        Item(t.API_KEY, "client", {"name": "client"}),
        Item(t.USAGE_PLAN, "plan", plan),
        Item(t.USAGE_PLAN_KEY, "join", join),
    ]


def _firewall() -> list[Item]:
    headers = [{"singleHeader": {"name": name}} for name in ("x-api-key", "authorization")]
    acl = {
        "scope": "REGIONAL",
        "rules": firewall_rules(),
        "visibilityConfig": dict(VISIBLE),
        "tags": {"a": "b"},
    }
    link = {"resourceArn": Ref("stage", "arn"), "webAclArn": Ref("acl", "arn")}
    log = {"resourceArn": Ref("acl", "arn"), "logDestinationConfigs": [Ref("waf-log", "arn")]}
    return [
        Item(t.WEB_ACL, "acl", acl),
        Item(t.WEB_ACL_ASSOCIATION, "link", link),
        Item(t.WEB_ACL_LOGGING, "acl-log", {**log, "redactedFields": headers}),
    ]


def _watching() -> list[Item]:
    watched = (
        ("api-errors", "AWS/ApiGateway", "5XXError"),
        ("api-refusals", "AWS/ApiGateway", "4XXError"),
        ("api-latency", "AWS/ApiGateway", "Latency"),
        ("function-errors", "AWS/Lambda", "Errors"),
        ("function-throttles", "AWS/Lambda", "Throttles"),
        ("model-errors", "AWS/SageMaker", "Invocation5XXErrors"),
        ("model-latency", "AWS/SageMaker", "ModelLatency"),
        ("blocked", "AWS/WAFV2", "BlockedRequests"),
    )
    dimensions = {
        "AWS/ApiGateway": {"ApiName": Ref("api", "name"), "Stage": Ref("stage", "stageName")},
        "AWS/Lambda": {"FunctionName": Ref("function", "name")},
        "AWS/SageMaker": {"EndpointName": Ref("endpoint", "name"), "VariantName": "primary"},
        "AWS/WAFV2": {"WebACL": Ref("acl", "name"), "Region": REGION, "Rule": "ALL"},
    }
    alarms = [
        Item(
            t.ALARM,
            name,
            {
                "name": name,
                "namespace": space,
                "metricName": metric,
                "comparisonOperator": "GreaterThanThreshold",
                "evaluationPeriods": 3,
                "dimensions": dimensions[space],
                "alarmActions": [Ref("topic", "arn")],
                "treatMissingData": "notBreaching",
            },
        )
        for name, space, metric in watched
    ]
    topic = f"arn:aws:sns:{REGION}:{ACCOUNT}:alarms"
    publish = allow("sns:Publish", topic, Principal={"Service": "cloudwatch.amazonaws.com"}, Condition=OWN)
    policy = document(publish, deny("sns:Publish", topic, PLAIN))
    key = {"kmsMasterKeyId": Ref("key"), "signatureVersion": 2}
    return [
        *alarms,
        Item(t.TOPIC, "topic", {"name": "alarms", **key, "tags": {"a": "b"}}),
        Item(t.TOPIC_POLICY, "topic", {"arn": Ref("topic", "arn"), "policy": policy}),
        Item(
            t.SUBSCRIPTION,
            "person",
            {"topic": Ref("topic", "arn"), "protocol": "email", "endpoint": "a@b.example"},
        ),
    ]


def program() -> list[Item]:
    """The resources of the compliant stack, fresh at every call."""
    groups = [
        group("function-log", "/aws/lambda/score"),
        group("model-log", "/aws/sagemaker/Endpoints/scoring"),
        group("access-log", "/api/access"),
        group("waf-log", "aws-waf-logs-scoring"),
        group("flow-log", "/vpc/flow"),
        Item(
            t.LOG_GROUP,
            "execution-log",
            {"name": Ref("api", "executionLog"), "retentionInDays": 365, "kmsKeyId": Ref("key", "arn")},
            protect=True,
        ),
        mask("function-mask", "function-log"),
        mask("execution-mask", "execution-log"),
        *role(
            "flow-role",
            "vpc-flow-logs",
            allow("logs:PutLogEvents", "arn:aws:logs:us-east-1:123456789012:log-group:b:*"),
        ),
    ]
    root = Item("pulumi:pulumi:Stack", "scoring-prod", {})
    provider = Item(
        "pulumi:providers:aws", "default", {"region": REGION, "allowedAccountIds": f'["{ACCOUNT}"]'}
    )
    parts = [_storage(), groups, _network(), _model(), _function(), _api(), _firewall(), _watching()]
    return copy.deepcopy([root, provider, *(item for part in parts for item in part)])


def output(item: Item, name: str) -> str:
    """What AWS answers for an output of a resource, after an update."""
    if name == "address":
        return f"s3://artifacts/models/{DIGEST}/model.tar.gz"
    if name == "executionLog":
        return "API-Gateway-Execution-Logs_api-id/prod"
    if name in item.props and isinstance(item.props[name], str):
        return str(item.props[name])
    if item.type == t.BUCKET:
        return item.name
    if name == "executionArn":
        return f"arn:aws:execute-api:{REGION}:{ACCOUNT}:api-id/prod"
    return f"{item.name}-{name}"
