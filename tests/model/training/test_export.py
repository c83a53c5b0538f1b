from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import onnxruntime
import pytest
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier, RandomForestClassifier

from model.data.features import Matrix
from model.training import export, trees
from model.training.calibration import Beta
from model.training.train import fitted_scores


def forest(seed: int) -> Any:
    return RandomForestClassifier(20, random_state=seed)


def boosting(seed: int) -> Any:
    return HistGradientBoostingClassifier(max_iter=20 + seed, max_bins=200, early_stopping=False)


def extra_trees(seed: int) -> Any:
    return ExtraTreesClassifier(20, random_state=seed)


KINDS = pytest.mark.parametrize("kind", [forest, boosting, extra_trees])
Kind = Callable[[int], Any]


def fitted(kind: Kind, seed: int, matrix: Matrix) -> Any:
    labels = (matrix[:, 0] > np.median(matrix[:, 0])).astype(np.int8)
    labels[::7] = 1 - labels[::7]
    return kind(seed).fit(matrix, labels)


@pytest.fixture(scope="module")
def matrix() -> Matrix:
    return np.random.default_rng(2).uniform(0, 1_000, (2_000, 3)).astype(np.float32)


@KINDS
def test_the_exported_model_gives_what_the_trained_one_gives(kind: Kind, matrix: Matrix) -> None:
    model = fitted(kind, 1, matrix)
    assert (
        export.largest_difference(export.to_onnx(model, 3), fitted_scores(model, matrix), matrix)
        < export.MAX_DIFFERENCE
    )


@KINDS
def test_rows_beside_a_split_go_the_same_way(kind: Kind) -> None:
    """Neighbouring float32 values: a split between them does not fit into a float32 exactly."""
    low = np.float32(1_000.1)
    steps = [low]
    for _ in range(200):
        steps.append(np.nextafter(steps[-1], np.float32(np.inf), dtype=np.float32))
    matrix = np.repeat(np.array(steps, dtype=np.float32), 20).reshape(-1, 1)
    model = kind(1).fit(matrix, np.repeat(np.arange(len(steps)) // 5 % 2, 20))
    assert (
        export.largest_difference(export.to_onnx(model, 1), fitted_scores(model, matrix), matrix)
        < export.MAX_DIFFERENCE
    )


def test_the_float32_below_a_threshold() -> None:
    values = np.array([1_000.1, -1_000.1, 0.1, 5.0, 0.0, 1e30])
    near = trees.below(values)
    assert near.dtype == np.float32
    assert (near.astype(np.float64) <= values).all()
    assert (np.nextafter(near, np.float32(np.inf)).astype(np.float64) > values).all()


@KINDS
def test_the_same_model_gives_the_same_bytes(kind: Kind, matrix: Matrix) -> None:
    first, second, other = (export.to_onnx(fitted(kind, seed, matrix), 3) for seed in (1, 1, 2))
    assert first == second
    assert first != other


def test_another_model_is_refused(matrix: Matrix) -> None:
    with pytest.raises(export.ExportError, match="differs from the trained one by"):
        export.largest_difference(
            export.to_onnx(fitted(forest, 2, matrix), 3),
            fitted_scores(fitted(boosting, 1, matrix), matrix),
            matrix,
        )


@KINDS
def test_names_types_and_shapes(kind: Kind, matrix: Matrix) -> None:
    session: onnxruntime.InferenceSession = export.session(export.to_onnx(fitted(kind, 1, matrix), 3))
    (given,), (wanted,) = session.get_inputs(), session.get_outputs()
    assert (given.name, given.type, given.shape[1]) == ("features", "tensor(float)", 3)
    assert (wanted.name, wanted.type, wanted.shape[1]) == ("probabilities", "tensor(float)", 1)


@pytest.mark.parametrize(
    "model",
    [
        RandomForestClassifier(5, min_samples_leaf=900, random_state=1),
        HistGradientBoostingClassifier(max_iter=5, min_samples_leaf=1_500, early_stopping=False),
    ],
)
def test_trees_that_are_one_leaf(model: Any, matrix: Matrix) -> None:
    model.fit(matrix, np.arange(len(matrix)) % 10 == 0)
    export.largest_difference(export.to_onnx(model, 3), fitted_scores(model, matrix), matrix)


def test_trees_of_all_sizes_at_once(matrix: Matrix) -> None:
    model = RandomForestClassifier(
        30, max_depth=1, max_features=1, min_impurity_decrease=0.05, random_state=1
    )
    model.fit(matrix, matrix[:, 0] > 300)
    assert {tree.tree_.node_count for tree in model.estimators_} == {1, 3}
    export.largest_difference(export.to_onnx(model, 3), fitted_scores(model, matrix), matrix)


@KINDS
@pytest.mark.parametrize("beta", [Beta(0.7, 2.5, -2.4), Beta(1, 1, 0), Beta(1.3, 0.2, 3)])
def test_calibration_travels_with_the_model(kind: Kind, beta: Beta, matrix: Matrix) -> None:
    """Scores of 0 and 1 among them: the trees of a forest are pure."""
    model = fitted(kind, 1, matrix)
    expected = beta.apply(fitted_scores(model, matrix))
    assert export.largest_difference(export.to_onnx(model, 3, beta), expected, matrix) < export.MAX_DIFFERENCE


def test_scores_do_not_depend_on_the_parts(matrix: Matrix, monkeypatch: pytest.MonkeyPatch) -> None:
    onnx = export.to_onnx(fitted(boosting, 1, matrix), 3)
    whole = export.onnx_scores(onnx, matrix)
    monkeypatch.setattr(export, "_CHUNK_ROWS", 300)
    np.testing.assert_array_equal(export.onnx_scores(onnx, matrix), whole)
    assert export.onnx_scores(onnx, matrix[:0]).shape == (0,)
