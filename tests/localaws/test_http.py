"""The served stack over real HTTP: answers, refusals, hostile requests, and what gets into the logs."""

from __future__ import annotations

import json
import math
import os
import pickle
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from localaws.run import Served, running
from preflight import score
from tests.pulumi_preflight import graphs

pytestmark = pytest.mark.slow

CARD_NUMBER = "4111111111111111"


@pytest.fixture(scope="module", name="served")
def served_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    graph = graphs.stack(graphs.archive(tmp_path_factory.mktemp("artifact")))
    with running(graph) as served:
        yield served


@pytest.fixture(scope="module", name="client")
def http_client(served: Served) -> Iterator[httpx.Client]:
    headers = {"x-api-key": keys(served)["checkout"], "content-type": "application/json"}
    with httpx.Client(headers=headers, trust_env=False, timeout=20) as client:
        yield client


def keys(served: Served) -> dict[str, str]:
    values: dict[str, str] = json.loads(served.keys_file.read_text())
    return values


def batch(*transactions: Any) -> str:
    return json.dumps({"transactions": transactions})


def test_a_normal_purchase_and_a_fraud_are_told_apart(served: Served, client: httpx.Client) -> None:
    answer = client.post(served.url, content=batch(graphs.LEGITIMATE, graphs.FRAUDULENT))
    assert answer.status_code == 200
    body = answer.json()
    assert body.pop("request_id") == answer.headers["x-amzn-requestid"]
    assert body == {
        "model_version": graphs.VERSION,
        "predictions": [{"is_fraud": False, "score": 0.01}, {"is_fraud": True, "score": 0.99}],
    }
    assert answer.headers["cache-control"] == "no-store"
    assert "server" not in answer.headers


def test_the_client_reads_both_answers(served: Served) -> None:
    answers = score.ask(served.url, keys(served)["checkout"])
    assert [(answer.sent, answer.status) for answer in answers] == [("legitimate", 200), ("fraudulent", 200)]
    assert all(answer.model_version == graphs.VERSION for answer in answers)


def test_keys_are_only_for_their_owner(served: Served) -> None:
    assert stat.S_IMODE(served.keys_file.stat().st_mode) == 0o600
    assert set(keys(served)) == {"checkout", "retired"}


@pytest.mark.parametrize("key", [None, "", "x", "retired", "ümlaut"])
def test_without_a_valid_key_the_answer_is_forbidden(served: Served, key: str | None) -> None:
    value = keys(served).get(key or "", key)
    sent = [(b"content-type", b"application/json")]
    if value is not None:
        sent.append((b"x-api-key", value.encode()))
    answer = httpx.post(served.url, content=batch(graphs.LEGITIMATE), headers=sent, trust_env=False)
    assert (answer.status_code, answer.json()) == (403, {"message": "Forbidden"})


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS", "PATCH", "PROPFIND"])
def test_undeclared_methods_are_unknown(served: Served, client: httpx.Client, method: str) -> None:
    answer = client.request(method, served.url)
    assert (answer.status_code, answer.json()) == (403, {"message": "Missing Authentication Token"})
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/prod/nope", "Missing Authentication Token"),
        ("/prod", "Missing Authentication Token"),
        ("/prod/score/more", "Missing Authentication Token"),
        ("/dev/score", "Forbidden"),
        ("/", "Forbidden"),
        ("/ping", "Forbidden"),
    ],
)
def test_undeclared_paths_are_unknown(served: Served, client: httpx.Client, path: str, message: str) -> None:
    answer = client.post(httpx.URL(served.url).join(path), content="{}")
    assert (answer.status_code, answer.json()) == (403, {"message": message})


HOSTILE = {
    "NaN": b'{"transactions":[{"amt":NaN}]}',
    "twice": b'{"transactions":[{"amt":1,"amt":99999}]}',
    "deep": b"[" * 8000,
    "wrong types": batch(graphs.LEGITIMATE | {"amt": "12", "category": 5}).encode(),
    "giant": b'{"transactions":[{"amt":' + b"9" * 5000 + b"}]}",
    "binary": bytes(range(256)),
    "pickle": pickle.dumps(pickle.loads),
    "nothing": b"",
    "base64": b"eyJ0cmFuc2FjdGlvbnMiOltdfQ==",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bodies_are_400(served: Served, client: httpx.Client, name: str) -> None:
    answer = client.post(served.url, content=HOSTILE[name])
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] in {"invalid_json", "invalid_request"}


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-npy", "application/xml", ""])
def test_other_content_types_are_415(served: Served, client: httpx.Client, content_type: str) -> None:
    content = pickle.dumps([1])
    answer = client.post(served.url, content=content, headers={"content-type": content_type})
    assert (answer.status_code, answer.json()["error"]["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize(("size", "code"), [(9_000, "payload_too_large"), (7_000_000, "payload_too_large")])
def test_bodies_over_the_functions_limit_are_413(
    served: Served, client: httpx.Client, size: int, code: str
) -> None:
    answer = client.post(served.url, content=b" " * size)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, code)


def test_bodies_over_the_gateways_limit_are_413(served: Served, client: httpx.Client) -> None:
    answer = client.post(served.url, content=b" " * (10 * 1024 * 1024 + 1))
    assert (answer.status_code, answer.json()) == (413, {"message": "Request Too Long"})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
near_misses = st.dictionaries(st.sampled_from([*graphs.LEGITIMATE, "cc_num"]), json_values, min_size=1).map(
    lambda changes: batch(graphs.LEGITIMATE | changes).encode()
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.one_of(st.binary(max_size=60), json_values.map(lambda value: json.dumps(value).encode()), near_misses)
)
def test_no_body_makes_a_5xx(served: Served, client: httpx.Client, body: bytes) -> None:
    assert client.post(served.url, content=body).status_code in {200, 400}


def test_callers_at_the_same_time_get_their_own_answers(served: Served, client: httpx.Client) -> None:
    def ask(amount: int) -> tuple[int, dict[str, Any]]:
        answer = client.post(served.url, content=batch(graphs.LEGITIMATE | {"amt": amount}))
        return answer.status_code, answer.json()

    amounts = [400 + 10 * (i % 20) for i in range(80)]
    with ThreadPoolExecutor(8) as callers:
        answers = list(callers.map(ask, amounts))
    # A slow machine keeps all of the function's places taken for a while, which is answered with 429.
    assert {status for status, _ in answers} <= {200, 429}
    scores = [
        (a, body["predictions"][0]["score"])
        for a, (s, body) in zip(amounts, answers, strict=True)
        if s == 200
    ]
    assert len(scores) > 8
    assert scores == [(amount, round(1 / (1 + math.exp(5 - amount / 100)), 2)) for amount, _ in scores]


def test_the_runtime_path_answers_boto3(served: Served) -> None:
    answer = runtime(served).invoke_endpoint(
        EndpointName=graphs.ENDPOINT, ContentType="application/json", Body=batch(graphs.LEGITIMATE)
    )
    assert json.loads(answer["Body"].read())["model_version"] == graphs.VERSION


def test_an_endpoint_that_is_not_declared_is_a_validation_error(served: Served) -> None:
    with pytest.raises(ClientError) as caught:
        runtime(served).invoke_endpoint(EndpointName="other", ContentType="application/json", Body=b"{}")
    response = caught.value.response
    assert (response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]) == (
        "ValidationError",
        400,
    )


def test_a_pickled_body_to_the_endpoint_is_a_model_error_and_runs_nothing(
    served: Served, tmp_path: Path
) -> None:
    class Payload:
        def __reduce__(self) -> tuple[Any, ...]:
            return (os.mkdir, (str(tmp_path / "ran"),))

    with pytest.raises(ClientError) as caught:
        runtime(served).invoke_endpoint(
            EndpointName=graphs.ENDPOINT, ContentType="application/x-npy", Body=pickle.dumps(Payload())
        )
    response = caught.value.response
    assert (response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]) == ("ModelError", 424)
    assert not (tmp_path / "ran").exists()


def test_the_container_has_three_paths_and_plain_errors(served: Served) -> None:
    with httpx.Client(base_url=served.runtime_url, trust_env=False) as container:
        assert container.get("/ping").status_code == 200
        failed = container.post("/invocations", content=b"{", headers={"content-type": "application/json"})
        assert (failed.status_code, failed.json()) == (400, {})
        unknown = container.get("/models")
        assert (unknown.status_code, unknown.json()) == (404, {})


def runtime(served: Served) -> Any:
    return boto3.client(
        "sagemaker-runtime",
        endpoint_url=served.runtime_url,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=Config(retries={"total_max_attempts": 1}, proxies={}),
    )


def test_a_card_number_sent_anywhere_is_in_no_log_and_no_answer(served: Served, client: httpx.Client) -> None:
    answers = []
    for field in [*graphs.LEGITIMATE, "cc_num", "lat", "surprise", CARD_NUMBER]:
        for value in (CARD_NUMBER, int(CARD_NUMBER), [CARD_NUMBER], -int(CARD_NUMBER)):
            answers.append(client.post(served.url, content=batch(graphs.LEGITIMATE | {field: value})))
    answers.append(client.post(served.url, content=CARD_NUMBER, headers={"content-type": CARD_NUMBER}))
    answers.append(
        client.post(f"{served.url}/{CARD_NUMBER}?card={CARD_NUMBER}", headers={"referer": CARD_NUMBER})
    )
    answers.append(client.get(served.url, headers={"user-agent": CARD_NUMBER}))
    direct = {"content-type": "application/json"}
    httpx.post(f"{served.runtime_url}/invocations", content=CARD_NUMBER, headers=direct, trust_env=False)
    assert {answer.status_code for answer in answers} >= {200, 400, 403, 415}
    seen = [answer.text + str(answer.headers) for answer in answers]
    logs = {path.name: path.read_text() for path in served.log_dir.iterdir()}
    assert set(logs) == {"access.log", "function.log", "gateway.log", "model-server.log"}
    for text in [*seen, *logs.values()]:
        assert CARD_NUMBER not in text
        assert not any(value in text for value in keys(served).values())


def test_the_access_log_says_what_happened(served: Served, client: httpx.Client) -> None:
    answer = client.post(served.url, content=batch(graphs.LEGITIMATE))
    lines = [json.loads(line) for line in (served.log_dir / "access.log").read_text().splitlines()]
    line = next(line for line in lines if line["requestId"] == answer.headers["x-amzn-requestid"])
    assert (line["status"], line["apiKeyId"], line["resourcePath"]) == ("200", "checkout-id", "/score")
    assert line["responseLength"] == str(len(answer.content))
    functions = (served.log_dir / "function.log").read_text().splitlines()
    entry = next(e for e in map(json.loads, functions) if e["request_id"] == line["requestId"])
    assert (entry["outcome"], entry["api_key_id"], entry["count"]) == ("ok", "checkout-id", 1)
