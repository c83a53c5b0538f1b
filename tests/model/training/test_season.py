"""The month's share of purchases: learnt in a fit, and a shift of the calibrated log odds in the exported model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from model.data import features, sample
from model.data.dataset import Dataset
from model.training import calibration, export, season, train
from model.training.calibration import Beta
from tests.model import small_recipes

FEATURES = ("log_amt", "month", "hour")
YEAR = np.arange("2019-01-01", "2020-01-01", dtype="datetime64[D]")


def busy(days: npt.NDArray[np.datetime64], month: int, times: int) -> npt.NDArray[np.datetime64]:
    """One purchase a day, and `times` as many in the calendar month, of which January is 0."""
    of_day = days.astype("datetime64[M]").astype(np.int64) % 12
    return np.repeat(days, np.where(of_day == month, times, 1)).astype("datetime64[s]")


def normal(times: npt.NDArray[np.datetime64]) -> npt.NDArray[np.int8]:
    return np.zeros(len(times), np.int8)


def labelled(a_day: int, follows: bool) -> tuple[npt.NDArray[np.datetime64], npt.NDArray[np.int8]]:
    """Two years of ten purchases a day and thirty in December, with so many frauds a day, or thrice as many there."""
    days = np.arange("2018-01-01", "2020-01-01", dtype="datetime64[D]")
    thrice = np.where(days.astype("datetime64[M]").astype(np.int64) % 12 == 11, 3, 1)
    frauds = np.repeat(days, a_day * (thrice if follows else 1))
    times = np.concatenate([np.repeat(days, 10 * thrice), frauds]).astype("datetime64[s]")
    return times, np.repeat(np.array([0, 1], np.int8), [len(times) - len(frauds), len(frauds)])


def test_a_month_counts_by_its_purchases_a_day() -> None:
    year = busy(YEAR, 11, 3)
    found = season.learn(year, normal(year), FEATURES)
    average = (365 + 2 * 31) / 365
    np.testing.assert_allclose(found.volumes, [1 / average] * 11 + [3 / average], atol=1e-6)
    # That February has fewer days, and that the file has one January more, makes no month busier.
    year = busy(np.arange("2019-01-01", "2020-02-01", dtype="datetime64[D]"), 11, 3)
    longer = season.learn(year, normal(year), FEATURES)
    assert len(set(longer.volumes)) == 2


def test_less_than_a_year_tells_no_season() -> None:
    for days in (YEAR[:300], np.delete(YEAR, slice(270, 300))):
        times = busy(days, 1, 5)
        labels = (np.arange(len(times)) % 9 == 0).astype(np.int8)
        found = season.learn(times, labels, FEATURES)
        assert (found.volumes, found.power) == ((1.0,) * 12, 0)


def test_how_far_frauds_follow_spending_is_learnt() -> None:
    assert season.learn(*labelled(2, follows=False), FEATURES).power == pytest.approx(-1, abs=0.15)
    assert season.learn(*labelled(2, follows=True), FEATURES).power == pytest.approx(0, abs=0.02)


def test_a_few_frauds_say_little_of_a_season() -> None:
    times = busy(YEAR, 11, 3)
    labels = normal(times)
    labels[np.searchsorted(times, np.array(["2019-03-01", "2019-05-01"], times.dtype))] = 1
    assert -0.1 < season.learn(times, labels, FEATURES).power <= 0


def test_odds_are_divided_by_the_months_purchases_where_frauds_stay_as_many() -> None:
    found = replace(
        season.learn(*labelled(1, follows=False), FEATURES), volumes=(0.5,) * 11 + (1.5,), power=-1.0
    )
    matrix = np.array([[3, 11, 22], [3, 0, 22]], dtype=np.float32)
    np.testing.assert_array_equal(found.others(matrix), [[3, 22], [3, 22]])
    december, january = Beta(1, 1, 0).apply(np.array([0.5, 0.5]), found.shift(matrix))
    assert january / (1 - january) == pytest.approx(3 * december / (1 - december))


def test_a_shift_that_is_known_is_not_found_again() -> None:
    rng = np.random.default_rng(6)
    score, shift = rng.random(50_000), rng.choice([-0.7, 0.4], 50_000)
    labels = (rng.random(len(score)) < Beta(1, 1, 0).apply(score, shift)).astype(np.int8)
    found = calibration.fit(labels, score, shift)
    assert (found.a, found.b, found.c) == pytest.approx((1, 1, 0), abs=0.06)


@pytest.fixture(scope="module")
def busy_spring() -> Dataset:
    """Sample data of two years whose purchases are three times as many in March, frauds apart."""
    data = sample.load(rows=45_000, seed=3)
    frame = data.train
    march = frame["trans_date_trans_time"].dt.month == 3
    quiet = ~march & (frame["is_fraud"] == 0) & (np.arange(len(frame)) % 3 > 0)
    return replace(data, train=frame[~quiet].reset_index(drop=True))


def test_the_exported_model_has_the_season_and_no_tree_reads_the_month(busy_spring: Dataset) -> None:
    trained = train.train(busy_spring.train, small_recipes.STATELESS)
    names = trained.recipe.features
    found = trained.fit.season
    assert found is not None
    assert found.volumes[2] > 2 * max(volume for place, volume in enumerate(found.volumes) if place != 2)
    matrix = features.from_frame(busy_spring.test, names)
    assert export.largest_difference(trained.onnx, trained.fitted_scores(matrix), matrix) < 1e-5
    assert trained.fit.estimator.n_features_in_ == len(names)  # one column learnt, and the month gone
    other = matrix.copy()
    other[:, names.index(season.MONTH)] = 2
    raw = trained.fit.onnx(len(names))
    np.testing.assert_array_equal(export.onnx_scores(raw, matrix), export.onnx_scores(raw, other))
    elsewhere = matrix[:, names.index(season.MONTH)] != 2
    score, in_march = trained.scores(matrix)[elsewhere], trained.scores(other)[elsewhere]
    assert (in_march < score).mean() > 0.99


def test_the_season_is_learnt_from_the_rows_of_the_fit_alone(
    busy_spring: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    learn = season.learn

    def noted(
        times: npt.NDArray[np.datetime64], labels: npt.NDArray[np.int8], names: tuple[str, ...]
    ) -> season.Season:
        seen.append(len(times))
        return learn(times, labels, names)

    monkeypatch.setattr(season, "learn", noted)
    train.train(busy_spring.train, small_recipes.STATELESS)
    frame = busy_spring.train
    assert seen == [train.validation_start(frame["trans_date_trans_time"].to_numpy()), len(frame)]
