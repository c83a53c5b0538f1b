from __future__ import annotations

import numpy as np
import pytest

from model.training import calibration
from model.training.calibration import Beta


def test_scores_that_are_twice_too_high_become_probabilities() -> None:
    rng = np.random.default_rng(4)
    truth = rng.beta(0.3, 3, 40_000)
    labels = (rng.random(len(truth)) < truth).astype(np.int8)
    score = truth**0.5  # too high, and in the right order
    found = calibration.fit(labels, score)
    fitted = found.apply(score)
    assert fitted.sum() == pytest.approx(labels.sum(), rel=0.01)
    assert np.abs(fitted - truth).mean() < 0.01 < np.abs(score - truth).mean()
    assert (np.diff(fitted[np.argsort(score)]) >= 0).all()


def test_probabilities_stay_what_they_are() -> None:
    rng = np.random.default_rng(5)
    truth = rng.random(50_000)
    labels = (rng.random(len(truth)) < truth).astype(np.int8)
    found = calibration.fit(labels, truth)
    assert (found.a, found.b, found.c) == pytest.approx((1, 1, 0), abs=0.06)
    assert np.allclose(Beta(1, 1, 0).apply(truth), truth, atol=1e-6)


def test_a_few_rows_that_the_scores_separate_give_finite_numbers_and_the_same_order() -> None:
    labels = np.array([0] * 30 + [1] * 5, dtype=np.int8)
    score = np.array([0.0] * 20 + [0.1] * 10 + [0.9, 0.95, 1.0, 1.0, 1.0])
    found = calibration.fit(labels, score)
    assert min(found.a, found.b) > 0
    assert max(found.a, found.b, abs(found.c)) < 20
    assert found == calibration.fit(labels, score)


def test_scores_against_the_labels_do_not_turn_the_order() -> None:
    labels = np.array([1] * 50 + [0] * 50, dtype=np.int8)
    score = np.linspace(0.01, 0.99, 100)
    found = calibration.fit(labels, score)
    assert (np.diff(found.apply(score)) > 0).all()
