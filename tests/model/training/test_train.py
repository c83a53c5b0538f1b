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
from rich.console import Console
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.metrics import average_precision_score
from threadpoolctl import threadpool_info, threadpool_limits

from model import progress
from model.commands import train as train_command
from model.data import features, sample
from model.data.dataset import Dataset
from model.decision import Choice, Prices, Rule
from model.errors import UserError
from model.training import export, fitting, recipes, train
from tests.model import small_recipes

pytestmark = pytest.mark.slow

SMALL = small_recipes.FOREST
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
    np.testing.assert_array_equal(first.scores(matrix), second.scores(matrix))
    assert (first.rule, first.beta, first.alternatives) == (second.rule, second.beta, second.alternatives)
    assert first.onnx == second.onnx


def test_the_seed_draws_the_rows(data: Dataset) -> None:
    few = replace(SMALL, sampling=recipes.AllFrauds(normals=1_000))
    matrix = features.from_frame(data.test, SMALL.features, earlier=data.train)
    trained, other = (train.train(data.train, few, seed=seed) for seed in (1, 2))
    assert not np.array_equal(other.scores(matrix), trained.scores(matrix))


@pytest.mark.parametrize(
    "recipe",
    [small_recipes.FOREST, small_recipes.BOOSTED, small_recipes.STATELESS],
    ids=lambda one: one.name,
)
def test_it_learns(recipe: recipes.Recipe) -> None:
    data = sample.load(rows=15_000, seed=3)
    matrix = features.from_frame(data.test, recipe.features, earlier=data.train)
    score = train.train(data.train, recipe).scores(matrix)
    assert average_precision_score(data.test["is_fraud"], score) > 0.6


def test_scores_do_not_depend_on_the_cut(data: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    forest = train.train(data.train, small_recipes.REFERENCE).fit.estimator
    matrix = np.random.default_rng(1).uniform(0, 1_000, (500, 6)).astype(np.float32)
    whole = train.fitted_scores(forest, matrix)
    monkeypatch.setattr(train, "_CHUNK_ROWS", 7)
    np.testing.assert_array_equal(train.fitted_scores(forest, matrix), whole)


def test_the_final_fit_uses_all_weeks(data: Dataset, trained: train.Trained) -> None:
    assert trained.fit.rows == len(data.train)
    assert trained.fit.frauds == data.train["is_fraud"].sum()
    assert 0 < trained.selection["rows"] < len(data.train) / 2


def test_the_rule_does_not_see_the_test_file(data: Dataset, trained: train.Trained) -> None:
    assert pd.Timestamp(trained.selection["first"]) < data.train["trans_date_trans_time"].iloc[-1]


def test_the_reference_keeps_its_fixed_threshold(data: Dataset) -> None:
    result = train.train(data.train, small_recipes.REFERENCE)
    assert result.rule == Rule("fixed", Prices(), 0.5)
    assert result.beta is None
    assert result.fit.estimator.get_params()["random_state"] == 42
    assert result.fit.estimator.n_features_in_ == 6


def test_frauds_on_cards_without_normal_spending_are_not_fitted_on(data: Dataset) -> None:
    stolen = data.train.iloc[[100, 200]].assign(cc_num=4, is_fraud=np.int8(1))
    frame = pd.concat([data.train, stolen]).sort_values(
        "trans_date_trans_time", kind="stable", ignore_index=True
    )
    assert train.train(frame, SMALL).fit.frauds == data.train["is_fraud"].sum()


def weeks(count: int) -> np.ndarray[tuple[int], np.dtype[np.datetime64]]:
    return np.datetime64("2019-01-01", "s") + np.arange(count * 7) * np.timedelta64(1, "D")


def test_validation_is_the_last_16_weeks_or_a_quarter_of_a_short_file() -> None:
    long, short = weeks(60), weeks(20)
    assert long[-1] - long[train.validation_start(long)] == np.timedelta64(16, "W")
    assert train.validation_start(short) == len(short) * 3 // 4


def test_one_class_is_told(data: Dataset) -> None:
    normal = data.train[data.train["is_fraud"] == 0].reset_index(drop=True)
    with pytest.raises(UserError, match="one class only: use a longer file"):
        train.train(normal, SMALL)
    with pytest.raises(UserError, match="hold 0 frauds"):
        train.train(normal, recipes.RECIPES["reference"])


def test_the_command_writes_its_files_and_prints_its_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(recipes, "RECIPES", {"boosted": BOOSTED})
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
    stepwise = fitting.fit(recipe, lambda _: (matrix, labels, None), 42, told.append)
    at_once = RandomForestClassifier(25, class_weight="balanced", random_state=42).fit(matrix, labels)
    np.testing.assert_array_equal(stepwise.predict_proba(matrix), at_once.predict_proba(matrix))
    assert told == [10, 20, 25]


def test_every_ten_trees_get_rows_of_their_own(data: Dataset) -> None:
    recipe = replace(SMALL, parameters={**SMALL.parameters, "n_estimators": 25})
    matrix, labels = features.from_frame(data.train, SMALL.features), data.train["is_fraud"].to_numpy()
    drawn: list[int] = []

    def draw(number: int) -> tuple[features.Matrix, train.Labels, None]:
        drawn.append(number)
        return matrix, labels, None

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
        fitting.fit(BOOSTED, lambda _: (matrix, data.train["is_fraud"].to_numpy(), None), 42, lambda _: None)
    assert set(threads) == {1}


def test_trees_are_counted_as_they_grow(data: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "_POLL_SECONDS", 0.001)
    told: list[int] = []
    matrix = features.from_frame(data.train, BOOSTED.features)
    fitting.fit(BOOSTED, lambda _: (matrix, data.train["is_fraud"].to_numpy(), None), 42, told.append)
    assert told == sorted(told)
    assert 0 < told[-1] <= BOOSTED.trees


@pytest.mark.parametrize(
    "recipe",
    [SMALL, BOOSTED, replace(SMALL, parameters={**SMALL.parameters, "class_weight": {0: 1, 1: 10}})],
    ids=["forest", "boosted", "forest that draws frauds more often"],
)
def test_scores_are_near_probabilities_whatever_the_sampling(recipe: recipes.Recipe) -> None:
    """A hundredth of the rows are frauds, and five times as many of those that the fit draws."""
    data = sample.load(rows=12_000, seed=3)
    few = replace(recipe, sampling=recipes.AllFrauds(normals=1_500))
    trained = train.train(data.train, few)
    score = trained.scores(features.from_frame(data.test, recipe.features, earlier=data.train))
    assert 0.6 < score.sum() / data.test["is_fraud"].sum() < 1.6
    assert 0 <= score.min() < score.max() <= 1


def test_the_reference_keeps_its_scores_as_they_are(data: Dataset) -> None:
    parameters = {**small_recipes.REFERENCE.parameters, "min_samples_leaf": 20}  # a pure leaf cannot change
    recipe = replace(small_recipes.REFERENCE, sampling=recipes.SortedByLabel(500), parameters=parameters)
    trained = train.train(data.train, recipe)
    matrix = features.from_frame(data.train, recipe.features)
    rows = recipe.sampling.of(data.train)(42)
    same = RandomForestClassifier(**recipe.parameters, random_state=42)
    same.fit(matrix[rows], data.train["is_fraud"].to_numpy()[rows])
    np.testing.assert_array_equal(trained.scores(matrix), same.predict_proba(matrix)[:, 1])


def test_the_exported_model_gives_the_calibrated_scores(data: Dataset, trained: train.Trained) -> None:
    matrix = features.from_frame(data.test, SMALL.features, earlier=data.train)
    assert trained.beta is not None
    assert export.largest_difference(trained.onnx, trained.fitted_scores(matrix), matrix) < 1e-5
    raw = export.onnx_scores(trained.fit.onnx(matrix.shape[1]), matrix)
    assert not np.allclose(raw, trained.scores(matrix))


def test_a_learnt_column_travels_with_the_model(data: Dataset) -> None:
    trained = train.train(data.train, small_recipes.FOREST)
    matrix = features.from_frame(data.test, small_recipes.FOREST.features, earlier=data.train)
    assert trained.fit.typical is not None
    assert trained.fit.estimator.n_features_in_ == matrix.shape[1] + 1
    assert export.largest_difference(trained.onnx, trained.fitted_scores(matrix), matrix) < 1e-5


def test_a_column_is_learnt_from_the_rows_of_the_fit_alone(
    data: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Validation rows must not shape the model that calibration and rule are found by."""
    start = train.validation_start(data.train["trans_date_trans_time"].to_numpy())
    other = data.train.copy()
    late = np.arange(len(other)) >= start
    other.loc[late & (other["is_fraud"] == 1), "amt"] *= 3
    fits: list[train.Fit] = []
    fit = train._fit

    def noted(*given: Any, **named: Any) -> train.Fit:
        fits.append(fit(*given, **named))
        return fits[-1]

    monkeypatch.setattr(train, "_fit", noted)
    train.train(data.train, small_recipes.FOREST)
    train.train(other, small_recipes.FOREST)
    trial, whole, other_trial, other_whole = (fit.typical for fit in fits)
    assert trial == other_trial != whole != other_whole


def test_every_rule_is_found_and_the_chosen_one_is_first(data: Dataset) -> None:
    choice = Choice("precision", Prices(5, 1), precision=0.8, decline=0.9)
    trained = train.train(data.train, SMALL, choice)
    assert (trained.rule.name, trained.rule.prices, trained.rule.decline) == ("precision", Prices(5, 1), 0.9)
    assert {rule.name for rule in trained.alternatives} == {"cost", "f1", "alerts-per-1000"}
    assert {rule.decline for rule in trained.alternatives} == {None}
    assert trained.selection["precision"] >= 0.8


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
