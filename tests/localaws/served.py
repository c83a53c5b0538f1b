"""A purchase sent to a served stack."""

from __future__ import annotations

import json

import httpx

from localaws.run import Served
from tests.pulumi_preflight import graphs


def post(served: Served, key: str = "checkout") -> httpx.Response:
    """The answer to a legitimate purchase, sent with the key of a client."""
    values = json.loads(served.keys_file.read_text())
    return httpx.post(
        served.url,
        json={"transactions": [graphs.LEGITIMATE]},
        headers={"x-api-key": values[key]},
        trust_env=False,
        timeout=20,
    )
