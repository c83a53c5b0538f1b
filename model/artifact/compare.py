"""Two built artifacts on the same test file: is the second one worse?"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model.artifact import archive, package
from model.artifact.source import CARD_VERSION
from model.contract import CATEGORIES
from model.data import features
from model.data.dataset import Dataset
from model.decision import Rule
from model.errors import UserError
from model.evaluation import bootstrap
from model.training import export

Matrix = features.Matrix
Scores = bootstrap.Floats


@dataclass(frozen=True)
class Opened:
    """What is read of an artifact to score with it; its code is never run."""

    version: str
    card: Mapping[str, Any]
    features: tuple[str, ...]
    rule: Rule
    onnx: bytes


def opened(path: Path) -> Opened:
    """An artifact that this version can feed. `path` is a `model.tar.gz` or the folder that holds it.

    ArtifactError for one that is not what it should be, UserError for one of another version.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = path / "model.tar.gz" if path.is_dir() else path
        artifact = package.unpack(file, Path(folder) / "model")
        onnx = (artifact.path / "model.onnx").read_bytes()
    card = artifact.card
    if card.get("card_version") != CARD_VERSION:
        raise UserError(f"{path} was built by another version: build it again.")
    try:
        names, categories = tuple(card["features"]), list(card["categories"])
        rule = Rule.of_card(card["rule"])
    except (KeyError, TypeError, ValueError):
        raise archive.ArtifactError(f"{path} has a card that no version writes: build it again.") from None
    unknown = [name for name in names if name not in features.FEATURES]
    if unknown or categories != list(CATEGORIES):
        what = f"feature {unknown[0]}" if unknown else "list of categories"
        raise UserError(
            f"{path} has a {what} that this version does not know: use the version that built it."
        )
    return Opened(artifact.version, card, names, rule, onnx)


def scored(model: Opened, data: Dataset) -> bootstrap.Scored:
    """The scores of the test file, with the artifact's own rule; ArtifactError for a model that cannot be run."""
    matrix = features.from_frame(data.test, model.features, earlier=data.train)
    try:
        score = export.onnx_scores(model.onnx, matrix)
    except Exception:  # the runtime's errors have no base class, and their text is about the file's bytes
        raise archive.ArtifactError(
            f"{model.version} holds a model that cannot be run: build it again."
        ) from None
    test, rule = data.test, model.rule
    amounts = test["amt"].to_numpy()
    cards, labels = test["cc_num"].to_numpy(), test["is_fraud"].to_numpy()
    return bootstrap.Scored(cards, labels, amounts, score, rule.alerts(score, amounts), rule.prices)


def judged(rule: Rule) -> tuple[str, ...]:
    """The figures none of which may be worse; where costs decide, they count as well."""
    return ("pr_auc", "cost") if rule.name == "cost" else ("pr_auc", "f1", "money_caught")


def verdict(name: str, found: Mapping[str, Any]) -> str:
    """ "worse" or "better" where the whole interval of second - first lies on one side of zero, else empty."""
    low, high = found["interval"]
    if name == "cost":
        low, high = -high, -low
    return "worse" if high < 0 else "better" if low > 0 else ""
