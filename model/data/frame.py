"""The columns of a file in their types -> the frame that recipes are fitted on."""

from __future__ import annotations

from collections.abc import Mapping
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
_CHUNK_ROWS = 100_000
"""Rows at a time, where steps in between are several times as large as what comes of them."""

Columns = dict[str, npt.NDArray[Any]]


def columns_of(typed: Mapping[str, pa.ChunkedArray]) -> Columns:
    """Numpy arrays of columns in their types; category -1 is one that we do not know, `age` follows from `dob`."""
    columns = {name: array.to_numpy() for name, array in typed.items() if name not in ("category", "dob")}
    columns["category"] = _codes(typed["category"])
    columns["age"] = age(typed["dob"].to_numpy().astype("datetime64[D]"), columns[TIME])
    return columns


def _codes(array: pa.ChunkedArray) -> npt.NDArray[np.int8]:
    encoded = array if pa.types.is_dictionary(array.type) else pc.dictionary_encode(array)
    whole = encoded.unify_dictionaries().combine_chunks()
    found = pc.fill_null(pc.index_in(whole.dictionary, value_set=pa.array(CATEGORIES)), -1)
    codes: npt.NDArray[np.int8] = found.to_numpy(zero_copy_only=False).astype(np.int8)
    rows: npt.NDArray[np.int8] = codes[whole.indices.to_numpy(zero_copy_only=False)]
    return rows


def age(born: npt.NDArray[np.datetime64], when: npt.NDArray[np.datetime64]) -> npt.NDArray[np.int64]:
    """Full years between a date of birth and a purchase, as people count them."""
    parts = range(0, max(len(born), 1), _CHUNK_ROWS)
    return np.concatenate([_age(born[at : at + _CHUNK_ROWS], when[at : at + _CHUNK_ROWS]) for at in parts])


def _age(born: npt.NDArray[np.datetime64], when: npt.NDArray[np.datetime64]) -> npt.NDArray[np.int64]:
    birth, month = born.astype("datetime64[Y]"), born.astype("datetime64[M]")
    year, now = when.astype("datetime64[Y]"), when.astype("datetime64[M]")
    years = (year - birth).astype(np.int64)
    in_birth_year = (month - birth).astype(np.int64) * 32 + (born - month).astype(np.int64)
    in_year = (now - year).astype(np.int64) * 32 + (when.astype("datetime64[D]") - now).astype(np.int64)
    full: npt.NDArray[np.int64] = years - (in_year < in_birth_year)
    return full


def frame_of(columns: Columns) -> pd.DataFrame:
    """COLUMNS, with `age` in place of `dob`, ordered by time; rows of one second keep the file's order.

    Empties `columns`, so that each is there once.
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
