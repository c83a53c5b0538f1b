"""SecureBucket and AccessLogBucket: the two kinds of bucket a stack has."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components import documents
from components.encryption import EncryptionKey
from components.site import Site

_MULTIPART_DAYS = 1
SET_BY_THE_BUCKET = ["object_lock_mode", "object_lock_retain_until_date"]
"""Of an object: the bucket's default retention. The provider would otherwise try to take it away again."""


class _Bucket(pulumi.ComponentResource):
    """What every bucket has: no public access, no ACLs, versions, TLS only, events, a lifecycle."""

    name: str
    arn: str
    bucket: aws.s3.Bucket
    ready: Sequence[pulumi.Resource]
    """What has to stand before the first object is written."""

    def __init__(
        self,
        kind: str,
        site: Site,
        purpose: str,
        statements: Sequence[documents.Statement],
        *,
        encryption: aws.s3.BucketServerSideEncryptionConfigurationRuleArgs,
        object_lock_days: int | None,
        opts: pulumi.ResourceOptions | None,
    ) -> None:
        super().__init__(f"fraud:storage:{kind}", purpose, {"purpose": purpose}, opts)
        self.name, self.arn = site.bucket_name(purpose), site.bucket_arn(purpose)
        child, protect = pulumi.ResourceOptions(parent=self), site.safety.protect
        self.bucket = aws.s3.Bucket(
            purpose,
            bucket=self.name,
            force_destroy=not protect,
            object_lock_enabled=object_lock_days is not None,
            tags=site.tags,
            opts=pulumi.ResourceOptions(parent=self, protect=protect),
        )
        bucket = self.bucket.id
        private = aws.s3.BucketPublicAccessBlock(
            purpose,
            bucket=bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=child,
        )
        owned = aws.s3.BucketOwnershipControls(
            purpose, bucket=bucket, rule={"object_ownership": "BucketOwnerEnforced"}, opts=child
        )
        versions = aws.s3.BucketVersioning(
            purpose, bucket=bucket, versioning_configuration={"status": "Enabled"}, opts=child
        )
        encrypted = aws.s3.BucketServerSideEncryptionConfiguration(
            purpose, bucket=bucket, rules=[encryption], opts=child
        )
        policy = aws.s3.BucketPolicy(
            purpose,
            bucket=bucket,
            policy=documents.policy([*documents.bucket_statements(self.arn), *statements]),
            # S3 refuses concurrent changes of a bucket's policy and its public access block.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[private]),
        )
        aws.s3.BucketNotification(purpose, bucket=bucket, eventbridge=True, opts=child)
        aws.s3.BucketLifecycleConfiguration(
            purpose,
            bucket=bucket,
            rules=[_lifecycle(site.safety.log_retention)],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[versions]),
        )
        self.ready = [private, owned, versions, encrypted, policy]
        if object_lock_days is not None:
            lock = aws.s3.BucketObjectLockConfiguration(
                purpose,
                bucket=bucket,
                rule={"default_retention": {"mode": "GOVERNANCE", "days": object_lock_days}},
                opts=pulumi.ResourceOptions(parent=self, depends_on=[versions]),
            )
            self.ready = [*self.ready, lock]

    def log_to(self, target: AccessLogBucket) -> None:
        """Writes server access logs to the target, once its policy admits the delivery."""
        aws.s3.BucketLogging(
            target.purpose_of(self.name),
            bucket=self.bucket.id,
            target_bucket=target.bucket.id,
            target_prefix=f"{self.name}/",
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*target.ready]),
        )


class AccessLogBucket(_Bucket):
    """Where S3 delivers the access logs of the stack's buckets; only that service may write.

    Encrypted with S3's own key: the delivery cannot use a customer-managed one.
    """

    def __init__(
        self,
        site: Site,
        sources: Sequence[str],
        *,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        arn = site.bucket_arn("access-logs")
        arns = [site.bucket_arn(source) for source in sources]
        self._purposes = {site.bucket_name(source): source for source in sources}
        super().__init__(
            "AccessLogBucket",
            site,
            "access-logs",
            documents.access_log_delivery(site, arn, arns),
            encryption=aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
                apply_server_side_encryption_by_default={"sse_algorithm": "AES256"}
            ),
            object_lock_days=None,
            opts=opts,
        )
        self.register_outputs({"name": self.name})

    def purpose_of(self, bucket: str) -> str:
        """The purpose of one of the buckets that were announced as sources."""
        return self._purposes[bucket]


class SecureBucket(_Bucket):
    """A bucket for data: the stack's key, access logs, a policy that holds writers to the key, and object lock.

    Where days are given every object is locked for that long; S3 then takes no upload without a checksum, so a
    bucket that an AWS service writes to has none.
    """

    def __init__(
        self,
        site: Site,
        purpose: str,
        key: EncryptionKey,
        logs: AccessLogBucket,
        *,
        statements: Sequence[documents.Statement] = (),
        object_lock_days: int | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        arn = site.bucket_arn(purpose)
        super().__init__(
            "SecureBucket",
            site,
            purpose,
            [*documents.account_key_only(site, arn), *statements],
            encryption=aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
                apply_server_side_encryption_by_default={
                    "sse_algorithm": "aws:kms",
                    "kms_master_key_id": key.arn,
                },
                bucket_key_enabled=True,
            ),
            object_lock_days=object_lock_days,
            opts=opts,
        )
        self.log_to(logs)
        self.register_outputs({"name": self.name})


def _lifecycle(keep_days: int) -> aws.s3.BucketLifecycleConfigurationRuleArgs:
    return aws.s3.BucketLifecycleConfigurationRuleArgs(
        id="expire-replaced-versions",
        status="Enabled",
        filter={"prefix": ""},
        noncurrent_version_expiration={"noncurrent_days": keep_days},
        abort_incomplete_multipart_upload={"days_after_initiation": _MULTIPART_DAYS},
    )
