"""`python -m preflight rollout`: brings the function's newest version to its alias, in steps, and waits for the end."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from pulumi_preflight import jsonfile
from pulumi_preflight.errors import UserError
from pulumi_preflight.terminal import REFUSED, Debug, exit_codes, say

_SECONDS = 10
_ENDED = {"Succeeded", "Failed", "Stopped"}


def revision(function: str, alias: str, current: str, target: str) -> dict[str, Any]:
    """What CodeDeploy is asked to do: move one alias from one version to another."""
    properties = {"Name": function, "Alias": alias, "CurrentVersion": current, "TargetVersion": target}
    content = {
        "version": 0.0,
        "Resources": [{function: {"Type": "AWS::Lambda::Function", "Properties": properties}}],
    }
    return {
        "revisionType": "AppSpecContent",
        "appSpecContent": {"content": json.dumps(content, sort_keys=True)},
    }


def roll_out(
    lambda_: Any, codedeploy: Any, function: str, alias: str, target: str, wait: Callable[[float], None]
) -> str:
    """The end of the deployment, or "Current" when the alias is there already; reports each change of status."""
    current = str(lambda_.get_alias(FunctionName=function, Name=alias)["FunctionVersion"])
    if current == target:
        return "Current"
    started = codedeploy.create_deployment(
        applicationName=function,
        deploymentGroupName=function,
        revision=revision(function, alias, current, target),
    )
    status = ""
    while status not in _ENDED:
        if status:
            wait(_SECONDS)
        deployment = codedeploy.get_deployment(deploymentId=started["deploymentId"])["deploymentInfo"]
        if deployment["status"] != status:
            status = deployment["status"]
            say(f"version {current} to {target}: {status}")
    return status


def rollout(
    stack_outputs: Annotated[
        Path, typer.Argument(metavar="OUTPUTS", help="File of `pulumi stack output --json --show-secrets`.")
    ],
    region: Annotated[str | None, typer.Option(help="AWS region, unless your profile names it.")] = None,
    debug: Debug = False,
) -> None:
    """Move a deployed function's alias to its newest version in steps; ends with 1 when it was taken back."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    with exit_codes(debug):
        read = jsonfile.read(
            stack_outputs, "the stack's outputs", "write them with `pulumi stack output --json`."
        )
        try:
            function = read["function"]
            names = str(function["name"]), str(function["alias"]), str(function["version"])
        except (KeyError, TypeError):
            raise UserError(
                f"{stack_outputs} has no output `function`: write it with `pulumi stack output --json`."
            ) from None
        try:
            session = boto3.Session(region_name=region)
            end = roll_out(session.client("lambda"), session.client("codedeploy"), *names, time.sleep)
        except (BotoCoreError, ClientError) as error:
            code = getattr(error, "response", {}).get("Error", {}).get("Code", type(error).__name__)
            raise UserError(f"AWS did not answer ({code}): check profile, region and rights.") from None
        if end not in ("Current", "Succeeded"):
            raise typer.Exit(REFUSED)
