"""The function: what it lets through, what it sends, what it answers and what it logs."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.serving import handler
from tests.model.lambda_calls import CARD_NUMBER, KEY, Endpoint, ask, batch, connected, event, good, log_line
from tests.pulumi_preflight.graphs import FRAUDULENT, LEGITIMATE, VERSION


@pytest.fixture(name="endpoint")
def stub(monkeypatch: pytest.MonkeyPatch) -> Endpoint:
    return connected(monkeypatch)


def test_the_answer_holds_decision_rounded_score_version_and_id_only(endpoint: Endpoint) -> None:
    status, answer = ask(batch(LEGITIMATE))
    assert status == 200
    assert answer == {
        "request_id": "request-1",
        "model_version": VERSION,
        "predictions": [{"is_fraud": False, "score": 0.12}],
    }


def test_headers_forbid_caching_and_sniffing(endpoint: Endpoint) -> None:
    for body in (batch(LEGITIMATE), "{"):
        headers = handler.handle(event(body), None)["headers"]
        assert headers == {
            "Content-Type": "application/json",
            "Cache-Control": "no-store",
            "Strict-Transport-Security": "max-age=31536000",
            "X-Content-Type-Options": "nosniff",
        }


def test_only_the_recipes_fields_reach_the_endpoint(endpoint: Endpoint) -> None:
    extra = {"cc_num": int(CARD_NUMBER), "lat": 1.5, "long": 2, "merch_lat": 3, "merch_long": 4}
    assert ask(batch(LEGITIMATE | extra))[0] == 200
    (sent,) = endpoint.sent
    assert json.loads(sent["Body"]) == batch(LEGITIMATE)
    assert (sent["EndpointName"], sent["ContentType"]) == ("scoring", "application/json")


@pytest.mark.parametrize(
    "content_type",
    [None, "", "text/plain", "application/x-npy", "application/json; charset=utf-16", "text/json"],
)
def test_any_other_content_type_is_415(endpoint: Endpoint, content_type: str | None) -> None:
    status, answer = ask(batch(LEGITIMATE), content_type)
    assert (status, answer["error"]["code"], endpoint.sent) == (415, "unsupported_media_type", [])


@pytest.mark.parametrize(
    "content_type",
    ["application/json; charset=UTF-8", "APPLICATION/JSON", ' application/json ;charset="utf-8"'],
)
def test_parameters_and_case_of_the_content_type_do_not_matter(endpoint: Endpoint, content_type: str) -> None:
    assert ask(batch(LEGITIMATE), content_type)[0] == 200


@pytest.mark.parametrize(
    "values",
    [
        ["application/json", "text/plain"],
        ["application/json;x", "text/plain"],
        ["application/json; profile"],
        ["application/json; boundary=utf-8"],
        ["application/json; charset=utf-8; charset=utf-16"],
        ['application/json; charset="utf-8'],
        [None],
        None,
        "application/json",
    ],
)
def test_two_content_types_and_other_parameters_are_415(endpoint: Endpoint, values: Any) -> None:
    assert ask(batch(LEGITIMATE), multiValueHeaders={"Content-Type": values})[0] == 415
    assert endpoint.sent == []


@pytest.mark.parametrize("body", [5, {"transactions": []}, [1], True])
@pytest.mark.parametrize("encoded", [True, False])
def test_a_body_that_is_no_text_is_400(endpoint: Endpoint, body: Any, encoded: bool) -> None:
    assert handler.handle(event("") | {"body": body, "isBase64Encoded": encoded}, None)["statusCode"] == 400


def test_a_request_without_an_identity_keeps_its_id(endpoint: Endpoint) -> None:
    _, answer = ask(batch(LEGITIMATE), requestContext={"requestId": "request-2", "identity": None})
    assert answer["request_id"] == "request-2"


def test_a_compressed_body_is_415(endpoint: Endpoint) -> None:
    headers = {"Content-Type": ["application/json"], "Content-Encoding": ["gzip"]}
    assert ask(batch(LEGITIMATE), multiValueHeaders=headers)[0] == 415


def test_plain_headers_do_when_there_are_no_others(endpoint: Endpoint) -> None:
    headers = {"CONTENT-TYPE": "application/json"}
    assert ask(batch(LEGITIMATE), headers=headers, multiValueHeaders=None)[0] == 200


def test_base64_bodies_are_decoded(endpoint: Endpoint) -> None:
    encoded = base64.b64encode(json.dumps(batch(LEGITIMATE)).encode()).decode()
    assert ask(encoded, isBase64Encoded=True)[0] == 200
    assert ask("%%%", isBase64Encoded=True)[1]["error"]["code"] == "invalid_json"


def test_a_second_threshold_gives_a_decision(endpoint: Endpoint) -> None:
    made = [
        {"is_fraud": fraud, "score": score, "decision": decision}
        for fraud, score, decision in (
            (False, 0.01, "approve"),
            (True, 0.5, "review"),
            (True, 0.999, "decline"),
        )
    ]
    endpoint.script = [json.dumps({"predictions": made, "model_version": "v"}).encode()]
    _, answer = ask(batch(*[LEGITIMATE] * 3))
    assert answer["predictions"] == [*made[:2], {**made[2], "score": 1.0}]


HOSTILE: dict[str, Any] = {
    "nothing": None,
    "empty": "",
    "no JSON": "{",
    "NaN": '{"transactions":[{"amt":NaN}]}',
    "infinity": '{"transactions":[{"amt":1e999}]}',
    "twice": '{"transactions":[],"transactions":[]}',
    "deep": "[" * 8000,
    "giant number": '{"transactions":[{"amt":' + "9" * 5000 + "}]}",
    "array": "[]",
    "null": "null",
    "surrogate": '"\ud800"',
    "no transaction": {"transactions": []},
    "many": {"transactions": [{}] * 26},
    "text for number": batch(LEGITIMATE | {"amt": "12"}),
    "true for number": batch(LEGITIMATE | {"amt": True}),
    "negative": batch(LEGITIMATE | {"amt": -1}),
    "unknown field": batch(LEGITIMATE | {CARD_NUMBER: CARD_NUMBER}),
    "missing field": batch({"amt": 1}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_bodies_outside_the_contract_are_400(endpoint: Endpoint, name: str) -> None:
    status, answer = ask(HOSTILE[name])
    assert (status, endpoint.sent) == (400, [])
    assert answer["error"]["code"] in {"invalid_json", "invalid_request"}
    assert CARD_NUMBER not in json.dumps(answer)


def test_a_large_body_is_413(endpoint: Endpoint) -> None:
    encoded = base64.b64encode(b" " * 9000).decode()
    assert ask(" " * 9000)[0] == 413
    assert ask(encoded, isBase64Encoded=True)[0] == 413


def test_the_log_line_says_who_how_many_and_how_it_went(
    endpoint: Endpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    endpoint.script = [good(2, 0.9)]
    ask(batch(LEGITIMATE, FRAUDULENT))
    line = log_line(capsys)
    assert line.pop("latency_ms") >= 0
    assert line.pop("timestamp").endswith("Z")
    embedded = ("bin_", "_aws", "function")
    line = {name: value for name, value in line.items() if not name.startswith(embedded)}
    assert line == {
        "level": "INFO",
        "request_id": "request-1",
        "api_key_id": "key-id-1",
        "count": 2,
        "frauds": 2,
        "outcome": "ok",
        "model_version": VERSION,
        "model_as_deployed": True,
    }


def test_a_model_other_than_the_deployed_one_shows_in_the_log(
    endpoint: Endpoint, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODEL_VERSION", "default-newer")
    assert ask(batch(LEGITIMATE))[1]["model_version"] == VERSION
    assert log_line(capsys)["model_as_deployed"] is False


@pytest.mark.parametrize(
    "broken", [{}, {"requestContext": None}, {"requestContext": {}, "headers": 5}, [], None]
)
def test_an_event_of_another_shape_is_answered_too(endpoint: Endpoint, broken: Any) -> None:
    result = handler.handle(broken, None)
    assert result["statusCode"] in {415, 500}


def test_a_missing_setting_is_a_fixed_500(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RECIPE")
    status, answer = ask(batch(LEGITIMATE))
    assert (status, answer["error"]["message"]) == (500, handler._MESSAGES["internal_error"])


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
near_misses = st.dictionaries(st.sampled_from([*LEGITIMATE, "cc_num"]), json_values, min_size=1).map(
    lambda changes: json.dumps(batch(LEGITIMATE | changes))
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.one_of(st.text(max_size=60), json_values.map(json.dumps), near_misses))
def test_no_body_breaks_the_function(endpoint: Endpoint, body: str) -> None:
    assert ask(body)[0] in {200, 400, 413}


@pytest.mark.parametrize(
    "field", [*LEGITIMATE, "cc_num", "lat", "long", "merch_lat", "merch_long", "surprise"]
)
def test_a_card_number_in_any_field_is_in_no_log_and_no_answer(
    endpoint: Endpoint, capfd: pytest.CaptureFixture[str], field: str
) -> None:
    for value in (CARD_NUMBER, int(CARD_NUMBER), [int(CARD_NUMBER)], {CARD_NUMBER: CARD_NUMBER}):
        result = handler.handle(event(batch(LEGITIMATE | {field: value})), None)
        assert CARD_NUMBER not in json.dumps(result)
    printed = capfd.readouterr()
    assert CARD_NUMBER not in printed.out + printed.err
    assert KEY not in printed.out + printed.err
    assert all(CARD_NUMBER.encode() not in sent["Body"] for sent in endpoint.sent)


def test_the_client_is_bounded_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENDPOINT_TIMEOUT_SECONDS", "4")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    make: Callable[[], Any] = handler._client.__wrapped__
    config = make().meta.config
    assert (config.connect_timeout, config.read_timeout) == (1, 4.0)
    assert config.retries["total_max_attempts"] == 1
