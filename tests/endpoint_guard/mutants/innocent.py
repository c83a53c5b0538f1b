"""Changes that a team makes every week: none of them may raise anything mandatory."""

from __future__ import annotations

import json
from typing import Any

from endpoint_guard import types as t
from pulumi_preflight.graph import STACK_TYPE

from tests.endpoint_guard.mutants.change import (
    ACCOUNT,
    GONE,
    Change,
    Ref,
    Stack,
    add,
    allow,
    document,
    edit,
    grant,
    option,
    policy,
    put,
    together,
    without,
)
from tests.endpoint_guard.mutants.firewall import aws_case, first
from tests.endpoint_guard.mutants.optional import NOTEBOOK
from tests.endpoint_guard.mutants.unusual import UNUSUAL

ACL = t.WEB_ACL, "firewall"
FUNCTION = t.FUNCTION, "score"
ENCRYPTION = t.BUCKET_ENCRYPTION, "artifacts"
DEFAULT = "rules.0.applyServerSideEncryptionByDefault"
OWN_BUCKET = f"arn:aws:s3:::fraud-prod-capture-{ACCOUNT}-us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role"
OPTIONS = {
    "restApi": Ref(t.REST_API, "api"),
    "resourceId": Ref(t.API_RESOURCE, "api"),
    "httpMethod": "OPTIONS",
}
DEAD = Ref(t.QUEUE, "dead", "arn")
DENY = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "sqs:*",
    "Resource": "*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
DRAINED = {"name": "dead", "kmsMasterKeyId": Ref(t.KEY, "data", "arn"), "policy": policy(DENY)}


def single_statement(stack: Stack) -> None:
    """One statement as an object and one action as a string, as IAM allows."""

    def change(content: dict[str, Any]) -> None:
        statement = content["Statement"][0]
        content["Statement"] = {**statement, "Action": statement["Action"][:1]}

    document(t.ROLE_POLICY, "flow-logs", change)(stack)


def attached_policy(stack: Stack) -> None:
    text = stack.find(t.ROLE_POLICY, "flow-logs")["inputs"]["policy"]
    without(t.ROLE_POLICY, "flow-logs")(stack)
    add(t.POLICY, "flow-logs-policy", {"name": "flow-logs", "policy": text})(stack)
    link = {"role": Ref(t.ROLE, "flow-logs", "name"), "policyArn": Ref(t.POLICY, "flow-logs-policy", "arn")}
    add(t.ROLE_ATTACHMENT, "flow-logs", link)(stack)


def inline_policy(stack: Stack) -> None:
    text = stack.find(t.ROLE_POLICY, "flow-logs")["inputs"]["policy"]
    without(t.ROLE_POLICY, "flow-logs")(stack)
    put(t.ROLE, "flow-logs", "inlinePolicies", [{"name": "write", "policy": text}])(stack)


def key_policy_apart(stack: Stack) -> None:
    text = stack.find(t.KEY, "data")["inputs"]["policy"]
    put(t.KEY, "data", "policy", GONE)(stack)
    add(t.KEY_POLICY, "data", {"keyId": Ref(t.KEY, "data"), "policy": text})(stack)


def rules_in_json(stack: Stack) -> None:
    """The rules that a preview knows, as JSON; the rest stays where it is."""
    rules = stack.find(*ACL)["inputs"]["rules"]
    kept = [rule for rule in rules if "scopeDownStatement" in json.dumps(rule)]
    put(*ACL, "ruleJson", json.dumps(aws_case([rule for rule in rules if rule not in kept])))(stack)
    for side in ("inputs", "outputs"):
        stack.find(*ACL)[side]["rules"] = kept


def rules_in_group(stack: Stack) -> None:
    rules = stack.find(*ACL)["inputs"]["rules"]
    visible = {"cloudwatchMetricsEnabled": True, "sampledRequestsEnabled": True, "metricName": "own"}
    add(
        t.RULE_GROUP,
        "own",
        {"name": "own", "scope": "REGIONAL", "capacity": 10, "rules": rules[:2], "visibilityConfig": visible},
    )(stack)
    group = stack.find(t.RULE_GROUP, "own")
    reference = {"arn": group["outputs"]["arn"]}
    rule = {"name": "own", "priority": 0, "overrideAction": {"none": {}}, "visibilityConfig": visible}
    for side in ("inputs", "outputs"):
        own = [{**rule, "statement": {"ruleGroupReferenceStatement": reference}}]
        stack.find(*ACL)[side]["rules"] = own + rules[2:]
    stack.find(*ACL)["propertyDependencies"]["rules"].append(group["urn"])


def settings_for_the_path(stack: Stack) -> None:
    own = {
        "throttlingRateLimit": 5,
        "throttlingBurstLimit": 5,
        "loggingLevel": "ERROR",
        "metricsEnabled": True,
    }
    of = {"restApi": Ref(t.REST_API, "api"), "stageName": Ref(t.STAGE, "api", "stageName")}
    add(t.METHOD_SETTINGS, "stricter", {**of, "methodPath": "score/POST", "settings": own})(stack)


def wrapped(stack: Stack) -> None:
    """Puts the whole program below a component of another package: every URN says so."""
    add("other:index:Part", "everything", {})(stack)
    root, whole = stack.resources[0], stack.resources[-1]
    moved = {root["urn"]: whole["urn"]}
    for resource in stack.every():
        place, project, chain, name = resource["urn"].split("::")
        if not chain.startswith("pulumi:") and resource is not whole:
            moved[resource["urn"]] = "::".join([place, project, f"other:index:Part${chain}", name])
    for resource in stack.every():
        if resource["urn"] not in moved or resource["type"] == STACK_TYPE:
            continue
        resource["urn"] = moved[resource["urn"]]
        resource["parent"] = moved.get(resource["parent"], resource["parent"])
        resource["dependencies"] = [moved.get(urn, urn) for urn in resource["dependencies"]]
        resource["propertyDependencies"] = {
            key: [moved.get(urn, urn) for urn in urns or ()]
            for key, urns in resource["propertyDependencies"].items()
        }


def another_client(stack: Stack) -> None:
    plan = stack.find(t.USAGE_PLAN, "api-checkout")
    key = {"name": "partner", "enabled": True, "description": "a partner"}
    add(t.API_KEY, "partner", key)(stack)
    add(
        t.USAGE_PLAN_KEY,
        "partner",
        {
            "keyType": "API_KEY",
            "keyId": Ref(t.API_KEY, "partner"),
            "usagePlanId": Ref(t.USAGE_PLAN, "api-checkout"),
        },
    )(stack)
    assert plan


INNOCENT: dict[str, Change] = {
    "another description of the API": put(t.REST_API, "api", "description", "Scores transactions of cards"),
    "more memory": put(*FUNCTION, "memorySize", 1024),
    "a later runtime": put(*FUNCTION, "runtime", "python3.14"),
    "a function without variables needs no key": together(
        put(*FUNCTION, "environment", GONE), put(*FUNCTION, "kmsKeyArn", GONE)
    ),
    "an older runtime that is still supported": put(*FUNCTION, "runtime", "python3.12"),
    "a domain with a newer TLS policy": add(
        "aws:apigateway/domainName:DomainName",
        "domain",
        {"domainName": "a.example.com", "securityPolicy": "SecurityPolicy_TLS13_1_3_2025_09"},
    ),
    "a plain variable": put(*FUNCTION, "environment.variables.FEATURE", "on"),
    "a reference to a secret": put(
        *FUNCTION, "environment.variables.DB_SECRET", f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:db"
    ),
    "a shorter timeout": put(*FUNCTION, "timeout", 9),
    "a third instance": put(t.ENDPOINT_CONFIG, "model", "productionVariants.0.initialInstanceCount", 3),
    "a larger instance": put(
        t.ENDPOINT_CONFIG, "model", "productionVariants.0.instanceType", "ml.c6i.xlarge"
    ),
    "an instance with local disks and no volume key": together(
        put(t.ENDPOINT_CONFIG, "model", "productionVariants.0.instanceType", "ml.m5d.large"),
        put(t.ENDPOINT_CONFIG, "model", "kmsKeyArn", GONE),
    ),
    "an image by digest": together(
        put(
            t.MODEL,
            "model",
            "primaryContainer.image",
            f"683313688378.dkr.ecr.us-east-1.amazonaws.com/a@sha256:{'ab' * 32}",
        )
    ),
    "a linear roll-out": put(
        t.ENDPOINT,
        "model",
        "deploymentConfig.blueGreenUpdatePolicy.trafficRoutingConfiguration.type",
        "LINEAR",
    ),
    "all requests captured at once": put(
        t.ENDPOINT_CONFIG, "model", "dataCaptureConfig.captureOptions", [{"captureMode": "InputAndOutput"}]
    ),
    "logs for two years": put(t.LOG_GROUP, "score", "retentionInDays", 731),
    "informative execution logs": put(t.METHOD_SETTINGS, "api", "settings.loggingLevel", "INFO"),
    "a lower throttle": put(t.USAGE_PLAN, "api-checkout", "throttleSettings.burstLimit", 50),
    "a quota by month": put(
        t.USAGE_PLAN, "api-checkout", "quotaSettings", {"limit": 90_000, "period": "MONTH"}
    ),
    "stricter settings for one path": settings_for_the_path,
    "another client": another_client,
    "a lower rate limit of the firewall": put(*ACL, "rules.1.statement.rateBasedStatement.limit", 300),
    "a shorter window": put(*ACL, "rules.1.statement.rateBasedStatement.evaluationWindowSec", 60),
    "a further rate limit by key": first(
        {
            "priority": 11,
            "action": {"block": {}},
            "statement": {
                "rateBasedStatement": {
                    "limit": 500,
                    "aggregateKeyType": "CUSTOM_KEYS",
                    "customKeys": [{"header": {"name": "x-api-key"}}],
                }
            },
        }
    ),
    "a rule that blocks a country": first(
        {
            "priority": 12,
            "action": {"block": {}},
            "statement": {"geoMatchStatement": {"countryCodes": ["KP"]}},
        }
    ),
    "rules as JSON": rules_in_json,
    "rules in a group": rules_in_group,
    "keys hidden by data protection alone": put(t.WEB_ACL_LOGGING, "firewall", "redactedFields", GONE),
    "a filter that keeps what matters": put(
        t.WEB_ACL_LOGGING,
        "firewall",
        "loggingFilter",
        {
            "defaultBehavior": "DROP",
            "filters": [
                {
                    "behavior": "KEEP",
                    "requirement": "MEETS_ANY",
                    "conditions": [
                        {"actionCondition": {"action": "BLOCK"}},
                        {"actionCondition": {"action": "COUNT"}},
                    ],
                }
            ],
        },
    ),
    "dual-layer encryption": put(*ENCRYPTION, f"{DEFAULT}.sseAlgorithm", "aws:kms:dsse"),
    "the key by its alias": put(*ENCRYPTION, f"{DEFAULT}.kmsMasterKeyId", Ref(t.KEY_ALIAS, "data", "arn")),
    "a compliance lock": put(
        t.BUCKET_LOCK, "artifacts", "rule.defaultRetention", {"mode": "COMPLIANCE", "years": 1}
    ),
    "earlier end of broken uploads": put(
        t.BUCKET_LIFECYCLE, "artifacts", "rules.0.abortIncompleteMultipartUpload.daysAfterInitiation", 3
    ),
    "a role of the account reads captured requests": grant(
        t.BUCKET_POLICY,
        "capture",
        allow("s3:GetObject", f"{OWN_BUCKET}/*", Principal={"AWS": f"{ROLE}/analyst"}),
    ),
    "no ownership controls": without(t.BUCKET_OWNERSHIP, "capture"),
    "a lower-case action": edit(t.ROLE_POLICY, "function", "Score", Action="SAGEMAKER:invokeendpoint"),
    "a further deny": grant(
        t.ROLE_POLICY, "function", {"Effect": "Deny", "NotAction": "sagemaker:*", "Resource": "*"}
    ),
    "one statement without a list": single_statement,
    "an attached policy of the stack": attached_policy,
    "an inline policy of a role": inline_policy,
    "a key policy of its own": key_policy_apart,
    "rotation twice a year": put(t.KEY, "data", "rotationPeriodInDays", 180),
    "a key for signatures": add(
        t.KEY,
        "signing",
        {
            "description": "signs",
            "tags": {"a": "b"},
            "customerMasterKeySpec": "ECC_NIST_P256",
            "keyUsage": "SIGN_VERIFY",
            "policy": policy(
                allow(
                    ["kms:DescribeKey", "kms:PutKeyPolicy"],
                    "*",
                    Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
                )
            ),
        },
        protect=True,
    ),
    "a role of the account hears alarms": grant(
        t.TOPIC_POLICY, "alarms", allow("sns:Subscribe", "*", Principal={"AWS": f"{ROLE}/on-call"})
    ),
    "a higher alarm threshold": put(t.ALARM, "alarms-api-5xx", "threshold", 9),
    "an alarm that treats silence as trouble": put(
        t.ALARM, "alarms-api-latency", "treatMissingData", "breaching"
    ),
    "a further alarm": add(
        t.ALARM,
        "more",
        {
            "namespace": "AWS/Lambda",
            "metricName": "Duration",
            "comparisonOperator": "GreaterThanOrEqualToThreshold",
            "evaluationPeriods": 3,
            "dimensions": {"FunctionName": Ref(*FUNCTION, "name")},
            "alarmActions": [Ref(t.TOPIC, "alarms", "arn")],
            "treatMissingData": "notBreaching",
        },
    ),
    "a preflight method": together(
        add(t.METHOD, "options", {**OPTIONS, "authorization": "NONE"}),
        add(t.INTEGRATION, "options", {**OPTIONS, "type": "MOCK", "passthroughBehavior": "NEVER"}),
    ),
    "a third subnet": add(
        t.SUBNET,
        "private-c",
        {
            "vpcId": Ref(t.VPC, "private"),
            "cidrBlock": "10.64.1.0/25",
            "availabilityZone": "us-east-1c",
            "mapPublicIpOnLaunch": False,
        },
    ),
    "a route inside the network": add(
        t.ROUTE,
        "inside",
        {
            "routeTableId": Ref(t.ROUTE_TABLE, "private-a"),
            "destinationCidrBlock": "10.64.0.0/16",
            "vpcPeeringConnectionId": "pcx-1",
        },
    ),
    "changes of tags are ignored": option(*FUNCTION, ignoreChanges=["tags"]),
    "the instance count is left to scaling": option(
        t.ENDPOINT_CONFIG, "model", ignoreChanges=["productionVariants[0].initialInstanceCount"]
    ),
    "everything in one more component of another package": wrapped,
    "a component": add("fraud:more:Part", "part", {"anything": "goes"}),
    "a dashboard": add(
        "aws:cloudwatch/dashboard:Dashboard", "more", {"dashboardName": "more", "dashboardBody": "{}"}
    ),
    "a hardened notebook": add(t.NOTEBOOK, "notebook", NOTEBOOK),
    "a queue with its dead letters": together(
        add(t.QUEUE, "dead", DRAINED),
        add(t.QUEUE, "queue", {**DRAINED, "name": "queue", "redrivePolicy": DEAD}),
        add(
            t.ALARM,
            "dead",
            {
                "namespace": "AWS/SQS",
                "metricName": "ApproximateNumberOfMessagesVisible",
                "dimensions": {"QueueName": Ref(t.QUEUE, "dead", "name")},
                "alarmActions": [Ref(t.TOPIC, "alarms", "arn")],
                "treatMissingData": "notBreaching",
            },
        ),
    ),
    **UNUSUAL,
}
