"""Changes that a team makes every week: none of them may raise anything mandatory."""

from __future__ import annotations

from endpoint_guard import types as t

from tests.endpoint_guard.mutants.change import (
    ACCOUNT,
    GONE,
    Change,
    Ref,
    add,
    allow,
    edit,
    grant,
    option,
    policy,
    put,
    together,
    without,
)
from tests.endpoint_guard.mutants.firewall import first
from tests.endpoint_guard.mutants.optional import NOTEBOOK
from tests.endpoint_guard.mutants.reshaped import (
    another_client,
    attached_policy,
    inline_policy,
    key_policy_apart,
    rules_in_group,
    rules_in_json,
    settings_for_the_path,
    single_statement,
    wrapped,
)
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
