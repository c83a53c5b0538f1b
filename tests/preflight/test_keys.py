"""The list of keys, against botocore's own stubs of API Gateway: names and shapes are checked by its service model."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from typer.testing import CliRunner

from preflight import keys
from preflight.__main__ import app

TODAY = date(2026, 12, 10)


def client(service: str) -> Any:
    return boto3.client(service, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")


def made(name: str, day: date, enabled: bool = True) -> dict[str, Any]:
    moment = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return {"id": name[-6:], "name": name, "enabled": enabled, "createdDate": moment}


@pytest.fixture
def found() -> list[keys.Key]:
    gateway = client("apigateway")
    with Stubber(gateway) as stub:
        plans = [{"id": "p1", "name": "fraud-prod-checkout"}, {"id": "p2", "name": "fraud-staging-checkout"}]
        stub.add_response("get_usage_plans", {"items": plans}, {})
        period = {"usagePlanId": "p1", "startDate": "2026-12-08", "endDate": "2026-12-10"}
        rows = {"eckout": [[5, 995], [7, 988], [0, 1000]], "026-12": [[0, 1000], [0, 1000], [0, 1000]]}
        stub.add_response("get_usage", {"items": rows}, period)
        stub.add_response(
            "get_api_keys",
            {
                "items": [
                    made("fraud-prod-2026-12", date(2026, 12, 1)),
                    made("fraud-prod-checkout", date(2026, 8, 1)),
                ]
            },
            {"nameQuery": "fraud-prod-", "includeValues": False},
        )
        listed = keys.listed(gateway, "fraud-prod", TODAY, 3)
        stub.assert_no_pending_responses()
        return listed


def test_keys_have_their_age_and_their_last_use(found: list[keys.Key]) -> None:
    assert [(key.name, key.age_days, key.last_used) for key in found] == [
        ("fraud-prod-checkout", 131, date(2026, 12, 9)),
        ("fraud-prod-2026-12", 9, None),
    ]


def test_the_oldest_enabled_keys_age_is_published(found: list[keys.Key]) -> None:
    cloudwatch = client("cloudwatch")
    with Stubber(cloudwatch) as stub:
        datum = {
            "MetricName": "key_age_days",
            "Dimensions": [{"Name": "prefix", "Value": "fraud-prod"}],
            "Value": 131.0,
        }
        stub.add_response("put_metric_data", {}, {"Namespace": "FraudScoring", "MetricData": [datum]})
        keys.publish(cloudwatch, "fraud-prod", found)
        stub.assert_no_pending_responses()


def test_the_command_marks_what_is_too_old(monkeypatch: pytest.MonkeyPatch, found: list[keys.Key]) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setattr(keys, "listed", lambda *arguments: found)
    old = CliRunner().invoke(
        app, ["keys", "--prefix", "fraud-prod", "--region", "us-east-1", "--max-age", "90"]
    )
    assert old.exit_code == 1
    assert "too old" in old.output
    fine = CliRunner().invoke(
        app, ["keys", "--prefix", "fraud-prod", "--region", "us-east-1", "--max-age", "365"]
    )
    assert fine.exit_code == 0


def test_no_keys_and_no_answer_are_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "listed", lambda *arguments: [])
    nothing = CliRunner().invoke(app, ["keys", "--prefix", "fraud-x", "--region", "us-east-1"])
    assert (nothing.exit_code, nothing.output.count("\n")) == (2, 1)
    assert "no API key whose name begins with fraud-x-" in nothing.output
