"""A small program and a small policy pack, for the tests of this folder."""

from __future__ import annotations

import textwrap
from pathlib import Path

CANARY = "planted-secret-7f3a"

PROGRAM = """
import json

import pulumi
import pulumi_aws as aws

config = pulumi.Config()


class Store(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("sample:index:Store", name, {"size": 3})
        child = pulumi.ResourceOptions(parent=self)
        self.key = aws.kms.Key(
            f"{name}-key",
            enable_key_rotation=True,
            opts=pulumi.ResourceOptions(
                parent=self, protect=True, retain_on_delete=True, aliases=[pulumi.Alias(name="old-key")]
            ),
        )
        self.bucket = aws.s3.Bucket(
            f"{name}-bucket",
            opts=pulumi.ResourceOptions(
                parent=self,
                ignore_changes=["tags"],
                delete_before_replace=True,
                custom_timeouts=pulumi.CustomTimeouts(create="1h30m"),
            ),
        )
        self.encryption = aws.s3.BucketServerSideEncryptionConfiguration(
            f"{name}-encryption",
            bucket=self.bucket.id,
            rules=[
                {
                    "apply_server_side_encryption_by_default": {
                        "sse_algorithm": "aws:kms",
                        "kms_master_key_id": self.key.arn,
                    }
                }
            ],
            opts=child,
        )
        self.register_outputs({"keyArn": self.key.arn})


store = Store("store")
role = aws.iam.Role("role", assume_role_policy=json.dumps({"Statement": []}))
who = aws.get_caller_identity()
api_key = aws.apigateway.ApiKey("client", value=config.require_secret("apiKey"))
made = aws.apigateway.ApiKey("made")
west = aws.Provider("west", region="us-west-2", default_tags={"tags": {"Team": "west"}})
topic = aws.sns.Topic(
    "topic", display_name=who.account_id, tags={"A": "b"}, opts=pulumi.ResourceOptions(provider=west)
)
pulumi.export("keyArn", store.key.arn)
pulumi.export("apiKey", api_key.value)
pulumi.export("account", who.account_id)
"""

PACK = """
from pulumi_policy import (
    EnforcementLevel, PolicyConfigSchema, PolicyPack, ResourceValidationPolicy, Severity, StackValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError


def rotation(args, report):
    if args.resource_type == "aws:kms/key:Key" and args.props.get("enableKeyRotation") is not True:
        report(f'Key "{args.name}" is not rotated (enableKeyRotation).')


def leak(args, report):
    if args.resource_type == "aws:apigateway/apiKey:ApiKey" and "value" in args.props:
        report(f'ApiKey "{args.name}" has the value {args.props["value"]}.')


def encrypted(args, report):
    done = {d.urn for r in args.resources for d in r.property_dependencies.get("bucket", [])}
    for r in args.resources:
        if r.resource_type == "aws:s3/bucket:Bucket" and r.urn not in done:
            report(f'Bucket "{r.name}" is not encrypted.', r.urn)


def unknown(args, report):
    for r in args.resources:
        if r.resource_type == "aws:kms/key:Key":
            try:
                r.props.get("arn")
            except UnknownValueError:
                report(f'key-rotation was not evaluated: Key "{r.name}" is not known yet (arn).', r.urn)


def region(args, report):
    if args.resource_type == "aws:sns/topic:Topic":
        allowed = args.get_config()["allowed"]
        if args.provider is None or args.provider.props["region"] != allowed:
            report(f'Topic "{args.name}" is in another region.')


def exempt(args, report):
    for r in args.resources:
        if r.resource_type == "aws:iam/role:Role":
            report(f'encrypted is exempted on "{r.name}" until 2099.', r.urn)


MANDATORY, ADVISORY = EnforcementLevel.MANDATORY, EnforcementLevel.ADVISORY
PolicyPack(
    name="sample-pack",
    enforcement_level=MANDATORY,
    policies=[
        ResourceValidationPolicy("key-rotation", "Keys are rotated", rotation, severity=Severity.HIGH,
                                 remediation_steps="Set enable_key_rotation."),
        ResourceValidationPolicy("leak", "Values leak", leak, enforcement_level=ADVISORY),
        ResourceValidationPolicy("region", "Topics stay in their region", region, config_schema=PolicyConfigSchema(
            properties={"allowed": {"type": "string", "default": "us-west-2"}})),
        StackValidationPolicy("encrypted", "Buckets are encrypted", encrypted, severity=Severity.CRITICAL),
        StackValidationPolicy("not-evaluated", "Unknown is told", unknown, enforcement_level=ADVISORY),
        StackValidationPolicy("exempted", "Exemptions are told", exempt, enforcement_level=ADVISORY),
    ],
)
"""


def write_pack(folder: Path, main: str = PACK) -> Path:
    """A policy pack in `folder`."""
    folder.mkdir()
    (folder / "PulumiPolicy.yaml").write_text("runtime: python\n")
    (folder / "__main__.py").write_text(textwrap.dedent(main))
    return folder
