"""Normal rows that look nothing like a fraud, thinned out: one in ten of them is kept, with ten times the weight.

A forest spends nearly all its time on rows that its first splits have told from frauds. Leaves keep their shares, so a
trial on thinned rows finds the calibration of a whole fit.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier

from model.data.features import Matrix
from model.training import export, fitting
from model.training.season import Season
from model.training.typical import TypicalFrauds

Labels = npt.NDArray[np.int8]
Rows = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]

TIMES = 10
_EASY_SHARE = 0.9
_FEWEST_ROWS = 50_000
_EVERY_NORMAL = 4
_QUICK = {"max_iter": 30, "learning_rate": 0.2, "max_leaf_nodes": 15, "min_samples_leaf": 50}


def easy(
    matrix: Matrix,
    labels: Labels,
    rows: Rows,
    seed: int,
    learnt: TypicalFrauds | None = None,
    year: Season | None = None,
) -> Flags:
    """Which normal rows (n,) of the features' `matrix` (n, k) a quick model, fitted on some of `rows`, tells easily.

    No row where `rows` are few: there is no time to save.
    """
    if len(rows) < _FEWEST_ROWS:
        return np.zeros(len(labels), dtype=bool)
    fraud = labels[rows] == 1
    some = np.sort(np.concatenate([rows[fraud], rows[~fraud][::_EVERY_NORMAL]]))
    quick = HistGradientBoostingClassifier(**_QUICK, early_stopping=False, random_state=seed)
    with fitting.one_thread():
        quick.fit(export.read(matrix[some], learnt, year), labels[some])
    # Scored as in the container: half the time, and no wide copy of all rows.
    score = export.onnx_scores(export.to_onnx(quick, matrix.shape[1], None, learnt, year), matrix)
    found: Flags = (score <= np.quantile(score, _EASY_SHARE)) & (labels == 0)
    return found


def thinned(rows: Rows, easy: Flags, seed: int) -> tuple[Rows, npt.NDArray[np.float64]]:
    """Of `rows`, all that are not `easy` (n,) and one in TIMES of those that are; and the weights of what is left."""
    kept = rows[~easy[rows] | (np.random.default_rng(seed).random(len(rows)) < 1 / TIMES)]
    return kept, np.where(easy[kept], float(TIMES), 1.0)
