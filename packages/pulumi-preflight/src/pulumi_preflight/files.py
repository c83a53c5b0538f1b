"""Files that are read when they are files, and written whole or not at all."""

from __future__ import annotations

import errno
import json
import os
import secrets
import stat
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


def read_bytes(path: Path) -> bytes:
    """The content of a regular file, or of a pipe that somebody writes to (a process substitution, standard input).

    Raises OSError, whose `strerror` says why, for what is neither: a device may have no end, and a pipe without a
    writer would be waited for in vain.
    """
    mode = path.stat().st_mode
    if stat.S_ISREG(mode):
        return path.read_bytes()
    if stat.S_ISFIFO(mode):
        return _from_pipe(path)
    raise OSError(errno.EINVAL, "it is not a regular file", str(path))


def _from_pipe(path: Path) -> bytes:
    # Opened so, a pipe without a writer is at its end, and one whose writer is silent would block.
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb", buffering=0) as pipe:
        first: bytes | None = pipe.read(1)
        if first == b"":
            raise OSError(errno.EINVAL, "it is not a regular file, and nobody writes to this pipe", str(path))
        os.set_blocking(pipe.fileno(), True)
        return (first or b"") + (pipe.readall() or b"")


def withdraw(targets: Iterable[Path | None], inputs: Iterable[Path | None] = ()) -> None:
    """Removes what an earlier run left in `targets`: when this run fails, none of it passes for its result.

    Raises UserError, with nothing removed, for a target that cannot be written, for one that is named twice, and
    for one that is among the `inputs` of the same run.
    """
    read = {path.resolve() for path in inputs if path is not None and path.is_file()}
    seen: set[Path] = set()
    named = [target for target in targets if target is not None]
    for target in named:
        real = target.resolve()
        if real in read:
            raise UserError(f"{target} is read by this command: name another file to write to.")
        if real in seen:
            raise UserError(f"{target} is named for two reports: name another file for one of them.")
        seen.add(real)
        check_writable(target)
    for target in named:
        try:
            if target.is_file():
                target.resolve().unlink()
        except OSError as error:
            raise _refused(target, error) from None


def check_writable(target: Path) -> None:
    """Creates the folders of `target`, and a file beside it for a moment. Raises UserError when that fails."""
    try:
        if target.is_dir():
            raise UserError(f"{target} is a folder: name a file in it.")
        target.parent.mkdir(parents=True, exist_ok=True)
        if _in_place(target):
            return
        aside = _aside(target)
        os.close(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE))
        aside.unlink()
    except OSError as error:
        raise _refused(target, error) from None


def check_folder(folder: Path) -> None:
    """Creates `folder`, and a file in it for a moment. Raises UserError when that fails."""
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder} is a file: name a folder.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        aside = _aside(folder / "any")
        os.close(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE))
        aside.unlink()
    except OSError as error:
        raise _refused(folder, error) from None


def _in_place(target: Path) -> bool:
    """A pipe or a terminal is written to, not replaced."""
    return target.exists() and not target.is_file()


def _aside(target: Path) -> Path:
    return target.with_name(f".{target.name}.{secrets.token_hex(4)}")


def _replace(target: Path, pieces: Iterable[str], mode: int) -> None:
    try:
        target = target.resolve() if target.is_file() else target  # a link stays one
        target.parent.mkdir(parents=True, exist_ok=True)
        if _in_place(target):
            with open(target, "w", encoding="utf-8") as file:
                file.writelines(pieces)
            return
        _write_aside(target, pieces, mode)
    except OSError as error:
        raise _refused(target, error) from None


def _write_aside(target: Path, pieces: Iterable[str], mode: int) -> None:
    aside = _aside(target)
    try:
        with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
            file.writelines(pieces)
        os.replace(aside, target)
    finally:
        aside.unlink(missing_ok=True)


def _refused(target: Path, error: OSError) -> UserError:
    below = next((part for part in target.parents if part.is_file()), None)
    why = f"{below} is a file, not a folder" if below else error.strerror
    return UserError(f"{target} cannot be written: {why}; name another place.")
