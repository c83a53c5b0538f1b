"""Where a stack lives and what its things are called.

Names are chosen, not generated, wherever a document has to mention a resource: an ARN that can be written down
before the resource exists keeps the document readable for policies at the first preview.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi_aws as aws

from settings import Naming, Safety


@dataclass(frozen=True)
class Site:
    """Account, region, naming and safety rules of one stack: what every component shares. Methods are pure."""

    prefix: str
    stage: str
    tags: Mapping[str, str]
    account: str
    region: str
    partition: str
    safety: Safety

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource in this account and region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def role_arn(self, workload: str) -> str:
        return f"arn:{self.partition}:iam::{self.account}:role/{self.role_name(workload)}"

    def role_name(self, workload: str) -> str:
        return f"{self.prefix}-{workload}"

    def bucket_name(self, purpose: str) -> str:
        return f"{self.prefix}-{purpose}-{self.account}-{self.region}"

    def bucket_arn(self, purpose: str) -> str:
        return f"arn:{self.partition}:s3:::{self.bucket_name(purpose)}"

    def log_group_arn(self, name: str) -> str:
        return self.arn("logs", f"log-group:{name}")

    @property
    def root(self) -> str:
        """The principal that stands for the account's own IAM policies."""
        return f"arn:{self.partition}:iam::{self.account}:root"

    @property
    def endpoint_name(self) -> str:
        return f"{self.prefix}-endpoint"

    @property
    def endpoint_arn(self) -> str:
        return self.arn("sagemaker", f"endpoint/{self.endpoint_name}")

    @property
    def function_name(self) -> str:
        return f"{self.prefix}-score"

    @property
    def function_log_group(self) -> str:
        return f"/aws/lambda/{self.function_name}"

    @property
    def endpoint_log_group(self) -> str:
        return f"/aws/sagemaker/Endpoints/{self.endpoint_name}"

    @property
    def access_log_group(self) -> str:
        return f"/aws/apigateway/{self.prefix}/access"

    @property
    def firewall_log_group(self) -> str:
        """AWS WAF refuses a destination whose name does not start with aws-waf-logs-."""
        return f"aws-waf-logs-{self.prefix}"

    @property
    def edge_log_group(self) -> str:
        return f"/aws/cloudfront/{self.prefix}/access"

    @property
    def flow_log_group(self) -> str:
        return f"/aws/vpc/{self.prefix}/flow"

    @property
    def log_groups(self) -> tuple[str, ...]:
        """The log groups whose names are known before anything exists; the API's execution log is not."""
        return (
            self.function_log_group,
            self.endpoint_log_group,
            self.access_log_group,
            self.firewall_log_group,
            self.flow_log_group,
            self.edge_log_group,
        )

    @property
    def topic_arn(self) -> str:
        return self.arn("sns", self.topic_name)

    @property
    def topic_name(self) -> str:
        return f"{self.prefix}-alarms"


def locate(naming: Naming, safety: Safety) -> Site:
    """Asks the provider which account and region it deploys to."""
    region = aws.get_region()
    return Site(
        prefix=naming.prefix,
        stage=naming.stage,
        tags=dict(naming.tags),
        account=aws.get_caller_identity().account_id,
        region=region.region,
        partition=aws.get_partition().partition,
        safety=safety,
    )
