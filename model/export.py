"""A fitted forest -> ONNX bytes that give the same probabilities."""

from __future__ import annotations

import numpy as np
import onnxruntime
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType
from sklearn.ensemble import RandomForestClassifier

from model.errors import UserError
from model.features import Matrix
from model.train import Scores, scores

INPUT, OUTPUT = "features", "probabilities"
OPSET = {"": 15, "ai.onnx.ml": 3}
MAX_DIFFERENCE = 1e-5
MAX_COMPARED_ROWS = 100_000


class ExportError(UserError):
    """The exported model does not give what the forest gives."""


def to_onnx(forest: RandomForestClassifier, features: int) -> bytes:
    """ONNX of a two-class forest: float32 `features` (n, k) in, float32 `probabilities` (n, 2) out.

    The same forest gives the same bytes.
    """
    model = convert_sklearn(
        forest,
        name="fraud",
        initial_types=[(INPUT, FloatTensorType([None, features]))],
        options={id(forest): {"zipmap": False}},
        target_opset=OPSET,
    )
    return bytes(model.SerializeToString(deterministic=True))


def session(onnx: bytes) -> onnxruntime.InferenceSession:
    """A session on one thread, on the CPU."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])


def onnx_scores(onnx: bytes, matrix: Matrix) -> Scores:
    """Probability of fraud per row, as the container computes it."""
    (probabilities,) = session(onnx).run([OUTPUT], {INPUT: matrix})
    fraud: Scores = probabilities[:, 1].astype(np.float64)
    return fraud


def largest_difference(onnx: bytes, forest: RandomForestClassifier, matrix: Matrix) -> float:
    """Largest difference of the two on the first 100,000 rows; ExportError when it is beyond 1e-5."""
    some = matrix[:MAX_COMPARED_ROWS]
    largest = float(np.abs(onnx_scores(onnx, some) - scores(forest, some)).max(initial=0.0))
    if not largest <= MAX_DIFFERENCE:
        raise ExportError(
            f"The ONNX model differs from the forest by {largest:.1e}, beyond {MAX_DIFFERENCE:g}: "
            "check the versions of skl2onnx and onnxruntime against the lock."
        )
    return largest
