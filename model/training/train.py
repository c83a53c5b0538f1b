"""A training frame and a recipe -> a fitted model and its threshold."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import joblib
import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import precision_recall_curve

from model import progress
from model.data import features
from model.errors import UserError
from model.training import fitting, recipes
from model.training.recipes import Recipe

Scores = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int8]

VALIDATION_WEEKS = 16
SHORT_FILE_SHARE = 0.25
_CHUNK_ROWS = 20_000


@dataclass(frozen=True)
class Trained:
    """A fitted model, the threshold at or above which a score is a fraud, and how both came about."""

    recipe: Recipe
    estimator: Any
    threshold: float
    chosen: Mapping[str, Any]
    rows: int
    """Of one draw: where a recipe draws normal rows by chance, a forest draws anew for every ten trees."""
    frauds: int
    fit_seconds: float


def train(
    frame: pd.DataFrame, recipe: Recipe, *, seed: int = 42, say: progress.Say = progress.silent
) -> Trained:
    """Fit `recipe` on a frame from `model.dataset`, ordered by time. The same arguments give the same model.

    UserError when the frame holds too few frauds to fit or to choose a threshold.
    """
    with progress.step(say, f"{recipe.name}: features of {len(frame):,} rows"):
        matrix = features.from_frame(frame, recipe.features)
    threshold, chosen = recipe.threshold, {"how": "fixed by the recipe"}
    if threshold is None:
        threshold, chosen = _choose_threshold(frame, matrix, recipe, seed, say)
    start = time.perf_counter()
    what = f"{recipe.name}: growing {recipe.trees} trees"
    estimator, rows, frauds = _fit(frame, matrix, recipe, seed, what, say)
    return Trained(recipe, estimator, threshold, chosen, rows, frauds, time.perf_counter() - start)


def _fit(
    frame: pd.DataFrame, matrix: features.Matrix, recipe: Recipe, seed: int, what: str, say: progress.Say
) -> tuple[Any, int, int]:
    """The estimator, and how many rows and frauds one draw has."""
    labels = frame["is_fraud"].to_numpy()

    def draw(number: int) -> tuple[features.Matrix, Labels]:
        rows = recipe.sampling.choose(frame, number)
        return matrix[rows], labels[rows]

    drawn = labels[recipe.sampling.choose(frame, seed)]
    frauds = int(drawn.sum())
    if not 0 < frauds < len(drawn):
        raise UserError(
            f"The {len(drawn)} rows to fit on hold {frauds} frauds: use a training file with both classes."
        )
    with progress.bar(say, f"{what} on {len(drawn):,} rows", recipe.trees) as grown:
        estimator = fitting.fit(recipe, draw, seed, grown)
    if isinstance(recipe.sampling, recipes.AllFrauds):
        normals = int((labels == 0).sum())
        fitting.correct_prior(estimator, recipe.fraud_weight * normals / (len(drawn) - frauds))
    return estimator, len(drawn), frauds


def scores(estimator: Any, matrix: features.Matrix) -> Scores:
    """Probability of fraud per row. Trees are summed in one order, so the bits do not depend on the cores."""
    if not isinstance(estimator, RandomForestClassifier):
        with fitting.one_thread():
            whole: Scores = estimator.predict_proba(matrix)[:, 1]
        return whole
    estimator.n_jobs = 1
    parts = joblib.Parallel(n_jobs=-1, prefer="threads")(
        joblib.delayed(estimator.predict_proba)(matrix[start : start + _CHUNK_ROWS])
        for start in range(0, len(matrix), _CHUNK_ROWS)
    )
    return np.concatenate(parts)[:, 1]


def validation_start(times: npt.NDArray[np.datetime64]) -> int:
    """First validation row of ordered `times`: the last 16 weeks, or the last quarter of a short file."""
    border = times[-1] - np.timedelta64(VALIDATION_WEEKS, "W")
    if times[0] + np.timedelta64(2 * VALIDATION_WEEKS, "W") > times[-1]:
        return int(len(times) * (1 - SHORT_FILE_SHARE))
    return int(np.searchsorted(times, border))


def _choose_threshold(
    frame: pd.DataFrame, matrix: features.Matrix, recipe: Recipe, seed: int, say: progress.Say
) -> tuple[float, dict[str, Any]]:
    times = frame["trans_date_trans_time"].to_numpy()
    start = validation_start(times)
    earlier, later = frame.iloc[:start], frame.iloc[start:]
    labels = later["is_fraud"].to_numpy()
    if not 0 < labels.sum() < len(labels):
        raise UserError("The last weeks of the training file hold one class only: use a longer file.")
    what = f"{recipe.name}: choosing the threshold on the last {len(later):,} rows, {recipe.trees} trees"
    estimator, *_ = _fit(earlier, matrix[:start], recipe, seed, what, say)
    threshold, best = best_f1(labels, scores(estimator, matrix[start:]))
    return threshold, {
        "how": "best F1 on the last weeks of the training file, then refitted on all weeks",
        "from": str(times[start]),
        "rows": len(later),
        "frauds": int(labels.sum()),
        "f1": round(best, 4),
    }


def best_f1(labels: Labels, score: Scores) -> tuple[float, float]:
    """The threshold (score >= threshold is a fraud) with the best F1, and that F1."""
    precision, recall, thresholds = precision_recall_curve(labels, score)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    best = int(np.argmax(f1[:-1]))
    # Between the last score that is a fraud and the next below it, so that rounding moves no row.
    below = thresholds[best - 1] if best else 0.0
    return round(float(thresholds[best] + below) / 2, 6), float(f1[best])
