"""The columns of a file in their types -> the frame that recipes are fitted on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from model.contract import CATEGORIES

COLUMNS: dict[str, pa.DataType] = {
    "trans_date_trans_time": pa.timestamp("s"),
    "cc_num": pa.int64(),
    "category": pa.string(),
    "amt": pa.float64(),
    "lat": pa.float64(),
    "long": pa.float64(),
    "city_pop": pa.int64(),
    "dob": pa.date32(),
    "merch_lat": pa.float64(),
    "merch_long": pa.float64(),
    "is_fraud": pa.int8(),
}
TIME = "trans_date_trans_time"
_KEPT_AS = {
    **dict.fromkeys(("lat", "long", "merch_lat", "merch_long"), np.float32),
    "city_pop": np.int32,
    "age": np.int16,
}
"""Narrower types of a frame's columns: a model reads 32-bit floats anyway."""
_YEAR = 10_000
"""Of numbers that stand for dates: more than all months and days of a year."""

Columns = dict[str, npt.NDArray[Any]]


def columns_of(typed: dict[str, pa.ChunkedArray]) -> Columns:
    """Numpy arrays of columns in their types; category -1 is an unknown one, `age` is computed from `dob`.

    Empties `typed`, so that no column is held twice.
    """
    columns: Columns = {"category": _looked_up(typed.pop("category"), _codes)}
    columns["age"] = age(typed.pop("dob"), typed[TIME])
    while typed:
        name, array = typed.popitem()
        columns[name] = array.to_numpy()
    return columns


def _looked_up(array: pa.ChunkedArray, of: Callable[[pa.Array], npt.NDArray[Any]]) -> npt.NDArray[Any]:
    """`of` applied to each value; it is called with the distinct ones."""
    encoded = array if pa.types.is_dictionary(array.type) else pc.dictionary_encode(array)
    whole = encoded.unify_dictionaries().combine_chunks()
    rows: npt.NDArray[Any] = of(whole.dictionary)[whole.indices.to_numpy(zero_copy_only=False)]
    return rows


def _codes(names: pa.Array) -> npt.NDArray[np.int8]:
    found = pc.fill_null(pc.index_in(names, value_set=pa.array(CATEGORIES)), -1)
    codes: npt.NDArray[np.int8] = found.to_numpy(zero_copy_only=False).astype(np.int8)
    return codes


def age(born: pa.ChunkedArray, when: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    """Full years between dates of birth and purchases, as people count them."""
    now = _looked_up(pc.cast(when, pa.date32()), _dates)
    now -= _looked_up(born, _dates)
    now //= _YEAR
    return now


def _dates(days: pa.Array) -> npt.NDArray[np.int64]:
    """Numbers that rise with the date, by one _YEAR from any day to the same day of the next year."""
    day = days.to_numpy(zero_copy_only=False).astype("datetime64[D]")
    month, year = day.astype("datetime64[M]"), day.astype("datetime64[Y]")
    of_year, of_month = (month - year).astype(np.int64), (day - month).astype(np.int64)
    dates: npt.NDArray[np.int64] = year.astype(np.int64) * _YEAR + of_year * 100 + of_month
    return dates


def frame_of(columns: Columns) -> pd.DataFrame:
    """COLUMNS, with `age` in place of `dob`, ordered by time; rows of one second keep the file's order.

    Empties `columns`, so that no column is held twice.
    """
    times = columns[TIME]
    order = np.argsort(times, kind="stable") if (times[1:] < times[:-1]).any() else None
    del times
    data: dict[str, Any] = {}
    for name in ("age" if column == "dob" else column for column in COLUMNS):
        values = columns.pop(name)
        values = values if order is None else values[order]
        data[name] = np.array(values, dtype=_KEPT_AS.get(name, values.dtype))
    data["category"] = pd.Categorical.from_codes(data["category"], categories=pd.Index(CATEGORIES))
    return pd.DataFrame(data, copy=False)
