"""Fixed bins for features and scores: what the card keeps of its data and the function logs of its requests.

Importing this needs the standard library and the contract only: the file also runs in the Lambda function. A bin
says "between 50 and 100 dollars", never an amount; card numbers and places have no bins.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from model.contract import CATEGORIES, FIELDS

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_DOLLARS = (5, 10, 20, 50, 75, 100, 150, 200, 300, 500, 750, 1000, 2000)
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
# As `features.py` has them, which needs numpy and so cannot be imported in the function; a test compares.
_AGE_BAND_YEARS = 5
_CITY_SIZES = (32, 100, 316, 1_000, 3_162, 10_000, 31_623, 100_000, 316_228, 1_000_000, 3_162_278)
_NEVER = FIELDS["seconds_since_previous"].maximum

EDGES: Mapping[str, tuple[float, ...]] = {
    "amt": _DOLLARS,
    "hour": tuple(range(1, 24)),
    "category": tuple(range(1, len(CATEGORIES))),
    "seconds_since_previous": (
        *(_MINUTE, 10 * _MINUTE, _HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR),
        *(_DAY, 2 * _DAY, 4 * _DAY, 7 * _DAY, 30 * _DAY, _NEVER),
    ),
    "count_24h": (1, 2, 3, 4, 5, 7, 10, 15, 20),
    "sum_24h": (0.01, *_DOLLARS, 5000),
    "max_24h": (0.01, *_DOLLARS),
    "age_band": tuple(range(4, 17)),
    "city_size": tuple(range(1, len(_CITY_SIZES) + 1)),
    # Between two answers' digits, so that a rounded score falls where the exact one does.
    "score": (0.005, 0.015, 0.055, 0.105, 0.205, 0.305, 0.405, 0.505, 0.605, 0.705, 0.805, 0.905, 0.955),
    "alert": (1,),
}
"""Per feature, the inner edges: a value on an edge belongs to the bin above, so n edges make n + 1 bins."""

_CODES = {name: code for code, name in enumerate(CATEGORIES)}
NAMESPACE = "FraudScoring"
PREFIX = "bin_"
CLIENT = "api_key_id"
"""The dimension that tells clients apart: the id of a key, which is not a secret."""


def watched(fields: Iterable[str]) -> list[str]:
    """The features with bins that are made from these request fields."""
    of_field = {"time": "hour", "age": "age_band", "city_pop": "city_size"}
    names = {of_field.get(field, field) for field in fields}
    return [name for name in EDGES if name in names]


def places(name: str, values: npt.NDArray[Any]) -> npt.NDArray[np.intp]:
    """Bin number (n,) of each value (n,) of a feature."""
    import numpy as np

    # In the values' own precision: an amount of 0.01 must not fall below an edge of 0.01.
    return np.searchsorted(np.asarray(EDGES[name], dtype=values.dtype), values, side="right")


def bins(transactions: Sequence[Mapping[str, Any]], scores: Iterable[float] | None) -> dict[str, list[int]]:
    """Bin numbers per feature and, when given, of the scores; one per transaction that the contract let through."""
    found: dict[str, list[int]] = {}
    for transaction in transactions:
        for name, value in _values(transaction):
            found.setdefault(name, []).append(bisect_right(EDGES[name], value))
    if scores is not None:
        found["score"] = [bisect_right(EDGES["score"], score) for score in scores]
    return found


def _values(transaction: Mapping[str, Any]) -> Iterable[tuple[str, float]]:
    for field, value in transaction.items():
        if field == "time":
            yield "hour", int(value[11:13])
        elif field == "category":
            yield field, _CODES[value]
        elif field == "age":
            yield "age_band", value // _AGE_BAND_YEARS
        elif field == "city_pop":
            yield "city_size", bisect_right(_CITY_SIZES, value)
        elif field in EDGES:
            yield field, _NEVER if value is None else value


BANDS: Mapping[str, tuple[int, ...]] = {
    "amt": (0, 4, 12),
    "hour": (0, 4, 8, 12, 16, 20),
    "category": (0, 5, 10),
    "seconds_since_previous": (0, 4, 7, 12),
    "count_24h": (0, 1, 4),
    "sum_24h": (0, 1, 7),
    "max_24h": (0, 1, 7),
    "age_band": (0, 3, 6, 9),
    "city_size": (0, 4, 6, 8),
    "score": (0, 1, 4, 8),
    "alert": (0, 1),
}
"""Per feature, the first bin of each band by which drift is judged: few enough for an alarm, which may read ten
metrics, and with the rare ends on their own, where a fault gathers. An alert has two: no and yes."""


def banded(name: str, counts: Sequence[float]) -> list[float]:
    """Counts per bin of a feature -> counts per band."""
    ends = (*BANDS[name][1:], len(counts))
    return [sum(counts[first:end]) for first, end in zip(BANDS[name], ends, strict=True)]


def log_fields(
    found: Mapping[str, Sequence[int]], function: str, client: str, milliseconds: int
) -> dict[str, Any]:
    """Members that make a log line an entry in CloudWatch's embedded metric format, which it turns into metrics.

    A feature's values are bin numbers: the share of those between two bounds is a statistic that CloudWatch has
    (percentile rank). The line's own `count` and `frauds` are metrics, too. Each is counted for the function and,
    where the line's `api_key_id` is not empty, for that client.
    """
    bins = {PREFIX + name: list(places) for name, places in found.items()}
    names = [{"Name": name} for name in ("count", "frauds", *bins)]
    dimensions = [["function"], *([["function", CLIENT]] if client else [])]
    directive = {"Namespace": NAMESPACE, "Dimensions": dimensions, "Metrics": names}
    metadata = {"Timestamp": milliseconds, "CloudWatchMetrics": [directive]}
    return {"_aws": metadata, "function": function} | bins
