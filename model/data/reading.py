"""CSV and Parquet files -> Arrow tables of the columns that are wanted, with the rows that could not be read."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from model.data import memory
from model.data.folder import DataError

Types = Mapping[str, pa.DataType]


@dataclass(frozen=True)
class Raw:
    """A table as it was read; `rows` are its rows' numbers in the file, `broken` those of rows left out."""

    table: pa.Table
    rows: npt.NDArray[np.int64]
    broken: Mapping[int, str]


def whole(table: pa.Table) -> Raw:
    """A table of which no row was left out."""
    return Raw(table, np.arange(1, table.num_rows + 1), {})


def read(path: Path, types: Types) -> Raw:
    """The columns in `types`, of those types where every value fits, else as the file or text has them.

    DataError for a file that cannot be read or lacks a column.
    """
    if not path.is_file():
        raise DataError(f"{path} does not exist: name a CSV or Parquet file.")
    found = _read_parquet(path, types) if path.suffix == ".parquet" else _read_csv(path, types)
    memory.give_back()  # the file's blocks lie scattered among the columns made from them
    return found


def require(columns: Types, present: list[str], name: str) -> None:
    """DataError when `present` lacks one of `columns`, or has it twice."""
    if twice := [column for column in columns if present.count(column) > 1]:
        raise DataError(f"{name} has two columns {twice[0]}: leave one of them.")
    if missing := [column for column in columns if column not in present]:
        raise DataError(f"{name} has no column {', '.join(missing)}: use the Kaggle set's column names.")


def _read_parquet(path: Path, types: Types) -> Raw:
    try:
        require(types, pq.read_schema(path).names, path.name)
        return whole(pq.read_table(path, columns=list(types), pre_buffer=False))
    except (pa.ArrowException, OSError):
        raise DataError(f"{path.name} is not a complete Parquet file: it may be truncated.") from None


def _read_csv(path: Path, types: Types) -> Raw:
    names = _header(path)
    require(types, names, path.name)
    try:
        return whole(_table(path, names, types))
    except pa.ArrowInvalid:
        pass
    # Slow and careful: everything as text, in one thread, so that the row of each mistake is known.
    broken: dict[int, str] = {}

    def keep_place(row: Any) -> str:
        broken[row.number - 1] = (
            f"has {row.actual_columns} columns instead of {row.expected_columns}, as in a truncated file"
        )
        return "skip"

    try:
        table = _table(path, names, dict.fromkeys(types, pa.string()), keep_place)
    except pa.ArrowInvalid:
        raise DataError(f"{path.name} is not CSV in UTF-8.") from None
    rows = np.arange(1, table.num_rows + len(broken) + 1)
    return Raw(table, rows[~np.isin(rows, list(broken))], broken)


def _header(path: Path) -> list[str]:
    """The names of the columns, without blanks around them."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = next(csv.reader(file, skipinitialspace=True), [])
    except (UnicodeDecodeError, csv.Error):
        raise DataError(f"{path.name} is not CSV in UTF-8.") from None
    if not any(name.strip() for name in header):
        raise DataError(f"{path.name} is empty.")
    return [name.strip() for name in header]


def _table(
    path: Path, names: list[str], types: Types, invalid_row: Callable[[Any], str] | None = None
) -> pa.Table:
    wanted = types if invalid_row else {name: _as_read(kind) for name, kind in types.items()}
    # Columns that are not read may have no name, or share one.
    numbered = [name if name in types else f"{place}" for place, name in enumerate(names)]
    return pacsv.read_csv(
        path,
        read_options=pacsv.ReadOptions(
            use_threads=invalid_row is None, column_names=numbered, skip_rows_after_names=1
        ),
        parse_options=pacsv.ParseOptions(invalid_row_handler=invalid_row),
        convert_options=pacsv.ConvertOptions(
            include_columns=list(types), column_types=wanted, strings_can_be_null=True, null_values=[""]
        ),
    )


def _as_read(kind: pa.DataType) -> pa.DataType:
    """Times as text, whose length is checked later; text, which repeats, as a dictionary."""
    if pa.types.is_timestamp(kind):
        return pa.string()
    return pa.dictionary(pa.int32(), kind) if pa.types.is_string(kind) else kind
