"""The steps from data to the files of an artifact's folder. Imports everything heavy, so only builders do."""

from __future__ import annotations

import json
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import joblib
import numpy as np
import numpy.typing as npt

from model import contract, histograms, progress
from model.artifact import archive, runtime
from model.artifact.archive import sha256, sha256_of
from model.artifact.source import CARD_VERSION, ArtifactSource, served_code
from model.data import dataset, features
from model.data.opening import open_data
from model.evaluation import days
from model.evaluation import report as reports
from model.training import export, recipes, train

_LIBRARIES = ("scikit-learn", "numpy", "pandas", "pyarrow", "onnx", "onnxruntime")


def build(source: ArtifactSource, folder: Path, say: progress.Say) -> reports.WholeReport:
    """Train, test, export and pack into the empty `folder`, whose files are complete when this returns."""
    recipe = recipes.named(source.recipe)
    data = open_data(source.data, source.sample_rows, source.seed, say, source.max_bad_rows)
    trained = train.train(data.train, recipe, source.decision, seed=source.seed, say=say)
    matrix = features.from_frame(data.test, recipe.features, earlier=data.train)
    with progress.step(say, "exporting to ONNX and comparing"):
        some = matrix[: export.MAX_COMPARED_ROWS]
        difference = export.largest_difference(trained.onnx, trained.fitted_scores(some), some)
    with progress.step(say, f"scoring {len(matrix):,} test rows with the exported model"):
        score = export.onnx_scores(trained.onnx, matrix)
    owners = reports.on_owners(trained, data, source.decision, seed=source.seed, say=say)
    report = reports.in_full(trained, data, score, owners, say=say)
    with progress.step(say, "learning how much days differ"):
        seen = _histograms(trained, data, score)
    card = _card(source, trained, reports.without_pictures(report), data, sha256(trained.onnx), seen)
    with progress.step(say, "packing"):
        contents = {"model.onnx": trained.onnx, "card.json": card, **served_code()}
        if source.runtime:
            contents |= runtime.entries(source.build_dir / "wheels")
        archive.pack(contents, folder / "model.tar.gz")
    (folder / "card.json").write_bytes(card)
    joblib.dump(trained.fit.estimator, folder / "model.joblib", compress=3)
    build = {
        "version": source.version,
        "fingerprint": source.fingerprint,
        "sha256": sha256_of(folder / "model.tar.gz"),
        "model_sha256": sha256(trained.onnx),
        "card_sha256": sha256(card),
        "bytes": (folder / "model.tar.gz").stat().st_size,
        "largest_difference_to_scikit_learn": difference,
        "fit_seconds": round(trained.fit_seconds, 1),
        "built": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    (folder / "build.json").write_text(json.dumps(build, indent=2) + "\n", encoding="utf-8")
    return report


def _histograms(
    trained: train.Trained, data: dataset.Dataset, score: npt.NDArray[np.float64]
) -> dict[str, days.Entry]:
    """The card's histograms: features of all training rows; scores and alerts of rows that were not fitted on."""
    watched = histograms.watched(features.required_fields(trained.recipe.features))
    matrix = features.from_frame(data.train, watched)
    train_days = days.Days.of(data.train[dataset.TIME].to_numpy())
    found = days.entries({name: matrix[:, place] for place, name in enumerate(watched)}, train_days)
    held_out = trained.validated or train.Validated(
        data.test[dataset.TIME].to_numpy(),
        score,
        trained.rule.alerts(score, data.test["amt"].to_numpy()),
    )
    answers = {"score": held_out.score, "alert": held_out.alert.astype(np.float64)}
    return found | days.entries(answers, days.Days.of(held_out.times))


def _card(
    source: ArtifactSource,
    trained: train.Trained,
    report: reports.FullReport,
    data: dataset.Dataset,
    model_sha256: str,
    seen: dict[str, days.Entry],
) -> bytes:
    """card.json: no wall time and no path, so that the same inputs give the same bytes."""
    spans = {
        name: {
            "rows": len(frame),
            "from": str(frame[dataset.TIME].iloc[0]),
            "to": str(frame[dataset.TIME].iloc[-1]),
        }
        for name, frame in (("train", data.train), ("test", data.test))
    }
    recipe = trained.recipe
    card = {
        "card_version": CARD_VERSION,
        "version": source.version,
        "recipe": source.recipe,
        "fields": features.required_fields(recipe.features),
        "features": recipe.features,
        "categories": contract.CATEGORIES,
        "typical_frauds": trained.fit.typical.dollars() if trained.fit.typical else None,
        "season": trained.fit.season.by_month() if trained.fit.season else None,
        "no_previous_seconds": features.NO_PREVIOUS_SECONDS,
        "rule": trained.rule.to_card(),
        "kind": recipe.kind,
        "parameters": {**recipe.parameters, "random_state": source.seed},
        "fitted_on": {"rows": trained.fit.rows, "frauds": trained.fit.frauds},
        "data": {"kind": "sample" if source.data is None else "files", **spans, "dropped": data.dropped},
        "metrics": report,
        "histograms": seen,
        "digests": {**source.digests, "model": model_sha256},
        "libraries": {"python": platform.python_version(), **{name: version(name) for name in _LIBRARIES}},
    }
    return (json.dumps(card, indent=2) + "\n").encode()
