"""Signature Version 4 is checked in full, where the method asks for it."""

from __future__ import annotations

import time
from pathlib import Path

import httpx
import pytest

from localaws import signature
from tests.pulumi_preflight import hardened
from tests.pulumi_preflight.hardened import BODY, CREDENTIALS, URL, Here, here


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


MISSING, INVALID = "MISSING_AUTHENTICATION_TOKEN", "INVALID_SIGNATURE"
INCOMPLETE, MISMATCH = "IncompleteSignatureException", "InvalidSignatureException"
RECENTLY = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(time.time() - 60))
BADLY_SIGNED: dict[str, tuple[dict[str, str | None], str, str]] = {
    "not at all": ({"authorization": None}, MISSING, "MissingAuthenticationTokenException"),
    "nonsense": ({"authorization": "Bearer x"}, INVALID, INCOMPLETE),
    "without a date": ({"x-amz-date": None}, INVALID, INCOMPLETE),
    "unreadable date": ({"x-amz-date": "today"}, INVALID, INCOMPLETE),
    "another minute": ({"x-amz-date": RECENTLY}, INVALID, MISMATCH),
    "long ago": ({"x-amz-date": "20200101T000000Z"}, INVALID, MISMATCH),
    "another host": ({"host": "elsewhere"}, INVALID, MISMATCH),
    "wrong signature": ({"authorization": authorization()}, INVALID, MISMATCH),
    "unknown key": ({"authorization": authorization(key="LOCALO")}, INVALID, "UnrecognizedClientException"),
    "other service": ({"authorization": authorization(service="s3")}, INVALID, MISMATCH),
    "other region": ({"authorization": authorization(region="eu-west-1")}, INVALID, MISMATCH),
}


@pytest.mark.parametrize("name", BADLY_SIGNED)
def test_a_bad_signature_is_403_and_says_which_kind(tmp_path: Path, name: str) -> None:
    headers, kind, error = BADLY_SIGNED[name]
    with here(tmp_path) as gateway:
        assert altered(gateway).status_code == 200
        answer = altered(gateway, **headers)
        assert (answer.status_code, answer.headers["x-amzn-errortype"]) == (403, error)
        assert gateway.kinds()[-1] == kind
        assert CREDENTIALS.access_key_id not in answer.text


def test_the_body_and_the_query_are_signed(tmp_path: Path) -> None:
    signed = hardened.sign("POST", URL, BODY, {"host": "api.local"})
    with here(tmp_path) as gateway:
        assert gateway.send(BODY + b" ", signed=False, headers=signed).status_code == 403
        assert gateway.send(url=f"{URL}?a=1", signed=False, headers=signed).status_code == 403
        assert gateway.send(url=f"{URL}?b=%2F&a=1%202&a=", headers={}).status_code == 200


@pytest.mark.parametrize("scope", [{"service": "s3"}, {"region": "eu-west-1"}])
def test_a_signature_for_another_service_or_region_is_none(tmp_path: Path, scope: dict[str, str]) -> None:
    with here(tmp_path) as gateway:
        signed = hardened.sign("POST", URL, BODY, {"host": "api.local"}, **scope)
        assert gateway.send(signed=False, headers=signed).status_code == 403


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
