"""Reports that appear whole or not at all."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from pulumi_preflight.errors import PreflightError


def write(text: str, target: Path | None) -> None:
    """Writes `text` aside and then in place of `target`, or to standard output. Raises PreflightError."""
    if target is None:
        sys.stdout.write(text)
        return
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor, aside = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(aside, target)
    except OSError as error:
        raise PreflightError(f"{target} cannot be written: {error.strerror}.") from None
