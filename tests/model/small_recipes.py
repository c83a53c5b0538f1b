"""The recipes with few trees, for tests."""

from __future__ import annotations

from dataclasses import replace

from model.training import recipes

_BOOSTING = {
    "max_iter": 40,
    "learning_rate": 0.1,
    "max_leaf_nodes": 15,
    "min_samples_leaf": 5,
    "l2_regularization": 1.0,
    "early_stopping": False,
}
_FOREST = {"n_estimators": 8, "min_samples_leaf": 3, "max_features": 0.5}
BOOSTED = replace(recipes.RECIPES["boosted"], parameters=_BOOSTING, trial_parameters={}, trial_sampling=None)
FOREST = replace(recipes.RECIPES["forest"], parameters=_FOREST, trial_parameters={})
STATELESS = replace(recipes.RECIPES["stateless"], parameters=_FOREST)
REFERENCE = replace(recipes.RECIPES["reference"], parameters={"n_estimators": 5, "class_weight": "balanced"})
