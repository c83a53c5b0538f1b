"""Documents of the private network: what may pass its endpoints, and who places interfaces into it."""

from __future__ import annotations

from components.documents import Statement, allow, deny, policy, write_logs
from components.site import Site

_FIND = [
    "ec2:DescribeDhcpOptions",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
]


def endpoint_policies(site: Site) -> dict[str, str]:
    """For each endpoint what may pass it: this stack's roles, for this stack's resources."""
    function, model = site.role_arn("function"), site.role_arn("model")
    artifacts, capture = site.bucket_arn("artifacts"), site.bucket_arn("capture")
    account = {"StringEquals": {"aws:ResourceAccount": site.account}}
    statements = {
        "sagemaker.runtime": [allow("Score", ["sagemaker:InvokeEndpoint"], site.endpoint_arn)],
        "s3": [
            allow("ReadArtifact", ["s3:GetObject"], f"{artifacts}/models/*"),
            allow("FindArtifact", ["s3:ListBucket"], artifacts),
            allow("Capture", ["s3:PutObject"], f"{capture}/{site.endpoint_name}/*"),
        ],
        "logs": [write_logs(site, site.function_log_group, site.endpoint_log_group)],
        "kms": [allow("Decrypt", ["kms:Decrypt"], site.arn("kms", "key/*"), Condition=account)],
        "monitoring": [allow("Metrics", ["cloudwatch:PutMetricData"], "*")],
    }
    callers = {"sagemaker.runtime": [function], "s3": [model], "kms": [function]}
    return {
        name: _for_roles(listed, callers.get(name, [function, model])) for name, listed in statements.items()
    }


def _for_roles(statements: list[Statement], roles: list[str]) -> str:
    who = {"ArnEquals": {"aws:PrincipalArn": roles}}
    return policy(
        [{**s, "Principal": "*", "Condition": {**s.get("Condition", {}), **who}} for s in statements]
    )


def _place(site: Site) -> list[Statement]:
    """Placing an interface asks for the subnet, the group and the new interface; only the first two have tags."""
    tagged = {
        "StringEquals": {
            "aws:ResourceTag/Environment": site.stage,
            "aws:ResourceTag/Project": site.tags["Project"],
        }
    }
    action = ["ec2:CreateNetworkInterface"]
    return [
        allow(
            "PlaceIn",
            action,
            [site.arn("ec2", "security-group/*"), site.arn("ec2", "subnet/*")],
            Condition=tagged,
        ),
        allow("Place", action, site.arn("ec2", "network-interface/*")),
    ]


def model_interfaces(site: Site) -> list[Statement]:
    """What SageMaker needs to serve a model in the stack's subnets (AWS: "SageMaker AI execution roles").

    The Describe actions know no resource (AWS service authorization reference, EC2).
    """
    own = [
        "ec2:CreateNetworkInterfacePermission",
        "ec2:DeleteNetworkInterface",
        "ec2:DeleteNetworkInterfacePermission",
    ]
    return [
        *_place(site),
        allow("Interface", own, site.arn("ec2", "network-interface/*")),
        allow("FindNetwork", _FIND, "*"),
    ]


def function_interfaces(site: Site) -> list[Statement]:
    """What Lambda needs to run the function in the stack's subnets, and none of it for the function's own code.

    Lambda asks for DeleteNetworkInterface without naming an interface, and refuses a role that may delete
    `network-interface/*` only (hashicorp/terraform-provider-aws#20698). AWS: "Giving Lambda functions access to
    resources in an Amazon VPC" has the Deny: the source function is known only for calls that the code makes.
    """
    actions = [
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:UnassignPrivateIpAddresses",
    ]
    by_code = {
        "ArnEquals": {"lambda:SourceFunctionArn": [site.arn("lambda", f"function:{site.function_name}")]}
    }
    not_code = deny(
        "NotFromCode",
        [*actions, "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"],
        "*",
        Condition=by_code,
    )
    return [
        *_place(site),
        allow(
            "Addresses",
            ["ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"],
            site.arn("ec2", "network-interface/*"),
        ),
        allow("Remove", ["ec2:DeleteNetworkInterface"], site.arn("ec2", "*/*")),
        allow("FindNetwork", _FIND, "*"),
        not_code,
    ]
