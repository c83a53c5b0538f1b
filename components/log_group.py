"""SecureLogGroup: a log group that exists, encrypted and with a retention, before anything writes to it."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components import documents
from components.encryption import EncryptionKey
from components.site import Site


class SecureLogGroup(pulumi.ComponentResource):
    """A log group under a chosen name with the stack's key; `payloads` masks card numbers as a second net."""

    name: pulumi.Output[str]
    arn: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        site: Site,
        group_name: pulumi.Input[str],
        key: EncryptionKey,
        *,
        payloads: bool = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        safety = site.safety
        super().__init__("fraud:observability:SecureLogGroup", f"{name}-log", {"payloads": payloads}, opts)
        group = aws.cloudwatch.LogGroup(
            name,
            name=group_name,
            kms_key_id=key.arn,
            retention_in_days=safety.log_retention,
            deletion_protection_enabled=safety.protect,
            tags=site.tags,
            opts=pulumi.ResourceOptions(parent=self, protect=safety.protect),
        )
        self.name, self.arn = group.name, group.arn
        if payloads:
            aws.cloudwatch.LogDataProtectionPolicy(
                name,
                log_group_name=group.name,
                policy_document=documents.data_protection(f"{site.prefix}-{name}"),
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({"name": self.name, "arn": self.arn})
