"""Files that somebody names: read when they have an end."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


def read_text(path: Path) -> str:
    """The UTF-8 text in a regular file, or in a pipe that somebody writes to.

    Raises OSError, whose `strerror` says why, for what is neither, and UnicodeDecodeError.
    """
    mode = path.stat().st_mode
    if stat.S_ISREG(mode):
        return path.read_text("utf-8-sig")
    if stat.S_ISFIFO(mode):
        return _from_pipe(path).decode("utf-8-sig")
    raise OSError(errno.EINVAL, "it is not a regular file", str(path))


def _from_pipe(path: Path) -> bytes:
    # Opened so, a pipe without a writer is at its end, and one whose writer is silent would block.
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb", buffering=0) as pipe:
        first: bytes | None = pipe.read(1)
        if first == b"":
            raise OSError(errno.EINVAL, "it is not a regular file, and nobody writes to this pipe", str(path))
        os.set_blocking(pipe.fileno(), True)
        return (first or b"") + (pipe.readall() or b"")
