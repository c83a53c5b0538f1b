"""What the controls that rules refer to are called in Security Hub, CIS, PCI DSS, NIST 800-53 and other tools."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

NAMES: Mapping[str, str] = {
    "security_hub": "Security Hub",
    "cis": "CIS AWS 3.0",
    "pci": "PCI DSS 4.0",
    "nist": "NIST 800-53 r5",
    "checkov": "Checkov",
    "cdk_nag": "cdk-nag",
    "prowler": "Prowler",
}


@cache
def controls() -> dict[str, dict[str, Any]]:
    """The catalogue by control id: title, tier, and the ids in the standards of `NAMES` where there are any."""
    content: dict[str, dict[str, Any]] = json.loads(
        Path(__file__).with_name("catalogue.json").read_text("utf-8")
    )
    return content


def not_applicable() -> dict[str, str]:
    """Core controls that no rule enforces on purpose, each with the reason."""
    return {key: entry["not_applicable"] for key, entry in controls().items() if "not_applicable" in entry}


def ids(references: Iterable[str], standard: str) -> list[str]:
    """The ids that a standard has for these controls, each once, in order."""
    found = [item for key in references for item in controls().get(key, {}).get(standard, [])]
    return list(dict.fromkeys(found))


def summary(references: Iterable[str]) -> str:
    """The Security Hub and PCI DSS ids in one line, for the policy's metadata."""
    keys = list(references)
    parts = [(NAMES[name], ids(keys, name)) for name in ("security_hub", "cis", "pci")]
    return "; ".join(f"{title}: {', '.join(found)}" for title, found in parts if found)
