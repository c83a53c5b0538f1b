"""The container's four functions: what is loaded, what is decoded, what is said."""

from __future__ import annotations

import gc
import hashlib
import io
import json
import math
import pickle
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.contract import ContractError
from model.decision import Prices, Rule
from model.serving import inference
from tests.pulumi_preflight import graphs

CARD_NUMBER = "4111111111111111"


@pytest.fixture(name="folder")
def unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "model.onnx").write_bytes(graphs.network())
    (tmp_path / "card.json").write_bytes(graphs.card())
    for variable, value in graphs.archive(tmp_path).environment.items():
        monkeypatch.setenv(variable, value)
    return tmp_path


def body(*transactions: dict[str, Any]) -> str:
    return json.dumps({"transactions": transactions})


def answer(model: inference.Model, text: str) -> dict[str, Any]:
    data = inference.input_fn(text, "application/json")
    content, media_type = inference.output_fn(inference.predict_fn(data, model), "application/json")
    assert media_type == "application/json"
    parsed: dict[str, Any] = json.loads(content)
    return parsed


def test_scores_in_order_and_names_the_version(folder: Path) -> None:
    model = inference.model_fn(str(folder))
    given_body = body(graphs.LEGITIMATE, graphs.FRAUDULENT)
    result = answer(model, given_body)
    assert result["model_version"] == graphs.VERSION
    assert [p["is_fraud"] for p in result["predictions"]] == [False, True]
    expected = [1 / (1 + math.exp(5 - amount / 100)) for amount in (12.5, 980.0)]
    assert [p["score"] for p in result["predictions"]] == pytest.approx(expected, abs=1e-6)


def test_a_score_at_the_threshold_is_fraud() -> None:
    at, below = math.nextafter(0.25, 1), math.nextafter(0.25, 0)
    said = inference.Prediction((0.25, at, below), (1.0, 1.0, 1.0), Rule("f1", Prices(), 0.25), "v")
    content, _ = inference.output_fn(said, None)
    assert json.loads(content)["predictions"] == [
        {"is_fraud": True, "score": 0.25},
        {"is_fraud": True, "score": at},
        {"is_fraud": False, "score": below},
    ]


@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0.01, 100_000) | st.integers(1, 100_000)), max_size=5),
    st.sampled_from([None, 0.5]),
    st.text(max_size=20),
)
def test_the_answer_is_what_an_encoder_writes(
    scored: list[tuple[float, float]], decline: float | None, version: str
) -> None:
    rule = Rule("cost", Prices(), None, decline)
    said = inference.Prediction(
        [score for score, _ in scored], [amount for _, amount in scored], rule, version
    )
    predictions: list[dict[str, Any]] = []
    for score, amount in scored:
        decision = rule.decision(score, amount)
        more = {} if decision is None else {"decision": decision}
        predictions.append({"is_fraud": rule.alerts(score, amount), "score": score} | more)
    expected = json.dumps({"predictions": predictions, "model_version": version})
    assert inference.output_fn(said, None)[0] == expected


@pytest.mark.parametrize("score", [math.nan, math.inf, -math.inf])
def test_a_score_that_is_no_number_gives_no_answer(score: float) -> None:
    with pytest.raises(ValueError, match="no number"):
        inference.output_fn(inference.Prediction([score], [1.0], Rule("f1", Prices(), 0.5), "v"), None)


def test_the_amount_decides_with_the_score(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rule = Rule("cost", Prices(10, 0), None, decline=0.5).to_card()
    recarded(folder, monkeypatch, rule=rule)
    model = inference.model_fn(str(folder))
    rows = [graphs.LEGITIMATE | {"amt": amount} for amount in (200.0, 300.0, 600.0)]
    # 0.047, 0.119 and 0.731: odds times amount are $9.96, $40.6 and $1,631.
    assert [(p["is_fraud"], p["decision"]) for p in answer(model, body(*rows))["predictions"]] == [
        (False, "approve"),
        (True, "review"),
        (True, "decline"),
    ]


def recarded(folder: Path, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    """Another card in the folder, declared as it is."""
    content = json.dumps(json.loads(graphs.card()) | changes).encode()
    (folder / "card.json").write_bytes(content)
    monkeypatch.setenv("CARD_SHA256", hashlib.sha256(content).hexdigest())


@pytest.mark.parametrize(
    "changes",
    [
        {"rule": {"rule": "f1", "threshold": 1.5, "false_alarm": 10, "missed_fraud": 0, "decline": None}},
        {"rule": {"rule": "f1", "threshold": "0.5", "false_alarm": 10, "missed_fraud": 0, "decline": None}},
        {"rule": {"rule": "cost", "threshold": None}},
        {"rule": None},
        {"fields": ["amt"]},
        {"fields": ["category", "seconds_since_previous"]},
        {"fields": [*graphs.LEGITIMATE, "mood"]},
        {"features": []},
        {"features": ["amt", "mood"]},
        {"features": None},
    ],
)
def test_a_card_that_cannot_be_served_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]
) -> None:
    recarded(folder, monkeypatch, **changes)
    with pytest.raises(inference.RefusedError, match="fields, features or a rule"):
        inference.model_fn(str(folder))


@pytest.mark.parametrize("content", [b"{", b"\xff", b"[" * 100_000])
def test_a_card_that_is_not_json_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    (folder / "card.json").write_bytes(content)
    monkeypatch.setenv("CARD_SHA256", hashlib.sha256(content).hexdigest())
    with pytest.raises(inference.RefusedError, match=r"card\.json is not JSON"):
        inference.model_fn(str(folder))


def test_a_batch_scores_as_its_parts(folder: Path) -> None:
    model = inference.model_fn(str(folder))
    rows = [graphs.LEGITIMATE | {"amt": 1.0 + i} for i in range(inference.MAX_TRANSACTIONS)]
    together = [p["score"] for p in answer(model, body(*rows))["predictions"]]
    alone = [answer(model, body(row))["predictions"][0]["score"] for row in rows[::250]]
    assert together[::250] == alone


def test_requests_at_the_same_time_get_their_own_scores(folder: Path) -> None:
    model = inference.model_fn(str(folder))
    rows = [graphs.LEGITIMATE | {"amt": 1.0 + i} for i in range(inference.MAX_TRANSACTIONS)]
    expected = [p["score"] for p in answer(model, body(*rows))["predictions"]]
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda row: answer(model, body(row)), rows))
    finally:
        sys.setswitchinterval(usual)
    assert [one["predictions"][0]["score"] for one in answers] == expected
    assert 1 <= len(model.rows) <= 8


def test_one_request_after_the_other_needs_one_row(folder: Path) -> None:
    model = inference.model_fn(str(folder))
    only = model.rows[0]
    for _ in range(3):
        answer(model, body(graphs.FRAUDULENT))
    assert model.rows == [only]


def test_more_than_a_thousand_transactions_are_refused(folder: Path) -> None:
    model = inference.model_fn(str(folder))
    rows = [graphs.LEGITIMATE] * (inference.MAX_TRANSACTIONS + 1)
    with pytest.raises(ContractError, match="1 to 1000"):
        answer(model, body(*rows))


@pytest.mark.parametrize("name", ["model.onnx", "card.json"])
def test_a_changed_byte_is_refused_before_parsing(folder: Path, name: str) -> None:
    content = bytearray((folder / name).read_bytes())
    content[-1] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(inference.RefusedError, match=name):
        inference.model_fn(str(folder))


@pytest.mark.parametrize("variable", ["MODEL_SHA256", "CARD_SHA256"])
@pytest.mark.parametrize("value", [None, "", "0" * 63, "A" * 64])
def test_an_undeclared_digest_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str | None
) -> None:
    if value is None:
        monkeypatch.delenv(variable)
    else:
        monkeypatch.setenv(variable, value)
    with pytest.raises(inference.RefusedError, match=variable):
        inference.model_fn(str(folder))


def test_a_pickle_in_the_models_place_never_runs(folder: Path) -> None:
    class Payload:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (folder / "ran",))

    (folder / "model.onnx").write_bytes(pickle.dumps(Payload()))
    with pytest.raises(inference.RefusedError):
        inference.model_fn(str(folder))
    assert not (folder / "ran").exists()


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/json; charset=utf-8", "Application/JSON"]
)
def test_json_is_the_content_type(content_type: str) -> None:
    assert inference.input_fn(b"{}", content_type) == b"{}"


@pytest.mark.parametrize(
    "content_type",
    ["application/x-npy", "text/csv", "application/x-npz", "", None, "text/json", "application/jsonx"],
)
def test_any_other_content_type_is_refused(content_type: str | None) -> None:
    payload = pickle.dumps(np.array([1], dtype=object))
    with pytest.raises(inference.RefusedError, match="application/json"):
        inference.input_fn(payload, content_type)


@pytest.mark.parametrize("accept", [None, "", "*/*", "application/json", "text/html, application/json;q=0.9"])
def test_json_is_the_answer(accept: str | None) -> None:
    assert (
        inference.output_fn(inference.Prediction((), (), Rule("f1", Prices(), 0.5), "v"), accept)[1]
        == "application/json"
    )


def test_a_caller_that_takes_no_json_is_refused() -> None:
    with pytest.raises(inference.RefusedError):
        inference.output_fn(inference.Prediction((), (), Rule("f1", Prices(), 0.5), "v"), "application/x-npy")


@pytest.mark.parametrize("field", [*graphs.LEGITIMATE, "cc_num", "surprise"])
def test_no_exception_holds_a_value_or_an_invented_name(folder: Path, field: str) -> None:
    model = inference.model_fn(str(folder))
    for value in (CARD_NUMBER, [CARD_NUMBER], {CARD_NUMBER: 1}, -int(CARD_NUMBER), int(CARD_NUMBER * 3)):
        with pytest.raises(ContractError) as caught:
            answer(model, body(graphs.LEGITIMATE | {field: value}))
        assert CARD_NUMBER not in str(caught.value)
    with pytest.raises(ContractError) as caught:
        answer(model, body(graphs.LEGITIMATE | {CARD_NUMBER: 1}))
    assert CARD_NUMBER not in str(caught.value)


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused_by_the_contract(content: bytes) -> None:
    model = inference.Model(None, "x", "y", ("amt",), ("amt",), Rule("f1", Prices(), 0.5), "v")
    with pytest.raises(ContractError):
        inference.predict_fn(content, model)


def call(application: inference.Application, method: str, path: str, **more: Any) -> tuple[str, bytes]:
    said: list[str] = []
    content = more.pop("content", b"")
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "CONTENT_TYPE": "application/json",
        "wsgi.input": io.BytesIO(content),
        "wsgi.errors": io.StringIO(),
    } | more

    def start_response(status: str, headers: list[tuple[str, str]]) -> None:
        said.append(status)
        said.append(dict(headers)["Content-Length"])

    answered = b"".join(application(environ, start_response))
    assert said[1] == str(len(answered))
    return said[0], answered


def test_the_application_answers_as_the_four_functions_do(folder: Path) -> None:
    application = inference.application(str(folder))
    text = body(graphs.LEGITIMATE, graphs.FRAUDULENT)
    assert call(application, "GET", "/ping")[0] == "200 OK"
    status, content = call(application, "POST", "/invocations", content=text.encode())
    assert status == "200 OK"
    assert json.loads(content) == answer(inference.model_fn(str(folder)), text)


@pytest.mark.parametrize(
    ("method", "path", "more", "status"),
    [
        ("POST", "/invocations", {"content": b"{"}, "400"),
        ("POST", "/invocations", {"content": b" " * (inference.MAX_BODY_BYTES + 2)}, "400"),
        ("POST", "/invocations", {"CONTENT_TYPE": "application/x-npy"}, "415"),
        (
            "POST",
            "/invocations",
            {"HTTP_ACCEPT": "text/csv", "content": body(graphs.LEGITIMATE).encode()},
            "415",
        ),
        ("GET", "/invocations", {}, "404"),
        ("POST", "/ping", {}, "404"),
        ("GET", "/execution-parameters", {}, "404"),
    ],
)
def test_the_application_refuses_without_detail(
    folder: Path, method: str, path: str, more: dict[str, Any], status: str
) -> None:
    application = inference.application(str(folder))
    answered, content = call(application, method, path, **more)
    assert answered.startswith(status)
    assert content == b"{}"


def test_the_application_hides_what_went_wrong(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    application = inference.application(str(folder))

    def fail(*_: Any) -> None:
        raise ValueError(CARD_NUMBER)

    monkeypatch.setattr(inference, "row_of", fail)
    errors = io.StringIO()
    more = {"content": body(graphs.LEGITIMATE).encode(), "wsgi.errors": errors}
    answered, content = call(application, "POST", "/invocations", **more)
    assert (answered[:3], content) == ("500", b"{}")
    assert errors.getvalue() == "ValueError while scoring\n"


def test_the_collector_passes_over_what_a_worker_has_loaded(folder: Path) -> None:
    before = gc.get_freeze_count()
    inference.application(str(folder))
    frozen = gc.get_freeze_count()
    gc.unfreeze()
    assert frozen > before


def test_the_application_of_a_changed_model_never_exists(folder: Path) -> None:
    (folder / "model.onnx").write_bytes(b"changed")
    with pytest.raises(inference.RefusedError):
        inference.application(str(folder))
