"""Mutants that carry data away or hide what they do: a copy elsewhere, a resource that others are hidden in."""

from __future__ import annotations

import json
from typing import Any

from endpoint_guard import types as t

from tests.endpoint_guard.mutants.change import (
    ACCOUNT,
    Change,
    Mutant,
    Ref,
    Stack,
    add,
    document,
    mutant,
    option,
    policy,
    put,
    unlinked,
)
from tests.endpoint_guard.mutants.detours import authorized

OTHER = "999999999999"
BUCKET = Ref(t.BUCKET, "artifacts", "bucket")
FUNCTION = Ref(t.FUNCTION, "score", "arn")
API = Ref(t.REST_API, "api")
METHOD = t.METHOD, "api"
CONFIG = t.ENDPOINT_CONFIG, "model"
ACL = t.WEB_ACL, "firewall"
HERE = "data-stays-here"
OPAQUE = "no-opaque-resources"
QUEUE = f"arn:aws:sqs:us-east-1:{OTHER}:q"
ELSEWHERE = f"arn:aws:logs:us-east-1:{OTHER}:destination:x"


def provider(**properties: Any) -> Change:
    def change(stack: Stack) -> None:
        for found in stack.every(t.PROVIDER):
            for side in ("inputs", "outputs"):
                found[side].update(properties)

    return change


def second_variant(stack: Stack) -> None:
    for side in ("inputs", "outputs"):
        variants = stack.find(*CONFIG)[side]["productionVariants"]
        variants.append({**variants[0], "variantName": "second", "modelName": "elsewhere"})


def schema(**changes: Any) -> Change:
    return document(t.API_MODEL, "api", lambda content: content.update(changes), "schema")


COPIES: list[Mutant] = [
    mutant("S3-007", "objects are replicated to another account", HERE,
           add(t.REPLICATION, "r", {"bucket": BUCKET, "rules": [{"status": "Enabled", "destination": {
               "bucket": "arn:aws:s3:::copies", "account": OTHER}}]})),
    mutant("S3-007", "objects are replicated to a bucket outside", HERE,
           add(t.REPLICATION, "r", {"bucket": BUCKET, "rules": [{"destination": {"bucket": "arn:aws:s3:::copies"}}]})),
    mutant("S3-007", "an inventory goes to another account", HERE,
           add(t.INVENTORY, "i", {"bucket": BUCKET, "destination": {"bucket": {
               "bucketArn": "arn:aws:s3:::lists", "accountId": OTHER}}})),
    mutant("S3-007", "events go to another account's queue", HERE,
           put(t.BUCKET_NOTIFICATION, "artifacts", "queues", [{"queueArn": QUEUE}])),
    mutant("IAM-009", "logs are sent to another account", HERE,
           add(t.LOG_FILTER, "f", {"logGroup": Ref(t.LOG_GROUP, "score", "name"), "destinationArn": ELSEWHERE})),
    mutant("IAM-009", "all logs are sent to another account", HERE,
           add(t.LOG_ACCOUNT_POLICY, "p", {"policyDocument": json.dumps({"DestinationArn": ELSEWHERE})})),
    mutant("IAM-009", "another account looks at metrics and logs", HERE,
           add(t.OAM_LINK, "o", {"sinkIdentifier": f"arn:aws:oam:us-east-1:{OTHER}:sink/x"})),
    mutant("LAM-001", "failed events go to another account", HERE,
           add(t.EVENT_INVOKE, "e", {"destinationConfig": {"onFailure": {"destination": QUEUE}}})),
    mutant("S3-022", "a copy of an object without KMS", "object-encrypted",
           add(t.OBJECT_COPY, "c", {"bucket": BUCKET, "serverSideEncryption": "AES256"})),
    mutant("S3-002", "a copy of an object for everyone", "object-private",
           add(t.OBJECT_COPY, "c", {"bucket": BUCKET, "acl": "public-read"})),
    mutant("S3-017", "artifacts expire while they are served", "bucket-lifecycle",
           put(t.BUCKET_LIFECYCLE, "artifacts", "rules.0.expiration", {"days": 1})),
    mutant("S3-018", "broken uploads stay for years", "bucket-lifecycle",
           put(t.BUCKET_LIFECYCLE, "artifacts", "rules.0.abortIncompleteMultipartUpload.daysAfterInitiation", 3650)),
    mutant("S3-020", "a lock of one day", "artifact-locked",
           put(t.BUCKET_LOCK, "artifacts", "rule.defaultRetention.days", 1)),
    mutant("S3-G03", "a destroy lifts the object's lock", "bucket-no-force-destroy",
           put(t.BUCKET_OBJECT, "model", "forceDestroy", True)),
]  # fmt: skip

HIDING: list[Mutant] = [
    mutant("IAM-G06", "the model runs under a role from elsewhere", "workload-role-own",
           unlinked(t.MODEL, "model", "executionRoleArn", f"arn:aws:iam::{ACCOUNT}:role/other")),
    mutant("IAM-G02", "flow logs under a role of another account", "workload-role-own",
           unlinked(t.FLOW_LOG, "private", "iamRoleArn", f"arn:aws:iam::{OTHER}:role/other")),
    mutant("S3-012 CW-001", "an alias of a foreign key", "alias-of-own-key",
           add(t.KEY_ALIAS, "x", {"name": "alias/x", "targetKeyId": f"arn:aws:kms:us-east-1:{OTHER}:key/x"})),
    mutant("SM-G09", "a second variant with a model from elsewhere", "endpoint-wired-to-stack",
           second_variant),
    mutant("IAM-009", "metrics are streamed to another account", HERE,
           add(t.METRIC_STREAM, "m", {"firehoseArn": f"arn:aws:firehose:us-east-1:{OTHER}:deliverystream/x"})),
    mutant("LAM-G08", "half of the calls go to what was uploaded last", "alias-serves-version",
           put(t.FUNCTION_ALIAS, "score", "routingConfig", {"additionalVersionWeights": {"$LATEST": 0.5}})),
    mutant("WAF-G02", "bodies that are no JSON have no size", "firewall-body-size",
           put(*ACL, "rules.0.statement.sizeConstraintStatement.fieldToMatch",
               {"jsonBody": {"oversizeHandling": "MATCH", "invalidFallbackBehavior": "NO_MATCH"}})),
    mutant("AGW-002", "an authorizer that another account runs", "method-requires-authorization",
           authorized(type="TOKEN", authorizerUri=(
               "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
               f"arn:aws:lambda:us-east-1:{OTHER}:function:x/invocations"))),
    mutant(
        "PUL-G04 IAM-022",
        "a second policy of the same bucket",
        "declared-once",
        add(t.BUCKET_POLICY, "again", {"bucket": BUCKET, "policy": policy()}),
    ),
    mutant(
        "PUL-G04",
        "a second notification of the same bucket",
        "declared-once",
        add(t.BUCKET_NOTIFICATION, "again", {"bucket": BUCKET, "eventbridge": True}),
    ),
    *[mutant("PUL-G03", f"a resource of type {kind}", OPAQUE, add(kind, "o", {})) for kind in (
        "aws:cloudformation/stack:Stack", "aws:cloudformation/stackSet:StackSet", "aws:cloudcontrol/resource:Resource",
        "aws:servicecatalog/provisionedProduct:ProvisionedProduct", "aws:lambda/invocation:Invocation",
        "aws:ssm/association:Association", "aws:s3/directoryBucket:DirectoryBucket",
        "aws:s3control/accessGrant:AccessGrant", "aws:s3control/multiRegionAccessPoint:MultiRegionAccessPoint",
        "aws:s3control/objectLambdaAccessPoint:ObjectLambdaAccessPoint", "aws:kms/externalKey:ExternalKey")],
    mutant("PUL-G03", "a GraphQL API", "graphql-logged graphql-authenticates",
           add("aws:appsync/graphQLApi:GraphQLApi", "o", {"name": "o", "authenticationType": "API_KEY"})),
    mutant("PUL-G02", "one bucket in another region", "one-region", put(t.BUCKET, "capture", "region", "eu-west-3")),
    mutant("PUL-G02", "one log group in another region", "one-region",
           put(t.LOG_GROUP, "access", "region", "ap-east-1")),
    mutant("PUL-G02", "a role of another account deploys", "provider-pinned",
           provider(assumeRoles=json.dumps([{"roleArn": f"arn:aws:iam::{OTHER}:role/x"}]))),
    mutant("IAM-025", "calls go to another address", "provider-pinned",
           provider(endpoints=json.dumps([{"s3": "https://aws.example"}]))),
    mutant("IAM-025", "certificates are not verified", "provider-pinned", provider(insecure="true")),
    mutant("PUL-G01 WAF-G11", "the firewall's rules are left to somebody else", "no-ignored-changes",
           option(*ACL, ignoreChanges=["rules"])),
]  # fmt: skip

HIDDEN: list[Mutant] = [*COPIES, *HIDING]
