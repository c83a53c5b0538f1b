"""Once for an account, by an administrator: where state is kept, and the roles that the pipeline takes by OIDC.

For each stack a role that reads for previews, one that deploys, and one that watches the age of its API keys; each
trusts exactly one environment of one repository. The policies come from what the stacks declare: see
docs/pipelines.md.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws

_ISSUER = "token.actions.githubusercontent.com"
_READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
_KEY_USE = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"]
_KEY_ADMINISTRATION = [
    f"kms:{action}"
    for action in (
        "CancelKeyDeletion CreateAlias DeleteAlias DescribeKey DisableKey DisableKeyRotation EnableKey "
        "EnableKeyRotation GetKeyPolicy GetKeyRotationStatus ListGrants ListKeyPolicies ListResourceTags "
        "PutKeyPolicy RevokeGrant ScheduleKeyDeletion TagResource UntagResource UpdateAlias UpdateKeyDescription"
    ).split()
]
_TAGS = {"Project": pulumi.get_project(), "ManagedBy": "pulumi", "Environment": "shared", "Owner": "platform",
         "DataClassification": "confidential"}  # fmt: skip

config = pulumi.Config()
repository = config.require("repository")
if not re.fullmatch(r"[\w.-]+/[\w.-]+", repository):
    raise pulumi.RunError("repository must be owner/name.")
if not re.fullmatch(r"s3://[a-z0-9.-]+/.+", config.get("trainingData") or "s3://none/x"):
    raise pulumi.RunError("trainingData must be a folder, s3://bucket/folder.")
account, region = aws.get_caller_identity().account_id, aws.get_region().region
bucket_name = f"fraud-state-{account}"
bucket_arn = f"arn:aws:s3:::{bucket_name}"


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, sort_keys=True)


def key_policy() -> str:
    """The account's administrators manage the key; the roles of deployments use it, as their own policies say."""
    root = {"AWS": f"arn:aws:iam::{account}:root"}
    deployments = {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{account}:role/fraud-*"}}
    return document(
        {"Sid": "Administration", "Effect": "Allow", "Action": _KEY_ADMINISTRATION, "Resource": "*", "Principal": root},
        {"Sid": "Deployments", "Effect": "Allow", "Action": _KEY_USE, "Resource": "*", "Principal": root,
         "Condition": deployments},
    )  # fmt: skip


def bucket(
    name: str, full_name: str, encryption: dict[str, Any], *statements: dict[str, Any]
) -> aws.s3.Bucket:
    """A private bucket with versions, over TLS 1.2 and later only, that survives the program's end."""
    made = aws.s3.Bucket(name, bucket=full_name, tags=_TAGS, opts=pulumi.ResourceOptions(protect=True))
    versions = aws.s3.BucketVersioning(name, bucket=made.id, versioning_configuration={"status": "Enabled"})
    aws.s3.BucketLifecycleConfiguration(
        name, bucket=made.id, opts=pulumi.ResourceOptions(depends_on=[versions]),
        rules=[{"id": "expire-replaced-versions", "status": "Enabled", "filter": {"prefix": ""},
                "noncurrent_version_expiration": {"noncurrent_days": 365},
                "abort_incomplete_multipart_upload": {"days_after_initiation": 1}}],
    )  # fmt: skip
    private = aws.s3.BucketPublicAccessBlock(
        name, bucket=made.id, block_public_acls=True, block_public_policy=True, ignore_public_acls=True,
        restrict_public_buckets=True,
    )  # fmt: skip
    aws.s3.BucketOwnershipControls(name, bucket=made.id, rule={"object_ownership": "BucketOwnerEnforced"})
    aws.s3.BucketServerSideEncryptionConfiguration(
        name, bucket=made.id,
        rules=[{"apply_server_side_encryption_by_default": encryption, "bucket_key_enabled": True}],
    )  # fmt: skip
    everything = {"Effect": "Deny", "Principal": "*", "Action": "s3:*",
                  "Resource": [f"arn:aws:s3:::{full_name}", f"arn:aws:s3:::{full_name}/*"]}  # fmt: skip
    aws.s3.BucketPolicy(
        name, bucket=made.id, opts=pulumi.ResourceOptions(depends_on=[private]),
        policy=document(
            {"Sid": "TlsOnly", **everything, "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
            {"Sid": "ModernTls", **everything, "Condition": {"NumericLessThan": {"s3:TlsVersion": "1.2"}}},
            *statements,
        ),
    )  # fmt: skip
    return made


def state() -> aws.kms.Key:
    """The bucket of the state files, the key of the secrets in them, and the bucket's access log."""
    key = aws.kms.Key(
        "state", description="Secrets in the state of the fraud stacks", enable_key_rotation=True,
        deletion_window_in_days=30, policy=key_policy(), tags=_TAGS, opts=pulumi.ResourceOptions(protect=True),
    )  # fmt: skip
    aws.kms.Alias("state", name="alias/fraud-state", target_key_id=key.key_id)
    kept = bucket("state", bucket_name, {"sse_algorithm": "aws:kms", "kms_master_key_id": key.arn})
    log_name = f"fraud-state-log-{account}"
    # S3 delivers logs under its own key only.
    delivery = {"Sid": "Delivery", "Effect": "Allow", "Action": "s3:PutObject",
                "Resource": f"arn:aws:s3:::{log_name}/*", "Principal": {"Service": "logging.s3.amazonaws.com"},
                "Condition": {"ArnEquals": {"aws:SourceArn": bucket_arn},
                              "StringEquals": {"aws:SourceAccount": account}}}  # fmt: skip
    log = bucket("state-log", log_name, {"sse_algorithm": "AES256"}, delivery)
    aws.s3.BucketLogging("state", bucket=kept.id, target_bucket=log.id, target_prefix="state/")
    return key


def role(name: str, environment: str, provider: aws.iam.OpenIdConnectProvider) -> aws.iam.Role:
    """A role for the jobs of one environment of the repository."""
    subject = f"repo:{repository}:environment:{environment}"
    trusted = {
        "Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": f"arn:aws:iam::{account}:oidc-provider/{_ISSUER}"},
        "Condition": {"StringEquals": {f"{_ISSUER}:aud": "sts.amazonaws.com", f"{_ISSUER}:sub": subject}},
    }  # fmt: skip
    return aws.iam.Role(
        name, name=name, description=f"GitHub Actions, environment {environment}", max_session_duration=14400,
        assume_role_policy=document(trusted), tags=_TAGS, opts=pulumi.ResourceOptions(depends_on=[provider]),
    )  # fmt: skip


def use_state(name: str, taker: aws.iam.Role, key: aws.kms.Key, stack: str) -> None:
    """The stack's own state and locks, and the key of its secrets. A preview writes a lock, too."""
    objects = [f"{bucket_arn}/.pulumi/{kind}/{path}" for kind in ("stacks", "history", "backups", "locks")
               for path in (f"*/{stack}.json*", f"*/{stack}/*")]  # fmt: skip
    objects += [f"{bucket_arn}/.pulumi/meta.yaml", f"{bucket_arn}/.pulumi/locks/*"]
    text = key.arn.apply(
        lambda arn: document(
            {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": bucket_arn},
            {
                "Effect": "Allow",
                "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
                "Resource": objects,
            },
            {
                "Effect": "Allow",
                "Action": ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"],
                "Resource": arn,
            },
        )
    )
    aws.iam.RolePolicy(name, name="state", role=taker.name, policy=text)


def watch_keys(name: str, watcher: aws.iam.Role) -> None:
    """Reads names, ages and uses of API keys and publishes the oldest's age.

    API Gateway has one right for a key and its value: the job asks for no value, but the role could.
    """
    objects = ("apikeys", "usageplans", "usageplans/*")
    text = document(
        {"Effect": "Allow", "Action": "apigateway:GET",
         "Resource": [f"arn:aws:apigateway:{region}::/{path}" for path in objects]},
        {"Effect": "Allow", "Action": "cloudwatch:PutMetricData", "Resource": "*",
         "Condition": {"StringEquals": {"cloudwatch:namespace": "FraudScoring"}}},
    )  # fmt: skip
    aws.iam.RolePolicy(name, name="keys", role=watcher.name, policy=text)


def read_training_data(name: str, reader: aws.iam.Role, folder: str) -> None:
    """The training data in a bucket of yours, which the program reads before it declares anything."""
    name_, _, path = folder.removeprefix("s3://").partition("/")
    text = document(
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{name_}"},
        {
            "Effect": "Allow",
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{name_}/{path.rstrip('/')}/*",
        },
    )
    aws.iam.RolePolicy(f"{name}-data", name="training-data", role=reader.name, policy=text)


def deployment(stack: str, provider: aws.iam.OpenIdConnectProvider, key: aws.kms.Key) -> dict[str, Any]:
    """The roles of a stack: `<stack>-preview` reads, `<stack>` deploys, `<stack>-keys` watches the keys' age."""
    reader = role(f"fraud-{stack}-preview", f"{stack}-preview", provider)
    aws.iam.RolePolicyAttachment(f"fraud-{stack}-preview", role=reader.name, policy_arn=_READ_ONLY)
    use_state(f"fraud-{stack}-preview", reader, key, stack)
    writer = role(f"fraud-{stack}-deploy", stack, provider)
    use_state(f"fraud-{stack}-deploy", writer, key, stack)
    written = Path(config.get("policies") or ".") / f"{stack}.json"
    for name, policy in json.loads(written.read_text(encoding="utf-8")).items():
        made = aws.iam.Policy(name, name=name, policy=json.dumps(policy, sort_keys=True), tags=_TAGS)
        aws.iam.RolePolicyAttachment(name, role=writer.name, policy_arn=made.arn)
    if folder := config.get("trainingData"):
        read_training_data(f"fraud-{stack}-deploy", writer, folder)
    watcher = role(f"fraud-{stack}-keys", f"{stack}-keys", provider)
    watch_keys(f"fraud-{stack}-keys", watcher)
    return {"preview": reader.arn, "deploy": writer.arn, "keys": watcher.arn}


github = aws.iam.OpenIdConnectProvider(
    "github", url=f"https://{_ISSUER}", client_id_lists=["sts.amazonaws.com"], tags=_TAGS
)
state_key = state()
pulumi.export("stateBackend", f"s3://{bucket_name}")
pulumi.export("secretsProvider", "awskms://alias/fraud-state")
pulumi.export(
    "roles", {stack: deployment(stack, github, state_key) for stack in config.require_object("stacks")}
)
