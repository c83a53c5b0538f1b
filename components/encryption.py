"""EncryptionKey: the one customer-managed key of a stack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from components import documents
from components.site import Site
from components.workload_role import WorkloadRole


class EncryptionKey(pulumi.ComponentResource):
    """A rotating key, its policy and its alias.

    The policy names the workloads and services that use the key, exactly; administrators cannot decrypt with it.
    """

    arn: pulumi.Output[str]
    alias: str

    def __init__(
        self,
        name: str,
        site: Site,
        users: Mapping[WorkloadRole, Sequence[str]],
        *,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("fraud:encryption:EncryptionKey", name, {"alias": f"alias/{site.prefix}"}, opts)
        key = aws.kms.Key(
            name,
            description=f"Data of {site.prefix}: artifact, captured requests, logs, environment, alarms",
            policy=documents.key_policy(site, {r.workload: actions for r, actions in users.items()}),
            enable_key_rotation=True,
            rotation_period_in_days=365,
            deletion_window_in_days=30,
            is_enabled=True,
            multi_region=False,
            tags=site.tags,
            # KMS refuses a policy that names a role which does not exist yet.
            opts=pulumi.ResourceOptions(
                parent=self, protect=site.safety.protect, depends_on=[user.role for user in users]
            ),
        )
        self.alias = f"alias/{site.prefix}"
        aws.kms.Alias(
            name, name=self.alias, target_key_id=key.key_id, opts=pulumi.ResourceOptions(parent=self)
        )
        self.arn = key.arn
        self.register_outputs({"arn": self.arn})
