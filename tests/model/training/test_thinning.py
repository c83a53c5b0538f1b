"""Rows that look nothing like a fraud are thinned out for a trial, and count for those that are gone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from model import progress
from model.data import features, sample
from model.data.dataset import Dataset
from model.training import fitting, thinning, train
from tests.model import small_recipes

RNG = np.random.default_rng(7)
LABELS = (np.arange(20_000) % 100 == 0).astype(np.int8)
# Frauds are high in the first column, but for a few that look like anything else.
HIGH = LABELS * (np.arange(20_000) % 1_000 > 0)
MATRIX = np.column_stack([RNG.normal(3 * HIGH, 1), RNG.normal(size=len(LABELS))]).astype(np.float32)
ALL = np.arange(len(LABELS))


def test_what_looks_nothing_like_a_fraud_is_easy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thinning, "_FEWEST_ROWS", 0)
    easy = thinning.easy(MATRIX, LABELS, ALL, 42)
    assert 0.85 < easy.mean() < 0.91
    assert not easy[LABELS == 1].any()
    assert MATRIX[easy, 0].mean() < MATRIX[~easy, 0].mean() - 1


def test_few_rows_are_all_kept() -> None:
    assert not thinning.easy(MATRIX, LABELS, ALL, 42).any()


def test_what_stays_counts_for_what_is_gone() -> None:
    easy = (LABELS == 0) & (ALL % 5 > 0)
    rows = ALL[ALL % 2 == 0]
    kept, weights = thinning.thinned(rows, easy, 1)
    np.testing.assert_array_equal(kept[~easy[kept]], rows[~easy[rows]])
    assert set(weights[easy[kept]]) == {thinning.TIMES}
    assert set(weights[~easy[kept]]) == {1}
    assert weights.sum() == pytest.approx(len(rows), rel=0.05)
    other, _ = thinning.thinned(rows, easy, 2)
    assert not np.array_equal(kept, other)


@pytest.fixture(scope="module")
def data() -> Dataset:
    return sample.load(rows=12_000, seed=3)


def test_only_the_trial_is_thinned(data: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thinning, "_FEWEST_ROWS", 0)
    drawn: list[tuple[int, bool]] = []
    fit = fitting.fit

    def noted(recipe: Any, draw: fitting.Draw, *rest: Any) -> Any:
        matrix, _, weights = draw(1)
        drawn.append((len(matrix), weights is not None))
        return fit(recipe, draw, *rest)

    monkeypatch.setattr(fitting, "fit", noted)
    train.train(data.train, small_recipes.STATELESS)
    (trial, thin), (whole, thick) = drawn
    assert (thin, thick) == (True, False)
    assert trial < whole / 4


def test_scores_keep_their_size(data: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thinning, "_FEWEST_ROWS", 0)
    recipe = small_recipes.STATELESS
    matrix = features.from_frame(data.train, recipe.features)
    later = features.from_frame(data.test, recipe.features)
    thick, thin = (
        train._fit(data.train, matrix, recipe, 42, progress.silent, thin=thin).scores(later).sum()
        for thin in (False, True)
    )
    assert thin == pytest.approx(thick, rel=0.1)


def test_the_same_rows_are_thinned_again(data: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thinning, "_FEWEST_ROWS", 0)
    betas = [train.train(data.train, small_recipes.STATELESS).beta for _ in range(2)]
    assert betas[0] == betas[1]
