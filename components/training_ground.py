"""TrainingGround: where managed training jobs run: their role, bucket, image repository and key."""

from __future__ import annotations

import dataclasses
import json

import pulumi
import pulumi_aws as aws

from components import documents
from components.buckets import AccessLogBucket, SecureBucket
from components.encryption import EncryptionKey
from components.site import Site
from components.workload_role import WorkloadRole
from settings import Training

_JOB_LOG_GROUP = "/aws/sagemaker/TrainingJobs"
"""SageMaker's own name, one for all jobs of an account and region."""
_KEPT_IMAGES = 10


class TrainingGround(pulumi.ComponentResource):
    """What `python -m model train --on sagemaker` needs. A job reads `data/`, writes `jobs/`, and has no network."""

    outputs: dict[str, pulumi.Input[str]]

    def __init__(
        self, name: str, site: Site, *, logs: AccessLogBucket, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("fraud:model:TrainingGround", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        own = dataclasses.replace(site, prefix=f"{site.prefix}-training")
        role = WorkloadRole("job", own, "sagemaker", opts=child)
        key = EncryptionKey(
            name, own, {role: ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"]}, opts=child
        )
        bucket = SecureBucket(site, "training", key, logs, opts=child)
        images = self._images(name, own, key)
        role.grant(_statements(own, bucket.arn, own.arn("ecr", f"repository/{own.prefix}")))
        self.outputs = {
            "role": role.arn,
            "bucket": bucket.name,
            "key": key.arn,
            "repository": images.repository_url,
            "region": site.region,
            "prefix": own.prefix,
        }
        self.register_outputs({"bucket": bucket.name})

    def _images(self, name: str, site: Site, key: EncryptionKey) -> aws.ecr.Repository:
        child = pulumi.ResourceOptions(parent=self)
        images = aws.ecr.Repository(
            name,
            name=site.prefix,
            image_tag_mutability="IMMUTABLE",
            image_scanning_configuration={"scan_on_push": True},
            encryption_configurations=[{"encryption_type": "KMS", "kms_key": key.arn}],
            force_delete=not site.safety.protect,
            tags=site.tags,
            opts=pulumi.ResourceOptions(parent=self, protect=site.safety.protect),
        )
        kept = {
            "rulePriority": 1,
            "description": "The newest images",
            "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": _KEPT_IMAGES},
            "action": {"type": "expire"},
        }
        aws.ecr.LifecyclePolicy(
            name, repository=images.name, policy=json.dumps({"rules": [kept]}, sort_keys=True), opts=child
        )
        return images


def _statements(site: Site, bucket: str, repository: str) -> list[documents.Statement]:
    """What a job's role needs (AWS: "SageMaker AI execution roles", CreateTrainingJob), and no more."""
    pull = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    metrics = {"StringEquals": {"cloudwatch:namespace": ["/aws/sagemaker/TrainingJobs"]}}
    return [
        documents.allow("ReadData", ["s3:GetObject"], f"{bucket}/data/*"),
        documents.allow("FindData", ["s3:ListBucket"], bucket),
        documents.allow("WriteModel", ["s3:PutObject"], f"{bucket}/jobs/*"),
        documents.write_logs(site, _JOB_LOG_GROUP),
        documents.find_log_streams(site, _JOB_LOG_GROUP),
        documents.allow("PullImage", pull, repository),
        documents.allow("RegistryLogin", ["ecr:GetAuthorizationToken"], "*"),
        documents.allow("Metrics", ["cloudwatch:PutMetricData"], "*", Condition=metrics),
    ]


def optional_training(
    name: str, site: Site, training: Training, *, logs: AccessLogBucket
) -> dict[str, pulumi.Input[str]]:
    """What a training job has to be told, where the settings declare a place for one; else nothing."""
    return TrainingGround(name, site, logs=logs).outputs if training.managed else {}
