"""The pack as an executable file: `pulumi preview --policy-pack "$(command -v endpoint-guard-pack)"`.

The engine reads the port from the first line of standard output, and nothing else may be there: whatever a rule or a
library prints goes to standard error. Profile, levels and exemptions come from the environment (`PROFILE`, `LEVELS`,
`EXEMPTIONS` below), levels also from `--policy-pack-config`.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path
from typing import Any, BinaryIO, Final

PROFILE: Final = "ENDPOINT_GUARD_PROFILE"
LEVELS: Final = "ENDPOINT_GUARD_LEVELS"
_PARENT_SECONDS = 1.0


def main() -> int:
    """Serves the engine until it ends; 2 when the environment names a profile or a file that does not exist."""
    port = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    from pulumi_policy import PolicyPack

    from endpoint_guard.pack import EXEMPTIONS, pack

    levels = os.environ.get(LEVELS)
    for name in (LEVELS, EXEMPTIONS):
        if os.environ.get(name) and not Path(os.environ[name]).is_file():
            sys.stderr.write(f"error: {name} names {os.environ[name]}, which is not a file.\n")
            return 2
    try:
        made = pack(
            profile=os.environ.get(PROFILE) or "aws",
            levels=Path(levels) if levels else None,
        )
    except ValueError as error:
        sys.stderr.write(f"error: {PROFILE}: {error}.\n")
        return 2
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    sys.stdout = _PortFirst(port)
    PolicyPack(**made)
    return 0


class _PortFirst:
    """Standard output for the SDK: the first bytes are the port, everything else goes to standard error."""

    def __init__(self, port: BinaryIO) -> None:
        self._port: BinaryIO | None = port

    @property
    def buffer(self) -> Any:
        port, self._port = self._port, None
        return port or sys.stderr.buffer

    def __getattr__(self, name: str) -> Any:
        return getattr(sys.stderr, name)


def _end_with(parent: int) -> None:
    """Ends this process when the one that started it has ended: an engine that is killed leaves nothing behind."""
    while os.getppid() == parent:
        time.sleep(_PARENT_SECONDS)
    os._exit(0)


if __name__ == "__main__":
    raise SystemExit(main())
