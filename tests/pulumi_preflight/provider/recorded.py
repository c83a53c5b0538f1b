"""Recordings of the real engine with the real AWS provider, read resource by resource.

tests/recordings holds every request that the engine sent to the pack: our stacks, and public `aws-py-*`
programs. Recorded with Pulumi CLI 3.259.0 and terraform-provider-aws 5.100.0 under pulumi-terraform-bridge, an
emulator as AWS.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pulumi_preflight.graph import whole_numbers
from pulumi_preflight.provider.place import Place

FOLDER = Path(__file__).parents[2] / "recordings"


@dataclass(frozen=True)
class Recorded:
    """One resource: what `Analyze` got (checked inputs) and what `AnalyzeStack` got (outputs)."""

    urn: str
    type: str
    name: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    place: Place


def recordings(form: str) -> list[Path]:
    """The files of a form: preview or up."""
    return sorted(FOLDER.rglob(f"*.{form}.calls.json.gz"))


def resources(file: Path) -> Iterator[Recorded]:
    """The AWS resources of a recording that both calls know."""
    calls = whole_numbers(json.loads(gzip.decompress(file.read_bytes())))["calls"]
    inputs = {call["request"]["urn"]: call["request"] for call in calls if call["rpc"] == "Analyze"}
    for call in calls:
        if call["rpc"] != "AnalyzeStack":
            continue
        for item in call["request"].get("resources", []):
            if item["type"].startswith("aws:") and item["urn"] in inputs:
                yield Recorded(
                    item["urn"],
                    item["type"],
                    item["name"],
                    inputs[item["urn"]].get("properties", {}),
                    item.get("properties", {}),
                    _place(item.get("provider", {}).get("properties", {})),
                )


def _place(settings: Mapping[str, Any]) -> Place:
    tags = settings.get("defaultTags") or {}
    tags = json.loads(tags) if isinstance(tags, str) else tags
    return Place(region=settings.get("region") or "us-east-1", default_tags=tags.get("tags") or {})


def differences(expected: Any, got: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """(dotted path, expected, got) of every leaf that differs; None stands for absent."""
    if isinstance(expected, Mapping) and isinstance(got, Mapping):
        for key in sorted(expected.keys() | got.keys()):
            yield from differences(expected.get(key), got.get(key), f"{path}.{key}" if path else key)
    elif isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
        for one, other in zip(expected, got, strict=True):
            yield from differences(one, other, path)
    elif expected != got:
        yield path, expected, got


def both_made_up(expected: Any, got: Any) -> bool:
    """Two texts of one kind that AWS makes up: ids, ARNs of the same service and kind, moments, digests."""
    if not (isinstance(expected, str) and isinstance(got, str) and expected and got):
        return False
    if expected[0] in "{[" or got[0] in "{[":
        return False
    if expected.startswith("arn:") or got.startswith("arn:"):
        return _arn_kind(expected) == _arn_kind(got)
    return _looks(expected) == _looks(got)


def _arn_kind(text: str) -> tuple[Any, ...]:
    parts = text.split(":")
    if len(parts) < 6:
        return (text,)
    kind = "" if parts[2] in ("sns", "sqs", "s3", "execute-api") else re.split("[/:]", parts[5])[0]
    return parts[0], parts[2], bool(parts[3]), bool(parts[4]), kind


def _looks(text: str) -> str:
    """What kind of text this is: the first pattern that it fits."""
    kinds = {
        "moment": r"\d{4}-\d\d-\d\dT[\d:.]+(Z|\+0000)",
        "uuid": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        "address": r"https?://.*|[\w.-]+\.(com|internal)",
        "ip": r"\d+\.\d+\.\d+\.\d+",
        "prefixed": r"[a-z]+-[0-9a-f]{17}",
        "unique": r"A[A-Z]{3}[0-9A-Z]{16,17}",
    }
    return next((kind for kind, pattern in kinds.items() if re.fullmatch(pattern, text)), "other")
