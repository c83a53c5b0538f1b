"""The runtime that travels in the archive: the wheels pinned in runtime.lock, with their digests checked."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from model.artifact.archive import ArtifactError, sha256_of

LOCK = Path(__file__).with_name("runtime.lock")
PLATFORM, PYTHON = "manylinux_2_28_x86_64", "3.12"
_LINE = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>[\w.]+) --hash=sha256:(?P<digest>[0-9a-f]{64})$")


def pins() -> dict[str, str]:
    """SHA-256 -> "name-version" of every wheel in the lock."""
    matches = [_LINE.match(line) for line in LOCK.read_text(encoding="utf-8").splitlines()]
    return {found["digest"]: f"{found['name']}-{found['version']}" for found in matches if found}


def wheels(folder: Path) -> list[Path]:
    """The pinned wheels, downloaded into `folder` unless they are there; digests are checked each time."""
    if (present := _present(folder)) is not None:
        return present
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".download-", dir=folder) as aside:
        arguments = ["--require-hashes", "-r", str(LOCK), "--no-deps", "--only-binary=:all:", "--quiet"]
        platform = ["--platform", PLATFORM, "--python-version", PYTHON, "--dest", aside]
        command = [sys.executable, "-m", "pip", "download", *arguments, *platform]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise ArtifactError(
                f"pip could not download the wheels of {LOCK.name}: check the network and that pip is there."
            )
        for wheel in Path(aside).glob("*.whl"):
            wheel.replace(folder / wheel.name)
    if (present := _present(folder)) is None:
        raise ArtifactError(
            f"{folder} lacks a wheel of {LOCK.name} after the download: empty it and try again."
        )
    return present


def _present(folder: Path) -> list[Path] | None:
    by_digest = {sha256_of(wheel): wheel for wheel in sorted(folder.glob("*.whl"))}
    wanted = pins()
    return [by_digest[digest] for digest in wanted] if wanted.keys() <= by_digest.keys() else None


def entries(folder: Path) -> dict[str, bytes]:
    """Archive entries `vendor/...` with the contents of the pinned wheels, licences included."""
    result: dict[str, bytes] = {}
    for wheel in wheels(folder):
        with zipfile.ZipFile(wheel) as content:
            names = [name for name in content.namelist() if not name.endswith("/")]
            result |= {f"vendor/{name}": content.read(name) for name in names}
    return result
