"""The pack as an executable file: `pulumi preview --policy-pack "$(command -v endpoint-guard-pack)"`.

The engine reads the port from the first line of standard output, and nothing else may be there: whatever a rule or a
library prints goes to standard error. Profile, levels and exemptions come from the environment (`PROFILE`, `LEVELS`,
`EXEMPTIONS` below), levels also from `--policy-pack-config`.

The engine waits for the pack before it starts the program. The policy SDK, whose import takes longer than judging a
small stack, is therefore not imported here.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Final

PROFILE: Final = "ENDPOINT_GUARD_PROFILE"
LEVELS: Final = "ENDPOINT_GUARD_LEVELS"
_PARENT_SECONDS = 1.0


def main() -> int:
    """Serves the engine until it ends; 2 when the environment names a profile or a file that does not exist."""
    parent = os.getppid()
    port = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    from endpoint_guard import build, description
    from endpoint_guard.servicer import Servicer
    from endpoint_guard.wire.server import Server

    levels = os.environ.get(LEVELS)
    for name in (LEVELS, build.EXEMPTIONS):
        if os.environ.get(name) and not Path(os.environ[name]).is_file():
            sys.stderr.write(f"error: {name} names {os.environ[name]}, which is not a file.\n")
            return 2
    profile = os.environ.get(PROFILE) or "aws"
    try:
        made = build.guard(profile=profile, levels=Path(levels) if levels else None)
    except ValueError as error:
        sys.stderr.write(f"error: {PROFILE}: {error}.\n")
        return 2
    for text in build.mistakes(made):
        sys.stderr.write(text + "\n")
    server = Server(Servicer(description.info(made, profile), made).answer)
    found = server.add_insecure_port("127.0.0.1:0")
    server.start()
    # The engine interrupts a pack and waits for its end, which Python's own tidying up would put off.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    with port:
        port.write(f"{found}\n".encode())
    while os.getppid() == parent:  # an engine that is killed leaves nothing behind
        time.sleep(_PARENT_SECONDS)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
