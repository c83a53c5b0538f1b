"""The gateway as a process of its own, with the function's workers."""

from __future__ import annotations

import argparse
import json
import os
import socket
import sys
import tempfile
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from pulumi_preflight import export
from starlette.applications import Starlette

from localaws import keys as key_file
from localaws import signature, user_pool
from localaws.declared import Declared, read
from localaws.function import Pool, install
from localaws.gateway import Gateway, Setup
from localaws.token_endpoint import TokenEndpoint


def application(declared: Declared, setup: Setup, runtime_url: str) -> Starlette:
    """The API with the function's workers, which live as long as the application does."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        with tempfile.TemporaryDirectory() as root:
            install(declared.function, Path(root))
            pool = Pool(declared.function, Path(root), runtime_url, setup.log_dir / "function.log")
            # Every request, whatever its target looks like: none but those for a token passes firewall and logs.
            gateway = Gateway(declared, pool, setup)
            app.router.default = TokenEndpoint(setup.pool, gateway) if setup.pool else gateway
            try:
                await pool.start()
                yield
            finally:
                await pool.stop()

    return Starlette(lifespan=lifespan)


def main() -> None:
    """Serves on the inherited listening socket until asked to stop or until the parent is gone."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("graph", "project", "keys", "credentials", "log-dir"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--pool", type=Path)
    parser.add_argument("--runtime-url", required=True)
    parser.add_argument("--trust-forwarded", action="store_true")
    parser.add_argument("--listed", type=json.loads, default={})
    parser.add_argument("--fd", type=int, required=True)
    options = parser.parse_args()
    setup = Setup(
        key_file.load(options.keys),
        signature.load(options.credentials),
        options.log_dir,
        options.trust_forwarded,
        options.listed,
        pool=user_pool.load(options.pool) if options.pool else None,
    )
    app = application(read(export.read(options.graph), options.project), setup, options.runtime_url)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        # A local peer is not a proxy: its X-Forwarded-For must not choose the address that the firewall sees.
        proxy_headers=False,
        ws="none",
        timeout_graceful_shutdown=3,
    )
    server = uvicorn.Server(config)

    def leave_with_parent() -> None:
        while os.read(sys.stdin.fileno(), 1024):
            pass
        server.should_exit = True

    threading.Thread(target=leave_with_parent, daemon=True).start()
    server.run(sockets=[socket.socket(fileno=options.fd)])


if __name__ == "__main__":
    main()
