from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime
import pytest
from sklearn.ensemble import RandomForestClassifier

from model import export
from model.features import Matrix


def fitted(seed: int, matrix: Matrix) -> Any:
    labels = (matrix[:, 0] > np.median(matrix[:, 0])).astype(np.int8)
    labels[::7] = 1 - labels[::7]
    return RandomForestClassifier(20, random_state=seed).fit(matrix, labels)


@pytest.fixture(scope="module")
def matrix() -> Matrix:
    return np.random.default_rng(2).uniform(0, 1_000, (2_000, 3)).astype(np.float32)


def test_the_exported_model_gives_what_the_forest_gives(matrix: Matrix) -> None:
    forest = fitted(1, matrix)
    assert export.largest_difference(export.to_onnx(forest, 3), forest, matrix) < export.MAX_DIFFERENCE


def test_rows_beside_a_split_go_the_same_way() -> None:
    """Neighbouring float32 values: a split between them does not fit into a float32 exactly."""
    low = np.float32(1_000.1)
    steps = [low]
    for _ in range(200):
        steps.append(np.nextafter(steps[-1], np.float32(np.inf), dtype=np.float32))
    matrix = np.array(steps, dtype=np.float32).reshape(-1, 1)
    forest = RandomForestClassifier(20, random_state=1).fit(matrix, np.arange(len(matrix)) % 2)
    assert export.largest_difference(export.to_onnx(forest, 1), forest, matrix) < export.MAX_DIFFERENCE


def test_the_same_forest_gives_the_same_bytes(matrix: Matrix) -> None:
    first, second, other = (export.to_onnx(fitted(seed, matrix), 3) for seed in (1, 1, 2))
    assert first == second
    assert first != other


def test_another_model_is_refused(matrix: Matrix) -> None:
    with pytest.raises(export.ExportError, match="differs from the forest by"):
        export.largest_difference(export.to_onnx(fitted(2, matrix), 3), fitted(1, matrix), matrix)


def test_names_types_and_shapes(matrix: Matrix) -> None:
    session: onnxruntime.InferenceSession = export.session(export.to_onnx(fitted(1, matrix), 3))
    (given,) = session.get_inputs()
    wanted = session.get_outputs()[-1]
    assert (given.name, given.type, given.shape[1]) == ("features", "tensor(float)", 3)
    assert (wanted.name, wanted.type, wanted.shape[1]) == ("probabilities", "tensor(float)", 2)
