"""A fitted model -> ONNX bytes that give the same probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime
from sklearn.ensemble import HistGradientBoostingClassifier

from model.artifact import trees
from model.data.features import Matrix
from model.errors import UserError
from model.training.train import Scores, scores

INPUT, OUTPUT = "features", "probabilities"
MAX_DIFFERENCE = 1e-5
MAX_COMPARED_ROWS = 100_000


class ExportError(UserError):
    """The exported model does not give what the trained model gives."""


def to_onnx(model: Any, features: int) -> bytes:
    """ONNX of a forest or of boosted trees: float32 `features` (n, k) in, probability of fraud (n, 1) out.

    The same model gives the same bytes.
    """
    write = (
        trees.boosting_to_onnx if isinstance(model, HistGradientBoostingClassifier) else trees.forest_to_onnx
    )
    return write(model, features, INPUT, OUTPUT)


def session(onnx: bytes) -> onnxruntime.InferenceSession:
    """A session on one thread, on the CPU."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])


def onnx_scores(onnx: bytes, matrix: Matrix) -> Scores:
    """Probability of fraud per row, as the container computes it."""
    (probabilities,) = session(onnx).run([OUTPUT], {INPUT: matrix})
    fraud: Scores = probabilities[:, -1].astype(np.float64)
    return fraud


def largest_difference(onnx: bytes, model: Any, matrix: Matrix) -> float:
    """Largest difference of the two on the first 100,000 rows; ExportError when it is beyond 1e-5."""
    some = matrix[:MAX_COMPARED_ROWS]
    largest = float(np.abs(onnx_scores(onnx, some) - scores(model, some)).max(initial=0.0))
    if not largest <= MAX_DIFFERENCE:
        raise ExportError(
            f"The ONNX model differs from the trained one by {largest:.1e}, beyond {MAX_DIFFERENCE:g}: "
            "check the versions of scikit-learn and onnxruntime against the lock."
        )
    return largest
