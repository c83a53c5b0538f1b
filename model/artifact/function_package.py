"""The function's package: a few files in a zip, stored uncompressed so that its bytes depend on their content alone."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path

from model.artifact import imports

HANDLER = "model.serving.handler"
FILES = imports.closure(HANDLER)
_EPOCH = (1980, 1, 1, 0, 0, 0)
_READABLE = 0o644 << 16


@dataclass(frozen=True)
class FunctionPackage:
    """A zip on disk; `sha256` in hexadecimal, `sha256_base64` as Lambda states it."""

    path: Path
    sha256: str
    sha256_base64: str


def build_function_package(build_dir: Path = Path("build")) -> FunctionPackage:
    """Writes the package under its digest, unless it is there already."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in FILES:
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.external_attr = _READABLE
            archive.writestr(entry, (imports.ROOT / name).read_bytes())
    content = buffer.getvalue()
    digest = hashlib.sha256(content)
    path = build_dir / "functions" / digest.hexdigest()[:16] / "function.zip"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f".{os.getpid()}.zip")
        aside.write_bytes(content)
        aside.replace(path)
    return FunctionPackage(path, digest.hexdigest(), base64.b64encode(digest.digest()).decode())
