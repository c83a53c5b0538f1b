"""How it is sent: content types, encodings, sizes, and an array that would run code."""

from __future__ import annotations

import gzip
import json
import os
import pickle
import tempfile
from pathlib import Path
from typing import Any

from attacks import judges
from attacks.evidence import Evidence
from attacks.probe import (
    BAD,
    CLOSED,
    REFUSED,
    SERVED,
    Probe,
    Request,
    Step,
    Valid,
    purchase,
)  # fmt: skip
from model.contract import MAX_BODY_BYTES

_COST = ("API4", "AML.T0029", "AML.T0034")
_TOO_MUCH = frozenset({400, 403, 413})
_NOT_TAKEN = frozenset({400, 415})
_PURCHASE = json.dumps({"transactions": [purchase()]}).encode()


class _Touch:
    """Unpickled, it creates a file: the harmless form of the attack."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (open, (str(self._path), "w"))


MARKER = Path(tempfile.gettempdir()) / f"preflight-executed-{os.getpid()}"
"""What the pickled object would create."""


def _executed(_: Evidence) -> str | None:
    if MARKER.exists():
        MARKER.unlink()
        return "the pickled object was executed"
    return None


def _npy() -> bytes:
    """An array of objects as numpy saves it: version, header, pickle."""
    header = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }".ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + pickle.dumps([_Touch(MARKER)])


_BAD_BODY = json.dumps({"transactions": [{"amt": "1"}]}).encode()
_MEDIA = (
    "text/plain",
    "application/xml",
    "text/xml",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/octet-stream",
    "application/jsonp",
    "application/json; charset=utf-16",
    "application/json, text/plain",
    "application/vnd.api+json",
    "*/*",
)


def _content_type(body: Any) -> tuple[Request, ...]:
    return tuple(Request(media, body=body, headers={"Content-Type": media}) for media in _MEDIA)


PROBES = (
    Probe(
        "content-type-bypass",
        "A bad body under a content type that a validator may not know: the schema is bound to all of them",
        ("API8", "ML01"),
        ("requests-validated",),
        (
            Step(_content_type(_BAD_BODY), BAD),
            Step((Request("none", body=_BAD_BODY, headers={"Content-Type": None}),), BAD),
        ),
        judge=judges.refused_by_the_schema,
        expected="400 with the gateway's one fixed body",
    ),
    Probe(
        "content-type-foreign",
        "A valid purchase under another content type",
        ("API8",),
        ("requests-validated",),
        (
            Step(tuple(Request(m, headers={"Content-Type": m}) for m in _MEDIA), _NOT_TAKEN),
            Step((Request("none", headers={"Content-Type": None}),), _NOT_TAKEN),
        ),
    ),
    Probe(
        "pickled-array",
        "A numpy array whose pickle creates a file when loaded, under the container's own content types",
        ("API10", "ML06", "AML.T0011", "AML.T0010"),
        ("requests-validated", "model-isolated"),
        (
            Step(
                tuple(
                    Request(media, body=_npy(), headers={"Content-Type": media})
                    for media in (
                        "application/x-npy",
                        "application/x-npz",
                        "application/python-pickle",
                        "text/csv",
                    )
                ),
                frozenset({400, 403, 415}),
            ),
        ),
        judge=_executed,
        expected="400, 403 or 415, and no file created",
    ),
    Probe(
        "compressed",
        "A compressed purchase, and 8 MB of zeros in 8 KB: never expanded",
        _COST,
        ("requests-validated", "firewall-body-size"),
        (
            Step(
                (
                    Request(
                        "purchase",
                        body=gzip.compress(_PURCHASE, mtime=0),
                        headers={"Content-Encoding": "gzip"},
                    ),
                    Request(
                        "bomb",
                        body=gzip.compress(bytes(8_000_000), mtime=0),
                        headers={"Content-Encoding": "gzip"},
                    ),
                    Request("claimed only", headers={"Content-Encoding": "br"}),
                ),
                frozenset({400, 403, 413, 415}),
            ),
        ),
    ),
    Probe(
        "body-at-the-limit",
        "8 KB exactly is served, one byte more is not",
        _COST,
        ("firewall-body-size",),
        (
            Step((Request("8192", body=Valid(size=MAX_BODY_BYTES)),), SERVED),
            Step(
                (
                    Request("8193", body=Valid(size=MAX_BODY_BYTES + 1)),
                    Request("9 KB", body=Valid(size=9216)),
                ),
                _TOO_MUCH,
            ),
        ),
    ),
    Probe(
        "body-past-inspection",
        "17 KB and 70 KB: more than the firewall inspects",
        _COST,
        ("firewall-body-size",),
        (
            Step(
                (Request("17 KB", body=Valid(size=17408)), Request("70 KB", body=Valid(size=71680))),
                REFUSED,
            ),
        ),
    ),
    Probe(
        "body-huge",
        "11 MB: more than API Gateway takes",
        _COST,
        ("firewall-body-size",),
        (Step((Request("11 MB", body=Valid(size=11534336)),), frozenset({403, 413, CLOSED})),),
    ),
)
