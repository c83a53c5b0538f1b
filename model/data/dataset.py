"""The Kaggle files (CSV or Parquet) -> validated frames.

Only the columns that recipes use are read. A mistake in a file is reported in one sentence that names the file,
the column and the data row (counted from 1), and never the value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from model.contract import CATEGORIES, FIELDS
from model.data import memory, reading
from model.data.folder import DataError, find
from model.data.frame import COLUMNS, TIME, Columns, columns_of, frame_of
from model.data.reading import Raw

__all__ = ["COLUMNS", "TIME", "DataError", "Dataset", "load", "read", "validated"]

_TIME_FORMAT = "YYYY-MM-DD HH:MM:SS"
_WANTED = {
    TIME: f"a time as {_TIME_FORMAT}, local and without a zone",
    "cc_num": "a whole number",
    "city_pop": "a whole number",
    "dob": "a date as YYYY-MM-DD",
    "category": "text",
    "is_fraud": "0 or 1",
}
_BOUNDED = ("cc_num", "amt", "lat", "long", "city_pop", "merch_lat", "merch_long", "age")
_SAME_PURCHASE = ["cc_num", TIME, "amt", "category", "merch_lat", "merch_long"]
_FIRST_ROWS = 5
_MIXED = np.uint64(0x9E3779B97F4A7C15)
"""An odd number that spreads card numbers over 64 bits, so that card and second fit into one key."""
Row = tuple[int, str, str]
"""A bad row: its number in the file, the column, what is wrong."""


@dataclass(frozen=True)
class Dataset:
    """Train and test frames: COLUMNS with `age` in place of `dob`, ordered by time, test after train.

    `dropped` says, sentence by sentence, which rows of the files are not in the frames; `origin` says, for
    display, where the data come from.
    """

    train: pd.DataFrame
    test: pd.DataFrame
    dropped: tuple[str, ...] = ()
    origin: str = "frames"


def load(folder: Path, max_bad_rows: int = 0) -> Dataset:
    """Both files of `folder`, validated; DataError names file, column and row of the first mistake.

    Up to `max_bad_rows` of each file are dropped instead and listed in `dropped`.
    """
    train_path, test_path = find(folder)
    train, in_train = _read(train_path, max_bad_rows)
    test, in_test = _read(test_path, max_bad_rows)
    return paired(train, test, train_path.name, test_path.name, in_train + in_test)


def paired(
    train: pd.DataFrame, test: pd.DataFrame, train_name: str, test_name: str, dropped: tuple[str, ...] = ()
) -> Dataset:
    """A Dataset of two frames from this module; DataError when the test does not follow the training."""
    if train[TIME].iloc[-1] > test[TIME].iloc[0]:
        raise DataError(
            f"{train_name} ends after {test_name} begins (column {TIME}): the test must follow the training."
        )
    return Dataset(train, test, dropped, f"the files {train_name} and {test_name}")


def read(path: Path, max_bad_rows: int = 0) -> pd.DataFrame:
    """One validated file, ordered by time (rows of the same second keep the file's order)."""
    return _read(path, max_bad_rows)[0]


def _read(path: Path, max_bad_rows: int) -> tuple[pd.DataFrame, tuple[str, ...]]:
    return _validated(reading.read(path, COLUMNS), path.name, max_bad_rows)


def validated(table: pa.Table, name: str) -> pd.DataFrame:
    """The frame of an Arrow table that has at least COLUMNS; `name` is what error sentences call it."""
    reading.require(COLUMNS, table.column_names, name)
    return _validated(reading.whole(table), name, 0)[0]


def _validated(raw: Raw, name: str, allowed: int) -> tuple[pd.DataFrame, tuple[str, ...]]:
    if raw.table.num_rows == 0:
        raise DataError(f"{name} has no rows: it may be truncated.")
    bad: dict[int, Row] = {number: (number, "", what) for number, what in raw.broken.items()}
    rows = raw.rows

    def kept(found: dict[int, tuple[str, str]]) -> npt.NDArray[np.bool_]:
        """Which rows go on; DataError when more are bad than may be."""
        bad.update({int(rows[place]): (int(rows[place]), *what) for place, what in found.items()})
        if len(bad) > allowed:
            raise DataError(_refusal(name, sorted(bad.values()), allowed))
        keep = np.ones(len(rows), dtype=bool)
        keep[list(found)] = False
        return keep

    typed, unreadable = _typed(raw.table, allowed)
    keep = kept(unreadable)
    if unreadable:
        rows = rows[keep]
        typed, _ = _typed(raw.table.filter(pa.array(keep)), 0)
    del raw  # the largest thing here, and its columns now exist in their own types
    columns = columns_of(typed)
    for check in (_out_of_bounds, _repeated):
        found = dict(check(columns, allowed))
        keep = kept(found)
        if found:
            columns, rows = {column: values[keep] for column, values in columns.items()}, rows[keep]
    if not len(rows):
        raise DataError(f"{name} has no good row: use another file.")
    frame = frame_of(columns)
    memory.give_back()
    return frame, _told(name, bad)


Bad = dict[int, tuple[str, str]]
"""Position in the table -> column and what is wrong; may stop after one more than are allowed."""
Found = Iterator[tuple[int, tuple[str, str]]]


def _typed(table: pa.Table, allowed: int) -> tuple[dict[str, pa.ChunkedArray], Bad]:
    """Each column in its type, and the rows with a value that does not fit; a column with such a value is left out."""
    typed, bad = {}, {}
    for column, kind in COLUMNS.items():
        array = _plain(table[column])
        if array.null_count:
            for place in np.flatnonzero(array.is_null().to_numpy())[: allowed + 1]:
                bad[int(place)] = (column, "must not be empty")
        if (cast := _cast(array, kind)) is not None:
            typed[column] = cast
            continue
        wanted = f"must be {_WANTED.get(column, 'a number')}"
        for place in _not_of(array, kind, 0, allowed + 1):
            bad[place] = (column, wanted)
    return typed, bad


def _not_of(array: pa.ChunkedArray, kind: pa.DataType, offset: int, limit: int) -> list[int]:
    """Positions, ascending and at most `limit`, of values that do not fit: halves until one is left."""
    if limit <= 0 or _cast(array, kind) is not None:
        return []
    if len(array) == 1:
        return [offset]
    middle = len(array) // 2
    first = _not_of(array[:middle], kind, offset, limit)
    return first + _not_of(array[middle:], kind, offset + middle, limit - len(first))


def _plain(array: pa.ChunkedArray) -> pa.ChunkedArray:
    """Decoded, unless it is a dictionary of text: a category is then looked up once."""
    if pa.types.is_dictionary(array.type) and not pa.types.is_string(array.type.value_type):
        return pc.cast(array, array.type.value_type)
    return array


def _cast(array: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray | None:
    """The array in its type; None where one of its values does not fit, which the caller then searches for."""
    if pa.types.is_string(kind):
        if pa.types.is_dictionary(array.type):
            return array
    elif pa.types.is_dictionary(array.type):
        array = pc.cast(array, array.type.value_type)
    if pa.types.is_timestamp(kind) and not _is_time(array):
        return None
    try:
        # Fractions of a second or of a day may be cut off; a number that does not fit its type is a mistake.
        return pc.cast(array, kind, safe=not pa.types.is_timestamp(array.type))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None


def _is_time(array: pa.ChunkedArray) -> bool:
    """Whether every value has a time of day, and none a zone: hours are local to the place of purchase."""
    if pa.types.is_date(array.type) or (pa.types.is_timestamp(array.type) and array.type.tz is not None):
        return False
    if pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
        shortest = pc.min(pc.binary_length(array)).as_py()
        return shortest is None or shortest >= len(_TIME_FORMAT)
    return True


def _out_of_bounds(columns: Columns, allowed: int) -> Found:
    label = columns["is_fraud"]
    checks = {
        "category": (columns["category"] < 0, f"is not one of the {len(CATEGORIES)} categories"),
        "is_fraud": ((label != 0) & (label != 1), "must be 0 or 1"),
    }
    for column in _BOUNDED:
        field, values = FIELDS[column], columns[column]
        within = (values >= field.minimum) & (values <= field.maximum)
        what = f"must be between {field.minimum:g} and {field.maximum:g}"
        checks[column] = (~within, what)
        if column == "age":
            checks[column] = (~within, f"makes an age that {what}")
    for column, (wrong, what) in checks.items():
        for place in np.flatnonzero(wrong)[: allowed + 1]:
            yield int(place), ("dob" if column == "age" else column, what)


def _repeated(columns: Columns, allowed: int) -> Found:
    """Only purchases of one card in one second can be the same: few rows are left to compare."""
    key = columns["cc_num"].astype(np.uint64) * _MIXED
    key += columns[TIME].astype("datetime64[s]").view(np.uint64)
    ordered = np.sort(key)
    rows = np.flatnonzero(np.isin(key, ordered[1:][ordered[1:] == ordered[:-1]]))
    frame = pd.DataFrame({column: columns[column][rows] for column in _SAME_PURCHASE})
    for place in rows[frame.duplicated().to_numpy()][: allowed + 1]:
        yield int(place), ("", "repeats the purchase of an earlier row")


def _refusal(name: str, bad: list[Row], allowed: int) -> str:
    number, column, what = bad[0]
    if not allowed:
        return f"{_place(name, number, column)}: {what}."
    return (
        f"{name} has more than the {allowed} bad rows that --max-bad-rows allows; the first is "
        f"row {number}{f', column {column}' if column else ''}: {what}."
    )


def _place(name: str, number: int, column: str) -> str:
    return f"{name}, column {column}, row {number}" if column else f"{name}, row {number}"


def _told(name: str, bad: dict[int, Row]) -> tuple[str, ...]:
    """One sentence per mistake: how often, and its first rows."""
    kinds = Counter((column, what) for _, column, what in bad.values())
    sentences = []
    for (column, what), count in kinds.items():
        rows = sorted(row for row, *kind in bad.values() if tuple(kind) == (column, what))
        first = ", ".join(str(row) for row in rows[:_FIRST_ROWS]) + (", ..." if count > _FIRST_ROWS else "")
        where = f"{name}, column {column}" if column else name
        sentences.append(f"{where}: dropped {count} row{'s' if count > 1 else ''} ({first}): {what}.")
    return tuple(sentences)
