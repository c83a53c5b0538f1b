"""Mutants that avoid what is checked: another door, or another thing that is served."""

from __future__ import annotations

import json
from typing import Any

from endpoint_guard import types as t

from tests.endpoint_guard.mutants.change import (
    ACCOUNT,
    GONE,
    Change,
    Mutant,
    Ref,
    Stack,
    add,
    document,
    mutant,
    put,
    unlinked,
)

OTHER = "999999999999"
BUCKET = Ref(t.BUCKET, "artifacts", "bucket")
FUNCTION = Ref(t.FUNCTION, "score", "arn")
F = t.FUNCTION, "score"
API = Ref(t.REST_API, "api")
METHOD = t.METHOD, "api"
CALL = t.INTEGRATION, "api"
CONFIG = t.ENDPOINT_CONFIG, "model"
CONTAINER = "primaryContainer"
ROLLOUT = "deploymentConfig.blueGreenUpdatePolicy.trafficRoutingConfiguration"
ACL = t.WEB_ACL, "firewall"
DOOR = "function-no-side-door"
WHOLE = "model-artifact-whole"
STEERING = "environment-steers-nothing"
TARGET = t.SCALING_TARGET, "model"
DOMAIN = add(t.HTTP_DOMAIN, "d", {"domainNameConfiguration": {"securityPolicy": "TLS_1_2"}})


def authorized(**authorizer: Any) -> Change:
    """The method asks an authorizer of the stack."""

    def change(stack: Stack) -> None:
        add(t.AUTHORIZER, "a", {"restApi": API, "name": "x", **authorizer})(stack)
        put(*METHOD, "authorization", "COGNITO_USER_POOLS")(stack)
        put(*METHOD, "authorizerId", Ref(t.AUTHORIZER, "a"))(stack)

    return change


def unsigned(stack: Stack) -> None:
    put(*METHOD, "authorization", "CUSTOM")(stack)
    put(*METHOD, "authorizerId", "abc123")(stack)


def unpublished(stack: Stack) -> None:
    """In an update the alias gets what the function reports, which is then $LATEST."""
    put(*F, "publish", False)(stack)
    alias = stack.find(t.FUNCTION_ALIAS, "score")
    if not stack.preview:
        alias["inputs"]["functionVersion"] = alias["outputs"]["functionVersion"] = "$LATEST"


def remote(stack: Stack) -> None:
    """The package is an archive that is fetched from an address."""
    put(*F, "s3Bucket", GONE)(stack)
    put(*F, "s3Key", GONE)(stack)
    signature = {"4dabf18193072939515e22adb298388d": "0def7320c3a5731c473e5ecbe6d01bc7"}
    put(*F, "code", {"uri": "https://packages.example/x.zip", **signature})(stack)


def mapped(stack: Stack) -> None:
    DOMAIN(stack)
    link = {"apiId": API, "domainName": Ref(t.HTTP_DOMAIN, "d"), "stage": Ref(t.STAGE, "api", "stageName")}
    add(t.API_MAPPING, "m", link)(stack)


def schema(**changes: Any) -> Change:
    return document(t.API_MODEL, "api", lambda content: content.update(changes), "schema")


def foreign_rules(stack: Stack) -> None:
    """A rule group outside the stack, known by its ARN, and no other reference in the rules."""
    arn = f"arn:aws:wafv2:us-east-1:{ACCOUNT}:regional/rulegroup/x/y"
    statement = {"ruleGroupReferenceStatement": {"arn": arn}}
    rule = {"name": "g", "priority": 5, "overrideAction": {"none": {}}, "statement": statement}
    for side in ("inputs", "outputs"):
        rules = stack.find(*ACL)[side]["rules"]
        rules.append({**rule, "visibilityConfig": dict(rules[0]["visibilityConfig"])})


DOORS: list[Mutant] = [
    *[mutant("LAM-G02", f"called by {what}", DOOR, add(kind, "d", {name: value})) for what, kind, name, value in (
        ("a load balancer", t.TARGET_ATTACHMENT, "targetId", FUNCTION),
        ("a lattice", t.LATTICE_ATTACHMENT, "target", {"id": FUNCTION}),
        ("a user pool", t.USER_POOL, "lambdaConfig", {"preSignUp": FUNCTION}),
        ("an HTTP API", t.HTTP_API, "target", FUNCTION),
        ("a route of an HTTP API", t.HTTP_INTEGRATION, "integrationUri", FUNCTION))],
    mutant("AGW-026 AGW-G18", "an HTTP API from a definition", "api-definition-readable",
           add(t.HTTP_API, "h", {"body": json.dumps({"openapi": "3.0.1", "paths": {}})})),
    mutant("AGW-002", "an authorizer outside the stack", "method-requires-authorization", unsigned),
    mutant("AGW-002", "an authorizer that asks no user pool", "method-requires-authorization",
           authorized(type="COGNITO_USER_POOLS", providerArns=[])),
    mutant("AGW-015", "one content type accepts anything", "requests-validated",
           put(*METHOD, "requestModels", {"$default": Ref(t.API_MODEL, "api", "name"), "text/plain": "Empty"})),
    mutant("AGW-G13", "a schema that is kept elsewhere", "request-schema-strict",
           schema(properties={"transactions": {"$ref": "https://apigateway.amazonaws.com/restapis/x/models/y"}})),
    mutant("AGW-G13", "fields by pattern", "request-schema-strict", schema(patternProperties={".*": {}})),
    mutant("AGW-G07", "a domain of the second generation beside the open host", "default-host-closed", mapped),
    mutant("AGW-G03", "a plan that names another stage", "usage-plan-joined",
           put(t.USAGE_PLAN, "api-checkout", "apiStages.0.stage", "other")),
    mutant("AGW-018", "a secret among a deployment's variables", "container-env-no-secrets",
           put(t.DEPLOYMENT, "api", "variables", {"x": "AKIAIOSFODNN7EXAMPLE"})),
    mutant("AGW-G16", "a stage variable chooses the function", "integration-safe",
           put(*CALL, "uri", "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${stageVariables.f}")),
    mutant("AGW-G16", "the model is called past the function", "integration-safe",
           put(*CALL, "uri", "arn:aws:apigateway:us-east-1:runtime.sagemaker:path/endpoints/fraud-prod-endpoint")),
    mutant("AGW-G16", "another account's function", "integration-safe",
           put(*CALL, "uri", "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
                             f"arn:aws:lambda:us-east-1:{OTHER}:function:x/invocations")),
    mutant("AGW-G16", "with the rights of each caller", "integration-safe",
           put(*CALL, "credentials", "arn:aws:iam::*:user/*")),
    mutant("WAF-G09 WAF-G11", "a rule group outside the stack", "firewall-has-rules", foreign_rules),
    mutant("WAF-G04", "an IP set of all addresses in halves", "firewall-exceptions-narrow",
           put(t.IP_SET, "firewall", "addresses", ["0.0.0.0/1", "128.0.0.0/1"])),
    mutant("WAF-G06", "rule details show the key", "firewall-samples-hide-keys",
           put(*ACL, "dataProtectionConfig.dataProtections.0.excludeRuleMatchDetails", True)),
    mutant("WAF-G07", "what a managed group labelled is not logged", "firewall-log-complete",
           put(t.WEB_ACL_LOGGING, "firewall", "loggingFilter", {"defaultBehavior": "KEEP", "filters": [{
               "behavior": "DROP", "conditions": [{"labelNameCondition": {"labelName": "awswaf:managed:aws:"}}]}]})),
    mutant("VPC-009", "a peer as the way out", "subnets-isolated",
           add(t.ROUTE, "r", {"routeTableId": Ref(t.ROUTE_TABLE, "private-a"), "destinationCidrBlock": "0.0.0.0/0",
                              "vpcPeeringConnectionId": "pcx-1"})),
    mutant("VPC-009", "the main table leads out", "subnets-isolated",
           add(t.DEFAULT_ROUTE_TABLE, "m", {"routes": [{"cidrBlock": "0.0.0.0/0", "gatewayId": "igw-1"}]})),
    mutant("VPC-009", "the main table is another", "subnets-isolated",
           add(t.MAIN_ROUTE_TABLE, "m", {"vpcId": Ref(t.VPC, "private"), "routeTableId": "rtb-1"})),
    mutant("VPC-014", "an endpoint of another region", "private-path-to-services",
           put(t.VPC_ENDPOINT, "private-kms", "serviceName", "com.amazonaws.eu-west-1.kms")),
]  # fmt: skip

SERVED: list[Mutant] = [
    mutant("SM-G03", "a second source of data", WHOLE, put(t.MODEL, "model", f"{CONTAINER}.modelDataSource",
           {"s3DataSources": [{"s3Uri": "s3://other/x/"}]})),
    mutant("SM-G03", "additional sources of data", WHOLE,
           put(t.MODEL, "model", f"{CONTAINER}.additionalModelDataSources", [{"channelName": "x"}])),
    mutant("SM-G03", "a package of another account", WHOLE, put(t.MODEL, "model", f"{CONTAINER}.modelPackageName",
           f"arn:aws:sagemaker:us-east-1:{OTHER}:model-package/x/1")),
    mutant("SM-G03", "code of another bucket", WHOLE,
           put(t.MODEL, "model", f"{CONTAINER}.environment.SAGEMAKER_SUBMIT_DIRECTORY", "s3://other/code.tar.gz")),
    mutant("SM-G03", "no digest to check", WHOLE, put(t.MODEL, "model", f"{CONTAINER}.environment.MODEL_SHA256", GONE)),
    mutant("SM-G03", "packages of another index", STEERING,
           put(t.MODEL, "model", f"{CONTAINER}.environment.PIP_INDEX_URL", "https://index.example")),
    mutant("SM-G01", "nothing of the requests is captured", "capture-on-and-kept",
           put(*CONFIG, "dataCaptureConfig.initialSamplingPercentage", 0)),
    mutant("SM-G10", "requests are queued", "endpoint-kinds",
           put(*CONFIG, "asyncInferenceConfig", {"outputConfig": {"s3OutputPath": "s3://other/x"}})),
    mutant("SM-G10 SM-G07", "a variant that scales by itself", "endpoint-kinds",
           put(*CONFIG, "productionVariants.0.managedInstanceScaling", {"status": "ENABLED", "maxInstanceCount": 99})),
    mutant("SM-G06", "a canary of everything", "rollout-guarded",
           put(t.ENDPOINT, "model", f"{ROLLOUT}.canarySize.value", 100)),
    mutant("SM-G06", "a canary that waits for nothing", "rollout-guarded",
           put(t.ENDPOINT, "model", f"{ROLLOUT}.waitIntervalInSeconds", 0)),
    mutant("SM-G07 SM-002", "one instance at night", "scaling-bounded", put(*TARGET, "minCapacity", 1)),
    mutant("SM-G07", "scaling out is suspended", "scaling-bounded",
           put(*TARGET, "suspendedState", {"dynamicScalingOutSuspended": True})),
    mutant("SM-G07", "scaled to nothing by the clock", "scaling-bounded",
           add(t.SCHEDULED_SCALING, "s", {"serviceNamespace": "sagemaker",
                                          "scalableTargetAction": {"minCapacity": 0, "maxCapacity": 0}})),
    mutant("LAM-005", "the package under a foreign key", "encrypted-with-own-key",
           unlinked(*F, "sourceKmsKeyArn", f"arn:aws:kms:us-east-1:{OTHER}:key/x")),
    mutant("LAM-006", "a password under a short name", "container-env-no-secrets",
           put(*F, "environment.variables.db_pass", "hunter2")),
    mutant("LAM-006", "a password in an address", "container-env-no-secrets",
           put(*F, "environment.variables.DSN", "postgres://user:hunter2@host/db")),
    mutant("LAM-G09", "calls to the model go elsewhere", STEERING,
           put(*F, "environment.variables.AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", "https://model.example")),
    mutant("LAM-G08", "a wrapper runs first", STEERING,
           put(*F, "environment.variables.AWS_LAMBDA_EXEC_WRAPPER", "/opt/x")),
    mutant("LAM-G04", "debugging by a variable", "function-log-group",
           put(*F, "environment.variables.LOG_LEVEL", "debug")),
    mutant("LAM-009 LAM-G05", "code that another account signed", "code-signing-enforced",
           unlinked(t.CODE_SIGNING, "score", "allowedPublishers",
                    {"signingProfileVersionArns": [f"arn:aws:signer:us-east-1:{OTHER}:/signing-profiles/x/y"]})),
    mutant("LAM-G08", "a package of a bucket outside", "function-package-own", unlinked(*F, "s3Bucket", "other")),
    mutant("LAM-G08", "a package fetched from an address", "function-package-own", remote),
    mutant("LAM-G08", "files mounted beside the package", "function-package-own",
           put(*F, "fileSystemConfig", {"arn": "arn:x", "localMountPath": "/mnt/x"})),
    mutant("LAM-G08", "the alias serves what was uploaded last", "alias-serves-version",
           put(t.FUNCTION_ALIAS, "score", "functionVersion", "$LATEST")),
    mutant("LAM-G02", "the alias serves what nobody published", "alias-serves-version", unpublished),
    mutant("CW-G06", "a mask for addresses only", "logs-mask-card-data",
           document(t.LOG_DATA_PROTECTION, "score", lambda content: [s.update(DataIdentifier=[
               "arn:aws:dataprotection::aws:data-identifier/EmailAddress"]) for s in content["Statement"]],
               "policyDocument")),
    mutant("CW-G06", "a class of log group that masks nothing", "logs-mask-card-data",
           put(t.LOG_GROUP, "score", "logGroupClass", "INFREQUENT_ACCESS")),
    mutant("CW-002", "a class of log group that keeps two days", "log-retention",
           put(t.LOG_GROUP, "access", "logGroupClass", "DELIVERY")),
    mutant("CW-G02", "a subscription that filters alarms out", "alarm-reaches-someone",
           put(t.SUBSCRIPTION, "alarms", "filterPolicy", json.dumps({"x": ["y"]}))),
    mutant("CW-G01 SM-G06", "a metric that nobody publishes", "alarm-metric-exists",
           put(t.ALARM, "model-errors", "metricName", "CPUUtilization")),
    mutant("CW-G01", "a variant that is not named", "alarm-metric-exists",
           put(t.ALARM, "alarms-model-5xx", "dimensions.VariantName", GONE)),
    mutant("CW-G01", "an alarm when errors are few", "alarm-can-go-off",
           put(t.ALARM, "alarms-api-5xx", "comparisonOperator", "LessThanThreshold")),
    mutant("CW-G01", "an alarm on the best moment", "alarm-can-go-off",
           put(t.ALARM, "alarms-api-5xx", "statistic", "Minimum")),
    mutant("CW-G01", "an alarm that looks back a day", "alarm-can-go-off",
           put(t.ALARM, "alarms-api-5xx", "period", 86400)),
    mutant("CW-G01", "more data points than are looked at", "alarm-can-go-off",
           put(t.ALARM, "alarms-api-5xx", "datapointsToAlarm", 9)),
]  # fmt: skip

DETOURS: list[Mutant] = [*DOORS, *SERVED]
