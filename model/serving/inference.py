"""What runs in the SageMaker container: the application that the stack declares, over four functions.

The four functions are those that the image's own application would call: it turns what they raise into a plain 500
and writes the traceback to its log, so no exception may hold a value. Only files whose digests the deployment
declared are ever loaded.
"""

from __future__ import annotations

import functools
import gc
import hashlib
import json
import math
import os
import re
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnxruntime

from model import contract
from model.data.features import Matrix, from_transactions, required_fields, row_of
from model.decision import Rule

MAX_TRANSACTIONS = 1000
MAX_BODY_BYTES = 512 * 1024
"""A thousand transactions with every field of the contract fit; SageMaker itself would pass 6 MB."""

JSON = "application/json"
_WARM_UP_ROUNDS = 3
_JSON_RANGES = frozenset({JSON, "application/*", "*/*"})


Application = Callable[[Mapping[str, Any], Callable[..., Any]], list[bytes]]


class RefusedError(Exception):
    """The artifact or the request is not what was declared. The message holds no value."""


@dataclass(frozen=True, slots=True)
class Row:
    """One transaction's features and its scores, in memory that the session reads and writes in place.

    Making new arrays for every request costs as much as all the trees do.
    """

    bound: onnxruntime.IOBinding
    features: array[float]
    scores: array[float]


@dataclass(frozen=True, slots=True)
class Model:
    """A loaded model: what it reads, how it decides, and which version it is.

    `given` and `wanted` are the names of the network's input and of its scores, `rows` those that no request uses.
    """

    session: onnxruntime.InferenceSession
    given: str
    wanted: str
    fields: tuple[str, ...]
    features: tuple[str, ...]
    rule: Rule
    version: str
    rows: list[Row] = field(default_factory=list)


class Prediction(NamedTuple):
    """Scores between 0 and 1 and amounts in dollars, one each per transaction, and the model that gave the scores."""

    scores: Sequence[float]
    amounts: Sequence[float]
    rule: Rule
    version: str


def model_fn(model_dir: str) -> Model:
    """The model of an unpacked artifact, warmed up.

    Raises RefusedError before anything is parsed when `model.onnx` or `card.json` lacks the digest that
    MODEL_SHA256 or CARD_SHA256 declares, or when either variable is missing; and for a card whose rule, fields or
    features no model of this version can have.
    """
    folder = Path(model_dir)
    # The verified bytes are the ones that get parsed: a file swapped in between changes nothing.
    network = _verified(folder / "model.onnx", "MODEL_SHA256")
    card = _document(_verified(folder / "card.json", "CARD_SHA256"))
    fields, features, rule = _understood(card)
    session = _session(network)
    given = session.get_inputs()[0].name
    wanted = next(o.name for o in reversed(session.get_outputs()) if o.type == "tensor(float)")
    model = Model(session, given, wanted, fields, features, rule, str(card["version"]))
    _warm_up(model)
    return model


def _document(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise RefusedError("card.json is not JSON") from None


def _understood(card: Any) -> tuple[tuple[str, ...], tuple[str, ...], Rule]:
    """Fields, features and rule of a card. Raises RefusedError when a rule is impossible or a field is missing."""
    try:
        fields, features, rule = tuple(card["fields"]), tuple(card["features"]), Rule.of_card(card["rule"])
        # The amount is what a rule weighs scores by.
        possible = (
            isinstance(card["version"], str)
            and bool(features)
            and {"amt", *required_fields(features)} <= set(fields) <= set(contract.FIELDS)
        )
    except (KeyError, TypeError, ValueError):
        possible = False
    if not possible:
        raise RefusedError("card.json has fields, features or a rule that this version cannot serve")
    return fields, features, rule


def input_fn(body: str | bytes, content_type: str | None) -> str | bytes:
    """The body of an `application/json` request, still unread: only the model knows which fields it needs.

    Raises RefusedError on any other content type. Having this function at all keeps the container's own
    decoders, which unpickle, from running.
    """
    if content_type != JSON and _media_type(content_type) != JSON:
        raise RefusedError("the only content type is application/json")
    return body


def predict_fn(data: str | bytes, model: Model) -> Prediction:
    """One score per transaction of a request, in order. Raises contract.ContractError."""
    transactions = contract.parse(
        data, model.fields, max_transactions=MAX_TRANSACTIONS, max_bytes=MAX_BODY_BYTES
    )
    if len(transactions) == 1:
        scores = [_score(model, transactions[0])]
    else:
        scores = _scores(model, from_transactions(transactions, model.features))
    return Prediction(scores, [transaction["amt"] for transaction in transactions], model.rule, model.version)


def output_fn(prediction: Prediction, accept: str | None) -> tuple[str, str]:
    """The answer's body and content type. Raises RefusedError when the caller accepts no JSON."""
    if accept and accept != JSON and not _takes_json(accept):
        raise RefusedError("the only answer is application/json")
    rule = prediction.rule
    scored = zip(prediction.scores, prediction.amounts, strict=True)
    predictions = ", ".join([_written(rule, score, amount) for score, amount in scored])
    return f'{{"predictions": [{predictions}], "model_version": {_quoted(prediction.version)}}}', JSON


@functools.cache
def _quoted(version: str) -> str:
    return json.dumps(version)


def _takes_json(accept: str) -> bool:
    return not _JSON_RANGES.isdisjoint(_media_type(part) for part in accept.split(","))


def _written(rule: Rule, score: float, amount: float) -> str:
    """One prediction in JSON; with a second threshold it has a decision, too.

    A third of the time that an encoder takes. Raises ValueError for a score that JSON cannot say.
    """
    if not math.isfinite(score):
        raise ValueError("the model gave no number")
    is_fraud = "true" if rule.alerts(score, amount) else "false"
    if (decision := rule.decision(score, amount)) is None:
        return f'{{"is_fraud": {is_fraud}, "score": {score!r}}}'
    return f'{{"is_fraud": {is_fraud}, "score": {score!r}, "decision": "{decision}"}}'


def application(model_dir: str | None = None) -> Application:
    """A WSGI application of the container's paths whose model is loaded, and warm, before it is returned.

    The container's server runs it with `SAGEMAKER_SERVING_MODULE=inference:application()` instead of its own,
    which installs the code with pip, loads the model at a worker's first request and answers 500 to everything
    that is refused. A worker whose model is not the declared one never listens and takes the container down
    with it: gunicorn halts when a worker cannot start. What is there once the model is loaded stays as long as the
    process: Python's collector is told to pass it over, which a request in some hundred would otherwise wait for.
    """
    model = model_fn(model_dir or os.environ.get("SM_MODEL_DIR", "/opt/ml/model"))
    gc.collect()
    gc.freeze()

    def serve(environ: Mapping[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        status, content = _respond(model, environ)
        body = content.encode()
        start_response(status, [("Content-Type", JSON), ("Content-Length", str(len(body)))])
        return [body]

    return serve


def _respond(model: Model, environ: Mapping[str, Any]) -> tuple[str, str]:
    route = environ["REQUEST_METHOD"], environ["PATH_INFO"]
    if route == ("GET", "/ping"):
        return "200 OK", "{}"
    if route != ("POST", "/invocations"):
        return "404 Not Found", "{}"
    try:
        body = input_fn(environ["wsgi.input"].read(MAX_BODY_BYTES + 1), environ.get("CONTENT_TYPE"))
        return "200 OK", output_fn(predict_fn(body, model), environ.get("HTTP_ACCEPT"))[0]
    except contract.ContractError:
        return "400 Bad Request", "{}"
    except RefusedError:
        return "415 Unsupported Media Type", "{}"
    except Exception as error:
        # Its text may hold a value of the request.
        environ["wsgi.errors"].write(f"{type(error).__name__} while scoring\n")
        return "500 Internal Server Error", "{}"


def _media_type(header: str | None) -> str:
    return (header or "").partition(";")[0].strip().lower()


def _verified(path: Path, variable: str) -> bytes:
    declared = os.environ.get(variable, "")
    if not re.fullmatch(r"[0-9a-f]{64}", declared):
        raise RefusedError(f"{variable} must hold the SHA-256 of {path.name} in 64 hexadecimal digits")
    try:
        content = path.read_bytes()
    except OSError:
        raise RefusedError(f"{path.name} cannot be read") from None
    if hashlib.sha256(content).hexdigest() != declared:
        raise RefusedError(f"{path.name} does not have the digest that {variable} declares")
    return content


def _session(network: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    # The container runs one worker per CPU: threads and arenas of each would only compete.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])


def _warm_up(model: Model) -> None:
    row = _row(model)
    for _ in range(_WARM_UP_ROUNDS):
        model.session.run_with_iobinding(row.bound)
    model.rows.append(row)


def _row(model: Model) -> Row:
    zeros = np.zeros((1, len(model.features)), dtype=np.float32)
    (result,) = model.session.run([model.wanted], {model.given: zeros})
    features, scores = array("f", zeros.tobytes()), array("f", result.tobytes())
    bound = model.session.io_binding()
    # By address: an array stays where it is as long as it keeps its length.
    bound.bind_input(model.given, "cpu", 0, np.float32, zeros.shape, features.buffer_info()[0])
    bound.bind_output(model.wanted, "cpu", 0, np.float32, result.shape, scores.buffer_info()[0])
    return Row(bound, features, scores)


def _score(model: Model, transaction: contract.Transaction) -> float:
    """The score of one transaction, which most requests hold: the same as `_scores`, for half the time."""
    try:
        row = model.rows.pop()  # for this request alone: a server may have threads
    except IndexError:
        row = _row(model)
    row.features[:] = array("f", row_of(transaction, model.features))
    model.session.run_with_iobinding(row.bound)
    score = row.scores[-1]
    model.rows.append(row)
    return score


def _scores(model: Model, matrix: Matrix) -> list[float]:
    (result,) = model.session.run([model.wanted], {model.given: matrix})
    scores: list[float] = result[:, -1].tolist()
    return scores
