"""Server processes on this machine: a listener that a child inherits, the child, and the wait until it answers."""

from __future__ import annotations

import errno
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from localaws.errors import ServerError

_START_SECONDS = 30
_STOP_SECONDS = 6
ROOT = Path(__file__).resolve().parents[1]

Process = subprocess.Popen[bytes]


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """A listening socket for a child to inherit: callers queue until it is up, and the port stays ours."""
    listener = socket.socket()
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except (OSError, OverflowError) as error:
        listener.close()
        used = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        reason = (
            "is in use: stop what uses it or choose another"
            if used
            else "cannot be listened on: choose another"
        )
        raise ServerError(f"Port {port} of {host} {reason} with --port.") from None
    with listener:
        yield listener


def address(listener: socket.socket) -> str:
    """Where a listener is reached."""
    host, port = listener.getsockname()[:2]
    return f"http://{host}:{port}"


@contextmanager
def child(
    command: Sequence[str], environment: dict[str, str], listener: socket.socket, log: Path
) -> Iterator[Process]:
    """A child that inherits the listener and leaves when its standard input ends: no kill orphans it."""
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own files
            [*command, "--fd", str(listener.fileno())],
            stdin=subprocess.PIPE, stdout=output, stderr=output, env=environment, cwd=ROOT,
            pass_fds=[listener.fileno()], start_new_session=True,
        )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(process: Process, url: str, status: int, log: Path) -> None:
    """Returns when `url` answers with `status`."""
    deadline = time.monotonic() + _START_SECONDS
    with httpx.Client(timeout=1, trust_env=False, verify=False) as client:  # noqa: S501 - no TLS here to be verified
        while time.monotonic() < deadline and process.poll() is None:
            try:
                answer = client.get(url)
            except httpx.TransportError:
                time.sleep(0.05)
                continue
            if answer.status_code == status:
                return
            break
    raise ServerError(f"A server process did not come up: {log} says why.")
