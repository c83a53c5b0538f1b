from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from model import features, recipes, sample, train
from model.dataset import Dataset
from model.errors import UserError

SMALL = replace(
    recipes.RECIPES["default"], forest={"n_estimators": 12, "min_samples_leaf": 5, "max_features": 0.5}
)


@pytest.fixture(scope="module")
def data() -> Dataset:
    return sample.load(rows=4_000, seed=3)


@pytest.fixture(scope="module")
def trained(data: Dataset) -> train.Trained:
    return train.train(data.train, SMALL)


def test_the_same_arguments_give_the_same_model(data: Dataset, trained: train.Trained) -> None:
    again = train.train(data.train, SMALL)
    matrix = features.from_frame(data.test, SMALL.features, earlier=data.train)
    np.testing.assert_array_equal(train.scores(again.forest, matrix), train.scores(trained.forest, matrix))
    assert again.threshold == trained.threshold
    other = train.train(data.train, SMALL, seed=1)
    assert not np.array_equal(train.scores(other.forest, matrix), train.scores(trained.forest, matrix))


def test_it_learns(data: Dataset, trained: train.Trained) -> None:
    matrix = features.from_frame(data.test, SMALL.features, earlier=data.train)
    decided = train.scores(trained.forest, matrix) >= trained.threshold
    assert f1_score(data.test["is_fraud"], decided) > 0.5


def test_scores_do_not_depend_on_the_cut(trained: train.Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = np.random.default_rng(1).uniform(0, 1_000, (500, 7)).astype(np.float32)
    whole = train.scores(trained.forest, matrix)
    monkeypatch.setattr(train, "_CHUNK_ROWS", 7)
    np.testing.assert_array_equal(train.scores(trained.forest, matrix), whole)


def test_the_final_fit_uses_all_weeks(data: Dataset, trained: train.Trained) -> None:
    assert trained.rows == len(data.train)
    assert trained.frauds == data.train["is_fraud"].sum()
    assert 0 < trained.chosen["rows"] < len(data.train) / 2


def test_the_threshold_does_not_see_the_test_file(data: Dataset, trained: train.Trained) -> None:
    assert pd.Timestamp(trained.chosen["from"]) < data.train["trans_date_trans_time"].iloc[-1]


def test_the_reference_keeps_its_fixed_threshold(data: Dataset) -> None:
    few = {"n_estimators": 3, "class_weight": "balanced"}
    result = train.train(data.train, replace(recipes.RECIPES["reference"], forest=few))
    assert result.threshold == 0.5
    assert result.forest.get_params()["random_state"] == 42
    assert result.forest.n_features_in_ == 6


def test_frauds_on_cards_without_normal_spending_are_not_fitted_on(data: Dataset) -> None:
    stolen = data.train.iloc[[100, 200]].assign(cc_num=4, is_fraud=np.int8(1))
    frame = pd.concat([data.train, stolen]).sort_values(
        "trans_date_trans_time", kind="stable", ignore_index=True
    )
    assert train.train(frame, SMALL).frauds == data.train["is_fraud"].sum()


def weeks(count: int) -> np.ndarray[tuple[int], np.dtype[np.datetime64]]:
    return np.datetime64("2019-01-01", "s") + np.arange(count * 7) * np.timedelta64(1, "D")


def test_validation_is_the_last_16_weeks_or_a_quarter_of_a_short_file() -> None:
    long, short = weeks(60), weeks(20)
    assert long[-1] - long[train.validation_start(long)] == np.timedelta64(16, "W")
    assert train.validation_start(short) == len(short) * 3 // 4


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9, 1.0])), min_size=2))
def test_no_other_threshold_has_a_better_f1(rows: list[tuple[bool, float]]) -> None:
    labels, score = np.array(rows).T
    labels = labels.astype(np.int8)
    labels[0], labels[1] = 1, 0
    threshold, best = train.best_f1(labels, score)
    assert f1(labels, score >= threshold) == pytest.approx(best)
    assert all(f1(labels, score >= other) <= best + 1e-12 for other in {0.05, *score})


def f1(labels: np.ndarray[Any, Any], decided: np.ndarray[Any, Any]) -> float:
    hits = int((decided & (labels == 1)).sum())
    return float(2 * hits / (decided.sum() + labels.sum()))


def test_one_class_is_told(data: Dataset) -> None:
    normal = data.train[data.train["is_fraud"] == 0].reset_index(drop=True)
    with pytest.raises(UserError, match="one class only: use a longer file"):
        train.train(normal, SMALL)
    with pytest.raises(UserError, match="hold 0 frauds"):
        train.train(normal, recipes.RECIPES["reference"])


def test_the_command_writes_its_files_and_prints_its_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(recipes, "RECIPES", {"default": SMALL})
    train.main(out=tmp_path / "out", sample_rows=2_000)
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["confusion.png", "metrics.json", "model.joblib"]


def test_two_sources_of_data_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="either --data or --sample"):
        train.main(data=tmp_path, sample_data=True)


def test_a_mistake_is_one_sentence_and_a_code(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "model.train", "--data", str(tmp_path), "--out", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.splitlines()[-1].startswith(f"error: {tmp_path} holds neither fraudTrain.parquet")
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()
