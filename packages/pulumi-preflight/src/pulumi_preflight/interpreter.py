"""The interpreter of a virtual environment that a project's or a plugin's file names."""

from __future__ import annotations

import sys
from pathlib import Path


def find(folder: Path, where: str, what: str) -> tuple[Path | None, str]:
    """(interpreter of the environment in `folder`, or None for this one; a sentence if it cannot be used).

    The sentence says `where` the environment is named, and `what` runs in this one instead.
    """
    if folder.resolve() == Path(sys.prefix).resolve():
        return None, ""
    python = next(
        (path for path in (folder / "bin/python", folder / "Scripts/python.exe") if path.exists()), None
    )
    if python is None:
        why = "does not exist"
    elif (
        not any(folder.glob("lib/python3*/site-packages/pulumi/__init__.py"))
        and not (folder / "Lib/site-packages/pulumi/__init__.py").exists()
    ):
        why = "has no Pulumi SDK"
    else:
        return python, ""
    return None, f"{where}, which {why}: {what} runs in the environment of this command instead."
