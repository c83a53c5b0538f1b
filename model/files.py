"""Files that are whole or not there: written aside and renamed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def write_bytes(path: Path, content: bytes) -> None:
    """`content` in `path`, which keeps what it held when the writing fails; folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}")
    aside.write_bytes(content)
    aside.replace(path)


def write_text(path: Path, text: str) -> None:
    """`text` in `path`, in UTF-8."""
    write_bytes(path, text.encode())


def write_json(path: Path, document: Any) -> None:
    """`document` in `path`, indented."""
    write_text(path, json.dumps(document, indent=2) + "\n")
