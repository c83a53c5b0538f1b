"""Has the population moved? Requests that were captured or logged, against the histograms in a model's card."""

from __future__ import annotations

import base64
import gzip
import json
import math
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


@dataclass
class Seen:
    """How many values of each feature fell into each bin, and what could not be read."""

    counts: dict[str, Counter[int]] = field(default_factory=dict)
    skipped_lines: int = 0

    def add(self, found: Mapping[str, Sequence[int]]) -> None:
        """Count bin numbers as `histograms.bins` gives them."""
        for name, places in found.items():
            self.counts.setdefault(name, Counter()).update(places)


@dataclass(frozen=True)
class Shift:
    """One feature: how many values were seen, and the index of its population's stability."""

    feature: str
    values: int
    index: float


def stability_index(expected: Sequence[float], seen: Sequence[float]) -> float:
    """Population stability index of two histograms over the same bins: 0 for the same shares, without bound.

    Half a count is added to every bin, so that an empty one gives a finite index.
    """
    before = [(count + 0.5) / (sum(expected) + 0.5 * len(expected)) for count in expected]
    after = [(count + 0.5) / (sum(seen) + 0.5 * len(seen)) for count in seen]
    return sum((q - p) * math.log(q / p) for p, q in zip(before, after, strict=True))


def baseline(card: Path) -> dict[str, list[float]]:
    """Counts per feature from a card; UserError when it has none over the bins of this version."""
    try:
        entries = json.loads(card.read_bytes())["histograms"]
        edges = {name: list(entry["edges"]) for name, entry in entries.items()}
        counts = {name: [float(count) for count in entry["counts"]] for name, entry in entries.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UserError(f"{card} holds no histograms: build the artifact again.") from None
    for name, inner in edges.items():
        if inner != list(histograms.EDGES.get(name, ())) or len(counts[name]) != len(inner) + 1:
            raise UserError(f"{card} has other bins for {name} than this version: build the artifact again.")
    return counts


def read(files: Sequence[Path]) -> Seen:
    """What the lines of captured data or of function logs hold; folders are searched for files.

    A line may carry a log service's prefix before its JSON. Lines that are neither are counted, not shown.
    """
    seen = Seen()
    for path in _expanded(files):
        for line in _lines(path):
            if not line.strip():
                continue
            try:
                found = _bins(json.loads(line[line.index("{") :]))
            except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
                found = None
            if found is None:
                seen.skipped_lines += 1
            else:
                seen.add(found)
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


def _bins(entry: Mapping[str, Any]) -> dict[str, list[int]] | None:
    """Bin numbers of one line, or None for a line without any."""
    if "captureData" in entry:
        return _captured(entry["captureData"])
    marked = {
        name.removeprefix(histograms.PREFIX): places
        for name, places in entry.items()
        if name.startswith(histograms.PREFIX)
    }
    for name, places in marked.items():
        if not all(type(place) is int and 0 <= place <= len(histograms.EDGES[name]) for place in places):
            raise ValueError
    return marked or None


def _captured(capture: Mapping[str, Any]) -> dict[str, list[int]]:
    document = _content(capture["endpointInput"])
    fields = [name for name in contract.FIELDS if name in document["transactions"][0]]
    transactions = contract.parse(
        json.dumps(document),
        fields,
        max_transactions=_CAPTURE_LIMIT_ROWS,
        max_bytes=_CAPTURE_LIMIT_BYTES,
    )
    scores = None
    if "endpointOutput" in capture:
        answer = _content(capture["endpointOutput"])
        scores = [float(prediction["score"]) for prediction in answer["predictions"]]
    return histograms.bins(transactions, scores)


def _content(part: Mapping[str, Any]) -> Any:
    data = part["data"]
    return json.loads(base64.b64decode(data) if part["encoding"] == "BASE64" else data)


def shifts(expected: Mapping[str, Sequence[float]], seen: Seen) -> list[Shift]:
    """Every feature of the card that was seen, the most moved first; those not seen have no entry."""
    found = [
        Shift(
            name,
            sum(seen.counts[name].values()),
            stability_index(counts, [seen.counts[name][place] for place in range(len(counts))]),
        )
        for name, counts in expected.items()
        if name in seen.counts
    ]
    return sorted(found, key=lambda shift: -shift.index)
