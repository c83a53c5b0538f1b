"""FunctionRollout: a new version of the function gets a tenth of the calls first, and goes back on alarms."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components import documents
from components.scoring_function import ScoringFunction
from components.site import Site
from components.workload_role import WorkloadRole

_CANARY = "CodeDeployDefault.LambdaCanary10Percent5Minutes"


class FunctionRollout(pulumi.ComponentResource):
    """A CodeDeploy group for the function's alias, which an update leaves where it is.

    An update publishes a version; `python -m preflight rollout` starts its way to the alias and waits for the end.
    """

    def __init__(
        self,
        name: str,
        site: Site,
        *,
        function: ScoringFunction,
        alarms: Sequence[pulumi.Input[str]],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("fraud:serving:FunctionRollout", name, {"configuration": _CANARY}, opts)
        child = pulumi.ResourceOptions(parent=self)
        role = WorkloadRole("rollout", site, "codedeploy", opts=child)
        granted = role.grant(_statements(site))
        application = aws.codedeploy.Application(
            name, name=function.name, compute_platform="Lambda", tags=site.tags, opts=child
        )
        group = aws.codedeploy.DeploymentGroup(
            name,
            app_name=application.name,
            deployment_group_name=function.name,
            deployment_config_name=_CANARY,
            service_role_arn=role.arn,
            deployment_style={
                "deployment_option": "WITH_TRAFFIC_CONTROL",
                "deployment_type": "BLUE_GREEN",
            },
            auto_rollback_configuration={
                "enabled": True,
                "events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"],
            },
            alarm_configuration={
                "enabled": True,
                "alarms": list(alarms),
                "ignore_poll_alarm_failure": False,
            },
            tags=site.tags,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[granted]),
        )
        self.register_outputs({"group": group.deployment_group_name})


def _statements(site: Site) -> list[documents.Statement]:
    """What CodeDeploy needs to move an alias (AWS: AWSCodeDeployRoleForLambdaLimited), for one function."""
    function = site.arn("lambda", f"function:{site.function_name}")
    return [
        documents.allow(
            "MoveAlias",
            ["lambda:GetAlias", "lambda:GetProvisionedConcurrencyConfig", "lambda:UpdateAlias"],
            [function, f"{function}:*"],
        ),
        documents.allow(
            "WatchAlarms", ["cloudwatch:DescribeAlarms"], site.arn("cloudwatch", f"alarm:{site.prefix}-*")
        ),
    ]


def optional_rollout(
    name: str, site: Site, *, canary: bool, function: ScoringFunction, alarms: Sequence[pulumi.Input[str]]
) -> FunctionRollout | None:
    """The roll-out in steps where the settings ask for one, else None: an update then moves the alias itself."""
    return FunctionRollout(name, site, function=function, alarms=alarms) if canary else None
