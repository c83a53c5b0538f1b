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
}
"""Per feature, the inner edges: a value on an edge belongs to the bin above, so n edges make n + 1 bins."""

_CODES = {name: code for code, name in enumerate(CATEGORIES)}
_NOT_AVERAGED = {"category", "score"}
NAMESPACE = "FraudScoring"
PREFIX = "bin_"


def watched(fields: Iterable[str]) -> list[str]:
    """The features with bins that are made from these request fields."""
    of_field = {"time": "hour", "age": "age_band", "city_pop": "city_size"}
    names = {of_field.get(field, field) for field in fields}
    return [name for name in EDGES if name in names]


def of_training(
    matrix: npt.NDArray[np.float32], features: Sequence[str], scores: npt.NDArray[np.float64]
) -> dict[str, dict[str, list[float]]]:
    """Edges and counts per feature with bins, and of `score`: the card's entry `histograms`.

    `matrix` has a column per feature and `scores` need not be of the same rows: use rows in their natural
    proportion, and scores of rows that the model has not been fitted on.
    """
    columns = {name: matrix[:, index] for index, name in enumerate(features) if name in EDGES}
    return {name: _histogram(name, values) for name, values in (columns | {"score": scores}).items()}


def _histogram(name: str, values: npt.NDArray[Any]) -> dict[str, list[float]]:
    import numpy as np

    edges = EDGES[name]
    # In the matrix's own precision: an amount of 0.01 must not fall below an edge of 0.01.
    places = np.searchsorted(np.asarray(edges, dtype=values.dtype), values, side="right")
    return {"edges": list(edges), "counts": np.bincount(places, minlength=len(edges) + 1).tolist()}


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


SCORE_BANDS = (0, 1, 2, 3, 5, 8, 11, 13)
"""The first bin of each band of scores: few enough for one alarm, which may read ten metrics."""
BAND_PREFIX = "score_band_"


def banded(counts: Sequence[float]) -> list[float]:
    """Counts per score bin -> counts per score band."""
    ends = (*SCORE_BANDS[1:], len(counts))
    return [sum(counts[first:end]) for first, end in zip(SCORE_BANDS, ends, strict=True)]


def averaged(names: Iterable[str]) -> list[str]:
    """Those whose bins have an order: their average means something."""
    return [name for name in names if name not in _NOT_AVERAGED]


def log_fields(found: Mapping[str, Sequence[int]], function: str, milliseconds: int) -> dict[str, Any]:
    """Members that make a log line an entry in CloudWatch's embedded metric format, which it turns into metrics.

    A feature's values are bin numbers, so that their average moves when the population does; the category's numbers
    have no order and stay a field of the line. Scores are counted per band, and the line's own `count` and `frauds`
    are metrics, too. Every line has all of them: a sum over a period then has no gaps.
    """
    bins = {PREFIX + name: list(places) for name, places in found.items()}
    scores = found.get("score", ())
    counts = banded([scores.count(place) for place in range(len(EDGES["score"]) + 1)])
    bands = {f"{BAND_PREFIX}{band}": count for band, count in enumerate(counts)}
    means = [PREFIX + name for name in averaged(found)]
    names = [{"Name": name} for name in ("count", "frauds", *bands, *means)]
    directive = {"Namespace": NAMESPACE, "Dimensions": [["function"]], "Metrics": names}
    metadata = {"Timestamp": milliseconds, "CloudWatchMetrics": [directive]}
    return {"_aws": metadata, "function": function} | bands | bins
