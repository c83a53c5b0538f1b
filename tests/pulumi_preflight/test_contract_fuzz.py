"""The API's own OpenAPI document, fuzzed against the served stack: no 5xx, no answer it does not document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from jsonschema import Draft202012Validator
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from attacks import local, mutations, openapi, signing
from attacks.probe import BROWSER, Key, Signature
from attacks.target import Target
from tests.harness import declared

pytestmark = pytest.mark.slow

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = 60
_HISTORY = {"seconds_since_previous": 70_000, "count_24h": 1, "sum_24h": 18.4, "max_24h": 18.4}
Operation = APIOperation[Any, Any, Any, Any]
Case = schemathesis.Case[Any]


@pytest.fixture(scope="module", name="operation")
def scoring_operation() -> Operation:
    document = openapi.document(declared("prod"))
    return schemathesis.openapi.from_dict(document)["/score"]["POST"]


@pytest.fixture(scope="module", name="target")
def served_target() -> Iterator[Target]:
    with local.serving(mutations.unthrottled(declared("prod"))) as target:
        yield target


@pytest.fixture(scope="module", name="client")
def http_client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=20) as client:
        yield client


def ask(client: httpx.Client, target: Target, case: Case) -> httpx.Response:
    """The case on the wire, with the key and the signature of a caller who is admitted."""
    assert target.signer is not None
    plain = case.as_transport_kwargs(base_url=target.url.rpartition("/")[0])
    request = client.build_request(
        plain["method"],
        plain["url"],
        params=plain.get("params"),
        json=plain.get("json"),
        content=plain.get("data"),
    )
    kind = case.media_type or "application/json"
    signed = signing.headers(
        target.signer, Signature.GOOD, request.method, str(request.url), request.read(), kind
    )
    request.headers.update(
        {"x-api-key": target.key(Key.OWN) or "", "user-agent": BROWSER, "content-type": kind} | signed
    )
    return client.send(request)


def checked(client: httpx.Client, target: Target, case: Case) -> int:
    answer = ask(client, target, case)
    case.validate_response(answer, checks=CHECKS)
    return answer.status_code


def bounded(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def test_what_the_document_allows_is_scored_or_refused_in_its_words(
    client: httpx.Client, target: Target, operation: Operation
) -> None:
    seen: set[int] = set()

    @bounded(EXAMPLES)
    @given(case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
    def fuzz(case: Case) -> None:
        body: Any = case.body
        for transaction in body["transactions"]:
            # JSON schema's draft 4 cannot say what a time is, nor which histories contradict themselves.
            transaction |= {"time": "2020-07-14T10:12:00", **_HISTORY}
        seen.add(checked(client, target, case))

    fuzz()
    assert 200 in seen
    assert seen <= {200, 400}


def test_what_the_document_forbids_is_refused(
    client: httpx.Client, target: Target, operation: Operation
) -> None:
    seen: set[int] = set()

    @bounded(EXAMPLES)
    @given(case=operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    def fuzz(case: Case) -> None:
        seen.add(checked(client, target, case))

    fuzz()
    assert 400 in seen
    assert seen <= {400, 403, 413, 415}


def test_the_document_says_what_the_stack_declares() -> None:
    document = openapi.document(declared("prod"))
    operation = document["paths"]["/score"]["post"]
    assert operation["security"] == [{"key": [], "signature": []}]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    Draft202012Validator.check_schema(schema)
    assert schema["additionalProperties"] is False
    assert schema["properties"]["transactions"]["items"]["additionalProperties"] is False
    assert {"200", "400", "403", "413", "415", "429", "502", "503", "504"} <= set(operation["responses"])


def test_without_the_signature_the_document_asks_for_none() -> None:
    unsigned = next(item for item in mutations.MUTATIONS if item.control == "a signature")
    changed = openapi.document(unsigned.apply(declared("prod")))
    assert changed["paths"]["/score"]["post"]["security"] == [{"key": []}]
