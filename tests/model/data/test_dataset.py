from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from model.data import dataset, sample
from model.data.dataset import DataError
from model.data.frame import age

CANARY = "4000123412341234"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    sample.write(tmp_path, rows=300, seed=1)
    return tmp_path


def rewrite(folder: Path, change: Callable[[list[list[str]], dict[str, int]], None]) -> Path:
    path = folder / "fraudTrain.csv"
    rows = [
        line.replace('"', "").split(",")
        for line in path.read_text().replace("Engineer, land", "E").splitlines()
    ]
    change(rows, {name: place for place, name in enumerate(rows[0])})
    path.write_text("\n".join(",".join(row) for row in rows) + "\n")
    return path


def put(column: str, row: int, value: str) -> Callable[[list[list[str]], dict[str, int]], None]:
    def change(rows: list[list[str]], place: dict[str, int]) -> None:
        rows[row][place[column]] = value

    return change


@pytest.mark.parametrize(
    ("column", "value", "what"),
    [
        ("amt", "x" + CANARY, "must be a number"),
        ("amt", "-1", "must be between 0.01 and 100000"),
        ("amt", "nan", "must be between"),
        ("amt", "", "must not be empty"),
        ("cc_num", "12.5", "must be a whole number"),
        ("cc_num", "9" * 30, "must be a whole number"),
        ("category", CANARY, "not one of the 14 categories"),
        ("category", "", "must not be empty"),
        ("trans_date_trans_time", "2019-13-45 " + CANARY, "must be a time"),
        ("trans_date_trans_time", "2019-01-05", "must be a time as YYYY-MM-DD HH:MM:SS"),
        ("trans_date_trans_time", "2019-01-05 14:30", "must be a time as YYYY-MM-DD HH:MM:SS"),
        ("trans_date_trans_time", "2019-01-05 14:30:00+02:00", "local and without a zone"),
        ("trans_date_trans_time", "2019-01-05T14:30:00Z", "local and without a zone"),
        ("lat", "91", "must be between -90 and 90"),
        ("merch_long", "-181", "must be between -180 and 180"),
        ("is_fraud", "2", "must be 0 or 1"),
        ("is_fraud", "0.5", "must be 0 or 1"),
        ("is_fraud", "300", "must be 0 or 1"),
        ("city_pop", "0", "must be between 1 and 5e+07"),
        ("dob", "1988-02-30", "must be a date as YYYY-MM-DD"),
        ("dob", "1880-01-01", "makes an age that must be between 0 and 120"),
        ("dob", "2030-01-01", "makes an age that must be between 0 and 120"),
    ],
)
def test_a_bad_value_is_one_sentence_with_file_column_and_row(
    folder: Path, column: str, value: str, what: str
) -> None:
    path = rewrite(folder, put(column, 7, value))
    with pytest.raises(DataError) as caught:
        dataset.read(path)
    message = str(caught.value)
    assert message.startswith(f"fraudTrain.csv, column {column}, row 7: ")
    assert what in message
    assert CANARY not in message
    assert message.count(".") <= 3
    assert message.endswith(".")


def test_the_first_of_several_bad_rows_is_named(folder: Path) -> None:
    def change(rows: list[list[str]], place: dict[str, int]) -> None:
        for row in (150, 31, 90):
            rows[row][place["amt"]] = "much"

    with pytest.raises(DataError, match=r"row 31\b"):
        dataset.read(rewrite(folder, change))


def test_a_missing_column_is_named(folder: Path) -> None:
    with pytest.raises(DataError, match=r"fraudTrain\.csv has no column merch_lat"):
        dataset.read(rewrite(folder, put("merch_lat", 0, "elsewhere")))


def test_blanks_around_the_names_of_columns_and_before_values_change_nothing(folder: Path) -> None:
    path = folder / "fraudTrain.csv"
    usual = dataset.read(path)
    lines = [line.replace(",", ", ") for line in path.read_text().replace("Engineer, land", "E").splitlines()]
    path.write_text("\n".join([lines[0], *(line.replace(",", ", ") for line in lines[1:])]) + "\n")
    with pytest.raises(DataError, match=r"column \w+, row 1: "):
        dataset.read(path)
    path.write_text("\n".join([lines[0], *(line.replace(", ", ",") for line in lines[1:])]) + "\n")
    pd.testing.assert_frame_equal(dataset.read(path), usual)


def test_two_columns_of_one_name_are_refused(folder: Path) -> None:
    def double(rows: list[list[str]], place: dict[str, int]) -> None:
        for row in rows:
            row.append("amt" if row is rows[0] else "999")

    with pytest.raises(DataError, match=r"^fraudTrain\.csv has two columns amt: leave one of them\.$"):
        dataset.read(rewrite(folder, double))
    table = dataset_table(folder)
    path = folder / "fraudTrain.parquet"
    pq.write_table(pa.table([*table.columns, table["amt"]], names=[*table.column_names, "amt"]), path)
    with pytest.raises(DataError, match=r"^fraudTrain\.parquet has two columns amt: leave one of them\.$"):
        dataset.read(path)


def test_columns_that_nobody_reads_may_have_one_name(folder: Path) -> None:
    def double(rows: list[list[str]], place: dict[str, int]) -> None:
        for row in rows:
            row.append("job" if row is rows[0] else "")

    usual = dataset.read(folder / "fraudTrain.csv")
    pd.testing.assert_frame_equal(dataset.read(rewrite(folder, double)), usual)


def dataset_table(folder: Path) -> pa.Table:
    """The training file with times as Parquet has them."""
    frame = pd.read_csv(folder / "fraudTest.csv", parse_dates=["trans_date_trans_time"])
    return pa.Table.from_pandas(frame, preserve_index=False)


@pytest.mark.parametrize(
    "kind", [pa.timestamp("s", tz="America/Chicago"), pa.timestamp("us", tz="UTC"), pa.date32()]
)
def test_times_with_a_zone_or_without_an_hour_are_refused_in_parquet(folder: Path, kind: pa.DataType) -> None:
    table = dataset_table(folder)
    place = table.column_names.index("trans_date_trans_time")
    path = folder / "fraudTrain.parquet"
    pq.write_table(
        table.set_column(place, table.column_names[place], table.column(place).cast(kind, safe=False)), path
    )
    with pytest.raises(
        DataError, match=r"row 1: must be a time as YYYY-MM-DD HH:MM:SS, local and without a zone"
    ):
        dataset.read(path)


def test_a_row_cut_short_is_named(folder: Path) -> None:
    path = folder / "fraudTrain.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join(lines[:50]) + "\n" + lines[50][:60])
    with pytest.raises(
        DataError, match=r"fraudTrain\.csv, row 50: has \d+ columns instead of 23, as in a truncated"
    ):
        dataset.read(path)


@pytest.mark.parametrize(("content", "what"), [(b"", "is empty"), (b"\xff\xfe\x00", "is not CSV in UTF-8")])
def test_a_file_that_is_no_csv(tmp_path: Path, content: bytes, what: str) -> None:
    path = tmp_path / "fraudTest.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=what):
        dataset.read(path)


def test_a_header_without_rows(folder: Path) -> None:
    path = folder / "fraudTest.csv"
    path.write_text(path.read_text().splitlines()[0] + "\n")
    with pytest.raises(DataError, match=r"fraudTest\.csv has no rows"):
        dataset.read(path)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_truncated_parquet(folder: Path, share: float) -> None:
    path = folder / "fraudTrain.parquet"
    pq.write_table(pa.Table.from_pandas(sample.generate(300, 1)), path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(DataError, match=r"fraudTrain\.parquet is not a complete Parquet file"):
        dataset.read(path)


def test_missing_files_are_told_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds neither fraudTrain\.parquet nor fraudTrain\.csv"):
        dataset.load(tmp_path)
    with pytest.raises(DataError, match="is not a folder"):
        dataset.load(tmp_path / "nowhere")
    with pytest.raises(DataError, match="does not exist"):
        dataset.read(tmp_path / "nothing.csv")


@pytest.mark.parametrize("index", ["Unnamed: 0", "", None])
def test_the_index_column_may_have_either_name_or_be_absent(folder: Path, index: str | None) -> None:
    expected = dataset.read(folder / "fraudTrain.csv")

    def change(rows: list[list[str]], place: dict[str, int]) -> None:
        for number, row in enumerate(rows):
            if index is None:
                row.pop(0)
            elif number == 0:
                row[0] = index

    pd.testing.assert_frame_equal(dataset.read(rewrite(folder, change)), expected)


def test_parquet_and_csv_give_the_same_frame_and_parquet_goes_first(folder: Path) -> None:
    expected = dataset.load(folder)
    table = pa.Table.from_pandas(sample.split(sample.generate(300, 1))[0], preserve_index=False)
    # As text, and with small types, as other writers store them.
    time = table.column_names.index("trans_date_trans_time")
    table = table.set_column(time, "trans_date_trans_time", table["trans_date_trans_time"].cast(pa.string()))
    pq.write_table(table.append_column("extra", table["amt"]), folder / "fraudTrain.parquet")
    (folder / "fraudTrain.csv").write_text("broken")
    pd.testing.assert_frame_equal(dataset.load(folder).train, expected.train)


def test_rows_are_ordered_by_time_and_ties_keep_the_order_of_the_file(folder: Path) -> None:
    def change(rows: list[list[str]], place: dict[str, int]) -> None:
        time, amount = place["trans_date_trans_time"], place["amt"]
        body = rows[1:]
        body.reverse()
        for number, row in enumerate(body):
            if number < 5:
                row[time] = "2019-01-01 00:00:00"
                row[amount] = str(100 + number)
        rows[1:] = body

    frame = dataset.read(rewrite(folder, change))
    assert frame["trans_date_trans_time"].is_monotonic_increasing
    assert frame["amt"].head(5).tolist() == [100, 101, 102, 103, 104]


def test_a_test_file_before_the_training_file_is_refused(folder: Path) -> None:
    train, test = folder / "fraudTrain.csv", folder / "fraudTest.csv"
    train.rename(folder / "x")
    test.rename(train)
    (folder / "x").rename(test)
    with pytest.raises(DataError, match="the test must follow the training"):
        dataset.load(folder)


def test_a_row_of_a_frame_is_narrow(folder: Path) -> None:
    """A real file has two million rows, and training holds all of them."""
    frame = dataset.load(folder).train
    assert frame.memory_usage(index=False).drop("category").sum() <= 48 * len(frame)
    assert {str(frame[column].dtype) for column in ("amt", "lat", "merch_long")} == {"float64", "float32"}


@pytest.mark.parametrize(
    ("born", "when", "years"),
    [
        ("1990-03-01", "2020-02-29T23:59:59", 29),
        ("1990-03-01", "2020-03-01T00:00:00", 30),
        ("2000-02-29", "2021-02-28T12:00:00", 20),
        ("2000-02-29", "2021-03-01T00:00:00", 21),
        ("2000-12-31", "2001-01-01T00:00:00", 0),
        ("1931-06-15", "1969-06-14T23:59:59", 37),
        ("1931-06-15", "1969-06-15T00:00:01", 38),
        ("2001-01-01", "2000-12-31T23:59:59", -1),
        ("0001-01-01", "9999-12-31T23:59:59", 9998),
    ],
)
def test_age_in_full_years(born: str, when: str, years: int) -> None:
    days = pa.chunked_array([np.array([born], dtype="datetime64[D]")])
    times = pa.chunked_array([np.array([when], dtype="datetime64[s]")])
    assert age(days, times).tolist() == [years]
    assert age(days.dictionary_encode(), times).tolist() == [years]


def test_arrow_keeps_nothing_beside_what_is_read(folder: Path) -> None:
    """Its own pool keeps what columns left free: a tenth of what training takes at most."""
    code = (
        "import sys, pathlib; from model.data import dataset; import pyarrow, pyarrow.parquet;"
        "folder = pathlib.Path(sys.argv[1]); frames = dataset.load(folder);"
        "pyarrow.parquet.write_table(pyarrow.Table.from_pandas(frames.train), folder / 'a.parquet');"
        "pyarrow.parquet.read_table(folder / 'a.parquet');"
        "print(pyarrow.default_memory_pool().backend_name, pyarrow.mimalloc_memory_pool().max_memory())"
    )
    command = [sys.executable, "-c", code, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["system", "0"]


def spoil(rows: list[list[str]], place: dict[str, int]) -> None:
    rows[3][place["amt"]] = "-5"
    rows[9][place["amt"]] = "-7"
    rows[12][place["category"]] = CANARY
    rows[20][place["lat"]] = ""
    rows[31] = rows[30].copy()
    rows[40] = rows[40][:5]
    rows[55][place["amt"]] = "much"


def test_bad_rows_are_dropped_and_told(folder: Path) -> None:
    good = dataset.load(folder)
    path = rewrite(folder, spoil)
    data = dataset.load(folder, max_bad_rows=7)
    assert len(data.train) == len(good.train) - 7
    assert len(data.test) == len(good.test)
    assert sorted(data.dropped) == [
        "fraudTrain.csv, column amt: dropped 1 row (55): must be a number.",
        "fraudTrain.csv, column amt: dropped 2 rows (3, 9): must be between 0.01 and 100000.",
        "fraudTrain.csv, column category: dropped 1 row (12): is not one of the 14 categories.",
        "fraudTrain.csv, column lat: dropped 1 row (20): must not be empty.",
        "fraudTrain.csv: dropped 1 row (31): repeats the purchase of an earlier row.",
        "fraudTrain.csv: dropped 1 row (40): has 5 columns instead of 23, as in a truncated file.",
    ]
    kept = good.train.drop(index=[2, 8, 11, 19, 30, 39, 54]).reset_index(drop=True)
    pd.testing.assert_frame_equal(data.train, kept)
    with pytest.raises(
        DataError, match="more than the 6 bad rows that --max-bad-rows allows; the first is row 3"
    ):
        dataset.read(path, max_bad_rows=6)


def test_a_repeated_purchase_is_refused(folder: Path) -> None:
    def repeat(rows: list[list[str]], place: dict[str, int]) -> None:
        rows[31] = rows[30].copy()

    with pytest.raises(DataError, match=r"fraudTrain\.csv, row 31: repeats the purchase of an earlier row\."):
        dataset.read(rewrite(folder, repeat))


def test_a_file_of_bad_rows_only(folder: Path) -> None:
    def break_all(rows: list[list[str]], place: dict[str, int]) -> None:
        for row in rows[1:]:
            row[place["amt"]] = "0"

    with pytest.raises(DataError, match="has no good row"):
        dataset.read(rewrite(folder, break_all), max_bad_rows=1_000)
