"""Mutants in policy documents: a lock that does not lock, another account behind a condition, a dead letter."""

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
    add,
    allow,
    document,
    drop,
    edit,
    grant,
    mutant,
    policy,
    put,
)

BUCKET = f"arn:aws:s3:::fraud-prod-artifacts-{ACCOUNT}-us-east-1"
OBJECTS = f"{BUCKET}/*"
ART = t.BUCKET_POLICY, "artifacts"
KEY = t.KEY, "data"
ROLE = t.ROLE_POLICY, "function"
TOPIC = t.TOPIC_POLICY, "alarms"
LOGS = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group"
ENDPOINT = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:endpoint/fraud-prod-endpoint"
OTHER = "999999999999"
ROOT = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
OWN = "policy-names-own-accounts"
SIDE = "side-policies-closed"
WRITES = "artifact-bucket-write-protected"
UPLOADS = "uploads-use-stack-key"
ADMITS = "kms-policy-admits-services"
FORM = "policy-well-formed"


def everyone(operator: str, key: str, value: Any) -> Change:
    """Everyone may read artifacts, under one condition."""
    condition = {operator: {key: value}}
    return grant(*ART, allow("s3:GetObject", OBJECTS, Principal="*", Condition=condition))


def named(**principal: str) -> Change:
    return grant(*ART, allow("s3:GetObject", OBJECTS, Principal=principal))


def may(actions: Any, resources: Any, **more: Any) -> Change:
    """The function's role may do something more."""
    return grant(*ROLE, allow(actions, resources, **more))


def trust(**statement: Any) -> Change:
    content = policy({"Effect": "Allow", "Action": "sts:AssumeRole", **statement})
    return put(t.ROLE, "model", "assumeRolePolicy", content)


def whole(**elements: Any) -> Change:
    """The document of the function's role says something else."""
    return put(*ROLE, "policy", json.dumps(elements))


def open_policy(kind: str, key: str = "policy", **more: Any) -> Change:
    text = policy(allow("*", "*", Principal={"AWS": "*"}))
    return add(kind, "open", {key: text, **more})


FOREIGN: list[Mutant] = [
    mutant("S3-006", "a quantifier that holds without the key", "bucket-policy-not-public",
           everyone("ForAllValues:StringEquals", "aws:PrincipalAccount", [ACCOUNT])),
    mutant("S3-007", "everyone of another account, by condition", OWN,
           everyone("StringEquals", "aws:PrincipalAccount", OTHER)),
    mutant("S3-007", "an owner by canonical id", OWN, named(CanonicalUser="79a59df900b949e55d96a1e698fbaced")),
    mutant("S3-006", "every identity of a provider", OWN, named(Federated="cognito-identity.amazonaws.com")),
    mutant("S3-007", "a principal by unique id", OWN, named(AWS="AROAEXAMPLEID")),
    mutant("KMS-002", "another account's root decrypts", OWN,
           grant(*KEY, allow("kms:Decrypt", "*", Principal={"AWS": f"arn:aws:iam::{OTHER}:root"}))),
    mutant("KMS-002", "everyone of another account", OWN,
           grant(*KEY, allow("kms:Decrypt", "*", Principal="*",
                             Condition={"StringEquals": {"kms:CallerAccount": OTHER}}))),
    mutant("KMS-G02 SNS-G01", "a service on behalf of another account", OWN,
           edit(*KEY, "Alarms", Condition={"StringEquals": {"aws:SourceAccount": OTHER}})),
    mutant("IAM-017", "a service that acts for another account", OWN,
           trust(Principal={"Service": "sagemaker.amazonaws.com"},
                 Condition={"StringEquals": {"aws:SourceAccount": OTHER}})),
    mutant("VPC-011", "a role of another account may pass", OWN,
           edit(t.VPC_ENDPOINT, "private-logs", "WriteLogs",
                Condition={"ArnEquals": {"aws:PrincipalArn": f"arn:aws:iam::{OTHER}:role/x"}})),
    mutant("CW-006", "another account writes logs", OWN,
           grant(t.LOG_RESOURCE_POLICY, "firewall",
                 allow("logs:PutLogEvents", f"{LOGS}:x:*", Principal={"AWS": OTHER}), key="policyDocument")),
    mutant("AGW-020", "another account invokes", OWN,
           add(t.REST_API_POLICY, "p", {"restApiId": Ref(t.REST_API, "api"), "policy": policy(
               allow("execute-api:Invoke", "*", Principal={"AWS": OTHER}))})),
    mutant("AGW-020", "everyone from every address", "api-policy-not-anonymous",
           add(t.REST_API_POLICY, "p", {"restApiId": Ref(t.REST_API, "api"), "policy": policy(
               allow("execute-api:Invoke", "*", Principal="*",
                     Condition={"IpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}}))})),
    mutant("IAM-018", "a role of another account may be assumed", "iam-no-foreign-roles",
           may("sts:AssumeRole", f"arn:aws:iam::{OTHER}:role/deploy")),
    mutant("IAM-023 S3-002", "an access point for everyone", SIDE,
           open_policy(t.ACCESS_POINT, bucket=Ref(t.BUCKET, "artifacts", "bucket"))),
    mutant("IAM-023 S3-006", "a separate policy of an access point", SIDE, open_policy(t.ACCESS_POINT_POLICY)),
    mutant("IAM-023", "an image repository for everyone", SIDE, open_policy(t.REPOSITORY_POLICY)),
    mutant("IAM-023", "an event bus for everyone", SIDE, open_policy(t.EVENT_BUS_POLICY)),
    mutant("IAM-023", "a group of models for everyone", SIDE, open_policy(t.MODEL_GROUP_POLICY, "resourcePolicy")),
    mutant("IAM-023", "a log destination for everyone", SIDE,
           open_policy(t.LOG_DESTINATION_POLICY, "accessPolicy")),
    mutant("LAM-019", "a layer for everyone", SIDE, add(t.LAYER_PERMISSION, "l", {"principal": "*"})),
    mutant("LAM-G05", "another account signs with the profile", SIDE,
           add(t.PROFILE_PERMISSION, "s", {"action": "signer:StartSigningJob", "principal": OTHER})),
]  # fmt: skip

LOCKS: list[Mutant] = [
    mutant("S3-009", "plain HTTP is refused on another bucket", "bucket-tls-only",
           edit(*ART, "TlsOnly", Resource=["arn:aws:s3:::other", "arn:aws:s3:::other/*"])),
    mutant("S3-009", "plain HTTP is refused to services", "bucket-tls-only",
           edit(*ART, "TlsOnly", Principal={"Service": "*"})),
    mutant("S3-G04", "old TLS is refused to one role", "bucket-tls-floor",
           edit(*ART, "ModernTls", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/fraud-prod-model"})),
    mutant("S3-G04", "old TLS is refused from one network", "bucket-tls-floor",
           edit(*ART, "ModernTls", Condition={"NumericLessThan": {"s3:TlsVersion": "1.2"},
                                              "IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})),
    mutant("SNS-004", "plain HTTP is refused on another topic", "topic-tls-only",
           edit(*TOPIC, "TlsOnly", Resource=f"arn:aws:sns:us-east-1:{ACCOUNT}:other")),
    mutant("S3-G01", "uploads may ask for SSE-S3", UPLOADS,
           edit(*ART, "KmsOnly", Condition={
               "StringNotEquals": {"s3:x-amz-server-side-encryption": ["aws:kms", "AES256"]}})),
    mutant("S3-G01", "KMS is asked for below a prefix", UPLOADS, edit(*ART, "KmsOnly", Resource=f"{BUCKET}/x/*")),
    mutant("S3-G01", "KMS is asked of one role", UPLOADS,
           edit(*ART, "KmsOnly", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/fraud-prod-model"})),
    mutant("S3-G01", "nothing asks for KMS", UPLOADS, drop(*ART, "KmsOnly")),
    mutant("S3-G02", "writing is denied below a prefix", WRITES,
           edit(*ART, "WriteProtected", Resource=f"{BUCKET}/functions/*")),
    mutant("S3-G02", "writing is denied to one of two workloads", WRITES,
           edit(*ART, "WriteProtected", Condition={
               "ArnEquals": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/fraud-prod-function"}})),
    mutant("S3-G02", "writing is denied to sessions, which no request names", WRITES,
           edit(*ART, "WriteProtected", Condition={
               "ArnLike": {"aws:PrincipalArn": f"arn:aws:sts::{ACCOUNT}:assumed-role/fraud-prod-*/*"}})),
    mutant("KMS-003 KMS-007", "nobody may change the key's policy", "kms-policy-written",
           drop(*KEY, "Administration")),
    mutant("KMS-G03", "the logs of another region", ADMITS,
           edit(*KEY, "Logs", Principal={"Service": "logs.eu-west-1.amazonaws.com"})),
    mutant("KMS-G03", "a deny where an allow was", ADMITS, edit(*KEY, "Logs", Effect="Deny")),
    mutant("KMS-G03", "a deny beside the allow", ADMITS,
           grant(*KEY, {"Effect": "Deny", "Principal": {"Service": "cloudwatch.amazonaws.com"},
                        "Action": "kms:*", "Resource": "*"})),
    mutant("KMS-G03", "one log group of five is admitted", ADMITS,
           edit(*KEY, "Logs", Condition={"ArnEquals": {
               "kms:EncryptionContext:aws:logs:arn": f"{LOGS}:/aws/lambda/fraud-prod-score"}})),
    mutant("KMS-G04", "administrators may do everything", "kms-admin-apart-from-use",
           edit(*KEY, "Administration", Action="kms:*")),
    mutant("KMS-G04", "a second statement lets administrators decrypt", "kms-admin-apart-from-use",
           grant(*KEY, allow("kms:Decrypt", "*", Principal=ROOT))),
    mutant("KMS-G05", "grants to anyone", "kms-grants-by-services-only",
           edit(*KEY, "DeploymentGrants", Condition={"StringEquals": {"kms:CallerAccount": ACCOUNT}})),
    mutant("KMS-G05", "grants to anyone where the key is missing", "kms-grants-by-services-only",
           edit(*KEY, "DeploymentGrants", Condition={"BoolIfExists": {"kms:GrantIsForAWSResource": "true"}})),
    mutant("KMS-G05", "a grant that may be handed on", "kms-grants-narrow",
           add(t.GRANT, "g", {"granteePrincipal": Ref(t.ROLE, "function", "arn"), "constraints": [{"a": "b"}],
                              "operations": ["Decrypt", "CreateGrant"]})),
    mutant("KMS-006", "a copy of the key elsewhere", "kms-key-single-region",
           add(t.REPLICA_KEY, "copy", {"primaryKeyArn": Ref(*KEY, "arn")})),
    mutant("SNS-G02", "alarms may not publish", "topic-publishers-named", edit(*TOPIC, "AlarmsPublish", Effect="Deny")),
    mutant("SNS-G02", "alarms may publish to another topic", "topic-publishers-named",
           edit(*TOPIC, "AlarmsPublish", Resource=f"arn:aws:sns:us-east-1:{ACCOUNT}:other")),
]  # fmt: skip

RIGHTS: list[Mutant] = [
    mutant("IAM-001", "a group's policy allows everything", "iam-no-admin",
           add(t.GROUP_POLICY, "g", {"group": "x", "policy": policy(allow("*", "*"))})),
    mutant("IAM-012", "administrators' policy on a group", "iam-no-managed-policies",
           add(t.GROUP_ATTACHMENT, "g", {"group": "x", "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"})),
    mutant("IAM-012 IAM-013", "administrators' policy by an exclusive list", "iam-no-managed-policies",
           add(t.ATTACHMENTS_EXCLUSIVE, "e", {"roleName": Ref(t.ROLE, "function", "name"),
                                              "policyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"]})),
    mutant("IAM-021", "a user's credential for one service", "iam-no-users",
           add(t.SERVICE_CREDENTIAL, "c", {"userName": "x"})),
    mutant("IAM-G02 IAM-G03", "an instance carries the function's role", "role-per-workload",
           add(t.INSTANCE_PROFILE, "i", {"role": Ref(t.ROLE, "function", "name")})),
    mutant("IAM-G05", "a group may invoke the endpoint", "endpoint-invoked-by-function-only",
           add(t.GROUP_POLICY, "g", {"group": "x", "policy": policy(
               allow("sagemaker:InvokeEndpoint", ENDPOINT))})),
    *[mutant("IAM-007", f"{action} is allowed", "iam-no-escalation", may(action, "arn:aws:iam::1:role/x"))
      for action in ("ssm:SendCommand", "lambda:CreateFunctionUrlConfig", "apigateway:PATCH",
                     "sagemaker:UpdateEndpoint")],
    *[mutant("IAM-010", f"{action} is allowed", "iam-no-dismantling", may(action, BUCKET)) for action in (
        "wafv2:DisassociateWebACL", "logs:DeleteLogGroup", "s3:DeleteBucketPolicy", "s3:BypassGovernanceRetention",
        "kms:ScheduleKeyDeletion")],
    mutant("IAM-005", "elements in lower case", FORM, whole(version="2012-10-17", statement=[allow("*", "*")])),
    mutant("IAM-005", "an old version of the language", "policy-language-current",
           document(*ROLE, lambda content: content.update(Version="2008-10-17"))),
    mutant("IAM-005", "a principal in a role's own policy", FORM, edit(*ROLE, "Score", Principal="*")),
    mutant("IAM-005", "a misspelt element", FORM, edit(*ROLE, "Score", Conditions={})),
    mutant("IAM-005", "two statements of one name", FORM, edit(*ROLE, "Score", Sid="Trace")),
    mutant("IAM-005", "a statement without a resource", FORM, edit(*ROLE, "Score", Resource=GONE)),
    mutant("IAM-023", "a resource policy without a principal", FORM, edit(*TOPIC, "AlarmsPublish", Principal=GONE)),
    mutant("IAM-017", "a trust policy with a resource", FORM,
           trust(Principal={"Service": "sagemaker.amazonaws.com"}, Resource="*",
                 Condition={"StringEquals": {"aws:SourceAccount": ACCOUNT}})),
    mutant("IAM-005", "an action of a client, not of a service", "actions-exist",
           edit(*ROLE, "Score", Action="sagemaker-runtime:InvokeEndpoint")),
    mutant("KMS-G02", "a service that no call comes by", "actions-exist",
           edit(*KEY, "Deployment", Condition={"StringEquals": {"kms:ViaService": "s3.amazonaws.com"}})),
    mutant("IAM-G06", "objects are listed on objects", "actions-fit-resources",
           edit(t.ROLE_POLICY, "model", "FindArtifact", Resource=OBJECTS)),
    mutant("IAM-G06", "objects are read on the bucket", "actions-fit-resources",
           edit(t.ROLE_POLICY, "model", "ReadArtifact", Resource=BUCKET)),
    mutant("CW-G04", "lines are written to the bare group", "actions-fit-resources",
           edit(*ROLE, "WriteLogs", Resource=f"{LOGS}:/aws/lambda/fraud-prod-score")),
    mutant("KMS-009", "a key is used by its alias", "actions-fit-resources",
           may("kms:Decrypt", f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/fraud-prod")),
]  # fmt: skip

DOCUMENTS: list[Mutant] = [*FOREIGN, *LOCKS, *RIGHTS]
