"""The steps from data to the files of an artifact's folder. Imports everything heavy, so only builders do."""

from __future__ import annotations

import json
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import joblib

from model import contract, histograms, progress
from model.artifact import archive, export, imports, runtime
from model.artifact.archive import sha256, sha256_of
from model.artifact.source import SERVED, ArtifactSource
from model.data import dataset, features
from model.data.opening import open_data
from model.evaluation import analysis
from model.evaluation import report as reports
from model.evaluation.metrics import Report
from model.training import recipes, train

_LIBRARIES = ("scikit-learn", "numpy", "pandas", "pyarrow", "onnx", "onnxruntime")


def build(source: ArtifactSource, folder: Path, say: progress.Say) -> None:
    """Train, test, export and pack into the empty `folder`, whose files are complete when this returns."""
    recipe = recipes.named(source.recipe)
    data = open_data(source.data, source.sample_rows, source.seed, say, source.max_bad_rows)
    trained = train.train(data.train, recipe, seed=source.seed, say=say)
    matrix = features.from_frame(data.test, recipe.features, earlier=data.train)
    with progress.step(say, "exporting to ONNX and comparing"):
        onnx = export.to_onnx(trained.estimator, len(recipe.features))
        difference = export.largest_difference(onnx, trained.estimator, matrix)
    with progress.step(say, f"scoring {len(matrix):,} test rows with the exported model"):
        score = export.onnx_scores(onnx, matrix)
    report = reports.in_full(trained, data, score, say=say)
    seen = histograms.of_training(features.from_frame(data.train, recipe.features), recipe.features, score)
    card = _card(source, trained, analysis.brief(report), data, sha256(onnx), seen)
    with progress.step(say, "packing"):
        contents = {"model.onnx": onnx, "card.json": card}
        contents |= served_code()
        if source.runtime:
            contents |= runtime.entries(source.build_dir / "wheels")
        archive.pack(contents, folder / "model.tar.gz")
    (folder / "card.json").write_bytes(card)
    reports.write(report, folder)
    joblib.dump(trained.estimator, folder / "model.joblib", compress=3)
    build = {
        "version": source.version,
        "fingerprint": source.fingerprint,
        "sha256": sha256_of(folder / "model.tar.gz"),
        "model_sha256": sha256(onnx),
        "card_sha256": sha256(card),
        "bytes": (folder / "model.tar.gz").stat().st_size,
        "largest_difference_to_scikit_learn": difference,
        "fit_seconds": round(trained.fit_seconds, 1),
        "built": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    (folder / "build.json").write_text(json.dumps(build, indent=2) + "\n", encoding="utf-8")


def served_code() -> dict[str, bytes]:
    """Archive entries of what the container runs: `inference.py` at the top of `code/`, what it imports below."""
    entry = SERVED.replace(".", "/") + ".py"
    packages = entry.rpartition("/")[0] + "/__init__.py"
    names = [name for name in imports.closure(SERVED) if name not in (entry, packages)]
    code = {f"code/{name}": (imports.ROOT / name).read_bytes() for name in names}
    return code | {"code/inference.py": (imports.ROOT / entry).read_bytes()}


def _card(
    source: ArtifactSource,
    trained: train.Trained,
    report: Report,
    data: dataset.Dataset,
    model_sha256: str,
    seen: dict[str, Any],
) -> bytes:
    """card.json: no wall time and no path, so that the same inputs give the same bytes."""
    time = "trans_date_trans_time"
    spans = {
        name: {"rows": len(frame), "from": str(frame[time].iloc[0]), "to": str(frame[time].iloc[-1])}
        for name, frame in (("train", data.train), ("test", data.test))
    }
    card = {
        "version": source.version,
        "recipe": source.recipe,
        "fields": features.required_fields(trained.recipe.features),
        "features": trained.recipe.features,
        "categories": contract.CATEGORIES,
        "no_previous_seconds": features.NO_PREVIOUS_SECONDS,
        "threshold": trained.threshold,
        "threshold_chosen": trained.chosen,
        "kind": trained.recipe.kind,
        "parameters": {**trained.recipe.parameters, "random_state": source.seed},
        "fitted_on": {"rows": trained.rows, "frauds": trained.frauds},
        "data": {"kind": "sample" if source.data is None else "files", **spans, "dropped": data.dropped},
        "metrics": report,
        "histograms": seen,
        "digests": {**source.digests, "model": model_sha256},
        "libraries": {"python": platform.python_version(), **{name: version(name) for name in _LIBRARIES}},
    }
    return (json.dumps(card, indent=2) + "\n").encode()
