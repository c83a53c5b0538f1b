"""Has the population moved? Days of live traffic, by client, against the histograms in a model's card.

The figures are those of the declared stack's alarms (`components/drift.py`), which CloudWatch computes from the
function's metrics; a test compares the two.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from model import histograms
from model.errors import UserError
from model.evaluation import days
from model.evaluation.captured import Counts, Seen

MARGIN = 1.5
"""Of the index that 99 in 100 of the training data's days stay below: from here on it is an alarm."""
EVERYONE = "all clients"


@dataclass(frozen=True)
class Expected:
    """A feature as the card has it: counts per band, and how much an ordinary day of that size differs."""

    counts: tuple[float, ...]
    day_index: float
    day_purchases: float

    def multiples(self, seen: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Indices (days,) of counts (days, bands), as multiples of a usual day's.

        Chance moves a day of few purchases more: its index counts in proportion.
        """
        found = days.indices(np.array(self.counts), seen)
        part: npt.NDArray[np.float64] = np.minimum(1.0, seen.sum(axis=1) / self.day_purchases)
        return found * part / self.day_index


@dataclass(frozen=True)
class Shift:
    """A feature of one client: days judged, purchases, the largest multiple of a usual day's index, days above."""

    client: str
    feature: str
    days: int
    purchases: int
    largest: float
    above: int


def baseline(card: Path) -> dict[str, Expected]:
    """What a card expects of each feature; UserError when it has no histograms over the bins of this version."""
    if not card.is_file():
        raise UserError(f"{card} is not a file: name the card.json of the model that answered.")
    try:
        return of_card(json.loads(card.read_bytes())["histograms"])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UserError(
            f"{card} holds no histograms that this version reads: build the artifact again."
        ) from None


def of_card(entries: Mapping[str, days.Entry]) -> dict[str, Expected]:
    """The same from a card's entry `histograms`. ValueError, KeyError or TypeError for one that cannot be."""
    found = {}
    for name, entry in entries.items():
        counts = [float(count) for count in entry["counts"]]
        index, purchases = float(entry["day_index"]), float(entry["day_purchases"])
        edges = list(histograms.EDGES[name])
        if list(entry["edges"]) != edges or len(counts) != len(edges) + 1 or not (index > 0 < purchases):
            raise ValueError
        found[name] = Expected(tuple(histograms.banded(name, counts)), index, purchases)
    return found


def shifts(
    expected: Mapping[str, Expected], seen: Seen, *, margin: float = MARGIN, least: int = days.LEAST_PURCHASES
) -> list[Shift]:
    """Every client and feature that was seen on a day of `least` purchases, the most moved of each client first.

    Where there are several clients, all of them together come first.
    """
    by_client: dict[str, list[Counts]] = {}
    for (client, _), counts in seen.counts.items():
        by_client.setdefault(client, []).append(counts)
    groups = {EVERYONE: list(seen.together().values())}
    if len(by_client) > 1:
        groups |= by_client
    found = []
    for client, judged in groups.items():
        of_client = [
            shift
            for name, wanted in expected.items()
            if (shift := _shift(client, name, wanted, judged, margin, least))
        ]
        found += sorted(of_client, key=lambda shift: -shift.largest)
    return found


def _shift(
    client: str, name: str, expected: Expected, judged: Sequence[Counts], margin: float, least: int
) -> Shift | None:
    bins = range(len(histograms.EDGES[name]) + 1)
    counted = [[counts[name][place] for place in bins] for counts in judged if name in counts]
    enough = [histograms.banded(name, counts) for counts in counted if sum(counts) >= least]
    if not enough:
        return None
    days_seen = np.array(enough)
    moved = expected.multiples(days_seen)
    largest, above = float(moved.max()), int((moved > margin).sum())
    return Shift(client, name, len(moved), int(days_seen.sum()), largest, above)
