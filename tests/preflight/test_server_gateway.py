"""The gateway does what the API declares, in API Gateway's order, and something else once that changes."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from preflight.server import signature
from preflight.server.errors import ServerError
from preflight.server.function import FunctionError, FunctionThrottled
from tests.preflight import graphs, hardened
from tests.preflight.hardened import BODY, CREDENTIALS, KNOWN, URL, Here, Inputs, here


def kinds(gateway: Here) -> list[str]:
    """The types of the answers so far, as the access log has them."""
    return [line["errorType"] for line in gateway.log("access.log")]


def test_a_request_that_passes_every_check_reaches_the_function(tmp_path: Path) -> None:
    with here(tmp_path) as gateway:
        answer = gateway.send(headers={"x-forwarded-for": "10.0.0.1"}, url=f"{URL}?a=1&a=2")
        assert answer.status_code == 200
        (event,) = gateway.function.events
        assert event["body"] == BODY.decode()
        assert event["multiValueQueryStringParameters"] == {"a": ["1", "2"]}
        assert event["headers"]["X-Forwarded-For"] == f"10.0.0.1, {hardened.STRANGER}"
        context = event["requestContext"]
        assert context["identity"]["apiKeyId"] == "checkout-id"
        assert context["identity"]["userArn"].endswith(":user/local")
        assert context["requestId"] == answer.headers["x-amzn-requestid"]
        (line,) = gateway.log("access.log")
        assert line["requestId"] == context["requestId"]
        assert (line["status"], line["wafResponse"], line["errorType"]) == ("200", "WAF_ALLOW", "-")
        assert line["caller"] == context["identity"]["userArn"]


def test_the_checks_run_in_the_order_of_aws(tmp_path: Path) -> None:
    """A request that is wrong in every way is answered for the first; then one wrong is mended after another."""
    wrong: dict[str, Any] = {
        "body": b"{}",
        "url": "http://api.local/prod/nowhere",
        "signed": False,
        "key": "guess",
        "headers": {"user-agent": "curl/8", "content-type": None},
    }
    mended: list[dict[str, Any]] = [
        {},
        {"headers": {"content-type": None}},
        {"url": URL},
        {"signed": True},
        {"key": "k-checkout"},
        {"headers": {}},
    ]
    with here(
        tmp_path, lambda inputs: inputs["plan"]["throttleSettings"].update(rateLimit=0.1, burstLimit=2)
    ) as gateway:
        for mend in mended:
            wrong |= mend
            gateway.send(**wrong)
        assert kinds(gateway) == [
            "WAF_FILTERED",
            "MISSING_AUTHENTICATION_TOKEN",
            "MISSING_AUTHENTICATION_TOKEN",
            "INVALID_API_KEY",
            "BAD_REQUEST_PARAMETERS",
            "BAD_REQUEST_BODY",
        ]
        gateway.send(**wrong)
        assert kinds(gateway)[-1] == "THROTTLED"
        assert gateway.function.events == []


def test_an_unknown_stage_is_refused_before_the_firewall(tmp_path: Path) -> None:
    with here(tmp_path) as gateway:
        answer = gateway.send(url="http://api.local/dev/score")
        assert (answer.status_code, answer.json()) == (403, {"message": "Forbidden"})
        assert not (tmp_path / "waf.log").exists()


# --- signatures


def altered(gateway: Here, **headers: str | None) -> httpx.Response:
    """A well-signed request whose headers are changed afterwards."""
    plain = {"host": "api.local", "content-type": "application/json"}
    signed = hardened.sign("POST", URL, BODY, plain)
    return gateway.send(signed=False, headers={**signed, **headers})


def credential(**changes: str) -> str:
    day = time.strftime("%Y%m%d", time.gmtime())
    parts = {"key": CREDENTIALS.access_key_id, "day": day, "region": "us-east-1", "service": "execute-api"}
    return "/".join([*(parts | changes).values(), "aws4_request"])


def authorization(**changes: str) -> str:
    return (
        f"AWS4-HMAC-SHA256 Credential={credential(**changes)}, "
        f"SignedHeaders=host;x-amz-date, Signature={'0' * 64}"
    )


BADLY_SIGNED: dict[str, tuple[dict[str, str | None], str, str]] = {
    "not at all": ({"authorization": None}, "MISSING_AUTHENTICATION_TOKEN", "MissingAuthenticationTokenException"),
    "nonsense": ({"authorization": "Bearer x"}, "INVALID_SIGNATURE", "IncompleteSignatureException"),
    "without a date": ({"x-amz-date": None}, "INVALID_SIGNATURE", "IncompleteSignatureException"),
    "unreadable date": ({"x-amz-date": "today"}, "INVALID_SIGNATURE", "IncompleteSignatureException"),
    "another second": ({"x-amz-date": time.strftime("%Y%m%dT%H%M00Z", time.gmtime())}, "INVALID_SIGNATURE", "InvalidSignatureException"),
    "long ago": ({"x-amz-date": "20200101T000000Z"}, "INVALID_SIGNATURE", "InvalidSignatureException"),
    "another host": ({"host": "elsewhere"}, "INVALID_SIGNATURE", "InvalidSignatureException"),
    "wrong signature": ({"authorization": authorization()}, "INVALID_SIGNATURE", "InvalidSignatureException"),
    "unknown key": ({"authorization": authorization(key="LOCALOTHER")}, "INVALID_SIGNATURE", "UnrecognizedClientException"),
    "other service": ({"authorization": authorization(service="s3")}, "INVALID_SIGNATURE", "InvalidSignatureException"),
    "other region": ({"authorization": authorization(region="eu-west-1")}, "INVALID_SIGNATURE", "InvalidSignatureException"),
}  # fmt: skip


@pytest.mark.parametrize("name", BADLY_SIGNED)
def test_a_bad_signature_is_403_and_says_which_kind(tmp_path: Path, name: str) -> None:
    headers, kind, error = BADLY_SIGNED[name]
    with here(tmp_path) as gateway:
        assert altered(gateway).status_code == 200
        answer = altered(gateway, **headers)
        assert (answer.status_code, answer.headers["x-amzn-errortype"]) == (403, error)
        assert kinds(gateway)[-1] == kind
        assert CREDENTIALS.access_key_id not in answer.text


def test_the_body_and_the_query_are_signed(tmp_path: Path) -> None:
    signed = hardened.sign("POST", URL, BODY, {"host": "api.local"})
    with here(tmp_path) as gateway:
        assert gateway.send(BODY + b" ", signed=False, headers=signed).status_code == 403
        assert gateway.send(url=f"{URL}?a=1", signed=False, headers=signed).status_code == 403
        assert gateway.send(url=f"{URL}?b=%2f&a=1%202&a=", headers={}).status_code == 200


@pytest.mark.parametrize(("seconds", "status"), [(-290, 200), (290, 200), (-310, 403), (310, 403)])
def test_a_signature_lives_five_minutes_either_way(tmp_path: Path, seconds: int, status: int) -> None:
    with here(tmp_path) as gateway:
        gateway.now[0] += seconds
        assert gateway.send().status_code == status


def test_what_is_signed_is_checked_only_where_it_is_asked_for(tmp_path: Path) -> None:
    with here(tmp_path, lambda inputs: inputs["post"].pop("authorization")) as gateway:
        assert gateway.send(signed=False).status_code == 200
        assert gateway.log("access.log")[-1]["caller"] == "-"


@pytest.mark.parametrize("path", ["/a b", "/a%20b/", "//x/../y", "/prod/score", "/ü"])
def test_paths_are_signed_as_botocore_signs_them(path: str) -> None:
    url = httpx.URL("http://api.local").copy_with(path=path)
    raw = url.raw_path.decode()
    sent = hardened.sign("POST", f"http://api.local{raw}", b"", {"host": "api.local"})
    headers = [*sent.items(), ("host", "api.local")]
    signature.verify(signature.Signed("POST", raw, "", headers, b""), CREDENTIALS)


# --- keys, plans, limits


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
        assert kinds(gateway)[-1] == "QUOTA_EXCEEDED"
        assert burst(gateway, 1, key="k-other") == 1
        gateway.now[0] += 86_400
        assert burst(gateway, 5) == 3


# --- validation


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
        assert kinds(gateway) == ["BAD_REQUEST_PARAMETERS"]
    with here(
        tmp_path, lambda inputs: inputs["validator"].update(validateRequestParameters=False)
    ) as gateway:
        assert gateway.send(headers=headers).status_code == 200


# --- answers


def test_without_declared_answers_they_are_api_gateways_own(tmp_path: Path) -> None:
    def plain(inputs: Inputs) -> None:
        for name in ("throttled", "invalid-key", "default-4xx", "default-5xx"):
            del inputs[name]

    with here(tmp_path, plain) as gateway:
        assert gateway.send(key=None).json() == {"message": "Forbidden"}
        assert gateway.send(method="GET").json() == {"message": "Missing Authentication Token"}
        assert gateway.send(b"{}").json() == {"message": "Invalid request body"}
        gateway.function.failure = FunctionError("exit")
        answer = gateway.send()
        assert (answer.status_code, answer.json()) == (502, {"message": "Internal server error"})


def test_a_declared_status_of_the_class_holds_for_all_without_their_own(tmp_path: Path) -> None:
    with here(tmp_path, lambda inputs: inputs["default-4xx"].update(statusCode="418")) as gateway:
        assert gateway.send(method="GET").status_code == 418
        assert gateway.send(key=None).status_code == 403


def test_a_template_that_repeats_the_validators_finding_leaks_the_value(tmp_path: Path) -> None:
    template = '{"found": "$context.error.validationErrorString", "message": $context.error.messageString}'

    def leak(inputs: Inputs) -> None:
        inputs["throttled"] = hardened.answer("BAD_REQUEST_BODY", "400", "") | {
            "responseTemplates": {"application/json": template}
        }

    body = BODY.replace(b"grocery_pos", b"4111111111111111")
    with here(tmp_path, leak) as gateway:
        answer = gateway.send(body).json()
        assert "4111111111111111" in answer["found"]
        assert answer["message"] == "Invalid request body"
    with here(tmp_path) as gateway:
        assert "4111111111111111" not in gateway.send(body).text


def test_a_log_format_with_the_key_logs_the_key(tmp_path: Path) -> None:
    def careless(inputs: Inputs) -> None:
        inputs["stage"]["accessLogSettings"]["format"] = '{"key": "$context.identity.apiKey"}'

    with here(tmp_path, careless) as gateway:
        gateway.send()
        assert gateway.log("access.log") == [{"key": "k-checkout"}]


def test_no_log_is_written_unless_declared_and_a_caller_cannot_break_its_lines(tmp_path: Path) -> None:
    def agent(inputs: Inputs) -> None:
        inputs["stage"]["accessLogSettings"]["format"] = '{"agent": "$context.identity.userAgent"}'

    with here(tmp_path, agent) as gateway:
        gateway.send(headers={"user-agent": 'Mozilla/5.0 "}{"'})
        assert gateway.log("access.log") == [{"agent": 'Mozilla/5.0 "}{"'}]
    (tmp_path / "access.log").unlink()
    with here(tmp_path, lambda inputs: inputs["stage"].pop("accessLogSettings")) as gateway:
        gateway.send()
        assert not (tmp_path / "access.log").exists()


def test_a_body_over_the_limit_is_413(tmp_path: Path) -> None:
    with here(tmp_path) as gateway:
        answer = gateway.send(b" " * (10 * 1024 * 1024 + 1))
        assert (answer.status_code, answer.json()["message"]) == (413, "refused")
        assert answer.headers["x-amzn-errortype"] == "RequestEntityTooLargeException"


def test_an_upload_that_does_not_end_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def slow(_: object) -> bytes:
        import asyncio

        await asyncio.sleep(5)
        return b""

    monkeypatch.setattr("preflight.server.gateway.UPLOAD_SECONDS", 0.05)
    monkeypatch.setattr("preflight.server.gateway._read_body", slow)
    with here(tmp_path) as gateway:
        assert gateway.send().status_code == 408


def test_the_functions_failures_have_api_gateways_codes(tmp_path: Path) -> None:
    with here(tmp_path, lambda inputs: inputs["integration"].update(timeoutMilliseconds=50)) as gateway:
        for failure, status in ((FunctionError("timeout"), 502), (FunctionThrottled("throttled"), 500)):
            gateway.function.failure = failure
            answer = gateway.send()
            assert (answer.status_code, answer.json()["message"]) == (status, "unavailable")
            assert gateway.log("access.log")[-1]["integrationError"] == str(failure)
        gateway.function.failure, gateway.function.seconds = None, 1
        assert gateway.send().status_code == 504
        assert kinds(gateway)[-1] == "INTEGRATION_TIMEOUT"
        gateway.function.seconds = 0
        assert gateway.send().status_code == 200


REFUSED: dict[str, tuple[hardened.Change, str]] = {
    "authorizer": (lambda inputs: inputs["post"].update(authorization="CUSTOM"), "authorization CUSTOM"),
    "key source": (lambda inputs: inputs["api"].update(apiKeySource="AUTHORIZER"), "use HEADER"),
    "schema": (lambda inputs: inputs["schema"].update(schema='{"type": 5}'), "no JSON schema"),
    "no JSON": (lambda inputs: inputs["schema"].update(schema="{"), "no JSON"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_imitated_is_one_sentence(tmp_path: Path, name: str) -> None:
    change, expected = REFUSED[name]
    with pytest.raises(ServerError) as caught, here(tmp_path, change):
        pass
    assert expected in str(caught.value)


def test_a_known_callers_address_is_no_key(tmp_path: Path) -> None:
    with here(tmp_path) as gateway:
        assert gateway.send(key=None, address=KNOWN).status_code == 403


def test_keys_and_bodies_are_in_no_log(tmp_path: Path) -> None:
    body = json.dumps({"transactions": [graphs.LEGITIMATE | {"amt": 4111.1111}]}).encode()
    with here(tmp_path) as gateway:
        gateway.send(body)
        for path in tmp_path.iterdir():
            text = path.read_text()
            assert "4111.1111" not in text
            assert "k-checkout" not in text
