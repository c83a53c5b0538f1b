"""Signature Version 4: credentials issued for a local server, and the check of a request signed with them."""

from __future__ import annotations

import hashlib
import hmac
import posixpath
import re
import secrets
import string
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, unquote

from pulumi_preflight import jsonfile
from pulumi_preflight.files import write_private

from localaws.errors import ServerError

SERVICE = "execute-api"
CLOCK_SKEW_SECONDS = 300

_ALGORITHM = "AWS4-HMAC-SHA256"
_FIELD = re.compile(r"(Credential|SignedHeaders|Signature)=([^\s,]+)")


@dataclass(frozen=True)
class Credentials:
    """An access key that only this server knows."""

    access_key_id: str
    secret_access_key: str
    region: str


class SignatureError(Exception):
    """The request is not signed as it should be. `kind` is the gateway response's type."""

    def __init__(self, kind: str, error: str, message: str) -> None:
        super().__init__(message)
        self.kind, self.error = kind, error


@dataclass(frozen=True)
class Signed:
    """What of a request is signed: raw path and query, header names in lower case, the whole body."""

    method: str
    path: str
    query: str
    headers: Sequence[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """All values of a header, as the canonical request joins them."""
        values = [" ".join(value.split()) for key, value in self.headers if key == name]
        return ",".join(values) if values else None


def issue(region: str) -> Credentials:
    """New random credentials."""
    letters = string.ascii_uppercase + string.digits
    name = "LOCAL" + "".join(secrets.choice(letters) for _ in range(15))
    return Credentials(name, secrets.token_urlsafe(30), region)


def write(credentials: Credentials, path: Path) -> None:
    """Writes them as JSON with mode 0600. Raises UserError when that fails."""
    write_private(path, asdict(credentials))


def load(path: Path) -> Credentials:
    """Reads what `write` wrote. Raises UserError when it is something else."""
    content = jsonfile.read(path, "the credentials file")
    try:
        return Credentials(**content)
    except TypeError:
        raise ServerError(
            f"{path} is not a credentials file: it must be a JSON object of access_key_id, "
            "secret_access_key and region."
        ) from None


def verify(request: Signed, credentials: Credentials, *, clock: Callable[[], float] = time.time) -> None:
    """Returns when `request` is signed with `credentials`, now and in full. Raises SignatureError."""
    authorization = request.header("authorization")
    if not authorization:
        raise SignatureError(
            "MISSING_AUTHENTICATION_TOKEN",
            "MissingAuthenticationTokenException",
            "Missing Authentication Token",
        )
    fields = dict(_FIELD.findall(authorization))
    stamp = request.header("x-amz-date") or ""
    scope = fields.get("Credential", "").split("/")
    names = fields.get("SignedHeaders", "").split(";")
    several = sum(name == "authorization" for name, _ in request.headers) > 1
    if several or authorization.split()[0] != _ALGORITHM or len(fields) != 3 or len(scope) != 5 or not stamp:
        raise _invalid("IncompleteSignatureException", "The authorization header is incomplete.")
    if not hmac.compare_digest(scope[0].encode(), credentials.access_key_id.encode()):
        raise _invalid(
            "UnrecognizedClientException", "The security token included in the request is invalid."
        )
    if request.header("x-amz-security-token") is not None:  # none was issued
        raise _invalid(
            "UnrecognizedClientException", "The security token included in the request is invalid."
        )
    _check_time(stamp, clock())
    if scope[1:] != [stamp[:8], credentials.region, SERVICE, "aws4_request"]:
        raise _invalid(
            "InvalidSignatureException", "The credential is scoped to another day, region or service."
        )
    if "host" not in names or any(request.header(name) is None for name in names):
        raise _invalid("InvalidSignatureException", "The host header, or one that is named, is not signed.")
    expected = _signature(request, names, stamp, "/".join(scope[1:]), credentials.secret_access_key)
    if not hmac.compare_digest(expected.encode(), fields["Signature"].encode()):
        raise _invalid(
            "InvalidSignatureException",
            "The request signature we calculated does not match the signature you provided.",
        )


def _invalid(error: str, message: str) -> SignatureError:
    return SignatureError("INVALID_SIGNATURE", error, message)


def _check_time(stamp: str, now: float) -> None:
    try:
        signed = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise _invalid("IncompleteSignatureException", "The date is not in ISO 8601 basic format.") from None
    if abs(now - signed) > CLOCK_SKEW_SECONDS:
        raise _invalid("InvalidSignatureException", "Signature expired or not yet current.")


def _signature(request: Signed, names: Sequence[str], stamp: str, scope: str, secret: str) -> str:
    canonical = "\n".join(
        [
            request.method.upper(),
            _canonical_path(request.path),
            _canonical_query(request.query),
            *(f"{name}:{request.header(name)}" for name in names),
            "",
            ";".join(names),
            hashlib.sha256(request.body).hexdigest(),
        ]
    )
    digest = hashlib.sha256(canonical.encode("latin-1", "replace")).hexdigest()
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    text = "\n".join([_ALGORITHM, stamp, scope, digest])
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _canonical_path(path: str) -> str:
    """Every service but S3 normalizes the path and encodes it once more."""
    normal = posixpath.normpath(path) if path else "/"
    normal = "/" + normal.lstrip("/")
    return quote(normal + "/" * (path.endswith("/") and normal != "/"), safe="/~")


def _canonical_query(query: str) -> str:
    pairs = (part.partition("=") for part in query.split("&") if part)
    encoded = ((quote(unquote(name), safe="~"), quote(unquote(value), safe="~")) for name, _, value in pairs)
    return "&".join(f"{name}={value}" for name, value in sorted(encoded))
