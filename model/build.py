"""The steps from data to the files of an artifact's folder. Imports everything heavy, so only builders do."""

from __future__ import annotations

import json
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import joblib

from model import (
    analysis,
    archive,
    cli,
    contract,
    dataset,
    evaluate,
    export,
    features,
    histograms,
    recipes,
    runtime,
    train,
)
from model.archive import sha256, sha256_of
from model.source import ArtifactSource

_MODEL = Path(__file__).resolve().parent
_IN_CONTAINER = {
    "code/inference.py": _MODEL / "serving" / "inference.py",
    "code/model/__init__.py": _MODEL / "__init__.py",
    "code/model/contract.py": _MODEL / "contract.py",
    "code/model/features.py": _MODEL / "features.py",
}
_LIBRARIES = ("scikit-learn", "numpy", "pandas", "pyarrow", "onnx", "onnxruntime")


def build(source: ArtifactSource, folder: Path, say: cli.Say) -> None:
    """Train, test, export and pack into the empty `folder`, whose files are complete when this returns."""
    recipe = recipes.named(source.recipe)
    data = train.open_data(source.data, source.sample_rows, source.seed, say, source.max_bad_rows)
    trained = train.train(data.train, recipe, seed=source.seed, say=say)
    matrix = features.from_frame(data.test, recipe.features, earlier=data.train)
    with cli.step(say, "exporting to ONNX and comparing"):
        onnx = export.to_onnx(trained.estimator, len(recipe.features))
        difference = export.largest_difference(onnx, trained.estimator, matrix)
    with cli.step(say, f"scoring {len(matrix):,} test rows with the exported model"):
        score = export.onnx_scores(onnx, matrix)
    report = evaluate.in_full(trained, data, score, say=say)
    seen = histograms.of_training(features.from_frame(data.train, recipe.features), recipe.features, score)
    card = _card(source, trained, analysis.brief(report), data, sha256(onnx), seen)
    with cli.step(say, "packing"):
        contents = {"model.onnx": onnx, "card.json": card}
        contents |= {name: path.read_bytes() for name, path in _IN_CONTAINER.items()}
        if source.runtime:
            contents |= runtime.entries(source.build_dir / "wheels")
        archive.pack(contents, folder / "model.tar.gz")
    (folder / "card.json").write_bytes(card)
    evaluate.write(report, folder)
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


def _card(
    source: ArtifactSource,
    trained: train.Trained,
    report: evaluate.Report,
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
