"""Where the AWS provider does other than its schema says: what it never stores, ignores, or has AWS make again.

Source: the outputs of terraform-provider-aws 5.100, recorded on the real engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_OBJECT = frozenset({"acl", "content", "contentBase64", "kmsKeyId", "sourceHash"})
ABSENT: Mapping[str, frozenset[str]] = {
    "aws:apigateway/account:Account": frozenset({"features"}),
    "aws:apigateway/method:Method": frozenset({"authorizerId"}),
    "aws:apigateway/restApi:RestApi": frozenset({"body", "failOnWarnings", "putRestApiMode"}),
    "aws:apigatewayv2/api:Api": frozenset({"body", "credentialsArn", "failOnWarnings", "routeKey", "target"}),
    "aws:cloudwatch/metricAlarm:MetricAlarm": frozenset({"metricQueries.period"}),
    "aws:dynamodb/table:Table": frozenset(
        {"rangeKey", "restoreDateTime", "restoreSourceName", "restoreSourceTableArn", "restoreToLatestTime"}
    ),
    "aws:ec2/flowLog:FlowLog": frozenset(
        {"eniId", "subnetId", "transitGatewayAttachmentId", "transitGatewayId"}
    ),
    "aws:ec2/instance:Instance": frozenset(
        {"enablePrimaryIpv6", "hostResourceGroupArn", "userData", "userDataBase64"}
    ),
    "aws:ec2/vpc:Vpc": frozenset({"ipv4IpamPoolId", "ipv4NetmaskLength"}),
    "aws:ec2/vpcEndpoint:VpcEndpoint": frozenset({"autoAccept"}),
    "aws:eks/cluster:Cluster": frozenset({"clusterId", "forceUpdateVersion"}),
    "aws:eks/nodeGroup:NodeGroup": frozenset({"forceUpdateVersion"}),
    "aws:iam/accessKey:AccessKey": frozenset(
        {"encryptedSecret", "encryptedSesSmtpPasswordV4", "keyFingerprint", "pgpKey"}
    ),
    "aws:lambda/function:Function": frozenset(
        {"replaceSecurityGroupsOnDestroy", "s3Bucket", "s3Key", "s3ObjectVersion"}
    ),
    "aws:lambda/permission:Permission": frozenset(
        {"eventSourceToken", "functionUrlAuthType", "principalOrgId", "sourceAccount", "sourceArn"}
    ),
    "aws:s3/bucket:Bucket": frozenset({"acl", "websiteDomain", "websiteEndpoint"}),
    "aws:s3/bucketObject:BucketObject": _OBJECT - {"acl"},
    "aws:s3/bucketObjectv2:BucketObjectv2": _OBJECT,
    "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration": frozenset({"token"}),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": frozenset(
        {"rules.bucketKeyEnabled"}
    ),
    "aws:s3/bucketVersioning:BucketVersioning": frozenset({"mfa"}),
    "aws:sfn/stateMachine:StateMachine": frozenset({"versionDescription"}),
    "aws:wafv2/webAcl:WebAcl": frozenset({"ruleJson"}),
}
"""What the provider does not store when nobody set it: it is read at creation alone."""

SUPPRESSED: Mapping[str, Mapping[str, Any]] = {
    # An HTTP API has no such setting; the provider takes its default for not set.
    "aws:apigatewayv2/integration:Integration": {"passthroughBehavior": "WHEN_NO_MATCH"},
}
"""Values that the provider takes for not set."""

_CODE = frozenset({"code", "imageUri", "s3Bucket", "s3Key", "s3ObjectVersion", "sourceCodeHash"})
_CONFIGURATION = frozenset(
    {"deadLetterConfig", "description", "environment", "ephemeralStorage", "fileSystemConfigs", "handler"}
    | {"imageConfig", "kmsKeyArn", "layers", "loggingConfig", "memorySize", "role", "runtime", "snapStart"}
    | {"timeout", "tracingConfig", "vpcConfig"}
)
_CONTENT = frozenset(
    {"content", "contentBase64", "etag", "source", "sourceHash", "kmsKeyId", "serverSideEncryption"}
)
RECOMPUTED: Mapping[str, Mapping[str, frozenset[str]]] = {
    "aws:lambda/function:Function": {
        "lastModified": _CODE | _CONFIGURATION,
        "version": _CODE | _CONFIGURATION,
        "qualifiedArn": _CODE | _CONFIGURATION,
        "qualifiedInvokeArn": _CODE | _CONFIGURATION,
        "codeSha256": _CODE,
        "sourceCodeSize": _CODE,
    },
    "aws:s3/bucketObjectv2:BucketObjectv2": {
        "versionId": _CONTENT - {"kmsKeyId"},
        "etag": _CONTENT - {"kmsKeyId"},
    },
    "aws:s3/bucketObject:BucketObject": {"versionId": _CONTENT - {"kmsKeyId"}},
    "aws:wafv2/webAcl:WebAcl": {"lockToken": frozenset({"rules", "defaultAction", "visibilityConfig"})},
    "aws:sfn/stateMachine:StateMachine": {"revisionId": frozenset({"definition"})},
}
"""By type: what AWS makes again, and the properties whose change makes it; unknown in the preview of the change."""


def as_set(token: str, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    """The inputs without those that the provider takes for not set."""
    none = SUPPRESSED.get(token)
    if not none:
        return inputs
    return {key: value for key, value in inputs.items() if key not in none or none[key] != value}
