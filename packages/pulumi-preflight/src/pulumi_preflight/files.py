"""Files that appear whole or not at all."""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pulumi_preflight.errors import UserError

_SHARED, _PRIVATE = 0o666, 0o600


def write(text: str | Iterable[str], target: Path | None) -> None:
    """Writes a text, or its pieces, in place of `target` or to standard output; the mode follows the umask.

    Raises UserError.
    """
    pieces = (text,) if isinstance(text, str) else text
    if target is None:
        sys.stdout.writelines(pieces)
        return
    _replace(target, pieces, _SHARED)


def write_private(target: Path, content: Mapping[str, Any]) -> None:
    """Writes `content` as JSON in place of `target`, for its owner alone (mode 0600). Raises UserError."""
    _replace(target, (json.dumps(content, indent=2), "\n"), _PRIVATE)


def withdraw(targets: Iterable[Path | None]) -> None:
    """Removes what an earlier run left in `targets`: when this run fails, none of it passes for its result.

    Raises UserError for a target that cannot be written, and for one that is named twice.
    """
    seen: set[Path] = set()
    for target in targets:
        if target is None:
            continue
        if target in seen:
            raise UserError(f"{target} is named for two reports: name another file for one of them.")
        seen.add(target)
        try:
            if target.is_dir():
                raise UserError(f"{target} is a folder: name a file in it.")
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.is_file():
                target.unlink()
        except OSError as error:
            raise _refused(target, error) from None
        if not os.access(target.parent, os.W_OK):
            raise UserError(f"{target} cannot be written: its folder is not writable.")


def _replace(target: Path, pieces: Iterable[str], mode: int) -> None:
    aside = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists() and not target.is_file():  # a pipe or a terminal is written to, not replaced
            with open(target, "w", encoding="utf-8") as file:
                file.writelines(pieces)
            return

        with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
            file.writelines(pieces)
        os.replace(aside, target)
    except OSError as error:
        raise _refused(target, error) from None
    finally:
        aside.unlink(missing_ok=True)


def _refused(target: Path, error: OSError) -> UserError:
    return UserError(f"{target} cannot be written: {error.strerror}.")
