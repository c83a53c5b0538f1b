"""The roll-out of the function against botocore's stubs: what is asked, until when it waits, what it ends with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest
import typer
from botocore.stub import ANY, Stubber

from preflight.rollout import revision, roll_out, rollout

NAME, ALIAS = "fraud-prod-score", "live"


def client(service: str) -> Any:
    return boto3.client(service, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")


def rolled(current: str, statuses: list[str]) -> tuple[str, int]:
    """How it ended, and how often it waited."""
    lambda_, codedeploy = client("lambda"), client("codedeploy")
    waits: list[float] = []
    with Stubber(lambda_) as aliases, Stubber(codedeploy) as deployments:
        aliases.add_response("get_alias", {"FunctionVersion": current}, {"FunctionName": NAME, "Name": ALIAS})
        if statuses:
            asked = {"applicationName": NAME, "deploymentGroupName": NAME, "revision": ANY}
            deployments.add_response("create_deployment", {"deploymentId": "d-1"}, asked)
        for status in statuses:
            deployments.add_response(
                "get_deployment", {"deploymentInfo": {"status": status}}, {"deploymentId": "d-1"}
            )
        end = roll_out(lambda_, codedeploy, NAME, ALIAS, "8", waits.append)
        deployments.assert_no_pending_responses()
    return end, len(waits)


@pytest.mark.parametrize("end", ["Succeeded", "Stopped", "Failed"])
def test_it_waits_for_the_end(end: str) -> None:
    assert rolled("7", ["Created", "InProgress", "InProgress", end]) == (end, 3)


def test_a_version_that_is_there_already_is_left_alone() -> None:
    assert rolled("8", []) == ("Current", 0)


def test_one_alias_is_moved_from_one_version_to_another() -> None:
    content = json.loads(revision(NAME, ALIAS, "7", "8")["appSpecContent"]["content"])
    ((name, resource),) = content["Resources"][0].items()
    assert name == NAME
    assert resource["Properties"] == {
        "Name": NAME,
        "Alias": ALIAS,
        "CurrentVersion": "7",
        "TargetVersion": "8",
    }


def test_a_missing_file_of_outputs_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit):
        rollout(tmp_path / "outputs.json")
    assert "outputs.json does not exist" in capsys.readouterr().err
