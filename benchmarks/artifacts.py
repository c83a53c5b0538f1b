"""The two artifacts side by side: ours, and the reference's forest as a pickle with its own serving code."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib

from model import progress
from model.artifact import archive, package
from model.artifact.source import ArtifactSource
from model.data.opening import open_data
from model.data.purchases import FRAUDULENT
from model.training import recipes, train

_REFERENCE_CODE = Path(__file__).with_name("reference_inference.py")
REFERENCE_ENVIRONMENT = {
    "SAGEMAKER_PROGRAM": "inference.py",
    "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
    "PYTHONPATH": "/opt/ml/model/code",
    "PIP_NO_BUILD_ISOLATION": "0",
    "PIP_NO_INDEX": "1",
}
TRANSACTION = dict(FRAUDULENT)


@dataclass(frozen=True)
class Packed:
    """An artifact: its archive, the folder it is unpacked in, sizes in bytes, and what a caller sends it."""

    name: str
    model_dir: Path
    size: int
    size_without_runtime: int
    fields: tuple[str, ...]
    digests: dict[str, str]
    about: dict[str, Any]

    def body(self, transactions: int) -> bytes:
        """A request of so many transactions, with only the fields that the model reads."""
        one = {name: TRANSACTION[name] for name in self.fields}
        return json.dumps({"transactions": [one] * transactions}).encode()


def ours(data: Path | None, build_dir: Path, say: progress.Say) -> Packed:
    """Our artifact, built when there is none, unpacked beside it for the benchmark."""
    built = package.ensure(ArtifactSource(data, build_dir=build_dir), say)
    folder = build_dir / "bench" / "ours" / "model"
    shutil.rmtree(folder, ignore_errors=True)
    unpacked = package.unpack(built.path, folder)
    with tempfile.TemporaryDirectory() as aside:
        small = Path(aside) / "model.tar.gz"
        names = [
            path
            for path in folder.rglob("*")
            if path.is_file() and path.relative_to(folder).parts[0] != "vendor"
        ]
        archive.pack({str(path.relative_to(folder)): path.read_bytes() for path in names}, small)
        without = small.stat().st_size
    digests = {"MODEL_SHA256": unpacked.model_sha256, "CARD_SHA256": unpacked.card_sha256}
    about = {"version": built.version, "trees": recipes.named(built.card["recipe"]).trees}
    about |= {"rows": built.card["fitted_on"]["rows"], "data": built.card["data"]["kind"]}
    size = built.path.stat().st_size
    return Packed("ours", folder, size, without, tuple(built.card["fields"]), digests, about)


def reference(data: Path | None, build_dir: Path, say: progress.Say) -> Packed:
    """The reference recipe's forest, fitted once per data and code and kept, as `model.joblib` with its code."""
    source = ArtifactSource(data, recipe="reference", build_dir=build_dir)
    key = hashlib.sha256(source.fingerprint.encode() + _REFERENCE_CODE.read_bytes()).hexdigest()[:16]
    folder = build_dir / "bench" / f"reference-{key}"
    if not folder.is_dir():
        for old in folder.parent.glob("reference-*"):
            shutil.rmtree(old)
        aside = folder.with_name(".reference")
        shutil.rmtree(aside, ignore_errors=True)
        _fit(source, aside, say)
        aside.replace(folder)
    about = json.loads((folder / "about.json").read_bytes())
    size = (folder / "model.tar.gz").stat().st_size
    fields = recipes.named("reference").features
    return Packed("reference", folder / "model", size, size, fields, {}, about)


def _fit(source: ArtifactSource, folder: Path, say: progress.Say) -> None:
    (folder / "model" / "code").mkdir(parents=True)
    frames = open_data(source.data, source.sample_rows, source.seed, say)
    fitted = train.train(frames.train, recipes.named("reference"), seed=source.seed, say=say)
    fitted.fit.estimator.n_jobs = None
    joblib.dump(fitted.fit.estimator, folder / "model" / "model.joblib")
    shutil.copyfile(_REFERENCE_CODE, folder / "model" / "code" / "inference.py")
    with progress.step(say, "packing the reference"):
        files = {"model.joblib": folder / "model" / "model.joblib", "code/inference.py": _REFERENCE_CODE}
        archive.pack({name: path.read_bytes() for name, path in files.items()}, folder / "model.tar.gz")
    nodes = sum(tree.tree_.node_count for tree in fitted.fit.estimator.estimators_)
    about = {"trees": len(fitted.fit.estimator.estimators_), "nodes": nodes, "rows": fitted.fit.rows}
    about |= {"joblib_bytes": (folder / "model" / "model.joblib").stat().st_size}
    (folder / "about.json").write_text(json.dumps(about), encoding="utf-8")
