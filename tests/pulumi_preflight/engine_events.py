"""Lines of an engine log, as the CLI writes them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.pulumi_preflight.results import ROOT
from tests.pulumi_preflight.sample_program import CANARY

KEY = f"{ROOT}my:index:Store$aws:kms/key:Key::key"
SUMMARY = {"summaryEvent": {"durationSeconds": 3, "isPreview": True, "PolicyPacks": {"sample-pack": "v1"}}}


STACK = {
    "policyAnalyzeStackSummaryEvent": {
        "policyPackName": "sample-pack",
        "policyPackVersion": "1",
        "passed": ["a"],
    }
}
ENDED = (STACK, SUMMARY)
FAILURE = {"diagnosticEvent": {"severity": "error", "message": "Program failed with an unhandled exception"}}


def policy(
    name: str = "key-rotation", level: str = "mandatory", urn: str = KEY, **more: Any
) -> dict[str, Any]:
    message = '<{%fg 13%}>Keys are rotated\nKey "key" is not rotated (enableKeyRotation).<{%reset%}>\n'
    event = {
        "policyName": name,
        "policyPackName": "sample-pack",
        "enforcementLevel": level,
        "resourceUrn": urn,
    }
    return {"sequence": 1, "timestamp": 2, "policyEvent": event | {"message": message, "color": "raw"} | more}


def step(urn: str, op: str = "create", **state: Any) -> dict[str, Any]:
    state = {"urn": urn, "inputs": {"value": CANARY}, "outputs": {"value": CANARY}} | state
    return {"resourcePreEvent": {"metadata": {"op": op, "urn": urn, "new": state, "old": None}}}


def write(path: Path, events: Iterable[Any]) -> Path:
    path.write_text(
        "\n".join(event if isinstance(event, str) else json.dumps(event) for event in events) + "\n"
    )
    return path
