"""What runs in Lambda: checks a request again, drops what the model does not need, shapes the answer.

Standard library and botocore only; boto3 around it would make the start longer and adds nothing that is used here.
Neither a log line nor an answer ever holds a header, a body or a value.
"""

from __future__ import annotations

import base64
import binascii
import functools
import json
import math
import os
import re
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    ReadTimeoutError,
)
from botocore.session import get_session

from model import contract, histograms
from model.decision import APPROVE, DECISIONS

JSON = "application/json"
_MEDIA_TYPE = re.compile(r'application/json\s*(;\s*(charset\s*=\s*(utf-8|"utf-8")\s*)?)?', re.IGNORECASE)
_ANSWER_LIMIT_BYTES = 64 * 1024
_HEADERS = {
    "Content-Type": JSON,
    "Cache-Control": "no-store",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
}
_RETRY_AFTER_SECONDS = "2"
_STALE_SECONDS = 0.5
"""Within which a connection that had been closed meanwhile shows: a second try then fits into the function's time."""

_STATUS = {
    "invalid_json": 400,
    "invalid_request": 400,
    "payload_too_large": 413,
    "unsupported_media_type": 415,
    "internal_error": 500,
    "model_error": 502,
    "model_unavailable": 503,
    "model_timeout": 504,
}
_MESSAGES = {
    "internal_error": "the request could not be handled",
    "model_error": "the model did not answer as agreed",
    "model_unavailable": "the model is busy or starting; try again later",
    "model_timeout": "the model did not answer in time",
}
_BUSY = {429, 503, 530}
"""SageMaker's statuses for a model not ready yet, an outage, and an outage of what it depends on."""


class Failure(Exception):
    """An answer other than 200. The message is fixed text or the contract's, which holds no value."""

    def __init__(self, code: str, message: str | None = None) -> None:
        super().__init__(message or _MESSAGES[code])
        self.code = code


@dataclass
class Outcome:
    """What one request's log line says."""

    request_id: str
    api_key_id: str
    count: int = 0
    frauds: int = 0
    code: str = "ok"
    model_version: str | None = None
    bins: dict[str, list[int]] = field(default_factory=dict)


def handle(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Answers one API Gateway REST proxy event. Never raises; logs exactly one line of JSON."""
    started = time.perf_counter()
    outcome = _identify(event, context)
    try:
        answer = _score(event, outcome)
        status = 200
    except Failure as failure:
        answer, status = _refusal(outcome, failure)
    except Exception:
        answer, status = _refusal(outcome, Failure("internal_error"))
    _log(outcome, status, (time.perf_counter() - started) * 1000)
    headers = _HEADERS | ({"Retry-After": _RETRY_AFTER_SECONDS} if status == 503 else {})
    body = json.dumps({"request_id": outcome.request_id} | answer)
    return {"statusCode": status, "headers": headers, "body": body, "isBase64Encoded": False}


def _score(event: Mapping[str, Any], outcome: Outcome) -> dict[str, Any]:
    _check_media_type(event)
    try:
        required = contract.RECIPE_FIELDS[os.environ["RECIPE"]]
        transactions = contract.parse(_body(event), required)
    except contract.ContractError as error:
        raise Failure(error.code, str(error)) from None
    outcome.count = len(transactions)
    version, predictions = _read(_invoke(transactions), len(transactions))
    outcome.frauds = sum(prediction["is_fraud"] for prediction in predictions)
    outcome.model_version = version
    outcome.bins = histograms.bins(transactions, (prediction["score"] for prediction in predictions))
    return {"model_version": version, "predictions": predictions}


def _check_media_type(event: Mapping[str, Any]) -> None:
    if not _MEDIA_TYPE.fullmatch(_header(event, "content-type")):
        raise Failure("unsupported_media_type", "the content type must be application/json in UTF-8")
    if _header(event, "content-encoding").lower() not in {"", "identity"}:
        raise Failure("unsupported_media_type", "the body must not be compressed")


def _header(event: Mapping[str, Any], name: str) -> str:
    """A header's value; all values joined by commas when a client sent it more than once."""
    headers = event.get("multiValueHeaders") or {k: [v] for k, v in (event.get("headers") or {}).items()}
    found = [values or () for key, values in headers.items() if key.lower() == name]
    return ",".join(str(value) for values in found for value in values).strip()


def _body(event: Mapping[str, Any]) -> str | bytes:
    body = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return str(body)
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError, TypeError):
        raise contract.ContractError("invalid_json", "the body is not valid base64") from None


@functools.cache
def _client() -> Any:
    config = Config(
        connect_timeout=1,
        read_timeout=float(os.environ["ENDPOINT_TIMEOUT_SECONDS"]),
        retries={"total_max_attempts": 1},
        tcp_keepalive=True,
    )
    return get_session().create_client("sagemaker-runtime", config=config)


def _invoke(transactions: list[contract.Transaction]) -> bytes:
    """The endpoint's answer. What AWS says about a failure is dropped: it may quote the container."""
    try:
        return _call(json.dumps({"transactions": transactions}).encode())
    except (ReadTimeoutError, ConnectTimeoutError):
        raise Failure("model_timeout") from None
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        busy = status in _BUSY or error.response.get("Error", {}).get("Code") == "ThrottlingException"
        raise Failure("model_unavailable" if busy else "model_error") from None
    except BotoCoreError:
        raise Failure("model_unavailable") from None
    except (AttributeError, LookupError, TypeError, ValueError):
        # botocore itself trips over an error whose body is JSON but no object.
        raise Failure("model_error") from None


def _call(body: bytes) -> bytes:
    request = {"EndpointName": os.environ["ENDPOINT_NAME"], "ContentType": JSON, "Accept": JSON, "Body": body}
    begin = time.monotonic()
    try:
        answer = _client().invoke_endpoint(**request)
    except ConnectionClosedError:
        # At once: the other end closed it while the function was frozen. Any other retry is the caller's business.
        if time.monotonic() - begin > _STALE_SECONDS:
            raise
        answer = _client().invoke_endpoint(**request)
    content: bytes = answer["Body"].read(_ANSWER_LIMIT_BYTES)
    return content


def _read(content: bytes, count: int) -> tuple[str, list[dict[str, Any]]]:
    """Model version and predictions of the endpoint's answer, reduced to what callers may see."""
    try:
        answer = json.loads(content.decode())
        version, predictions = answer["model_version"], answer["predictions"]
        shaped = [_prediction(item) for item in predictions]
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        raise Failure("model_error") from None
    if not isinstance(version, str) or len(version) > 64 or len(shaped) != count:
        raise Failure("model_error")
    return version, shaped


def _prediction(item: Mapping[str, Any]) -> dict[str, Any]:
    is_fraud, score, decision = item["is_fraud"], item["score"], item.get("decision")
    if not isinstance(is_fraud, bool) or isinstance(score, bool) or not math.isfinite(score):
        raise ValueError
    if not 0 <= score <= 1:
        raise ValueError
    shaped = {"is_fraud": is_fraud, "score": round(float(score), 2)}
    if decision is None:
        return shaped
    if decision not in DECISIONS or (decision == APPROVE) == is_fraud:
        raise ValueError
    return {**shaped, "decision": decision}


def _refusal(outcome: Outcome, failure: Failure) -> tuple[dict[str, Any], int]:
    outcome.code = failure.code
    return {"error": {"code": failure.code, "message": str(failure)}}, _STATUS[failure.code]


def _identify(event: Mapping[str, Any], context: Any) -> Outcome:
    """Ids that AWS gave to the request and its key; `identity.apiKey` beside them is the key itself."""
    try:
        request = event["requestContext"]
        return Outcome(str(request["requestId"]), str((request["identity"] or {}).get("apiKeyId") or ""))
    except (KeyError, TypeError, AttributeError):
        return Outcome(str(getattr(context, "aws_request_id", "")), "")


def _log(outcome: Outcome, status: int, latency_ms: float) -> None:
    now = datetime.now(UTC)
    line = {
        "timestamp": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": "INFO" if status < 500 else "ERROR",
        "request_id": outcome.request_id,
        "api_key_id": outcome.api_key_id,
        "count": outcome.count,
        "outcome": outcome.code,
        "latency_ms": round(latency_ms, 3),
        "frauds": outcome.frauds,
        "model_version": outcome.model_version,
        # False while a roll-out is under way and after a roll-back.
        "model_as_deployed": outcome.model_version == os.environ.get("MODEL_VERSION"),
    }
    if outcome.bins:
        function = os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "")
        milliseconds = int(now.timestamp() * 1000)
        line |= histograms.log_fields(outcome.bins, function, outcome.api_key_id, milliseconds)
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    _client()  # Lambda's start-up phase has a whole CPU; the first request may not.
