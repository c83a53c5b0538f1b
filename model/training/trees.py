"""Fitted trees of scikit-learn -> ONNX with one number per leaf.

Converters write a forest as a classifier: both classes' numbers in every leaf, and each node's kind as a word, which
take most of the loading. The operator used here keeps all of it in plain arrays. Boosted trees are read from the
estimator's private `_predictors`: the library's version is locked, and every exported model is compared with the
original on real rows before it is packed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from onnx import NodeProto, TensorProto, helper, numpy_helper
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier, RandomForestClassifier

from model.training.calibration import EDGE, Beta
from model.training.season import Season
from model.training.typical import TypicalFrauds

OPSETS = {"": 20, "ai.onnx.ml": 5}
_IR_VERSION = 10
_SUM, _NO_TRANSFORM = 1, 0
Integers = npt.NDArray[np.int64]
Forest: TypeAlias = RandomForestClassifier | ExtraTreesClassifier


@dataclass(frozen=True)
class Tree:
    """Nodes of one tree, the root first: a row goes left where its feature is at most the threshold."""

    leaf: npt.NDArray[np.bool_]
    feature: Integers
    threshold: npt.NDArray[np.float64]
    left: Integers
    right: Integers
    value: npt.NDArray[np.float64]
    """What a leaf adds to the sum over all trees."""


def forest(model: Forest, given: str, wanted: str) -> list[NodeProto]:
    """Steps of a two-class forest: float32 `given` (n, features) in, share of frauds `wanted` (n, 1) out."""
    trees = []
    for grown in (one.tree_ for one in model.estimators_):
        share = grown.value[:, 0, 1] / grown.value[:, 0, :].sum(axis=1) / len(model.estimators_)
        leaf = grown.children_left < 0
        trees.append(
            Tree(leaf, grown.feature, grown.threshold, grown.children_left, grown.children_right, share)
        )
    return [_ensemble(trees, given, wanted)]


def boosting(model: HistGradientBoostingClassifier, given: str, wanted: str) -> list[NodeProto]:
    """The same of a two-class boosted model on plain numbers."""
    trees = []
    for nodes in (one[0].nodes for one in model._predictors):
        leaf = nodes["is_leaf"].astype(bool)
        left, right = nodes["left"].astype(np.int64), nodes["right"].astype(np.int64)
        trees.append(Tree(leaf, nodes["feature_idx"], nodes["num_threshold"], left, right, nodes["value"]))
    base = np.array([model._baseline_prediction[0, 0]], dtype=np.float32)
    return [
        _ensemble(trees, given, "gained"),
        _constant("base", base),
        helper.make_node("Add", ["gained", "base"], ["log_odds"]),
        helper.make_node("Sigmoid", ["log_odds"], [wanted]),
    ]


def distance(typical: TypicalFrauds, given: str, wanted: str) -> list[NodeProto]:
    """Steps of `TypicalFrauds.added`: `given` (n, features) in, `wanted` (n, features + 1) out."""
    return [
        _constant("amount_place", np.array([typical.amount])),
        _constant("category_place", np.array([typical.category])),
        _constant("medians", np.array(typical.medians, dtype=np.float32)),
        helper.make_node("Gather", [given, "amount_place"], ["amount"], axis=1),
        helper.make_node("Gather", [given, "category_place"], ["category"], axis=1),
        helper.make_node("Cast", ["category"], ["code"], to=TensorProto.INT64),
        helper.make_node("Gather", ["medians", "code"], ["median"]),
        helper.make_node("Sub", ["amount", "median"], ["above"]),
        helper.make_node("Abs", ["above"], ["distance"]),
        helper.make_node("Concat", [given, "distance"], [wanted], axis=1),
    ]


def others(season: Season, columns: int, given: str, wanted: str) -> list[NodeProto]:
    """Steps of `Season.others`: `given` (n, columns) in, `wanted` (n, columns - 1) out."""
    kept = np.delete(np.arange(columns), season.month)
    return [_constant("kept", kept), helper.make_node("Gather", [given, "kept"], [wanted], axis=1)]


def shift(season: Season, given: str, wanted: str) -> list[NodeProto]:
    """Steps of `Season.shift`: `given` (n, features) in, `wanted` (n, 1) out."""
    return [
        _constant("month_place", np.array([season.month])),
        _constant("shifts", season.shifts().astype(np.float32)),
        helper.make_node("Gather", [given, "month_place"], ["month"], axis=1),
        helper.make_node("Cast", ["month"], ["month_code"], to=TensorProto.INT64),
        helper.make_node("Gather", ["shifts", "month_code"], [wanted]),
    ]


def calibration(beta: Beta, given: str, wanted: str, shift: str | None = None) -> list[NodeProto]:
    """Steps of `Beta.apply`: scores `given` and `shift` (n, 1) in, probabilities `wanted` (n, 1) out."""
    numbers = {"least": EDGE, "most": 1 - EDGE, "one": 1, "a": beta.a, "b": beta.b, "c": beta.c}
    constants = [_constant(name, np.float32(value)) for name, value in numbers.items()]
    return [
        *constants,
        helper.make_node("Clip", [given, "least", "most"], ["near"]),
        # Not one minus the clipped score: 1 - 1e-6 is not a 32-bit number, 1e-6 nearly is.
        helper.make_node("Sub", ["one", given], ["left"]),
        helper.make_node("Clip", ["left", "least", "most"], ["rest"]),
        helper.make_node("Log", ["near"], ["log_near"]),
        helper.make_node("Log", ["rest"], ["log_rest"]),
        helper.make_node("Mul", ["log_near", "a"], ["gain"]),
        helper.make_node("Mul", ["log_rest", "b"], ["loss"]),
        helper.make_node("Sub", ["gain", "loss"], ["sloped"]),
        helper.make_node("Add", ["sloped", "c"], ["calibrated_log_odds"]),
        *([helper.make_node("Add", ["calibrated_log_odds", shift], ["shifted_log_odds"])] if shift else []),
        helper.make_node("Sigmoid", ["shifted_log_odds" if shift else "calibrated_log_odds"], [wanted]),
    ]


def _constant(name: str, value: npt.NDArray[Any] | np.float32) -> NodeProto:
    return helper.make_node("Constant", [], [name], value=numpy_helper.from_array(np.asarray(value)))


def model(steps: list[NodeProto], features: int, given: str, wanted: str) -> bytes:
    """ONNX bytes of steps from float32 `given` (n, features) to `wanted` (n, 1)."""
    graph = helper.make_graph(
        steps,
        "fraud",
        [helper.make_tensor_value_info(given, TensorProto.FLOAT, [None, features])],
        [helper.make_tensor_value_info(wanted, TensorProto.FLOAT, [None, 1])],
    )
    opsets = [helper.make_opsetid(*opset) for opset in OPSETS.items()]
    made = helper.make_model(graph, producer_name="fraud", opset_imports=opsets, ir_version=_IR_VERSION)
    return bytes(made.SerializeToString(deterministic=True))


def _ensemble(trees: list[Tree], given: str, wanted: str) -> NodeProto:
    """The trees' sum. Inner nodes and leaves are numbered apart, each through all trees."""
    trees = [_split_once(tree) if tree.leaf[0] else tree for tree in trees]
    leaf = np.concatenate([tree.leaf for tree in trees])
    number = np.where(leaf, np.cumsum(leaf), np.cumsum(~leaf)) - 1
    start = np.cumsum([0, *(len(tree.leaf) for tree in trees[:-1])])
    left = np.concatenate([tree.left + first for tree, first in zip(trees, start, strict=True)])[~leaf]
    right = np.concatenate([tree.right + first for tree, first in zip(trees, start, strict=True)])[~leaf]
    thresholds = below(np.concatenate([tree.threshold for tree in trees])[~leaf])
    values = np.concatenate([tree.value for tree in trees])[leaf].astype(np.float32)
    return helper.make_node(
        "TreeEnsemble",
        [given],
        [wanted],
        domain="ai.onnx.ml",
        n_targets=1,
        aggregate_function=_SUM,
        post_transform=_NO_TRANSFORM,
        tree_roots=number[start].tolist(),
        nodes_featureids=np.concatenate([tree.feature for tree in trees])[~leaf].tolist(),
        nodes_splits=numpy_helper.from_array(thresholds),
        nodes_modes=numpy_helper.from_array(np.zeros(len(thresholds), dtype=np.uint8)),  # all "at most"
        nodes_trueleafs=leaf[left].astype(int).tolist(),
        nodes_truenodeids=number[left].tolist(),
        nodes_falseleafs=leaf[right].astype(int).tolist(),
        nodes_falsenodeids=number[right].tolist(),
        leaf_targetids=[0] * len(values),
        leaf_weights=numpy_helper.from_array(values),
    )


def _split_once(tree: Tree) -> Tree:
    """A tree that is a single leaf, as a split into two equal ones: the operator has no root that is a leaf."""
    value = np.array([0.0, tree.value[0], tree.value[0]])
    zeros, ones = np.zeros(3, dtype=np.int64), np.array([1, 0, 0])
    return Tree(np.array([False, True, True]), zeros, np.zeros(3), ones, 2 * ones, value)


def below(thresholds: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """The largest float32 not above each threshold: a float32 is at most the one just when it is at most the other."""
    near = thresholds.astype(np.float32)
    return np.where(near > thresholds, np.nextafter(near, np.float32(-np.inf)), near)
