"""A recipe's estimator, fitted so that its bits depend on the arguments alone and progress can be shown."""

from __future__ import annotations

import math
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from threadpoolctl import threadpool_limits

from model.data import memory
from model.data.features import Matrix
from model.progress import Grown
from model.training.recipes import Recipe

Labels = npt.NDArray[np.int8]

_POLL_SECONDS = 0.2
_STEP_TREES = 10


Weights = npt.NDArray[np.float64]
Draw = Callable[[int], tuple[Matrix, Labels, Weights | None]]
"""Rows to fit on, their labels and weights, None for equal ones; another number gives another draw, where the recipe
draws at random."""


def fit(recipe: Recipe, draw: Draw, seed: int, grown: Grown) -> Any:
    """The fitted estimator, the same on any number of cores; `grown` is called with the number of trees so far.

    A forest gets a draw of its own for every ten trees, so that it sees most of a large file at the cost of a small
    one; boosting gets one draw.
    """
    if recipe.kind != "boosting":
        return _forest(recipe, draw, seed, grown)
    estimator = HistGradientBoostingClassifier(**recipe.parameters, random_state=seed)
    rows, labels, weights = draw(seed)
    memory.give_back()
    rows = rows.astype(np.float64)  # what boosting reads; given narrow ones, it would hold both
    with one_thread(), _watched(estimator, grown):
        estimator.fit(rows, labels, weights)
    return estimator


def correct_prior(estimator: Any, inflation: float) -> None:
    """Divide the odds of fraud in every leaf, or of every boosted score, by `inflation`.

    Frauds were that many times more frequent in the fit than in the data: scores are probabilities again. Weights in
    the fit would do the same and cost precision (measured).
    """
    if isinstance(estimator, HistGradientBoostingClassifier):
        estimator._baseline_prediction = estimator._baseline_prediction - math.log(inflation)
        return
    for tree in estimator.estimators_:
        shares = tree.tree_.value[:, 0, :]  # a view: normal rows, frauds
        shares[:, 1] /= inflation
        shares /= shares.sum(axis=1, keepdims=True)


def one_thread() -> AbstractContextManager[Any]:
    """While it is open, boosting runs on one thread.

    Its sums over rows depend on the number of threads; and threads that spin while they wait for one another are
    slower than one when the machine is busy.
    """
    limits: AbstractContextManager[Any] = threadpool_limits(1, user_api="openmp")
    return limits


def _forest(
    recipe: Recipe, draw: Draw, seed: int, grown: Grown
) -> RandomForestClassifier | ExtraTreesClassifier:
    """Grown in steps, which on the same rows gives the same trees as one call: each has a random state of its own."""
    kind = ExtraTreesClassifier if recipe.kind == "extra_trees" else RandomForestClassifier
    forest = kind(**recipe.parameters, random_state=seed, n_jobs=-1, warm_start=True)
    with warnings.catch_warnings():
        # "balanced" is counted again at each step, from the same labels.
        warnings.filterwarnings("ignore", message="class_weight presets", category=UserWarning)
        for step, trees in enumerate([*range(_STEP_TREES, recipe.trees, _STEP_TREES), recipe.trees]):
            forest.n_estimators = trees
            forest.fit(*draw(seed + step))
            memory.give_back()
            grown(trees)
    forest.warm_start = False
    return forest


@contextmanager
def _watched(estimator: HistGradientBoostingClassifier, grown: Grown) -> Iterator[None]:
    done = threading.Event()

    def watch() -> None:
        while not done.wait(_POLL_SECONDS):
            grown(len(getattr(estimator, "_predictors", ())))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
