"""Transactions or a training frame -> the matrix a model reads.

Both ways turn each field into numbers, a frame by the column and a request one by one, and then go through the same
function per feature, so training and serving cannot drift apart. Where that function is numpy's, a feature has a second
one for a single number, at a tenth of the cost: a test holds the two together. Importing this needs numpy and the
contract only: the file also runs in the SageMaker container.
"""

from __future__ import annotations

import functools
import math
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from model.contract import CATEGORIES, DAY_SECONDS, FIELDS
from model.data.history import HISTORY_FIELDS, card_history

if TYPE_CHECKING:
    import pandas as pd

Column = npt.NDArray[Any]
Matrix = npt.NDArray[np.float32]

NO_PREVIOUS_SECONDS = FIELDS["seconds_since_previous"].maximum
"""What a card's first purchase gets as seconds since its previous one: "longer ago than anything"."""

# Exact age and city together nearly name a card, and a model learns its past instead of its habits.
AGE_BAND_YEARS = 5
CITY_SIZES = (32, 100, 316, 1_000, 3_162, 10_000, 31_623, 100_000, 316_228, 1_000_000, 3_162_278)

_DAY_HOURS, _MONTHS = 24, 12
_BLOCK_ROWS = 100_000
"""Rows at a time: intermediate columns are several times as large as the matrix."""


# What follows takes numbers and arrays (n,) alike.


def _as_it_is(value: Any) -> Any:
    return value


def _mean(total: Any, count: Any) -> Any:
    return total / (count + (count == 0))


def _to_largest(amount: Any, largest: Any) -> Any:
    return amount / np.maximum(largest, 1)


def _hour(hours: Any) -> Any:
    return hours % _DAY_HOURS


def _month(hours: Any) -> Any:
    return hours // _DAY_HOURS


def _age_band(years: Any) -> Any:
    return years // AGE_BAND_YEARS


def _city_size(inhabitants: Any) -> Any:
    return np.searchsorted(CITY_SIZES, inhabitants, side="right")


@dataclass(frozen=True, slots=True)
class Feature:
    """One column of the matrix: the request fields it is made from, and how their numbers become its own.

    `compute` takes numbers and columns (n,) alike, and `of_one`, where there is one, the numbers of one transaction.
    """

    fields: tuple[str, ...]
    compute: Callable[..., Any]
    of_one: Callable[..., Any] | None = None


def _of(
    field: str, compute: Callable[..., Any] = _as_it_is, of_one: Callable[..., Any] | None = None
) -> Feature:
    return Feature((field,), compute, of_one)


def _logarithm(feature: Feature) -> Feature:
    """Of one more than the value: trees that draw their thresholds evenly see small values, too."""
    compute, of_one = feature.compute, feature.of_one or feature.compute
    return Feature(
        feature.fields,
        lambda *values: np.log1p(compute(*values), dtype=np.float64),
        math.log1p if of_one is _as_it_is else lambda *values: math.log1p(of_one(*values)),
    )


_PLAIN: dict[str, Feature] = {
    "amt": _of("amt"),
    "hour": _of("time", _hour),
    "month": _of("time", _month),
    "category": _of("category"),
    "seconds_since_previous": _of("seconds_since_previous"),
    "count_24h": _of("count_24h"),
    "sum_24h": _of("sum_24h"),
    "max_24h": _of("max_24h"),
    "mean_24h": Feature(("sum_24h", "count_24h"), _mean),
    "amt_to_max": Feature(("amt", "max_24h"), _to_largest, lambda amount, top: amount / max(top, 1)),
    "age_band": _of("age", _age_band),
    "city_size": _of("city_pop", _city_size, functools.partial(bisect_right, CITY_SIZES)),
    "cc_num": _of("cc_num"),
    "lat": _of("lat"),
    "long": _of("long"),
    "merch_lat": _of("merch_lat"),
    "merch_long": _of("merch_long"),
}
_WIDE = ("amt", "seconds_since_previous", "sum_24h", "max_24h", "mean_24h", "amt_to_max")
FEATURES: Mapping[str, Feature] = _PLAIN | {f"log_{name}": _logarithm(_PLAIN[name]) for name in _WIDE}
"""Every feature that a recipe can name; one whose name begins with `log_` is the logarithm of the other plus one."""


def required_fields(features: Sequence[str]) -> tuple[str, ...]:
    """The request fields that `features` are made from, each once, in the contract's order."""
    return _fields(tuple(features))


@functools.lru_cache(maxsize=64)
def _fields(features: tuple[str, ...]) -> tuple[str, ...]:
    needed = {field for name in features for field in FEATURES[name].fields}
    return tuple(field for field in FIELDS if field in needed)


def from_transactions(transactions: Sequence[Mapping[str, Any]], features: Sequence[str]) -> Matrix:
    """Matrix (n transactions, k features) of transactions that `contract.parse` has let through."""
    columns = {
        field: np.array([_number(field, transaction[field]) for transaction in transactions], np.float64)
        for field in required_fields(features)
    }
    return _matrix(columns, features)


def row_of(transaction: Mapping[str, Any], features: tuple[str, ...]) -> list[float]:
    """What `from_transactions` gives for one transaction, before it is rounded to float32, for a tenth of the time."""
    return [read(transaction) for read in _readers(features)]


@functools.lru_cache(maxsize=64)
def _readers(features: tuple[str, ...]) -> tuple[Callable[[Mapping[str, Any]], Any], ...]:
    return tuple(map(_reader, features))


def _reader(name: str) -> Callable[[Mapping[str, Any]], Any]:
    """How a feature is read from one transaction."""
    feature = FEATURES[name]
    compute = feature.of_one or feature.compute
    values = [_value_of(field) for field in feature.fields]
    if compute is _as_it_is:
        return values[0]
    if len(values) == 1:
        (only,) = values
        return lambda transaction: compute(only(transaction))
    first, second = values
    return lambda transaction: compute(first(transaction), second(transaction))


def _value_of(field: str) -> Callable[[Mapping[str, Any]], Any]:
    given = itemgetter(field)
    if (number := _VALUES.get(field)) is None:
        return given
    return lambda transaction: number(transaction[field])


def _number(field: str, value: Any) -> Any:
    return _VALUES[field](value) if field in _VALUES else value


def from_columns(columns: Mapping[str, Column], features: Sequence[str]) -> Matrix:
    """Matrix (n, k features) of the fields' columns (n,): categories as codes, missing seconds as NaN."""
    matrix = np.empty((len(next(iter(columns.values()))), len(features)), dtype=np.float32)
    for start in range(0, len(matrix), _BLOCK_ROWS):
        block = slice(start, start + _BLOCK_ROWS)
        numbers = {
            name: _COLUMNS[name](column[block]) if name in _COLUMNS else column[block]
            for name, column in columns.items()
        }
        matrix[block] = _matrix(numbers, features)
    return matrix


def _matrix(numbers: Mapping[str, Column], features: Sequence[str]) -> Matrix:
    matrix = np.empty((len(next(iter(numbers.values()))), len(features)), dtype=np.float32)
    for index, column in enumerate(_computed(numbers, features)):
        matrix[:, index] = column
    return matrix


def _computed(numbers: Mapping[str, Any], features: Sequence[str]) -> Iterator[Any]:
    """Each feature of fields that are numbers, or columns (n,) of them."""
    for name in features:
        feature = FEATURES[name]
        yield feature.compute(*[numbers[field] for field in feature.fields])


def _hours(times: Column) -> Column:
    """24 for each full month of the year, and the hour of the day: both can be told from the one number."""
    months = times.astype("datetime64[M]").astype(np.int32) % _MONTHS
    hours = times.astype("datetime64[h]").astype(np.int64) % _DAY_HOURS
    return months * _DAY_HOURS + hours.astype(np.int32)


_COLUMNS: Mapping[str, Callable[[Column], Column]] = {
    "time": _hours,
    "seconds_since_previous": lambda seconds: np.where(np.isnan(seconds), NO_PREVIOUS_SECONDS, seconds),
}
_VALUES: Mapping[str, Callable[[Any], float]] = {
    "time": lambda text: (int(text[5:7]) - 1) * _DAY_HOURS + int(text[11:13]),
    "category": {name: code for code, name in enumerate(CATEGORIES)}.__getitem__,
    "seconds_since_previous": lambda seconds: NO_PREVIOUS_SECONDS if seconds is None else seconds,
}
"""Fields that are not numbers yet, as a frame and as a request hold them -> numbers."""


def from_frame(
    frame: pd.DataFrame, features: Sequence[str], *, earlier: pd.DataFrame | None = None
) -> Matrix:
    """Matrix (n rows, k features) of a frame from `model.data.dataset`, in the frame's order.

    `earlier` holds purchases made before the frame's: they count as history and give no rows.
    """
    return from_columns(frame_columns(frame, features, earlier), features)


def frame_columns(
    frame: pd.DataFrame, features: Sequence[str], earlier: pd.DataFrame | None
) -> dict[str, Column]:
    """The columns (n,) of the fields that `features` are made from, as `from_columns` takes them."""
    columns: dict[str, Column] = {}
    for field in required_fields(features):
        if field in HISTORY_FIELDS:
            continue
        if field == "time":
            columns[field] = frame["trans_date_trans_time"].to_numpy()
        elif field == "category":
            columns[field] = frame["category"].cat.set_categories(list(CATEGORIES)).cat.codes.to_numpy()
        else:
            columns[field] = frame[field].to_numpy()
    if set(required_fields(features)) & set(HISTORY_FIELDS):
        parts = [frame] if earlier is None else [_remembered(earlier, frame), frame]
        history = card_history(
            *(_joined(parts, name) for name in ("cc_num", "trans_date_trans_time", "amt")),
        )
        columns |= {name: values[len(values) - len(frame) :] for name, values in history.items()}
    return columns


def _joined(parts: Sequence[pd.DataFrame], name: str) -> Column:
    """One column of all parts, and of one part without a copy."""
    columns = [part[name].to_numpy() for part in parts]
    return columns[0] if len(columns) == 1 else np.concatenate(columns)


def _remembered(earlier: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """Of purchases made before the frame's, those that its rows' history reads: the last day, and each card's last."""
    times = earlier["trans_date_trans_time"].to_numpy()
    kept = times >= frame["trans_date_trans_time"].min() - np.timedelta64(DAY_SECONDS, "s")
    newest = np.argsort(times, kind="stable")[::-1]
    kept[newest[np.unique(earlier["cc_num"].to_numpy()[newest], return_index=True)[1]]] = True
    found: pd.DataFrame = earlier.loc[kept]
    return found
