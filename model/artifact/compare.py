"""Two built artifacts on the same test file: is the second one worse?"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
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

JUDGED = ("pr_auc", "f1", "money_caught")
"""The figures of which none may be worse."""


def scored(path: Path, data: Dataset) -> tuple[str, bootstrap.Scored]:
    """An artifact's version, and its scores of the test file with the artifact's own rule.

    `path` is a `model.tar.gz` or the folder that holds it. ArtifactError for one that is not what it should be,
    UserError for one that this version cannot feed. No code of the archive is run.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = path / "model.tar.gz" if path.is_dir() else path
        artifact = package.unpack(file, Path(folder) / "model")
        onnx = (artifact.path / "model.onnx").read_bytes()
    card = artifact.card
    if card.get("card_version") != CARD_VERSION:
        raise UserError(f"{path} was built by another version: build it again to compare it.")
    rule = Rule.of_card(card["rule"])
    unknown = [name for name in card["features"] if name not in features.FEATURES]
    if unknown or list(card["categories"]) != list(CATEGORIES):
        what = f"feature {unknown[0]}" if unknown else "list of categories"
        raise UserError(
            f"{path} has a {what} that this version does not know: compare with the version of both."
        )
    matrix = features.from_frame(data.test, card["features"], earlier=data.train)
    try:
        score = export.onnx_scores(onnx, matrix)
    except Exception:  # the runtime's errors have no base class, and their text is about the file's bytes
        raise archive.ArtifactError(f"{path} holds a model that cannot be run: build it again.") from None
    test = data.test
    return artifact.version, bootstrap.Scored(
        test["cc_num"].to_numpy(),
        test["is_fraud"].to_numpy(),
        test["amt"].to_numpy(),
        score,
        rule.alerts(score, test["amt"].to_numpy()),
    )


def worse(found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Those of JUDGED for which the whole interval of second - first lies below zero."""
    return [name for name in JUDGED if found[name]["interval"][1] < 0]
