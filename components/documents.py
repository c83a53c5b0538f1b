"""Documents that resources need: IAM policies, the access-log format, digests. Pure functions of plain values."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from components.site import Site

Statement = dict[str, Any]

KEY_ADMINISTRATION = [
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:DisableKeyRotation",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListAliases",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:RevokeGrant",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
]
KEY_USE = [
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
]
LOGS_KEY_USE = ["kms:Decrypt*", "kms:Describe*", "kms:Encrypt*", "kms:GenerateDataKey*", "kms:ReEncrypt*"]


def policy(statements: Sequence[Statement]) -> str:
    """An IAM document as JSON text; the same statements always give the same text."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, sort_keys=True)


def allow(sid: str, actions: Sequence[str], resources: str | Sequence[str], **rest: Any) -> Statement:
    """One Allow statement; `rest` takes Principal and Condition."""
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": resources, **rest}


def deny(sid: str, actions: Sequence[str], resources: str | Sequence[str], **rest: Any) -> Statement:
    """One Deny statement; `rest` takes Principal, which a resource's policy needs, and Condition."""
    return {
        "Sid": sid,
        "Effect": "Deny",
        "Action": list(actions),
        "Resource": resources,
        **rest,
    }


def trust(site: Site, service: str) -> str:
    """A trust policy for exactly one AWS service, which has to act for this account."""
    statement = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": f"{service}.amazonaws.com"},
    }
    # API Gateway and Lambda do not send the source keys when they assume an execution role.
    if service not in ("apigateway", "lambda"):
        statement["Condition"] = {"StringEquals": {"aws:SourceAccount": site.account}}
    return policy([statement])


def key_policy(site: Site, users: Mapping[str, Sequence[str]]) -> str:
    """The policy of the stack's key. `users` maps a workload's name to the KMS actions it needs.

    The account's administrators manage the key and may not decrypt with it; the deployer may, through the services
    that ask on its behalf; each workload gets its own actions; CloudWatch Logs is bound to the log groups of this
    stack by the encryption context (AWS: "Encrypt log data in CloudWatch Logs using KMS").
    """
    groups = [site.log_group_arn(name) for name in site.log_groups]
    execution_log = site.log_group_arn(f"API-Gateway-Execution-Logs_*/{site.stage}")
    context = "kms:EncryptionContext:aws:logs:arn"
    logs = {"Service": f"logs.{site.region}.amazonaws.com"}
    through = [f"{service}.{site.region}.amazonaws.com" for service in ("s3", "sagemaker", "lambda", "sns")]
    deployer = site.safety.deployer
    deployers = {"ArnEquals": {"aws:PrincipalArn": deployer}} if deployer else {}
    account = {"StringEquals": {"kms:CallerAccount": site.account, "kms:ViaService": through}}
    return policy(
        [
            allow("Administration", KEY_ADMINISTRATION, "*", Principal={"AWS": site.root}),
            allow(
                "Deployment", KEY_USE, "*", Principal={"AWS": site.root}, Condition={**account, **deployers}
            ),
            allow(
                "DeploymentGrants",
                ["kms:CreateGrant"],
                "*",
                Principal={"AWS": site.root},
                Condition={**account, **deployers, "Bool": {"kms:GrantIsForAWSResource": "true"}},
            ),
            *(
                allow(
                    f"{workload.title()}Role",
                    actions,
                    "*",
                    Principal={"AWS": site.role_arn(workload)},
                    Condition={
                        "StringEquals": {"kms:CallerAccount": site.account, "kms:ViaService": through}
                    },
                )
                for workload, actions in users.items()
            ),
            allow("Logs", LOGS_KEY_USE, "*", Principal=logs, Condition={"ArnEquals": {context: groups}}),
            # The API's id is part of this group's name and not known before the API exists.
            allow(
                "ExecutionLog",
                LOGS_KEY_USE,
                "*",
                Principal=logs,
                Condition={"ArnLike": {context: execution_log}},
            ),
            allow(
                "Alarms",
                ["kms:Decrypt", "kms:GenerateDataKey*"],
                "*",
                Principal={"Service": "cloudwatch.amazonaws.com"},
                Condition={"StringEquals": {"aws:SourceAccount": site.account}},
            ),
        ]
    )


def bucket_statements(arn: str) -> list[Statement]:
    """TLS only, and not below 1.2, for everyone and everything in the bucket."""
    both = [arn, f"{arn}/*"]
    return [
        deny("TlsOnly", ["s3:*"], both, Principal="*", Condition={"Bool": {"aws:SecureTransport": "false"}}),
        deny(
            "ModernTls",
            ["s3:*"],
            both,
            Principal="*",
            Condition={"NumericLessThan": {"s3:TlsVersion": "1.2"}},
        ),
    ]


def account_key_only(site: Site, arn: str) -> list[Statement]:
    """No object that asks for other encryption than KMS, and none under a key of another account.

    The bucket's default encryption names the stack's key. Its ARN is not written here: it is unknown before the
    first deployment and would hide the whole document from policies at the first preview.
    """
    objects, algorithm = f"{arn}/*", "s3:x-amz-server-side-encryption"
    key, keys = f"{algorithm}-aws-kms-key-id", site.arn("kms", "key/*")

    def refuse(sid: str, header: str, **other: dict[str, str]) -> Statement:
        # A negated condition also matches an absent header: an upload without one gets the bucket's own key.
        condition = {**other, "Null": {header: "false"}}
        return deny(sid, ["s3:PutObject"], objects, Principal="*", Condition=condition)

    return [
        refuse("KmsOnly", algorithm, StringNotEquals={algorithm: "aws:kms"}),
        refuse("AccountKeyOnly", key, ArnNotLike={key: keys}),
    ]


def write_protected(site: Site, arn: str) -> list[Statement]:
    """Nobody but the deployer writes or deletes; without a named deployer, at least no workload of the stack."""
    actions = ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutObject", "s3:PutObjectRetention"]
    deployer = site.safety.deployer
    workloads = [site.role_arn(workload) for workload in ("model", "function")]
    condition = (
        {"ArnNotEquals": {"aws:PrincipalArn": deployer}}
        if deployer
        else {"ArnEquals": {"aws:PrincipalArn": workloads}}
    )
    return [deny("WriteProtected", actions, f"{arn}/*", Principal="*", Condition=condition)]


def access_log_delivery(site: Site, arn: str, sources: Sequence[str]) -> list[Statement]:
    """S3's log delivery may write for the named buckets of this account."""
    return [
        allow(
            "AccessLogDelivery",
            ["s3:PutObject"],
            f"{arn}/*",
            Principal={"Service": "logging.s3.amazonaws.com"},
            Condition={
                "ArnEquals": {"aws:SourceArn": list(sources)},
                "StringEquals": {"aws:SourceAccount": site.account},
            },
        )
    ]


def write_logs(site: Site, *groups: str) -> Statement:
    """May write to the named log groups, which exist already."""
    streams = [f"{site.log_group_arn(group)}:log-stream:*" for group in groups]
    return allow("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], streams)


def deliver_logs(site: Site, sid: str, group: str) -> Statement:
    """AWS's log delivery may write to the group, for this account."""
    return allow(
        sid,
        ["logs:CreateLogStream", "logs:PutLogEvents"],
        f"{site.log_group_arn(group)}:log-stream:*",
        Principal={"Service": "delivery.logs.amazonaws.com"},
        Condition={
            "ArnLike": {"aws:SourceArn": site.arn("logs", "*")},
            "StringEquals": {"aws:SourceAccount": site.account},
        },
    )


def find_log_streams(site: Site, group: str) -> Statement:
    """May look for the group's streams, which services that write on a role's behalf do first.

    AWS: "IAM role for publishing flow logs to CloudWatch Logs", "SageMaker AI execution roles".
    """
    arn = site.log_group_arn(group)
    return allow("FindLogStreams", ["logs:DescribeLogStreams"], [arn, f"{arn}:*"])


def find_log_groups(site: Site) -> Statement:
    """May list the account's log groups: the action is given a prefix, never one group."""
    return allow("FindLogGroups", ["logs:DescribeLogGroups"], site.arn("logs", "log-group:*"))


def data_protection(name: str) -> str:
    """Masks card numbers and addresses in a log group: a second net, since nothing here writes them."""
    identifiers = [
        f"arn:aws:dataprotection::aws:data-identifier/{kind}"
        for kind in ("CreditCardNumber", "CreditCardSecurityCode", "EmailAddress", "AwsSecretKey")
    ]
    return json.dumps(
        {
            "Name": name,
            "Version": "2021-06-01",
            "Statement": [
                {
                    "Sid": "audit",
                    "DataIdentifier": identifiers,
                    "Operation": {"Audit": {"FindingsDestination": {}}},
                },
                {
                    "Sid": "redact",
                    "DataIdentifier": identifiers,
                    "Operation": {"Deidentify": {"MaskConfig": {}}},
                },
            ],
        },
        sort_keys=True,
    )


ACCESS_LOG_FORMAT = json.dumps(
    {
        "requestId": "$context.requestId",
        "extendedRequestId": "$context.extendedRequestId",
        "requestTime": "$context.requestTime",
        "sourceIp": "$context.identity.sourceIp",
        "apiKeyId": "$context.identity.apiKeyId",
        "caller": "$context.identity.userArn",
        "httpMethod": "$context.httpMethod",
        "resourcePath": "$context.resourcePath",
        "status": "$context.status",
        "responseLength": "$context.responseLength",
        "responseLatency": "$context.responseLatency",
        "integrationLatency": "$context.integrationLatency",
        "integrationError": "$context.integration.error",
        "errorType": "$context.error.responseType",
        "wafResponse": "$context.wafResponseCode",
        "traceId": "$context.xrayTraceId",
    }
)
"""Who, what and how it ended. The key's id, never `$context.identity.apiKey`, which is the key; no validator text,
which may quote the body."""


def digest(*parts: Any) -> str:
    """A stable SHA-256 over plain values: what redeploys the API when anything that shapes it changes."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()
