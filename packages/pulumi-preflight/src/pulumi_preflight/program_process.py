"""A program's process, started by a host that keeps the SDK loaded from one evaluation to the next."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pulumi_preflight.errors import NotJudgedError

Event = dict[str, Any]
Events = queue.Queue[Event]
_HOST = Path(__file__).with_name("program_host.py")
BEAT_SECONDS = 0.5
"""A running program reports so often that it is alive."""
_STOP_SECONDS = 5.0
_LOCK = threading.Lock()


class _Host:
    """The process of program_host, and the socket on which it takes orders. It ends when this process does."""

    def __init__(self, python: str) -> None:
        self._control, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen([python, str(_HOST)], stdin=theirs.fileno())  # noqa: S603 - our own file
        atexit.register(self.close)

    def alive(self) -> bool:
        return self._process.poll() is None

    def start(self, order: Mapping[str, Any], reports: int, output: int) -> None:
        reading, writing = os.pipe()
        try:
            socket.send_fds(self._control, [b"."], [reading, reports, output])
            os.close(reading)
            with os.fdopen(writing, "w", encoding="utf-8") as file:
                json.dump(order, file)
        except OSError:
            raise NotJudgedError(
                "the process that runs programs did not start: is the Pulumi SDK installed here?"
            ) from None

    def close(self) -> None:
        self._control.close()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


_hosts: dict[str, _Host] = {}
"""By the interpreter that they run."""


def _host(python: str) -> _Host:
    with _LOCK:
        if python not in _hosts or not _hosts[python].alive():
            _hosts[python] = _Host(python)
        return _hosts[python]


@contextlib.contextmanager
def started(order: Mapping[str, Any], say: Callable[[str], None]) -> Iterator[Events]:
    """Runs the program that `order` names; gives what it reports, the event `exit` or `gone` last.

    `say` gets what it prints, line by line. Neither the program nor a process it started outlives the block.
    """
    reading, writing = os.pipe()
    printed, printing = os.pipe()
    try:
        _host(order.get("python") or sys.executable).start(order, writing, printing)
    finally:
        os.close(writing)
        os.close(printing)
    events: Events = queue.Queue()
    group: list[int] = []
    readers = [
        threading.Thread(target=_read_events, args=(reading, events, group), daemon=True),
        threading.Thread(target=_read_output, args=(printed, say), daemon=True),
    ]
    for reader in readers:
        reader.start()
    try:
        yield events
    finally:
        for pid in group:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)
        for reader in readers:
            reader.join(_STOP_SECONDS)


def _read_events(descriptor: int, events: Events, group: list[int]) -> None:
    with os.fdopen(descriptor, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            try:
                event = json.loads(line)
            except ValueError:  # a kill cuts a line off
                continue
            if event["event"] == "started":
                group.append(event["pid"])
            events.put(event)
            if event["event"] == "exit":
                break
    events.put({"event": "gone"})


def _read_output(descriptor: int, say: Callable[[str], None]) -> None:
    with os.fdopen(descriptor, encoding="utf-8", errors="replace", newline="\n") as lines:
        for line in lines:
            say(line.rstrip("\r\n"))
