"""What is looked for in answers and logs once they are there: each judge says what is wrong, or None."""

from __future__ import annotations

import re
import statistics
from collections.abc import Callable, Sequence

from attacks.evidence import Answer, Evidence
from attacks.probe import CLOSED, OUTSIDE
from model.decision import DECISIONS

ECHO = "zqx7echo"
"""A word that no answer may repeat."""

_INTERNAL = {
    "an ARN": re.compile(r"arn:aws"),
    "an account number": re.compile(r"(?<![\d.-])\d{12}(?![\d.-])"),
    "a stack trace": re.compile(r"traceback|file \"|\.py\b|\bat line \d|stack ?trace|exception\b(?!\w)"),
    "a library or server": re.compile(
        r"uvicorn|starlette|werkzeug|gunicorn|nginx|botocore|boto3|onnx|sklearn|scikit|numpy|pydantic|jsonschema"
    ),
    "the language": re.compile(r"python|cpython|hypercorn"),
    "the service behind": re.compile(r"sagemaker|lambda|invokeendpoint|\.internal\b|localhost|127\.0\.0\.1"),
    "a path": re.compile(r"/opt/|/var/|/tmp/|/usr/|/home/|/root/"),
}
_ALLOWED = re.compile(r"^x-amzn-errortype: .*$|^x-amzn-remapped-.*$", re.MULTILINE)
"""API Gateway names its own kind of refusal in this header and no setting can stop it."""
_TELLING_HEADERS = ("server", "x-powered-by", "x-aspnet-version", "via-python", "x-runtime", "x-debug")
_OWN_HEADERS = {
    "cache-control": "no-store",
    "strict-transport-security": "max-age=",
    "x-content-type-options": "nosniff",
}
_FROM_OUTSIDE = (CLOSED, 404, 405)


def _answered(evidence: Evidence) -> list[Answer]:
    return [answer for answer in evidence.everything if answer.status != CLOSED]


def _of_the_stage(evidence: Evidence) -> list[Answer]:
    """Without those to other stages' addresses, which API Gateway gives by itself."""
    return [answer for answer in _answered(evidence) if not (answer.request.path or "").startswith(OUTSIDE)]


def _to(answer: Answer) -> str:
    label = f" ({answer.request.label})" if answer.request.label else ""
    return f"an answer with status {answer.status}{label}"


def nothing_internal(evidence: Evidence) -> str | None:
    for answer in _answered(evidence):
        text = _ALLOWED.sub("", answer.text)
        for what, pattern in _INTERNAL.items():
            if pattern.search(text):
                return f"{what} in {_to(answer)}"
    return None


def no_server_error(evidence: Evidence) -> str | None:
    failed = [answer for answer in _answered(evidence) if answer.status >= 500]
    if failed:
        label = failed[0].request.label or "no label"
        return f"{len(failed)} of {len(_answered(evidence))} answers with 5xx ({failed[0].status}, {label})"
    return None


def own_headers(evidence: Evidence) -> str | None:
    for answer in _of_the_stage(evidence):
        if any(name in answer.headers for name in _TELLING_HEADERS):
            return f"a header names the server in {_to(answer)}"
        if answer.status in _FROM_OUTSIDE:
            continue
        for name, value in _OWN_HEADERS.items():
            if value not in answer.headers.get(name, ""):
                return f"no {name} in {_to(answer)}"
    return None


def fixed_errors(evidence: Evidence) -> str | None:
    """Every refusal is `{"request_id", "error": {"code", "message"}}` and nothing more."""
    for answer in _of_the_stage(evidence):
        if answer.status < 400 or answer.request.method == "HEAD":
            continue
        document = answer.document
        error = document.get("error") if isinstance(document, dict) else None
        if (
            not isinstance(error, dict)
            or set(document) != {"request_id", "error"}
            or set(error) != {"code", "message"}
        ):
            return f"{_to(answer)} has another form"
    return None


def nothing_echoed(evidence: Evidence) -> str | None:
    for answer in _answered(evidence):
        if ECHO in answer.text:
            return f"{_to(answer)} repeats what was sent"
    return None


def shape(evidence: Evidence) -> str | None:
    """Exactly the promised keys, two digits, and the amounts of the answer do not reveal the threshold."""
    for answer in evidence.answers:
        document = answer.document
        if not isinstance(document, dict) or set(document) != {"request_id", "model_version", "predictions"}:
            return "the answer has other keys than request_id, model_version, predictions"
        for prediction in document["predictions"]:
            if set(prediction) - {"decision"} != {"is_fraud", "score"}:
                return "a prediction has other keys than is_fraud, score and decision"
            if not isinstance(prediction["is_fraud"], bool):
                return "is_fraud is neither true nor false"
            if prediction.get("decision", DECISIONS[0]) not in DECISIONS:
                return f"a decision is none of {', '.join(DECISIONS)}"
            if round(float(prediction["score"]), 2) != prediction["score"]:
                return "a score has more than two digits"
    return None


def length(evidence: Evidence) -> str | None:
    """Only `true` or `false` and the digits of the score may differ."""
    lengths = [len(answer.body) for answer in evidence.answers]
    return (
        f"answers differ by {max(lengths) - min(lengths)} bytes" if max(lengths) - min(lengths) > 4 else None
    )


def same_twice(evidence: Evidence) -> str | None:
    first, second = (answer.document for answer in evidence.answers)
    if first["predictions"] != second["predictions"]:
        return "the same purchase has two scores"
    return "two requests have one id" if first["request_id"] == second["request_id"] else None


def own_id(evidence: Evidence) -> str | None:
    return "the caller chose the request's id" if nothing_echoed(evidence) else None


def alike(attempts: int, slack: float) -> Callable[[Evidence], str | None]:
    """The fastest answers to each label differ by less than `slack` seconds: noise only ever adds."""

    def judge(evidence: Evidence) -> str | None:
        fastest: dict[str, list[float]] = {}
        for answer in evidence.answers:
            fastest.setdefault(answer.request.label, []).append(answer.seconds)
        typical = [statistics.fmean(sorted(seconds)[: attempts // 3]) for seconds in fastest.values()]
        apart = max(typical) - min(typical)
        return f"answers are {apart * 1000:.0f} ms apart" if apart > slack else None

    return judge


def absent(needles: Sequence[str]) -> Callable[[Evidence], str | None]:
    def judge(evidence: Evidence) -> str | None:
        for answer in _answered(evidence):
            if any(needle in answer.text for needle in needles):
                return f"{_to(answer)} holds one"
        files = evidence.log_files_with(needles)
        return f"found in {', '.join(files)}" if files else None

    return judge


def no_secrets(evidence: Evidence) -> str | None:
    return absent([secret.lower() for secret in evidence.secrets])(evidence)


def refused_by_the_schema(evidence: Evidence) -> str | None:
    """All answers carry the same message: the gateway's, not the function's, which names a place."""
    for answer in evidence.answers:
        error = answer.document.get("error") if isinstance(answer.document, dict) else None
        message = str(error.get("message")) if isinstance(error, dict) else ""
        if "transactions" in message or "must be" in message or not error:
            return f"400 from behind the gateway, or not in the declared form ({answer.request.label})"
    return None
