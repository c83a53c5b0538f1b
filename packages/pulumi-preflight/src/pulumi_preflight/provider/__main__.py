"""`python -m pulumi_preflight.provider`: the local AWS provider for the real engine. Prints its port and serves."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from pulumi_preflight.errors import UserError
from pulumi_preflight.provider.server import serve


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m pulumi_preflight.provider",
        description="Answers the Pulumi engine as the AWS provider would; nothing is created anywhere. "
        "Prints its port on standard output and serves until it is ended. "
        "Use: PULUMI_DEBUG_PROVIDERS=aws:PORT pulumi preview",
    )
    parser.add_argument(
        "--port", type=int, default=0, help="port on 127.0.0.1; 0 (the default): any free one"
    )
    parser.add_argument("--state", type=Path, help="file that keeps the resources between runs")
    parser.add_argument(
        "--fail-create",
        action="append",
        metavar="RESOURCE",
        help="resource (NAME or TYPE::NAME) whose next creation AWS refuses; may be given several times",
    )
    parser.add_argument(
        "--hang-create",
        action="append",
        metavar="RESOURCE",
        help="resource whose next creation takes until the engine cancels it; may be given several times",
    )
    arguments = parser.parse_args()
    try:
        server, port = serve(
            state=arguments.state,
            fail=_names(arguments.fail_create, "PREFLIGHT_PROVIDER_FAIL_CREATE"),
            hang=_names(arguments.hang_create, "PREFLIGHT_PROVIDER_HANG_CREATE"),
            port=arguments.port,
        )
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    try:
        server.wait_for_termination()
    except KeyboardInterrupt:
        server.stop(grace=None)
    return 0


def _names(given: list[str] | None, variable: str) -> set[str]:
    """Names from the option, and from the environment, where commas part them."""
    return {*(given or ()), *(item for item in os.environ.get(variable, "").split(",") if item)}


if __name__ == "__main__":
    raise SystemExit(main())
