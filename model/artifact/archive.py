"""A `model.tar.gz` that depends on nothing but its content, and its safe unpacking."""

from __future__ import annotations

import gzip
import hashlib
import io
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from model.errors import UserError

MAX_UNPACKED_BYTES = 500_000_000
MAX_ENTRIES = 5_000
MAX_NAME_LENGTH, MAX_DEPTH = 240, 20
"""Bytes of a path, and folders in it."""
REQUIRED = ("model.onnx", "card.json", "code/inference.py")


class ArtifactError(UserError):
    """An artifact that is not what it should be, or cannot be made."""


def sha256(content: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def sha256_of(path: Path) -> str:
    """SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def pack(entries: Mapping[str, bytes], path: Path) -> None:
    """Write `entries` (name in the archive -> content) to `path`: sorted, without times, owners or names."""
    with (
        path.open("wb") as file,
        gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=file, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for name in sorted(entries):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode, entry.mtime = len(entries[name]), 0o644, 0
            tar.addfile(entry, io.BytesIO(entries[name]))


def extract(archive: Path, target: Path, *, expected_sha256: str | None = None) -> None:
    """Unpack `archive` into the new or empty folder `target`; ArtifactError leaves nothing behind.

    Refuses another digest than the expected one, damage, absolute or parent paths, anything that is not a
    plain file or folder (a sparse file, whose size is not what it takes, included), names that occur twice or below
    a file, missing files, and names, depths and sizes beyond any artifact of ours.
    """
    if not archive.is_file():
        raise ArtifactError(f"{archive} does not exist: build it with python -m model package.")
    if expected_sha256 is not None and sha256_of(archive) != expected_sha256:
        raise ArtifactError(
            f"{archive} does not have the expected SHA-256: it was changed after it was built."
        )
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise ArtifactError(f"{target} is not an empty folder: name a new one to unpack into.")
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".unpack-", dir=target.parent))
    try:
        _extract_checked(archive, aside)
        aside.chmod(0o755)
        aside.replace(target)
    except (
        tarfile.TarError,
        EOFError,
        zlib.error,
        gzip.BadGzipFile,
        ValueError,
        OverflowError,
        RecursionError,
    ):
        raise ArtifactError(f"{archive} is damaged or incomplete: build or download it again.") from None
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _extract_checked(archive: Path, folder: Path) -> None:
    with gzip.open(archive) as zipped:
        # Reading to the end checks the length and the checksum of the whole before any file is written.
        content = zipped.read(MAX_UNPACKED_BYTES + 1)
    if len(content) > MAX_UNPACKED_BYTES:
        raise ArtifactError(
            f"{archive} unpacks to more than {MAX_UNPACKED_BYTES:,} bytes: it is not a model."
        )
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as tar:
        members = tar.getmembers()
        _check_members(archive, members)
        tar.extractall(folder, members, filter="data")


def _check_members(archive: Path, members: list[tarfile.TarInfo]) -> None:
    if len(members) > MAX_ENTRIES:
        raise ArtifactError(f"{archive} holds more than {MAX_ENTRIES:,} entries: it is not a model.")
    if sum(abs(member.size) for member in members) > MAX_UNPACKED_BYTES:
        raise ArtifactError(
            f"{archive} unpacks to more than {MAX_UNPACKED_BYTES:,} bytes: it is not a model."
        )
    files: set[str] = set()
    folders: set[str] = set()
    for member in members:
        path = _checked_path(archive, member)
        if str(path) in files or (member.isreg() and str(path) in folders):
            raise ArtifactError(f"{archive} holds a name twice: do not use this file.")
        (files if member.isreg() else folders).add(str(path))
        folders.update(str(parent) for parent in path.parents)
    if files & folders:
        raise ArtifactError(f"{archive} holds a file below a file: do not use this file.")
    if missing := [name for name in REQUIRED if name not in files]:
        raise ArtifactError(f"{archive} holds no {missing[0]}: it is not a model artifact.")


def _checked_path(archive: Path, member: tarfile.TarInfo) -> PurePosixPath:
    """A member's path; ArtifactError for one that none of our artifacts holds."""
    length = len(member.name.encode("utf-8", "surrogateescape"))
    if length > MAX_NAME_LENGTH or member.name.count("/") > MAX_DEPTH:
        raise ArtifactError(f"{archive} holds a longer name than any model has: do not use this file.")
    path = PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts or "\\" in member.name or "\0" in member.name:
        raise ArtifactError(f"{archive} holds a path that leads out of it: do not use this file.")
    if not path.parts:
        raise ArtifactError(f"{archive} holds an entry without a name: do not use this file.")
    if not (member.isreg() or member.isdir()) or member.issparse():
        raise ArtifactError(f"{archive} holds a link or a special file: do not use this file.")
    return path
