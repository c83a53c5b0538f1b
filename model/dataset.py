"""The Kaggle files (CSV or Parquet) -> validated frames.

Only the columns that recipes use are read. A mistake in a file is told in one sentence that names the file,
the column and the data row (counted from 1), and never the value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from model.contract import CATEGORIES, FIELDS
from model.errors import UserError

TRAIN, TEST = "fraudTrain", "fraudTest"
SUFFIXES = (".parquet", ".csv")

COLUMNS: dict[str, pa.DataType] = {
    "trans_date_trans_time": pa.timestamp("s"),
    "cc_num": pa.int64(),
    "category": pa.string(),
    "amt": pa.float64(),
    "lat": pa.float64(),
    "long": pa.float64(),
    "merch_lat": pa.float64(),
    "merch_long": pa.float64(),
    "is_fraud": pa.int8(),
}
_WANTED = {
    "trans_date_trans_time": "a time as YYYY-MM-DD HH:MM:SS",
    "cc_num": "a whole number",
    "category": "text",
    "is_fraud": "0 or 1",
}
_BOUNDED = ("cc_num", "amt", "lat", "long", "merch_lat", "merch_long")


class DataError(UserError):
    """A data file that cannot be used; the message is one sentence for the user."""


@dataclass(frozen=True)
class Dataset:
    """Train and test frames: the columns of COLUMNS, ordered by time, test after train."""

    train: pd.DataFrame
    test: pd.DataFrame


def find(folder: Path) -> tuple[Path, Path]:
    """The train and the test file of `folder`, Parquet before CSV; DataError if one is missing."""
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder: name the one that holds {TRAIN} and {TEST}.")
    return _one(folder, TRAIN), _one(folder, TEST)


def _one(folder: Path, stem: str) -> Path:
    for suffix in SUFFIXES:
        if (path := folder / f"{stem}{suffix}").is_file():
            return path
    raise DataError(f"{folder} holds neither {stem}.parquet nor {stem}.csv: download the Kaggle set into it.")


def load(folder: Path) -> Dataset:
    """Both files of `folder`, validated; DataError names file, column and row of the first mistake."""
    train_path, test_path = find(folder)
    return paired(read(train_path), read(test_path), train_path.name, test_path.name)


def paired(train: pd.DataFrame, test: pd.DataFrame, train_name: str, test_name: str) -> Dataset:
    """A Dataset of two frames from this module; DataError when the test does not follow the training."""
    time = "trans_date_trans_time"
    if train[time].iloc[-1] > test[time].iloc[0]:
        raise DataError(
            f"{train_name} ends after {test_name} begins (column {time}): the test must follow the training."
        )
    return Dataset(train, test)


def read(path: Path) -> pd.DataFrame:
    """One validated file, ordered by time (rows of the same second keep the file's order)."""
    if not path.is_file():
        raise DataError(f"{path} does not exist: name a CSV or Parquet file.")
    table = _read_parquet(path) if path.suffix == ".parquet" else _read_csv(path)
    return validated(table, path.name)


def validated(table: pa.Table, name: str) -> pd.DataFrame:
    """The frame of an Arrow table that has at least COLUMNS; `name` is what error sentences call it."""
    _require_columns(table.column_names, name)
    if table.num_rows == 0:
        raise DataError(f"{name} has no rows: it may be truncated.")
    arrays = {column: _typed(table[column], column, kind, name) for column, kind in COLUMNS.items()}
    frame = pd.DataFrame(
        {column: array.to_numpy() for column, array in arrays.items() if column != "category"}
    )
    frame["category"] = _categories(arrays["category"], name)
    label = frame["is_fraud"].to_numpy()
    _refuse_rows((label != 0) & (label != 1), name, "is_fraud", "must be 0 or 1")
    for column in _BOUNDED:
        field, values = FIELDS[column], frame[column].to_numpy()
        good = (values >= field.minimum) & (values <= field.maximum)
        _refuse_rows(~good, name, column, f"must be between {field.minimum:g} and {field.maximum:g}")
    return frame[list(COLUMNS)].sort_values("trans_date_trans_time", kind="stable", ignore_index=True)


def _require_columns(present: list[str], name: str) -> None:
    if missing := [column for column in COLUMNS if column not in present]:
        raise DataError(f"{name} has no column {', '.join(missing)}: use the Kaggle set's column names.")


def _read_parquet(path: Path) -> pa.Table:
    try:
        present = pq.read_schema(path).names
        _require_columns(present, path.name)
        return pq.read_table(path, columns=list(COLUMNS))
    except (pa.ArrowException, OSError):
        raise DataError(f"{path.name} is not a complete Parquet file: it may be truncated.") from None


def _read_csv(path: Path) -> pa.Table:
    _require_columns(_csv_header(path), path.name)
    try:
        return _csv_table(path, COLUMNS)
    except pa.ArrowInvalid:
        pass
    # Slow and careful: everything as text, in one thread, so that the row of the mistake is known.
    bad: list[tuple[int, int, int]] = []

    def keep_place(row: Any) -> str:
        bad.append((row.number, row.actual_columns, row.expected_columns))
        return "skip"

    try:
        table = _csv_table(path, dict.fromkeys(COLUMNS, pa.string()), keep_place)
    except pa.ArrowInvalid:
        raise DataError(f"{path.name} is not CSV in UTF-8.") from None
    if bad:
        row, found, wanted = bad[0]
        raise DataError(
            f"{path.name} has {found} columns instead of {wanted} in row {row - 1}: it may be truncated."
        )
    return table


def _csv_header(path: Path) -> list[str]:
    try:
        with path.open(encoding="utf-8-sig") as file:
            header = file.readline()
    except UnicodeDecodeError:
        raise DataError(f"{path.name} is not CSV in UTF-8.") from None
    if not header.strip():
        raise DataError(f"{path.name} is empty.")
    return [column.strip().strip('"') for column in header.split(",")]


def _csv_table(
    path: Path, types: dict[str, pa.DataType], invalid_row: Callable[[Any], str] | None = None
) -> pa.Table:
    return pacsv.read_csv(
        path,
        read_options=pacsv.ReadOptions(use_threads=invalid_row is None),
        parse_options=pacsv.ParseOptions(invalid_row_handler=invalid_row),
        convert_options=pacsv.ConvertOptions(
            include_columns=list(types), column_types=types, strings_can_be_null=True, null_values=[""]
        ),
    )


def _typed(array: pa.ChunkedArray, column: str, kind: pa.DataType, name: str) -> pa.ChunkedArray:
    wanted = f"must be {_WANTED.get(column, 'a number')}"
    if array.null_count:
        row = int(np.flatnonzero(array.is_null().to_numpy())[0])
        raise DataError(f"{name}, column {column}, row {row + 1}: must not be empty.")
    if (typed := _cast(array, kind)) is not None:
        return typed
    # Halve until one row is left: the first half that fails holds the first mistake.
    low, high = 0, len(array)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _cast(array[low:middle], kind) is None else (middle, high)
    raise DataError(f"{name}, column {column}, row {low + 1}: {wanted}.")


def _cast(array: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray | None:
    try:
        # Fractions of a second may go; a number that does not fit its type may not.
        return pc.cast(array, kind, safe=not pa.types.is_timestamp(array.type))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None


def _categories(array: pa.ChunkedArray, name: str) -> pd.Categorical[str]:
    codes = pc.index_in(array, value_set=pa.array(CATEGORIES)).combine_chunks()
    if codes.null_count:
        row = int(np.flatnonzero(codes.is_null().to_numpy(zero_copy_only=False))[0])
        raise DataError(
            f"{name}, column category, row {row + 1}: is not one of the {len(CATEGORIES)} categories."
        )
    positions: npt.NDArray[np.int32] = codes.to_numpy(zero_copy_only=False)
    return pd.Categorical.from_codes(positions, categories=pd.Index(CATEGORIES))


def _refuse_rows(bad: Any, name: str, column: str, what: str) -> None:
    rows = np.flatnonzero(bad)
    if len(rows):
        raise DataError(f"{name}, column {column}, row {int(rows[0]) + 1}: {what}.")
