"""The gateway answers as the API declares, in API Gateway's order, and otherwise once that changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from localaws.errors import ServerError
from localaws.function import FunctionError, FunctionThrottled
from tests.pulumi_preflight import graphs, hardened
from tests.pulumi_preflight.hardened import BODY, KNOWN, URL, Inputs, here


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
    """A request that is wrong in every way is answered for the first; then one wrong is put right after another."""
    wrong: dict[str, Any] = {
        "body": b"{}",
        "url": "http://api.local/prod/nowhere",
        "signed": False,
        "key": "guess",
        "headers": {"user-agent": "curl/8", "content-type": None},
    }
    fixes: list[dict[str, Any]] = [
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
        for fix in fixes:
            wrong |= fix
            gateway.send(**wrong)
        assert gateway.kinds() == [
            "WAF_FILTERED",
            "MISSING_AUTHENTICATION_TOKEN",
            "MISSING_AUTHENTICATION_TOKEN",
            "INVALID_API_KEY",
            "BAD_REQUEST_PARAMETERS",
            "BAD_REQUEST_BODY",
        ]
        gateway.send(**wrong)
        assert gateway.kinds()[-1] == "THROTTLED"
        assert gateway.function.events == []


def test_an_unknown_stage_is_refused_before_the_firewall(tmp_path: Path) -> None:
    with here(tmp_path) as gateway:
        answer = gateway.send(url="http://api.local/dev/score")
        assert (answer.status_code, answer.json()) == (403, {"message": "Forbidden"})
        assert not (tmp_path / "waf.log").exists()


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

    def no_status(inputs: Inputs) -> None:
        inputs["default-4xx"]["statusCode"], inputs["invalid-key"]["statusCode"] = "418", None

    with here(tmp_path, no_status) as gateway:
        assert gateway.send(key=None).status_code == 418


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

    monkeypatch.setattr("localaws.gateway.UPLOAD_SECONDS", 0.05)
    monkeypatch.setattr("localaws.gateway._read_body", slow)
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
        assert gateway.kinds()[-1] == "INTEGRATION_TIMEOUT"
        gateway.function.seconds = 0
        assert gateway.send().status_code == 200


def path(part: str, verb: str = "ANY") -> hardened.Change:
    """The declared path and verb, in place of `POST /score`."""

    def change(inputs: Inputs) -> None:
        inputs["score"]["pathPart"] = part
        inputs["post"]["httpMethod"] = inputs["integration"]["httpMethod"] = verb

    return change


def test_path_parameters_and_any_verb_match_as_declared(tmp_path: Path) -> None:
    with here(tmp_path, path("{card-id}")) as gateway:
        assert gateway.send(url="http://api.local/prod/4711").status_code == 200
        event = gateway.function.events[-1]
        assert (event["resource"], event["path"]) == ("/{card-id}", "/4711")
        assert event["pathParameters"] == {"card-id": "4711"}
        assert event["requestContext"]["path"] == "/prod/4711"
        assert gateway.log("access.log")[-1]["resourcePath"] == "/{card-id}"
        assert gateway.send(url="http://api.local/prod/a/b").status_code == 403
        assert gateway.send(method="PUT", url="http://api.local/prod/1").status_code == 200
    with here(tmp_path, path("{proxy+}", "POST")) as gateway:
        assert gateway.send(url="http://api.local/prod/a/b").status_code == 200
        assert gateway.function.events[-1]["pathParameters"] == {"proxy": "a/b"}
        assert gateway.send(method="PUT", url="http://api.local/prod/a/b").status_code == 403


def test_the_narrowest_method_takes_a_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = {"rest": "resource:Resource", "any": "method:Method", "passed-on": "integration:Integration"}
    for name, kind in kinds.items():
        monkeypatch.setitem(graphs.TYPES, name, f"aws:apigateway/{kind}")

    def greedy(inputs: Inputs) -> None:
        inputs["rest"] = {"restApi": "api-id", "parentId": "root-id", "pathPart": "{proxy+}"}
        inputs["any"] = {"resourceId": "rest-id", "httpMethod": "ANY"}
        inputs["passed-on"] = {"resourceId": "rest-id", "httpMethod": "ANY"}

    with here(tmp_path, greedy) as gateway:
        sent: list[dict[str, Any]] = [{}, {"method": "PUT"}, {"url": "http://api.local/prod/else"}]
        assert [gateway.send(**request).status_code for request in sent] == [200] * 3
        called = [event["resource"] for event in gateway.function.events]
        assert called == ["/score", "/{proxy+}", "/{proxy+}"]


def test_a_data_trace_logs_bodies_and_masks_what_its_group_masks(tmp_path: Path) -> None:
    body = BODY.replace(b"12.5", b"4111111111111111")

    def traced(level: str) -> hardened.Change:
        more = {"dataTraceEnabled": True, "loggingLevel": level}
        return lambda inputs: inputs["settings"]["settings"].update(more)

    def mask(inputs: Inputs) -> None:
        identifier = "arn:aws:dataprotection::aws:data-identifier/CreditCardNumber"
        statement = {"DataIdentifier": [identifier], "Operation": {"Deidentify": {"MaskConfig": {}}}}
        group = "API-Gateway-Execution-Logs_api-id/prod"
        inputs["masking"] = {"logGroupName": group, "policyDocument": json.dumps({"Statement": [statement]})}

    def logged(name: str, *changes: hardened.Change) -> str:
        folder = tmp_path / name
        folder.mkdir()
        with here(folder, *changes) as gateway:
            assert gateway.send(body).status_code == 400
            log = folder / "execution.log"
            return log.read_text() if log.exists() else ""

    text = logged("traced", traced("ERROR"))
    assert "Method request body before transformations" in text
    assert "4111111111111111" in text
    assert "k-checkout" not in text
    assert hardened.CREDENTIALS.access_key_id not in text
    assert "4111111111111111" not in logged("masked", traced("INFO"), mask)
    assert logged("off", traced("OFF")) == ""
    assert logged("plain") == ""


REFUSED: dict[str, tuple[hardened.Change, str]] = {
    "authorizer": (lambda inputs: inputs["post"].update(authorization="CUSTOM"), "authorization CUSTOM"),
    "key source": (lambda inputs: inputs["api"].update(apiKeySource="AUTHORIZER"), "use HEADER"),
    "schema": (lambda inputs: inputs["schema"].update(schema='{"type": 5}'), "not a JSON schema"),
    "no JSON": (lambda inputs: inputs["schema"].update(schema="{"), "not JSON"),
    "mock": (lambda inputs: inputs["integration"].update(type="MOCK"), "use AWS_PROXY"),
    "no integration": (lambda inputs: inputs.pop("integration"), "has no integration"),
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
