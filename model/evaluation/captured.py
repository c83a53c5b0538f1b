"""What captured requests and function logs hold: bins by client and day, never a value."""

from __future__ import annotations

import base64
import gzip
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from model import contract, histograms
from model.errors import UserError

_CAPTURE_LIMIT_BYTES = 8 * 1024 * 1024
_CAPTURE_LIMIT_ROWS = 100_000
_GZIP = b"\x1f\x8b"

Bins = Mapping[str, Sequence[int]]
Counts = dict[str, Counter[int]]
"""Per feature, how many values fell into each bin."""


@dataclass(frozen=True)
class Line:
    """One line: the client's key (empty where there is none), the day (the same), and bin numbers."""

    client: str
    day: str
    bins: Bins


@dataclass
class Seen:
    """Counts by client and day, and how many lines held nothing."""

    counts: dict[tuple[str, str], Counts] = field(default_factory=dict)
    skipped_lines: int = 0

    def add(self, line: Line) -> None:
        """Count the bins of a line."""
        counts = self.counts.setdefault((line.client, line.day), {})
        for name, places in line.bins.items():
            counts.setdefault(name, Counter()).update(places)

    def together(self) -> dict[str, Counts]:
        """Counts by day, of all clients."""
        whole: dict[str, Counts] = {}
        for (_, day), counts in self.counts.items():
            for name, counted in counts.items():
                whole.setdefault(day, {}).setdefault(name, Counter()).update(counted)
        return whole


def read(files: Sequence[Path]) -> Seen:
    """What the lines of captured data or of function logs hold; folders are searched for files.

    A line may carry a log service's prefix before its JSON. Lines that are neither are counted, not shown.
    UserError for a file that does not exist or is damaged, and when no line holds anything.
    """
    if missing := [path for path in files if not path.exists()]:
        raise UserError(f"{missing[0]} does not exist: name data capture or function log files, or folders.")
    if odd := [path for path in files if not path.is_file() and not path.is_dir()]:
        raise UserError(f"{odd[0]} is not a regular file: name files or folders.")
    seen = Seen()
    for path in _expanded(files):
        for text in _lines(path):
            if not text.strip():
                continue
            try:
                line = _line(json.loads(text[text.index("{") :]))
            except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
                line = None
            if line is None:
                seen.skipped_lines += 1
            else:
                seen.add(line)
    if not seen.counts:
        named = ", ".join(str(path) for path in files)
        raise UserError(f"{named}: holds neither captured requests nor log lines of the scoring function.")
    return seen


def _expanded(files: Sequence[Path]) -> Iterator[Path]:
    for path in files:
        if path.is_dir():
            yield from sorted(item for item in path.rglob("*") if item.is_file())
        else:
            yield path


def _lines(path: Path) -> Iterator[str]:
    with path.open("rb") as file:
        compressed = file.read(2) == _GZIP
    try:
        with gzip.open(path, "rb") if compressed else path.open("rb") as file:
            for line in file:
                yield line.decode(errors="replace")
    except (gzip.BadGzipFile, EOFError):
        raise UserError(f"{path} is damaged or incomplete: copy it again.") from None


def _line(entry: Mapping[str, Any]) -> Line | None:
    """What one line says, or None for a line without bins."""
    if "captureData" in entry:
        day = str(entry.get("eventMetadata", {}).get("inferenceTime", ""))[:10]
        return Line("", day, _captured(entry["captureData"]))
    bins = {
        name.removeprefix(histograms.PREFIX): places
        for name, places in entry.items()
        if name.startswith(histograms.PREFIX)
    }
    if not bins:
        return None
    for name, places in bins.items():
        if not all(type(place) is int and 0 <= place <= len(histograms.EDGES[name]) for place in places):
            raise ValueError
    count, frauds = int(entry["count"]), int(entry["frauds"])
    if not 0 <= frauds <= count <= contract.MAX_TRANSACTIONS:
        raise ValueError
    alerts = [0] * (count - frauds) + [1] * frauds
    return Line(str(entry["api_key_id"]), str(entry["timestamp"])[:10], {**bins, "alert": alerts})


def _captured(capture: Mapping[str, Any]) -> Bins:
    document = _content(capture["endpointInput"])
    fields = [name for name in contract.FIELDS if name in document["transactions"][0]]
    transactions = contract.parse(
        json.dumps(document),
        fields,
        max_transactions=_CAPTURE_LIMIT_ROWS,
        max_bytes=_CAPTURE_LIMIT_BYTES,
    )
    if "endpointOutput" not in capture:
        return histograms.bins(transactions, None)
    predictions = _content(capture["endpointOutput"])["predictions"]
    scores = [float(prediction["score"]) for prediction in predictions]
    alerts = [int(prediction["is_fraud"]) for prediction in predictions]
    return {**histograms.bins(transactions, scores), "alert": alerts}


def _content(part: Mapping[str, Any]) -> Any:
    data = part["data"]
    return json.loads(base64.b64decode(data) if part["encoding"] == "BASE64" else data)
