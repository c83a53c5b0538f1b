"""Deletions that AWS refuses because something else still uses the resource.

Each row: the type that is to go; the type that uses it and the property that names it; AWS's error code and
what it says. Source: the errors of the services' API references.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

_USES: tuple[tuple[str, str, str, str], ...] = (
    ("aws:ec2/vpc:Vpc", "aws:ec2/subnet:Subnet", "vpcId", "DependencyViolation: the VPC has subnets"),
    (
        "aws:ec2/vpc:Vpc",
        "aws:ec2/securityGroup:SecurityGroup",
        "vpcId",
        "DependencyViolation: the VPC has groups",
    ),
    (
        "aws:ec2/vpc:Vpc",
        "aws:ec2/vpcEndpoint:VpcEndpoint",
        "vpcId",
        "DependencyViolation: the VPC has endpoints",
    ),
    ("aws:ec2/subnet:Subnet", "aws:ec2/vpcEndpoint:VpcEndpoint", "subnetIds", "DependencyViolation: in use"),
    ("aws:ec2/subnet:Subnet", "aws:lambda/function:Function", "vpcConfig", "DependencyViolation: in use"),
    (
        "aws:ec2/securityGroup:SecurityGroup",
        "aws:ec2/vpcEndpoint:VpcEndpoint",
        "securityGroupIds",
        "DependencyViolation: in use",
    ),
    (
        "aws:ec2/securityGroup:SecurityGroup",
        "aws:lambda/function:Function",
        "vpcConfig",
        "DependencyViolation: in use",
    ),
    (
        "aws:apigateway/deployment:Deployment",
        "aws:apigateway/stage:Stage",
        "deployment",
        "BadRequestException: a stage points to the deployment",
    ),
    (
        "aws:wafv2/webAcl:WebAcl",
        "aws:wafv2/webAclAssociation:WebAclAssociation",
        "webAclArn",
        "WAFAssociatedItemException: the web ACL is associated with a resource",
    ),
    (
        "aws:lambda/codeSigningConfig:CodeSigningConfig",
        "aws:lambda/function:Function",
        "codeSigningConfigArn",
        "ResourceConflictException: a function uses the code signing configuration",
    ),
    (
        "aws:iam/role:Role",
        "aws:iam/rolePolicy:RolePolicy",
        "role",
        "DeleteConflict: the role has inline policies",
    ),
    (
        "aws:iam/role:Role",
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        "role",
        "DeleteConflict: the role has attached policies",
    ),
)
_BUCKETS = ("aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2")
_OBJECTS = ("aws:s3/bucketObject:BucketObject", "aws:s3/bucketObjectv2:BucketObjectv2")


def refusal(
    token: str, id_: str, inputs: Mapping[str, Any], others: Iterable[tuple[str, Mapping[str, Any]]]
) -> str:
    """Why AWS refuses to delete the resource with this id while `others` are there, or ""."""
    rows = [(user, key, reason) for owner, user, key, reason in _USES if owner == token]
    if token in _BUCKETS and inputs.get("forceDestroy") is not True:
        rows += [(user, "bucket", "BucketNotEmpty: the bucket holds objects") for user in _OBJECTS]
    if token == "aws:iam/role:Role" and inputs.get("forceDetachPolicies") is True:  # noqa: S105
        rows = []
    if not rows:
        return ""
    for other, outputs in others:
        for user, key, reason in rows:
            if other == user and _names(outputs.get(key), id_):
                return reason
    return ""


def _names(value: Any, id_: str) -> bool:
    if isinstance(value, str):
        return value == id_ or value.endswith(f"/{id_}")
    return f'"{id_}"' in json.dumps(value)
