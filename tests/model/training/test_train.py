from __future__ import annotations

import io
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
from rich.console import Console
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.metrics import average_precision_score
from threadpoolctl import threadpool_info, threadpool_limits

from model import progress
from model.commands import train as train_command
from model.data import features, sample
from model.data.dataset import Dataset
from model.errors import UserError
from model.training import fitting, recipes, train
from tests.model import small_recipes

SMALL = small_recipes.DEFAULT
BOOSTED = small_recipes.BOOSTED


@pytest.fixture(scope="module")
def data() -> Dataset:
    return sample.load(rows=4_000, seed=3)


@pytest.fixture(scope="module")
def trained(data: Dataset) -> train.Trained:
    return train.train(data.train, SMALL)


@pytest.mark.parametrize("recipe", [SMALL, BOOSTED], ids=lambda one: one.name)
def test_the_same_arguments_give_the_same_model(data: Dataset, recipe: recipes.Recipe) -> None:
    first, second = (train.train(data.train, recipe) for _ in range(2))
    matrix = features.from_frame(data.test, recipe.features, earlier=data.train)
    np.testing.assert_array_equal(
        train.scores(first.estimator, matrix), train.scores(second.estimator, matrix)
    )
    assert first.threshold == second.threshold


def test_the_seed_draws_the_rows(data: Dataset) -> None:
    few = replace(SMALL, sampling=recipes.AllFrauds(normals=1_000))
    matrix = features.from_frame(data.test, SMALL.features, earlier=data.train)
    trained, other = (train.train(data.train, few, seed=seed) for seed in (1, 2))
    assert not np.array_equal(train.scores(other.estimator, matrix), train.scores(trained.estimator, matrix))


@pytest.mark.parametrize(
    "recipe",
    [small_recipes.DEFAULT, small_recipes.BOOSTED, small_recipes.STATELESS],
    ids=lambda one: one.name,
)
def test_it_learns(recipe: recipes.Recipe) -> None:
    data = sample.load(rows=15_000, seed=3)
    matrix = features.from_frame(data.test, recipe.features, earlier=data.train)
    score = train.scores(train.train(data.train, recipe).estimator, matrix)
    assert average_precision_score(data.test["is_fraud"], score) > 0.6


def test_scores_do_not_depend_on_the_cut(data: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    forest = train.train(data.train, small_recipes.REFERENCE).estimator
    matrix = np.random.default_rng(1).uniform(0, 1_000, (500, 6)).astype(np.float32)
    whole = train.scores(forest, matrix)
    monkeypatch.setattr(train, "_CHUNK_ROWS", 7)
    np.testing.assert_array_equal(train.scores(forest, matrix), whole)


def test_the_final_fit_uses_all_weeks(data: Dataset, trained: train.Trained) -> None:
    assert trained.rows == len(data.train)
    assert trained.frauds == data.train["is_fraud"].sum()
    assert 0 < trained.chosen["rows"] < len(data.train) / 2


def test_the_threshold_does_not_see_the_test_file(data: Dataset, trained: train.Trained) -> None:
    assert pd.Timestamp(trained.chosen["from"]) < data.train["trans_date_trans_time"].iloc[-1]


def test_the_reference_keeps_its_fixed_threshold(data: Dataset) -> None:
    result = train.train(data.train, small_recipes.REFERENCE)
    assert result.threshold == 0.5
    assert result.estimator.get_params()["random_state"] == 42
    assert result.estimator.n_features_in_ == 6


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
    train_command.main(out=tmp_path / "out", sample_rows=2_000)
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["confusion.png", "evaluation.html", "metrics.json", "model.joblib"]


def test_two_sources_of_data_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="either --data or --sample"):
        train_command.main(data=tmp_path, sample_data=True)


def test_a_mistake_is_one_sentence_and_a_code(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "model",
        "train",
        "--data",
        str(tmp_path),
        "--out",
        str(tmp_path / "out"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.splitlines()[-1].startswith(f"error: {tmp_path} holds neither fraudTrain.parquet")
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_forest_grown_in_steps_is_the_one_grown_at_once(data: Dataset) -> None:
    recipe = replace(small_recipes.REFERENCE, parameters={"n_estimators": 25, "class_weight": "balanced"})
    matrix = features.from_frame(data.train, recipe.features)
    labels = data.train["is_fraud"].to_numpy()
    told: list[int] = []
    stepwise = fitting.fit(recipe, lambda _: (matrix, labels), 42, told.append)
    at_once = RandomForestClassifier(25, class_weight="balanced", random_state=42).fit(matrix, labels)
    np.testing.assert_array_equal(stepwise.predict_proba(matrix), at_once.predict_proba(matrix))
    assert told == [10, 20, 25]


def test_every_ten_trees_get_rows_of_their_own(data: Dataset) -> None:
    recipe = replace(SMALL, parameters={**SMALL.parameters, "n_estimators": 25})
    matrix, labels = features.from_frame(data.train, SMALL.features), data.train["is_fraud"].to_numpy()
    drawn: list[int] = []

    def draw(number: int) -> tuple[features.Matrix, train.Labels]:
        drawn.append(number)
        return matrix, labels

    fitting.fit(recipe, draw, 42, lambda _: None)
    assert drawn == [42, 43, 44]


def test_boosting_runs_on_one_thread_whatever_the_cores(
    data: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its sums over rows would depend on how many there are."""
    threads: list[int] = []
    fit = HistGradientBoostingClassifier.fit

    def watched(self: HistGradientBoostingClassifier, *arguments: Any) -> Any:
        threads.extend(pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "openmp")
        return fit(self, *arguments)

    monkeypatch.setattr(HistGradientBoostingClassifier, "fit", watched)
    matrix = features.from_frame(data.train, BOOSTED.features)
    with threadpool_limits(2, user_api="openmp"):
        fitting.fit(BOOSTED, lambda _: (matrix, data.train["is_fraud"].to_numpy()), 42, lambda _: None)
    assert set(threads) == {1}


def test_trees_are_counted_as_they_grow(data: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "_POLL_SECONDS", 0.001)
    told: list[int] = []
    matrix = features.from_frame(data.train, BOOSTED.features)
    fitting.fit(BOOSTED, lambda _: (matrix, data.train["is_fraud"].to_numpy()), 42, told.append)
    assert told == sorted(told)
    assert 0 < told[-1] <= BOOSTED.trees


@pytest.mark.parametrize(
    ("recipe", "most"),
    [
        (BOOSTED, 0.015),
        (SMALL, 0.02),
        (replace(SMALL, parameters={**SMALL.parameters, "class_weight": {0: 1, 1: 10}}), 0.025),
    ],
    ids=["boosted", "forest", "forest that draws frauds more often"],
)
def test_scores_are_near_probabilities_whatever_the_sampling(
    data: Dataset, recipe: recipes.Recipe, most: float
) -> None:
    """A hundredth of the rows are frauds; as they come out of the fit, scores say 0.021, 0.028 and 0.058."""
    few = replace(recipe, sampling=recipes.AllFrauds(normals=500))
    estimator = train.train(data.train, few).estimator
    score = train.scores(estimator, features.from_frame(data.train, recipe.features))
    assert 0.005 < score.mean() < most
    assert 0 <= score.min() < score.max() <= 1


def test_the_reference_keeps_its_scores_as_they_are(data: Dataset) -> None:
    parameters = {**small_recipes.REFERENCE.parameters, "min_samples_leaf": 20}  # a pure leaf cannot change
    recipe = replace(small_recipes.REFERENCE, sampling=recipes.SortedByLabel(500), parameters=parameters)
    fitted = train.train(data.train, recipe).estimator
    matrix = features.from_frame(data.train, recipe.features)
    rows = recipe.sampling.choose(data.train, 42)
    same = RandomForestClassifier(**recipe.parameters, random_state=42)
    same.fit(matrix[rows], data.train["is_fraud"].to_numpy()[rows])
    np.testing.assert_array_equal(train.scores(fitted, matrix), same.predict_proba(matrix)[:, 1])


def test_a_terminal_sees_the_trees_grow(data: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(progress, "err", Console(file=screen, force_terminal=True, width=120))
    with progress.bar(progress.say, "growing 40 trees", 40) as grown:
        grown(10)
    assert "growing 40 trees" in screen.getvalue()
    assert "25%" in screen.getvalue()
    screen.truncate(0)
    monkeypatch.setattr(progress, "err", Console(file=screen, width=120))
    with progress.bar(progress.say, "growing 40 trees", 40) as grown:
        grown(10)
    assert "%" not in screen.getvalue()
