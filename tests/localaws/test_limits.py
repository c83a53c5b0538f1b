"""Keys, plans, limits and validation hold as declared, and no longer than that."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.pulumi_preflight import hardened
from tests.pulumi_preflight.hardened import BODY, Here, Inputs, here

KEYLESS: dict[str, tuple[str | None, hardened.Change]] = {
    "no key": (None, lambda inputs: None),
    "unknown": ("k-chockout", lambda inputs: None),
    "disabled": ("k-retired", lambda inputs: None),
    "in no plan": ("k-checkout", lambda inputs: inputs.pop("plan-checkout")),
    "plan of another stage": (
        "k-checkout",
        lambda inputs: inputs["plan"]["apiStages"][0].update(stage="dev"),
    ),
}


@pytest.mark.parametrize("name", KEYLESS)
def test_a_key_counts_only_when_enabled_and_in_a_plan_of_this_stage(tmp_path: Path, name: str) -> None:
    key, change = KEYLESS[name]
    with here(tmp_path, change) as gateway:
        answer = gateway.send(key=key)
        assert (answer.status_code, answer.json()["message"]) == (403, "no such key")
        assert answer.headers["x-amzn-errortype"] == "ForbiddenException"
        assert answer.headers["cache-control"] == "no-store"
    with here(tmp_path, change, lambda inputs: inputs["post"].update(apiKeyRequired=False)) as gateway:
        assert gateway.send(key=key).status_code == 200


def burst(gateway: Here, count: int, **options: Any) -> int:
    """How many of so many requests at once are served."""
    return [gateway.send(**options).status_code for _ in range(count)].count(200)


def test_a_client_has_its_rate_and_the_others_are_not_affected(tmp_path: Path) -> None:
    with here(tmp_path) as gateway:
        assert burst(gateway, 14) == 10
        answer = gateway.send()
        assert (answer.status_code, answer.json()["message"]) == (429, "slow down")
        assert answer.headers["x-amzn-errortype"] == "TooManyRequestsException"
        assert burst(gateway, 14, key="k-other") == 10
        gateway.now[0] += 1
        assert burst(gateway, 14) == 5


def limit(rate: float, burst_: int) -> dict[str, Any]:
    return {"rateLimit": rate, "burstLimit": burst_}


LIMITED: dict[str, hardened.Change] = {
    "method of the plan": lambda inputs: inputs["plan"]["apiStages"][0]["throttles"][0].update(limit(1, 3)),
    "plan": lambda inputs: inputs["plan"].update(throttleSettings=limit(1, 3)),
    "stage": lambda inputs: inputs["settings"]["settings"].update(
        throttlingRateLimit=1, throttlingBurstLimit=3
    ),
    "method of the stage": lambda inputs: inputs["settings"].update(
        methodPath="score/POST", settings={"throttlingRateLimit": 1, "throttlingBurstLimit": 3}
    ),
}


@pytest.mark.parametrize("name", LIMITED)
def test_each_declared_throttle_holds(tmp_path: Path, name: str) -> None:
    with here(tmp_path, LIMITED[name]) as gateway:
        assert burst(gateway, 6) == 3


def test_without_throttles_nothing_is_throttled(tmp_path: Path) -> None:
    def unlimited(inputs: Inputs) -> None:
        inputs["plan"] = {"apiStages": [{"apiId": "api-id", "stage": "prod"}]}
        inputs["settings"]["settings"] = {"throttlingRateLimit": -1, "throttlingBurstLimit": -1}

    with here(tmp_path, unlimited) as gateway:
        assert burst(gateway, 30) == 30


def test_a_quota_ends_with_its_day(tmp_path: Path) -> None:
    def three(inputs: Inputs) -> None:
        inputs["plan"]["quotaSettings"] = {"limit": 3, "period": "DAY"}
        inputs["post"].pop("authorization")

    with here(tmp_path, three) as gateway:
        assert burst(gateway, 5) == 3
        answer = gateway.send()
        assert (answer.status_code, answer.json()["message"]) == (429, "refused")
        assert answer.headers["x-amzn-errortype"] == "LimitExceededException"
        assert gateway.kinds()[-1] == "QUOTA_EXCEEDED"
        assert burst(gateway, 1, key="k-other") == 1
        gateway.now[0] += 86_400
        assert burst(gateway, 5) == 3


@pytest.mark.parametrize(("period", "within", "after"), [("WEEK", 6, 7), ("MONTH", 27, 32)])
def test_a_quota_lasts_as_long_as_its_period(tmp_path: Path, period: str, within: int, after: int) -> None:
    def two(inputs: Inputs) -> None:
        inputs["plan"]["quotaSettings"] = {"limit": 2, "period": period}
        inputs["post"].pop("authorization")

    with here(tmp_path, two) as gateway:
        start = datetime(2024, 1, 1, 12, tzinfo=UTC).timestamp()  # a Monday, the first of a month
        gateway.now[0] = start
        assert burst(gateway, 3) == 2
        gateway.now[0] = start + within * 86_400
        assert burst(gateway, 3) == 0
        gateway.now[0] = start + after * 86_400
        assert burst(gateway, 3) == 2


BAD = {
    "nothing": b"",
    "no JSON": b"{",
    "an array": b"[]",
    "NaN": BODY.replace(b"12.5", b"NaN"),
    "unknown field": BODY.replace(b'"amt"', b'"amount"'),
    "wrong type": BODY.replace(b"12.5", b'"12.5"'),
    "negative": BODY.replace(b"12.5", b"-1"),
    "huge": BODY.replace(b"12.5", b"1e999"),
    "many digits": BODY.replace(b"12.5", b"9" * 5000),
    "no UTF-8": BODY.replace(b"grocery_pos", b"\xff"),
    "deep": b"[" * 8000,
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "application/xml"])
def test_a_body_off_the_schema_does_not_reach_the_function(
    tmp_path: Path, name: str, content_type: str
) -> None:
    with here(tmp_path) as gateway:
        answer = gateway.send(BAD[name], headers={"content-type": content_type})
        assert (answer.status_code, answer.headers["x-amzn-errortype"]) == (400, "BadRequestException")
        assert gateway.function.events == []


def test_a_model_for_one_content_type_lets_the_others_through(tmp_path: Path) -> None:
    def one_type(inputs: Inputs) -> None:
        inputs["post"]["requestModels"] = {"application/json": "ScoreRequest"}

    with here(tmp_path, one_type) as gateway:
        assert gateway.send(b"{}").status_code == 400
        assert (
            gateway.send(b"{}", headers={"content-type": "application/json; charset=utf-8"}).status_code
            == 400
        )
        assert gateway.send(b"{}", headers={"content-type": "text/plain"}).status_code == 200


UNVALIDATED: dict[str, hardened.Change] = {
    "no validator": lambda inputs: inputs["post"].pop("requestValidatorId"),
    "bodies left out": lambda inputs: inputs["validator"].update(validateRequestBody=False),
    "no model": lambda inputs: inputs["post"].pop("requestModels"),
}


@pytest.mark.parametrize("name", UNVALIDATED)
def test_without_validation_every_body_reaches_the_function(tmp_path: Path, name: str) -> None:
    with here(tmp_path, UNVALIDATED[name]) as gateway:
        assert gateway.send(b"{}").status_code == 200


@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_required_parameter_is_present_and_not_blank(tmp_path: Path, value: str | None) -> None:
    headers = {"content-type": value}
    with here(tmp_path) as gateway:
        assert gateway.send(headers=headers).status_code == 400
        assert gateway.kinds() == ["BAD_REQUEST_PARAMETERS"]
    with here(
        tmp_path, lambda inputs: inputs["validator"].update(validateRequestParameters=False)
    ) as gateway:
        assert gateway.send(headers=headers).status_code == 200
