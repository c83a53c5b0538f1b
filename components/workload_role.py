"""WorkloadRole: the IAM role of one workload."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components import documents
from components.site import Site


class WorkloadRole(pulumi.ComponentResource):
    """A role that one AWS service assumes for one workload, named `<prefix>-<workload>`.

    Roles exist before the key, so that the key's policy can name them; what a role may do is granted by the
    component that uses it.
    """

    workload: str
    role: aws.iam.Role
    name: pulumi.Output[str]
    arn: pulumi.Output[str]

    def __init__(
        self,
        workload: str,
        site: Site,
        service: str,
        *,
        opts: pulumi.ResourceOptions | None = None,
        role_opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        args = {"service": service}
        super().__init__("fraud:iam:WorkloadRole", f"{workload}-role", args, opts)
        self.workload = workload
        self.role = aws.iam.Role(
            workload,
            name=site.role_name(workload),
            description=f"What {service}.amazonaws.com may do as the {workload} of {site.prefix}",
            assume_role_policy=documents.trust(site, service),
            permissions_boundary=site.safety.permissions_boundary,
            max_session_duration=3600,
            tags=site.tags,
            opts=pulumi.ResourceOptions.merge(pulumi.ResourceOptions(parent=self), role_opts),
        )
        self.name, self.arn = self.role.name, self.role.arn
        self.register_outputs({"name": self.name, "arn": self.arn})

    def grant(self, statements: Sequence[documents.Statement]) -> aws.iam.RolePolicy:
        """Attaches the statements as the role's only policy."""
        return aws.iam.RolePolicy(
            self.workload,
            name="workload",
            role=self.role.name,
            policy=documents.policy(statements),
            opts=pulumi.ResourceOptions(parent=self),
        )
