"""A training frame, a recipe and a choice of a rule -> a fitted model that gives probabilities, and its rule."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple, TypedDict

import joblib
import numpy as np
import numpy.typing as npt
import pandas as pd

from model import progress
from model.data import features
from model.decision import RULES, Choice, Rule
from model.errors import UserError
from model.training import calibration, export, fitting, recipes, rules, season, thinning, typical
from model.training.calibration import Beta
from model.training.recipes import Recipe
from model.training.season import Season
from model.training.typical import TypicalFrauds

Scores = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int8]

VALIDATION_WEEKS = 16
SHORT_FILE_SHARE = 0.25
_CHUNK_ROWS = 20_000


class Selection(TypedDict, total=False):
    """How rule and calibration were found: on which validation rows, and what the rule would have done there.

    `calibration` has the three numbers of `Beta`; `alerts_per_1000` is in transactions, the rest are shares.
    """

    how: str
    first: str
    rows: int
    frauds: int
    calibration: list[float]
    precision: float
    recall: float
    alerts_per_1000: float


@dataclass(frozen=True)
class Validated:
    """Validation rows (n,) as the rule sees them: their times, calibrated scores and alerts."""

    times: npt.NDArray[np.datetime64]
    score: Scores
    alert: npt.NDArray[np.bool_]


class Fit(NamedTuple):
    """An estimator, what adds the column that it reads besides the recipe's features, and what removes the month.

    `rows` and `frauds` are of one draw: where a recipe draws normal rows at random, a forest draws again for every
    ten trees.
    """

    estimator: Any
    typical: TypicalFrauds | None
    season: Season | None
    rows: int
    frauds: int

    def scores(self, matrix: features.Matrix) -> Scores:
        """Not calibrated, by scikit-learn: (n,) of the features' matrix (n, k)."""
        return fitted_scores(self.estimator, export.read(matrix, self.typical, self.season))

    def shift(self, matrix: features.Matrix) -> Scores | float:
        """What the season adds to the calibrated log odds: (n,) of the features' matrix (n, k), or 0."""
        return 0.0 if self.season is None else self.season.shift(matrix)

    def onnx(self, features: int, beta: Beta | None = None) -> bytes:
        """The same of `features` columns, calibrated and shifted where there is a `beta`."""
        return export.to_onnx(self.estimator, features, beta, self.typical, self.season)


@dataclass(frozen=True)
class Trained:
    """A fitted model, the rule that turns its scores into alerts, and how both came about.

    `alternatives` are the rules that the user did not choose, found on the same validation rows. `validated` is None
    for a recipe of a fixed threshold, which needs no validation.
    """

    recipe: Recipe
    fit: Fit
    beta: Beta | None
    rule: Rule
    selection: Selection
    alternatives: tuple[Rule, ...]
    validated: Validated | None
    fit_seconds: float

    def fitted_scores(self, matrix: features.Matrix) -> Scores:
        """What `scores` should be, computed by scikit-learn."""
        raw = self.fit.scores(matrix)
        return raw if self.beta is None else self.beta.apply(raw, self.fit.shift(matrix))

    @cached_property
    def onnx(self) -> bytes:
        """The model with its calibration, as it is served."""
        return self.fit.onnx(len(self.recipe.features), self.beta)

    def scores(self, matrix: features.Matrix) -> Scores:
        """Probability of fraud (n,) per row of `matrix` (n, k). A recipe of a fixed threshold is not calibrated."""
        return self.fit.scores(matrix) if self.beta is None else export.onnx_scores(self.onnx, matrix)


def train(
    frame: pd.DataFrame,
    recipe: Recipe,
    choice: Choice | None = None,
    *,
    seed: int = 42,
    say: progress.Say = progress.silent,
) -> Trained:
    """Fit `recipe` on a frame from `model.data.dataset`, ordered by time. The same arguments give the same model.

    UserError when the frame holds too few frauds to fit or to find a rule.
    """
    choice = choice or Choice()
    with progress.step(say, f"{recipe.name}: features of {len(frame):,} rows"):
        matrix = features.from_frame(frame, recipe.features)
    beta: Beta | None = None
    validated: Validated | None = None
    if recipe.fixed_threshold is not None:
        found: tuple[Rule, ...] = (Rule("fixed", choice.prices, recipe.fixed_threshold),)
        selection: Selection = {"how": "fixed by the recipe"}
    else:
        with progress.step(say, f"{recipe.name}: finding the rule on the last weeks"):
            beta, found, selection, validated = _find(frame, matrix, recipe, choice, seed)
    start = time.perf_counter()
    fit = _fit(frame, matrix, recipe, seed, say)
    seconds = time.perf_counter() - start
    return Trained(recipe, fit, beta, found[0], selection, found[1:], validated, seconds)


def _fit(
    frame: pd.DataFrame,
    matrix: features.Matrix,
    recipe: Recipe,
    seed: int,
    say: progress.Say,
    *,
    thin: bool = False,
) -> Fit:
    labels = frame["is_fraud"].to_numpy()
    draws = recipe.sampling.of(frame)

    first = draws(seed)
    drawn = labels[first]
    frauds = int(drawn.sum())
    if not 0 < frauds < len(drawn):
        raise UserError(
            f"The {len(drawn)} rows to fit on hold {frauds} frauds: use a training file with both classes."
        )
    stolen = first[drawn == 1]
    learnt = typical.learn(matrix[stolen], recipe.features) if recipe.typical_frauds else None
    seasonal = season.MONTH in recipe.features
    times = frame["trans_date_trans_time"].to_numpy()
    year = season.learn(times, labels, recipe.features) if seasonal else None

    easy = thinning.easy(matrix, labels, first, seed, learnt, year) if thin else None

    def draw(number: int) -> tuple[features.Matrix, Labels, fitting.Weights | None]:
        rows, weights = draws(number), None
        if easy is not None:
            rows, weights = thinning.thinned(rows, easy, number)
        return export.read(matrix[rows], learnt, year), labels[rows], weights

    what = f"{recipe.name}: growing {recipe.trees} trees on {len(drawn):,} rows"
    with progress.bar(say, what, recipe.trees) as grown:
        estimator = fitting.fit(recipe, draw, seed, grown)
    if isinstance(recipe.sampling, recipes.AllFrauds):
        normals = int((labels == 0).sum())
        fitting.correct_prior(estimator, recipe.fraud_weight * normals / (len(drawn) - frauds))
    return Fit(estimator, learnt, year, len(drawn), frauds)


def fitted_scores(estimator: Any, matrix: features.Matrix) -> Scores:
    """Probability of fraud (n,) per row of `matrix` (n, k), by scikit-learn.

    Trees are summed in one order, so the bits do not depend on the cores.
    """
    if not hasattr(estimator, "estimators_"):
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
    """First validation row of ordered `times` (n,): the last 16 weeks, or the last quarter of a short file."""
    border = times[-1] - np.timedelta64(VALIDATION_WEEKS, "W")
    if times[0] + np.timedelta64(2 * VALIDATION_WEEKS, "W") > times[-1]:
        return int(len(times) * (1 - SHORT_FILE_SHARE))
    return int(np.searchsorted(times, border))


def _find(
    frame: pd.DataFrame, matrix: features.Matrix, recipe: Recipe, choice: Choice, seed: int
) -> tuple[Beta, tuple[Rule, ...], Selection, Validated]:
    """Calibration and rules, the chosen one first, by a smaller model, fitted on the weeks before validation."""
    times = frame["trans_date_trans_time"].to_numpy()
    start = validation_start(times)
    earlier, later = frame.iloc[:start], frame.iloc[start:]
    labels = later["is_fraud"].to_numpy()
    if not 0 < labels.sum() < len(labels):
        raise UserError("The last weeks of the training file hold one class only: use a longer file.")
    fit = _fit(earlier, matrix[:start], recipe.trial(), seed, progress.silent, thin=recipe.thin_trial)
    raw = export.onnx_scores(fit.onnx(matrix.shape[1]), matrix[start:])
    shift = fit.shift(matrix[start:])
    beta = calibration.fit(labels, raw, shift)
    score = beta.apply(raw, shift)
    choices = [choice, *(replace(choice, rule=name, decline=None) for name in RULES if name != choice.rule)]
    found = tuple(rules.find(one, labels, score) for one in choices)
    alert = found[0].alerts(score, later["amt"].to_numpy())
    selection = _selection(str(times[start]), labels, alert, beta)
    return beta, found, selection, Validated(times[start:], score, alert)


def _selection(first: str, labels: Labels, alert: npt.NDArray[np.bool_], beta: Beta) -> Selection:
    caught = int(labels[alert].sum())
    return {
        "how": "on the last weeks of the training file, then refitted on all weeks",
        "first": first,
        "rows": len(labels),
        "frauds": int(labels.sum()),
        "calibration": [beta.a, beta.b, beta.c],
        "precision": round(caught / max(int(alert.sum()), 1), 4),
        "recall": round(caught / int(labels.sum()), 4),
        "alerts_per_1000": round(1000 * float(alert.mean()), 3),
    }
