"""Data and recipe -> a reproducible `model.tar.gz` for the SageMaker scikit-learn container."""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model import progress
from model.artifact import archive
from model.artifact.archive import ArtifactError, sha256_of
from model.artifact.source import ArtifactSource

__all__ = ["Artifact", "ArtifactError", "ArtifactSource", "ensure", "find", "fingerprint", "unpack"]


@dataclass(frozen=True)
class Artifact:
    """A built or unpacked artifact; digests are SHA-256 in hexadecimal: the archive and two of its files."""

    path: Path
    sha256: str
    model_sha256: str
    card_sha256: str
    version: str
    card: Mapping[str, Any]


def fingerprint(source: ArtifactSource) -> str:
    """Digest of everything that shapes the artifact: data, code, library lock, parameters, but no path."""
    return source.fingerprint


def _folder(source: ArtifactSource) -> Path:
    return source.build_dir / "models" / source.fingerprint


def find(source: ArtifactSource) -> Artifact | None:
    """The artifact already built from this source; ArtifactError when it was changed since."""
    return _built(_folder(source))


def _built(folder: Path) -> Artifact | None:
    if not folder.is_dir():
        return None
    changed = ArtifactError(
        f"{folder} was changed after it was built: delete it, and it will be built again."
    )
    try:
        build = json.loads((folder / "build.json").read_bytes())
        card = (folder / "card.json").read_bytes()
        if (sha256_of(folder / "model.tar.gz"), hashlib.sha256(card).hexdigest()) != (
            build["sha256"],
            build["card_sha256"],
        ):
            raise changed
        return Artifact(
            folder / "model.tar.gz",
            build["sha256"],
            build["model_sha256"],
            build["card_sha256"],
            build["version"],
            json.loads(card),
        )
    except (OSError, ValueError, KeyError):
        raise changed from None


def ensure(source: ArtifactSource, say: Callable[[str], None] = progress.silent) -> Artifact:
    """The artifact of this source, built when there is none; callers at the same time get the same one."""
    folder = _folder(source)
    with _only_one(folder):
        if (artifact := _built(folder)) is None:
            say(f"no artifact {source.version} yet: building it")
            artifact = _build(source, folder, say)
    return artifact


def _build(source: ArtifactSource, folder: Path, say: progress.Say) -> Artifact:
    from model.artifact.build import build  # heavy, and most callers find what is built already
    from model.evaluation import page

    prefix = f".{folder.name[:12]}-"
    for killed in folder.parent.glob(f"{prefix}*"):  # nobody else builds this one: the lock is ours
        shutil.rmtree(killed)
    aside = Path(tempfile.mkdtemp(prefix=prefix, dir=folder.parent))
    try:
        page.write_folder(build(source, aside, say), aside)
        aside.chmod(0o755)
        aside.replace(folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    artifact = _built(folder)
    assert artifact is not None  # noqa: S101  # it was renamed just now
    return artifact


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f".{folder.name[:12]}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def unpack(archive_path: Path, target: Path, *, sha256: str | None = None) -> Artifact:
    """Unpack an archive into a new or empty folder; its `path` is then that folder.

    ArtifactError, one sentence and nothing left behind, for an archive with another digest than `sha256`, one
    that is damaged or leads out of its folder, or whose model is not the one that its card names.
    """
    digest = sha256_of(archive_path) if archive_path.is_file() else ""
    archive.extract(archive_path, target, expected_sha256=sha256)
    try:
        card_bytes, onnx = (target / "card.json").read_bytes(), (target / "model.onnx").read_bytes()
        card = json.loads(card_bytes)
        if card["digests"]["model"] != hashlib.sha256(onnx).hexdigest():
            raise ArtifactError(
                f"{archive_path} holds another model than its card names: do not use this file."
            )
        return Artifact(
            target,
            digest,
            card["digests"]["model"],
            hashlib.sha256(card_bytes).hexdigest(),
            card["version"],
            card,
        )
    except ArtifactError:
        shutil.rmtree(target)
        raise
    except (ValueError, KeyError, TypeError):
        shutil.rmtree(target)
        raise ArtifactError(f"{archive_path} has a card.json that cannot be read: build it again.") from None
