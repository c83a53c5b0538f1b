from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from model.commands import sample as sample_command
from model.data import dataset, sample

KAGGLE_HEADER = (
    "Unnamed: 0,trans_date_trans_time,cc_num,merchant,category,amt,first,last,gender,street,city,state,zip,"
    "lat,long,city_pop,job,dob,trans_num,unix_time,merch_lat,merch_long,is_fraud"
)
INTEGERS = {"Unnamed: 0", "cc_num", "zip", "city_pop", "unix_time", "is_fraud"}
NUMBERS = {"amt", "lat", "long", "merch_lat", "merch_long"}


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return sample.generate(rows=20_000, seed=5)


def test_the_columns_and_types_are_kaggles(tmp_path: Path) -> None:
    sample.write(tmp_path, rows=500, seed=5)
    kaggle = pd.read_csv(tmp_path / "fraudTrain.csv")
    assert ",".join(kaggle.columns) == KAGGLE_HEADER
    for column in kaggle:
        kind = "int64" if column in INTEGERS else "float64" if column in NUMBERS else "str"
        assert str(kaggle[column].dtype) == kind, column
    assert kaggle["Unnamed: 0"].tolist() == list(range(350))
    assert kaggle["trans_date_trans_time"].iloc[0][:4] == "2019"


def test_the_seed_decides() -> None:
    first = sample.generate(rows=400, seed=5)
    pd.testing.assert_frame_equal(first, sample.generate(rows=400, seed=5))
    assert not first["amt"].equals(sample.generate(rows=400, seed=6)["amt"])


def test_rows_frauds_and_order(frame: pd.DataFrame) -> None:
    assert len(frame) == 20_000
    assert frame["is_fraud"].sum() == 200
    assert frame["trans_date_trans_time"].is_monotonic_increasing
    assert frame["trans_num"].is_unique


def test_fraud_is_by_night_and_normal_spending_is_not(frame: pd.DataFrame) -> None:
    night = frame["trans_date_trans_time"].dt.hour.isin([22, 23, 0, 1, 2, 3])
    assert night[frame["is_fraud"] == 1].mean() > 0.75
    assert night[frame["is_fraud"] == 0].mean() < 0.3


def test_fraud_has_amounts_of_its_own_by_category(frame: pd.DataFrame) -> None:
    medians = frame.groupby(["category", "is_fraud"])["amt"].median()
    assert medians["shopping_net", 1] > 10 * medians["shopping_net", 0]
    assert medians["gas_transport", 1] < medians["gas_transport", 0] / 2


def test_fraud_comes_in_bursts(frame: pd.DataFrame) -> None:
    frauds = frame[frame["is_fraud"] == 1].sort_values(["cc_num", "trans_date_trans_time"])
    gap = frauds.groupby("cc_num")["trans_date_trans_time"].diff().dropna()
    assert (gap < np.timedelta64(1, "D")).mean() > 0.8


def test_no_card_number_could_be_a_real_one(frame: pd.DataFrame) -> None:
    assert frame["cc_num"].astype(str).str.fullmatch(r"9\d{15}").all()


def test_both_halves_hold_frauds_and_follow_each_other() -> None:
    data = sample.load(rows=2_000, seed=5)
    assert data.train["is_fraud"].sum() >= 10
    assert data.test["is_fraud"].sum() >= 5
    assert data.train["trans_date_trans_time"].iloc[-1] <= data.test["trans_date_trans_time"].iloc[0]


def test_files_and_memory_give_the_same_frames(tmp_path: Path) -> None:
    sample_command.main(tmp_path / "new", rows=400, seed=7)
    read, made = dataset.load(tmp_path / "new"), sample.load(rows=400, seed=7)
    pd.testing.assert_frame_equal(read.train, made.train)
    pd.testing.assert_frame_equal(read.test, made.test)
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["fraudTest.csv", "fraudTrain.csv"]


def test_too_few_rows_are_refused() -> None:
    with pytest.raises(dataset.DataError, match="at least 160 rows"):
        sample.generate(rows=50, seed=1)
