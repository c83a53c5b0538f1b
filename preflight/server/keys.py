"""API keys for a locally served stack: generated here, kept in one file that only its owner can read."""

from __future__ import annotations

import hmac
import json
import os
import secrets
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from preflight.server.declared import ApiKey
from preflight.server.errors import ServerError


def write(keys: Sequence[ApiKey], path: Path) -> None:
    """Writes `{key name: new value}` as JSON with mode 0600. Raises ServerError when that fails."""
    values = {key.name: secrets.token_hex(20) for key in keys}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # A temporary file has mode 0600 from the start, and a reader never sees half of it.
        descriptor, aside = tempfile.mkstemp(dir=path.parent, prefix=path.name)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(values, file, indent=2)
        Path(aside).replace(path)
    except OSError:
        raise ServerError(f"The keys file {path} cannot be written: name another one.") from None


def load(path: Path) -> dict[str, str]:
    """The values by key name. Raises ServerError when this is no keys file."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        values = None
    if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
        raise ServerError(f"{path} is not a keys file: it must be a JSON object of key name and value.")
    return values


def match(presented: str, keys: Sequence[ApiKey], values: Mapping[str, str]) -> ApiKey | None:
    """The enabled key whose value was presented; takes the same time whichever it is."""
    given = presented.encode("utf-8", "surrogateescape")
    found = None
    for key in keys:
        if hmac.compare_digest(given, values[key.name].encode()) and key.enabled:
            found = key
    return found
