"""Signs requests with Signature Version 4, well or badly, as a probe asks."""

from __future__ import annotations

import base64
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from attacks.probe import Signature
from attacks.target import Signer

_TOO_OLD = timedelta(minutes=20)
"""AWS admits five minutes."""


class _DatedAuth(SigV4Auth):  # type: ignore[misc]  # botocore has no types
    """Signs for another time than now."""

    def __init__(self, credentials: Credentials, service: str, region: str, when: datetime) -> None:
        super().__init__(credentials, service, region)
        self._when = when.strftime("%Y%m%dT%H%M%SZ")

    def _modify_request_before_signing(self, request: Any) -> None:
        request.context["timestamp"] = self._when
        super()._modify_request_before_signing(request)


def headers(
    signer: Signer, how: Signature, method: str, url: str, body: bytes, content_type: str | None
) -> dict[str, str]:
    """The headers that sign a request to `url`; the URL as it is sent, percent-encoded."""
    if how is Signature.NONE:
        return {}
    if how is Signature.BEARER:
        return {"Authorization": f"Bearer {secrets.token_urlsafe(40)}"}
    if how is Signature.BASIC:
        return {"Authorization": "Basic " + base64.b64encode(b"admin:admin").decode()}
    if how is Signature.OTHER_BODY:
        body += b" "
    sent = {"Content-Type": content_type} if content_type else {}
    request = AWSRequest(method, url, headers=sent, data=body)
    _auth(signer, how).add_auth(request)
    signed = ("authorization", "x-amz-date", "x-amz-security-token")
    return {name: str(value) for name, value in request.headers.items() if name.lower() in signed}


def _auth(signer: Signer, how: Signature) -> SigV4Auth:
    credentials, region, service = signer.credentials, signer.region, "execute-api"
    if how is Signature.WRONG_KEY:
        credentials = Credentials(credentials.access_key, secrets.token_urlsafe(30))
    if how is Signature.OTHER_REGION:
        region = "eu-central-1" if region != "eu-central-1" else "us-east-1"
    if how is Signature.OTHER_SERVICE:
        service = "sagemaker"
    when = datetime.now(UTC) - (_TOO_OLD if how is Signature.EXPIRED else timedelta())
    return _DatedAuth(credentials, service, region, when)
