"""Files that only their owner may read."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from localaws.errors import ServerError


def write_private(path: Path, content: Mapping[str, Any], what: str) -> None:
    """Writes JSON with mode 0600. Raises ServerError, which calls the file `what`, when that fails."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # A temporary file has mode 0600 from the start, and a reader never sees half of it.
        descriptor, aside = tempfile.mkstemp(dir=path.parent, prefix=path.name)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=2)
        Path(aside).replace(path)
    except OSError:
        raise ServerError(f"The {what} {path} cannot be written: name another one.") from None
