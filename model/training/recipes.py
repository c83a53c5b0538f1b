"""The recipes, as data: which features, which rows, which parameters, which threshold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from model.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

Rows = npt.NDArray[np.intp]
Draws = Callable[[int], Rows]
"""Positions in a frame to fit on; another number gives other rows, where a sampling draws at random."""


@dataclass(frozen=True)
class SortedByLabel:
    """The first `rows` rows after sorting by label, frauds first: what the reference does.

    The sort is pandas' default and not stable: which normal rows follow the frauds depends on the version.
    """

    rows: int

    def of(self, frame: pd.DataFrame) -> Draws:
        """Always the same rows of `frame`, all frauds first."""
        import pandas as pd  # a preview of the stacks reads the recipes, and no data

        numbered = pd.DataFrame({"is_fraud": frame["is_fraud"].to_numpy()})
        rows = numbered.sort_values(by=["is_fraud"], ascending=False).index.to_numpy()[: self.rows]
        return lambda _: rows

    def of_size(self, rows: int, frame: pd.DataFrame) -> SortedByLabel:
        """The same sampling with `rows` rows altogether."""
        return SortedByLabel(rows)


@dataclass(frozen=True)
class AllFrauds:
    """Every fraud and `normals` normal rows drawn at random, in the frame's order.

    Cards whose every row is a fraud are left out: they come from customers that the data's generator gave no
    normal spending, and a model that sees them learns "unknown card = fraud".
    """

    normals: int

    def of(self, frame: pd.DataFrame) -> Draws:
        """Draws from `frame`, rows ascending."""
        frauds = _usual_frauds(frame)
        normals = np.flatnonzero(frame["is_fraud"].to_numpy() == 0)

        def draw(seed: int) -> Rows:
            if len(normals) <= self.normals:
                return np.sort(np.concatenate([frauds, normals]))
            some = np.random.default_rng(seed).choice(normals, self.normals, replace=False)
            return np.sort(np.concatenate([frauds, some]))

        return draw

    def of_size(self, rows: int, frame: pd.DataFrame) -> AllFrauds:
        """The same sampling with `rows` rows of `frame` altogether, or one normal row besides all frauds."""
        return AllFrauds(max(rows - len(_usual_frauds(frame)), 1))


def only_fraud(frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Per row (n,): is every row of this row's card a fraud?"""
    cards, label = frame["cc_num"].to_numpy(), frame["is_fraud"].to_numpy()
    with_fraud = np.unique(cards[label == 1])
    without_normal = np.setdiff1d(with_fraud, cards[label == 0])
    return np.isin(cards, without_normal)


def _usual_frauds(frame: pd.DataFrame) -> Rows:
    fraud = np.flatnonzero(frame["is_fraud"].to_numpy() == 1)
    return fraud[~only_fraud(frame)[fraud]]


@dataclass(frozen=True)
class Recipe:
    """A way to a model.

    `fixed_threshold` None: its scores are calibrated on the last weeks of the training file, and the user's choice
    of a rule decides. Otherwise scores stay as they come out of the fit and those at or above it are alerts.
    """

    name: str
    features: tuple[str, ...]
    sampling: SortedByLabel | AllFrauds
    kind: Literal["boosting", "forest", "extra_trees"]
    parameters: Mapping[str, Any]
    """Of scikit-learn's HistGradientBoosting-, RandomForest- or ExtraTreesClassifier."""
    trial_parameters: Mapping[str, Any] = field(default_factory=dict)
    """What `trial` sets otherwise. How often a fit sees frauds shapes the scores of pure leaves: a forest's trial
    keeps the sampling."""
    trial_sampling: AllFrauds | None = None
    thin_trial: bool = False
    """Whether `training/thinning.py` thins out the rows that the trial is fitted on."""
    fixed_threshold: float | None = None
    typical_frauds: bool = False
    """Whether the fit adds the column of `training/typical.py` to the features."""

    @property
    def trees(self) -> int:
        """How many trees the model has."""
        return int(self.parameters["max_iter" if self.kind == "boosting" else "n_estimators"])

    @property
    def fraud_weight(self) -> float:
        """How many times more often than a normal row a tree draws a fraud."""
        weights = self.parameters.get("class_weight")
        return float(weights[1] / weights[0]) if isinstance(weights, Mapping) else 1.0

    def trial(self) -> Recipe:
        """A cheaper model of the same kind, by which calibration and rule are found."""
        return replace(
            self,
            sampling=self.trial_sampling or self.sampling,
            parameters={**self.parameters, **self.trial_parameters},
        )

    def of_size(self, rows: int, frame: pd.DataFrame) -> Recipe:
        """The same recipe fitted on `rows` rows of `frame`."""
        return replace(self, sampling=self.sampling.of_size(rows, frame))


DEFAULT = "boosted"
_HISTORY = ("log_amt", "hour", "category", "seconds_since_previous", "count_24h", "sum_24h", "max_24h")
_RATIOS = ("mean_24h", "amt_to_max")
# Extra trees draw their thresholds evenly between the smallest and the largest value.
_LOGARITHMS = (
    *("log_amt", "hour", "category", "log_seconds_since_previous", "count_24h", "log_sum_24h", "log_max_24h"),
    *("log_mean_24h", "log_amt_to_max"),
)
# Without a card's history busy and quiet months look the same: `training/season.py` reads the month, no tree does.
_STATELESS = ("log_amt", "hour", "category", "age_band", "city_size", "month")

# Without these limits on leaves, boosting diverges on labels of which one in 200 is a fraud.
_BOOSTING = {
    "max_iter": 300,
    "learning_rate": 0.05,
    "max_leaf_nodes": 31,
    "min_samples_leaf": 50,
    "l2_regularization": 1.0,
    "early_stopping": False,
}
# A tree draws frauds twice as often as they are, and grows where it gains most until it has 500 leaves: as good as
# without that limit, in fewer nodes.
_STATELESS_FOREST = {
    "n_estimators": 100,
    "criterion": "entropy",
    "max_features": 4,
    "max_leaf_nodes": 500,
    "class_weight": {0: 1, 1: 2},
    "min_samples_leaf": 5,
}
_EXTRA_TREES = {
    "n_estimators": 100,
    "criterion": "entropy",
    "max_features": 7,
    "max_leaf_nodes": 1250,
    "min_samples_leaf": 2,
    "class_weight": {0: 1, 1: 2},
}

# Chosen on validation: as good as the whole model for finding calibration and rule, in a fraction of the time.
_TRIAL_BOOSTING = {"max_iter": 150, "learning_rate": 0.1}
_TRIAL_FOREST = {"n_estimators": 30}  # on thinned rows

RECIPES: Mapping[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            "boosted",
            _HISTORY + _RATIOS,
            AllFrauds(normals=500_000),
            "boosting",
            _BOOSTING,
            _TRIAL_BOOSTING,
            AllFrauds(normals=150_000),
            typical_frauds=True,
        ),
        Recipe(
            "forest",
            _LOGARITHMS,
            AllFrauds(normals=400_000),
            "extra_trees",
            _EXTRA_TREES,
            _TRIAL_FOREST,
            thin_trial=True,
            typical_frauds=True,
        ),
        Recipe(
            "stateless",
            _STATELESS,
            AllFrauds(normals=400_000),
            "forest",
            _STATELESS_FOREST,
            _TRIAL_FOREST,
            thin_trial=True,
            typical_frauds=True,
        ),
        Recipe(
            "reference",
            ("cc_num", "amt", "lat", "long", "merch_lat", "merch_long"),
            SortedByLabel(rows=100_000),
            "forest",
            {"n_estimators": 300, "class_weight": "balanced"},
            fixed_threshold=0.5,
        ),
    )
}


def named(name: str) -> Recipe:
    """The recipe called `name`; UserError lists those that exist."""
    if name not in RECIPES:
        raise UserError(f"There is no recipe {name!r}: choose one of {', '.join(RECIPES)}.")
    return RECIPES[name]
