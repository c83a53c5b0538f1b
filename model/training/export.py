"""A fitted model -> ONNX bytes that give the same probabilities."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
from sklearn.ensemble import HistGradientBoostingClassifier

from model.data.features import Matrix
from model.errors import UserError
from model.training import trees
from model.training.calibration import Beta
from model.training.season import Season
from model.training.typical import TypicalFrauds

Scores = npt.NDArray[np.float64]

INPUT, OUTPUT = "features", "probabilities"
MAX_DIFFERENCE = 1e-5
MAX_COMPARED_ROWS = 100_000
_CHUNK_ROWS = 20_000


class ExportError(UserError):
    """The exported model does not give what the trained model gives."""


def to_onnx(
    estimator: Any,
    features: int,
    beta: Beta | None = None,
    typical: TypicalFrauds | None = None,
    season: Season | None = None,
) -> bytes:
    """ONNX of a forest or of boosted trees: float32 `features` (n, k) in, probability of fraud (n, 1) out.

    With `typical`, the estimator reads the column that it adds; with `season`, it does not read the month. With
    `beta`, the probabilities are calibrated ones, shifted by the season. The same model gives the same bytes.
    """
    write: Any = trees.boosting if isinstance(estimator, HistGradientBoostingClassifier) else trees.forest
    steps, given, columns = [], INPUT, features
    if typical is not None:
        steps += trees.distance(typical, given, "columns")
        given, columns = "columns", columns + 1
    if season is not None:
        steps += trees.others(season, columns, given, "others")
        given = "others"
    if beta is None:
        return trees.model([*steps, *write(estimator, given, OUTPUT)], features, INPUT, OUTPUT)
    steps += write(estimator, given, "scores")
    if season is not None:
        steps += trees.shift(season, INPUT, "shift")
    steps += trees.calibration(beta, "scores", OUTPUT, None if season is None else "shift")
    return trees.model(steps, features, INPUT, OUTPUT)


def read(matrix: Matrix, typical: TypicalFrauds | None, season: Season | None) -> Matrix:
    """What an estimator reads of the features' `matrix` (n, k): `to_onnx` does the same ahead of the trees."""
    columns = matrix if typical is None else typical.added(matrix)
    return columns if season is None else season.others(columns)


def session(onnx: bytes) -> onnxruntime.InferenceSession:
    """A session on one thread, on the CPU."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])


def onnx_scores(onnx: bytes, matrix: Matrix) -> Scores:
    """Probability of fraud (n,) per row of `matrix` (n, k), as the container computes it.

    Each part of the rows is scored on one thread, so the bits do not depend on the cores.
    """
    opened = session(onnx)

    def part(start: int) -> npt.NDArray[np.float32]:
        (probabilities,) = opened.run([OUTPUT], {INPUT: matrix[start : start + _CHUNK_ROWS]})
        found: npt.NDArray[np.float32] = probabilities[:, -1]
        return found

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        parts = list(pool.map(part, range(0, max(len(matrix), 1), _CHUNK_ROWS)))
    return np.concatenate(parts).astype(np.float64)


def largest_difference(onnx: bytes, scores: Scores, matrix: Matrix) -> float:
    """Largest difference from the fitted model's `scores` (n,) of `matrix` (n, k); ExportError beyond 1e-5."""
    largest = float(np.abs(onnx_scores(onnx, matrix) - scores).max(initial=0.0))
    if not largest <= MAX_DIFFERENCE:
        raise ExportError(
            f"The ONNX model differs from the trained one by {largest:.1e}, beyond {MAX_DIFFERENCE:g}: "
            "check the versions of scikit-learn and onnxruntime against the lock."
        )
    return largest
