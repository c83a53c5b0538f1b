"""Innocent changes near the rules on documents, copies and doors."""

from __future__ import annotations

import json
from typing import Any

from endpoint_guard import types as t

from tests.endpoint_guard.mutants.change import (
    ACCOUNT,
    GONE,
    Change,
    Ref,
    Stack,
    add,
    allow,
    drop,
    edit,
    grant,
    policy,
    put,
    together,
)

FUNCTION = t.FUNCTION, "score"
ROUTING = "deploymentConfig.blueGreenUpdatePolicy.trafficRoutingConfiguration"
ARTIFACTS = f"arn:aws:s3:::fraud-prod-artifacts-{ACCOUNT}-us-east-1"
OWN_BUCKET = f"arn:aws:s3:::fraud-prod-capture-{ACCOUNT}-us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role"


def document_rules(rule: dict[str, Any]) -> Change:
    """A further lifecycle rule of the bucket with artifacts."""

    def change(stack: Stack) -> None:
        lifecycle = stack.find(t.BUCKET_LIFECYCLE, "artifacts")
        for side in ("inputs", "outputs"):
            lifecycle[side]["rules"].append(rule)

    return change


def own_deployer(stack: Stack) -> None:
    for found in stack.every(t.PROVIDER):
        for side in ("inputs", "outputs"):
            found[side]["assumeRoles"] = json.dumps([{"roleArn": f"{ROLE}/deployer"}])


UNUSUAL: dict[str, Change] = {
    "everyone of the own account, by condition": grant(
        t.BUCKET_POLICY,
        "artifacts",
        allow(
            "s3:GetObject",
            f"{ARTIFACTS}/*",
            Principal={"AWS": "*"},
            Condition={"StringEquals": {"aws:PrincipalAccount": ACCOUNT}},
        ),
    ),
    "writing is denied to everyone but the deployer": edit(
        t.BUCKET_POLICY,
        "artifacts",
        "WriteProtected",
        Condition={"ArnNotEquals": {"aws:PrincipalArn": f"{ROLE}/deployer"}},
    ),
    "one strict pin instead of two denies": together(
        drop(t.BUCKET_POLICY, "artifacts", "KmsOnly"),
        edit(
            t.BUCKET_POLICY,
            "artifacts",
            "AccountKeyOnly",
            Condition={
                "ArnNotLike": {
                    "s3:x-amz-server-side-encryption-aws-kms-key-id": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/*"
                }
            },
        ),
    ),
    "old artifacts below a prefix expire": document_rules(
        {"id": "old", "status": "Enabled", "filter": {"prefix": "drafts/"}, "expiration": {"days": 30}}
    ),
    "a replica in the stack": add(
        t.REPLICATION,
        "replica",
        {
            "bucket": Ref(t.BUCKET, "capture", "bucket"),
            "rules": [{"status": "Enabled", "destination": {"bucket": Ref(t.BUCKET, "packages", "arn")}}],
        },
    ),
    "an inventory in the stack": add(
        t.INVENTORY,
        "inventory",
        {
            "bucket": Ref(t.BUCKET, "capture", "bucket"),
            "destination": {"bucket": {"bucketArn": OWN_BUCKET, "accountId": ACCOUNT, "format": "CSV"}},
        },
    ),
    "an access point for one role": add(
        t.ACCESS_POINT,
        "reader",
        {
            "bucket": Ref(t.BUCKET, "capture", "bucket"),
            "vpcConfiguration": {"vpcId": Ref(t.VPC, "private")},
            "policy": policy(
                allow(
                    "s3:GetObject",
                    f"arn:aws:s3:us-east-1:{ACCOUNT}:accesspoint/reader/object/*",
                    Principal={"AWS": f"{ROLE}/analyst"},
                )
            ),
        },
    ),
    "an event bus for the own account": add(
        t.EVENT_BUS_POLICY,
        "bus",
        {
            "policy": policy(
                allow(
                    "events:PutEvents",
                    f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/default",
                    Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
                )
            )
        },
    ),
    "buckets and objects in one statement": grant(
        t.ROLE_POLICY,
        "model",
        allow(["s3:ListBucket", "s3:GetObject"], [ARTIFACTS, f"{ARTIFACTS}/models/*"]),
    ),
    "lines are written to the group with a star": edit(
        t.ROLE_POLICY,
        "model",
        "WriteLogs",
        Resource=f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/sagemaker/Endpoints/fraud-prod-endpoint:*",
    ),
    "callers of a small network and of IPv6": put(
        t.IP_SET, "firewall", "addresses", ["198.51.100.0/28", "2001:db8::/48"]
    ),
    "an average instead of a sum": put(t.ALARM, "alarms-api-5xx", "statistic", "Average"),
    "an alarm on too few calls": add(
        t.ALARM,
        "quiet",
        {
            "namespace": "AWS/Lambda",
            "metricName": "Invocations",
            "comparisonOperator": "LessThanThreshold",
            "evaluationPeriods": 3,
            "dimensions": {"FunctionName": Ref(*FUNCTION, "name")},
            "alarmActions": [Ref(t.TOPIC, "alarms", "arn")],
            "treatMissingData": "breaching",
        },
    ),
    "a linear rollout": together(
        put(t.ENDPOINT, "model", f"{ROUTING}.type", "LINEAR"),
        put(t.ENDPOINT, "model", f"{ROUTING}.canarySize", GONE),
        put(t.ENDPOINT, "model", f"{ROUTING}.linearStepSize", {"type": "CAPACITY_PERCENT", "value": 20}),
    ),
    "a variable with an address without a password": put(
        *FUNCTION, "environment.variables.DOCS", "https://docs.example/page?x=1"
    ),
    "the provider's own region on a resource": put(t.BUCKET, "capture", "region", "us-east-1"),
    "a role of the account deploys": own_deployer,
    "a scheduled action within bounds": add(
        t.SCHEDULED_SCALING,
        "morning",
        {"serviceNamespace": "sagemaker", "scalableTargetAction": {"minCapacity": 3, "maxCapacity": 6}},
    ),
    "events of the log to a function's stream in the account": add(
        t.LOG_FILTER,
        "stream",
        {
            "logGroup": Ref(t.LOG_GROUP, "access", "name"),
            "destinationArn": f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/x",
        },
    ),
}
