"""API keys for a locally served stack: generated here, kept in one file that only its owner can read."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path

from pulumi_preflight import jsonfile
from pulumi_preflight.files import write_private

from localaws.declared_plans import ApiKey
from localaws.errors import ServerError


def write(keys: Sequence[ApiKey], path: Path) -> None:
    """Writes `{key name: new value}` as JSON with mode 0600. Raises UserError when that fails."""
    write_private(path, {key.name: secrets.token_hex(20) for key in keys})


def load(path: Path) -> dict[str, str]:
    """The values by key name. Raises UserError when this is not a keys file."""
    values = jsonfile.read(path, "the keys file", "it must be a JSON object of key name and value.")
    if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
        raise ServerError(f"{path} is not a keys file: it must be a JSON object of key name and value.")
    return values


def match(presented: str, keys: Sequence[ApiKey], values: Mapping[str, str]) -> ApiKey | None:
    """The enabled key with a usage plan whose value was presented; takes the same time whichever it is."""
    given = presented.encode("utf-8", "surrogateescape")
    found = None
    for key in keys:
        # A client for whom no key was issued has a value that nobody knows.
        value = values.get(key.name) or secrets.token_hex(20)
        if hmac.compare_digest(given, value.encode()) and key.enabled and key.plan:
            found = key
    return found
