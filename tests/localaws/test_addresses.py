"""Over real HTTP no header of a caller's chooses the address that firewall, rate rule, logs and function see."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from localaws.run import running
from preflight import score
from tests.pulumi_preflight import graphs, hardened
from tests.pulumi_preflight.hardened import BODY, BROWSER, KNOWN, Inputs, rule

pytestmark = pytest.mark.slow

HERE = "127.0.0.1"
CLAIMS = (
    {"x-forwarded-for": KNOWN, "x-forwarded-proto": "https"},
    {"x-real-ip": KNOWN},
    {"forwarded": f"for={KNOWN}"},
    {"true-client-ip": KNOWN},
    {"x-preflight-source-ip": KNOWN},
    {"x-forwarded-for": f"192.0.2.1, {KNOWN}"},
)
LIMIT = 10
ECHO = """
import json
def handle(event, context):
    seen = {"ip": event["requestContext"]["identity"]["sourceIp"], "for": event["headers"]["X-Forwarded-For"]}
    return {"statusCode": 200, "body": json.dumps(seen)}
"""


def few(inputs: Inputs) -> None:
    """Every control, a rate of ten requests, and a function that tells where it was called from."""
    hardened.harden(inputs)
    limit = {"limit": LIMIT, "aggregateKeyType": "IP"}
    inputs["firewall"]["rules"][1] = rule("rate-limit", 10, {"rateBasedStatement": limit})
    inputs["function"]["code"]["assets"]["model/serving/handler.py"] = {"text": ECHO}


def test_a_claimed_address_changes_nothing(tmp_path: Path) -> None:
    with running(graphs.stack(graphs.archive(tmp_path), few)) as served:
        key = json.loads(served.keys_file.read_text())["checkout"]
        headers = {"content-type": "application/json", "x-api-key": key, "user-agent": BROWSER}
        auth = score.SigV4.of(served.credentials_file)
        with httpx.Client(headers=headers, auth=auth, trust_env=False) as client:
            program = client.post(served.url, content=BODY, headers=CLAIMS[0] | {"user-agent": "curl/8"})
            answers = [client.post(served.url, content=BODY, headers=claim) for claim in CLAIMS]
            statuses = [
                client.post(served.url, content=BODY, headers=CLAIMS[0]).status_code for _ in range(5)
            ]
        logs = {
            name: [json.loads(line) for line in (served.log_dir / name).read_text().splitlines()]
            for name in ("waf.log", "access.log")
        }
    assert program.status_code == 403, "a known caller's network was believed"
    assert [(answer.status_code, answer.json()["ip"]) for answer in answers] == [(200, HERE)] * len(CLAIMS)
    assert answers[0].json()["for"] == f"{KNOWN}, {HERE}"
    served_first = LIMIT - 1 - len(CLAIMS)
    assert statuses == [200] * served_first + [403] * (5 - served_first)
    assert logs["waf.log"][-1]["terminatingRuleId"] == "rate-limit"
    assert {line["httpRequest"]["clientIp"] for line in logs["waf.log"]} == {HERE}
    assert {line["sourceIp"] for line in logs["access.log"]} == {HERE}
