"""The recipes, as data: which features, which rows, which parameters, which threshold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from model.errors import UserError

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class SortedByLabel:
    """The first `rows` rows after sorting by label, frauds first: what the reference does.

    The sort is pandas' default and not stable: which normal rows follow the frauds depends on the version.
    """

    rows: int

    def choose(self, frame: pd.DataFrame, seed: int) -> Rows:
        """Positions in `frame`, all frauds first."""
        numbered = pd.DataFrame({"is_fraud": frame["is_fraud"].to_numpy()})
        return numbered.sort_values(by=["is_fraud"], ascending=False).index.to_numpy()[: self.rows]

    def of_size(self, rows: int, frame: pd.DataFrame) -> SortedByLabel:
        """The same sampling with `rows` rows altogether."""
        return SortedByLabel(rows)


@dataclass(frozen=True)
class AllFrauds:
    """Every fraud and `normals` normal rows drawn by chance, in the frame's order.

    Cards whose every row is a fraud are left out: they come from customers that the data's generator gave no
    normal spending, and a model that sees them learns "unknown card = fraud".
    """

    normals: int

    def choose(self, frame: pd.DataFrame, seed: int) -> Rows:
        """Positions in `frame`, ascending."""
        frauds = _usual_frauds(frame)
        normals = np.flatnonzero(frame["is_fraud"].to_numpy() == 0)
        if len(normals) > self.normals:
            normals = np.random.default_rng(seed).choice(normals, self.normals, replace=False)
        return np.sort(np.concatenate([frauds, normals]))

    def of_size(self, rows: int, frame: pd.DataFrame) -> AllFrauds:
        """The same sampling with `rows` rows of `frame` altogether, or one normal row beside all frauds."""
        return AllFrauds(max(rows - len(_usual_frauds(frame)), 1))


def only_fraud(frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Per row: is every row of this row's card a fraud?"""
    return (frame.groupby("cc_num")["is_fraud"].transform("min") == 1).to_numpy()


def _usual_frauds(frame: pd.DataFrame) -> Rows:
    return np.flatnonzero((frame["is_fraud"].to_numpy() == 1) & ~only_fraud(frame))


@dataclass(frozen=True)
class Recipe:
    """A way to a model. `threshold` None: the one with the best F1 on the last weeks of the training file."""

    name: str
    features: tuple[str, ...]
    sampling: SortedByLabel | AllFrauds
    kind: Literal["boosting", "forest"]
    parameters: Mapping[str, Any]
    """Of scikit-learn's HistGradientBoostingClassifier or RandomForestClassifier."""
    threshold: float | None = None

    @property
    def trees(self) -> int:
        """How many trees the model has."""
        return int(self.parameters["max_iter" if self.kind == "boosting" else "n_estimators"])

    @property
    def fraud_weight(self) -> float:
        """How many times more often than a normal row a tree draws a fraud."""
        weights = self.parameters.get("class_weight")
        return float(weights[1] / weights[0]) if isinstance(weights, Mapping) else 1.0

    def of_size(self, rows: int, frame: pd.DataFrame) -> Recipe:
        """The same recipe fitted on `rows` rows of `frame`."""
        return replace(self, sampling=self.sampling.of_size(rows, frame))


_HISTORY = ("amt", "hour", "category", "seconds_since_previous", "count_24h", "sum_24h", "max_24h")
_STATELESS = ("amt", "hour", "category", "age_band", "city_size")

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
_FOREST = {
    "n_estimators": 50,
    "criterion": "entropy",
    "max_features": 3,
    "max_leaf_nodes": 500,
    "class_weight": {0: 1, 1: 2},
}

RECIPES: Mapping[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        Recipe("default", _HISTORY, AllFrauds(normals=200_000), "forest", {**_FOREST, "min_samples_leaf": 2}),
        Recipe("boosted", _HISTORY, AllFrauds(normals=500_000), "boosting", _BOOSTING),
        Recipe(
            "stateless", _STATELESS, AllFrauds(normals=200_000), "forest", {**_FOREST, "min_samples_leaf": 5}
        ),
        Recipe(
            "reference",
            ("cc_num", "amt", "lat", "long", "merch_lat", "merch_long"),
            SortedByLabel(rows=100_000),
            "forest",
            {"n_estimators": 300, "class_weight": "balanced"},
            threshold=0.5,
        ),
    )
}


def named(name: str) -> Recipe:
    """The recipe called `name`; UserError tells which there are."""
    if name not in RECIPES:
        raise UserError(f"There is no recipe {name!r}: choose one of {', '.join(RECIPES)}.")
    return RECIPES[name]
