"""The column that a fit adds: how far an amount is from its category's typical fraud."""

from __future__ import annotations

import numpy as np

from model.contract import CATEGORIES
from model.data.features import Matrix
from model.training import export, trees, typical
from model.training.typical import TypicalFrauds

FEATURES = ("hour", "log_amt", "category")


def rows(*given: tuple[float, int]) -> Matrix:
    return np.array([(12, np.log1p(dollars), code) for dollars, code in given], dtype=np.float32)


def test_the_median_of_a_categorys_frauds_and_of_all_where_it_has_none() -> None:
    dollars = typical.learn(rows((10, 0), (20, 0), (90, 0), (500, 1)), FEATURES).dollars()
    assert list(dollars) == list(CATEGORIES)
    assert (dollars[CATEGORIES[0]], dollars[CATEGORIES[1]]) == (20, 500)
    # Halfway between 20 and 90 as logarithms are.
    assert dollars[CATEGORIES[2]] == dollars[CATEGORIES[13]] == round((21 * 91) ** 0.5 - 1, 2)


def test_the_column_is_the_distance_either_way() -> None:
    found = TypicalFrauds(1, 2, tuple(float(np.log1p(100 * code)) for code in range(len(CATEGORIES))))
    matrix = rows((100, 1), (300, 1), (100, 3), (5, 0))
    added = found.added(matrix)
    assert added.dtype == np.float32
    np.testing.assert_array_equal(added[:, :3], matrix)
    distance = np.log(301 / 101)
    np.testing.assert_allclose(added[:, 3], [0, distance, distance, np.log(6)], atol=1e-6)


def test_the_exported_column_has_the_same_bits() -> None:
    draws = np.random.default_rng(4)
    count = len(CATEGORIES)
    matrix = rows(*zip(draws.lognormal(4, 2, 2_000), draws.integers(0, count, 2_000), strict=True))
    found = TypicalFrauds(1, 2, tuple(draws.uniform(2, 7, count).tolist()))
    onnx = trees.model(trees.distance(found, export.INPUT, export.OUTPUT), 3, export.INPUT, export.OUTPUT)
    # The column is the last one, which the container takes for the scores.
    assert (
        export.onnx_scores(onnx, matrix).astype(np.float32).tobytes() == found.added(matrix)[:, 3].tobytes()
    )
