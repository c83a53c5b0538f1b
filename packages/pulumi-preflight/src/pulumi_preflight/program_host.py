"""Runs Pulumi programs, each in a process of its own, the way the engine's language host does.

Started by path, so that it needs nothing but the Pulumi SDK, which it loads once: every program runs in a fork, made
while this process has neither a thread nor a connection. Every byte that comes over the socket on descriptor 0 brings
three descriptors: one to read the order from, a JSON object; one on which to report, a JSON object a line, how far the
program came and how it ended; one for what it prints.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import gc
import importlib
import json
import logging
import os
import re
import runpy
import select
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any

import pulumi
import pulumi.dynamic
import pulumi.runtime

FAILED = 1
_BUSY = re.compile(r"While processing (resource|input): ('[^']*')")
_tried: set[str] = set()


class Reports:
    """The line back to the parent."""

    def __init__(self, descriptor: int, beat: float) -> None:
        self._beat = beat
        self._file = os.fdopen(descriptor, "w", encoding="utf-8")
        self._lock = threading.Lock()

    def send(self, event: str, **more: Any) -> None:
        """One event; a parent that has left does not matter."""
        try:
            with self._lock:
                self._file.write(json.dumps({"event": event, **more}) + "\n")
                self._file.flush()
        except (OSError, ValueError):
            pass

    def beat(self) -> None:
        """Says, for as long as the process lives, how much processor time it and its children have used."""
        while True:
            used = os.times()
            self.send("alive", seconds=used.user + used.system + used.children_user + used.children_system)
            time.sleep(self._beat)


def serve(control: socket.socket) -> None:
    """Takes orders until the other end leaves."""
    running: dict[int, int] = {}
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    while True:
        ready, _, _ = select.select([control.fileno(), woken], [], [])
        if woken in ready:
            os.read(woken, 1024)
            _reap(running)
        if control.fileno() in ready:
            byte, descriptors, _, _ = socket.recv_fds(control, 1, 3)
            if not byte:
                _end(running)
                return
            order, reports, output = descriptors
            with os.fdopen(order, "rb") as text:
                content = text.read()
            _preload(json.loads(content).get("preload", ()) if content else ())
            pid = os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                for other in (woken, wake, *running.values()):
                    os.close(other)
                control.close()
                given = json.loads(content)
                run(given, Reports(reports, given["beat"]), output)
            os.close(output)
            running[pid] = reports
            _reap(running)


def _preload(names: Iterable[str]) -> None:
    """Loads parts of providers' SDKs, which are class definitions and nothing else, for this and later programs.

    What cannot be loaded is for the program to find out.
    """
    missing = [name for name in names if name not in _tried]
    if not missing:
        return
    _tried.update(missing)
    # Nothing of it is ever garbage: neither loading nor a program later looks through it.
    gc.disable()
    for name in missing:
        with contextlib.suppress(Exception):
            # The SDK loads a module when something is asked of it.
            getattr(importlib.import_module(name), "__all__", None)
    gc.freeze()
    gc.enable()


def _end(running: dict[int, int]) -> None:
    """The parent has gone, whatever ended it: nobody asks for these programs any longer."""
    for pid in running:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)


def _reap(running: dict[int, int]) -> None:
    """Reports the exit code of every program that has ended; a negative one is a signal's number."""
    for pid, reports in list(running.items()):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            del running[pid]
            line = json.dumps({"event": "exit", "code": os.waitstatus_to_exitcode(status)}) + "\n"
            with os.fdopen(reports, "wb", buffering=0) as file, contextlib.suppress(OSError):
                # A program that was killed may have left half a line.
                file.write(b"\n" + line.encode())


def run(order: dict[str, Any], reports: Reports, output: int) -> None:
    """Runs the program that the order names, and ends this process as the program ends."""
    os.setsid()
    reports.send("started", pid=os.getpid())
    null = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((null, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    os.environ.clear()
    os.environ.update(order["environment"])
    threading.Thread(target=reports.beat, daemon=True).start()
    program = Path(order["program"])
    sys.argv = [str(program)]
    # The engine starts a program in its own folder and a plugin in the project's; on the import path its own is first.
    os.chdir(order["folder"])
    sys.path.insert(0, str(program.parent))
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    # Every debug message of the SDK, several for each resource, is a call that waits for the engine's answer; nobody
    # sees them here, nor those of a CLI without --debug.
    pulumi.log.debug = lambda *message, **about: None
    if not order["preview"]:
        _stand_in_for_dynamic_providers()
    try:
        if order.get("plugin"):
            _serve_engine(order, program, reports, output)
        else:
            _run(order, program, reports)
    except SystemExit as end:
        _ended(end, program, reports)
    except BaseException as error:
        reports.send("raised", **_failure(error, program))
        _leave(FAILED)
    reports.send("done")
    # As at the end of any program: other threads first, then what was registered for the end. What would follow is
    # taking the interpreter apart, which says nothing of the program: after a training it takes seconds, many on a
    # busy machine, in which nothing reports that the process is alive.
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    _leave(0)


def _run(order: dict[str, Any], program: Path, reports: Reports) -> None:
    pulumi.runtime.set_all_config(
        pulumi.runtime.get_config_env(), pulumi.runtime.get_config_secret_keys_env()
    )
    pulumi.runtime.configure(
        pulumi.runtime.Settings(
            monitor=order["engine"],
            engine=order["engine"],
            project=order["project"],
            stack=order["stack"],
            organization=order["organization"],
            root_directory=order["root"],
            dry_run=order["preview"],
        )
    )

    def declare() -> None:
        runpy.run_path(str(program), run_name="__main__")
        reports.send("declared")

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.run_until_complete(pulumi.runtime.run_in_stack(declare))
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


def _serve_engine(order: dict[str, Any], program: Path, reports: Reports, output: int) -> None:
    """Runs a provider plugin, which goes on until it is ended. The first line that it prints is its port."""
    printed, printing = os.pipe()
    os.dup2(printing, 1)
    os.close(printing)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    threading.Thread(target=_forward, args=(printed, output, reports), daemon=True).start()
    if isinstance(order["plugin"], str):  # an installed distribution, run by the SDK's own module
        sys.argv = ["-m", order["plugin"], order["engine"]]
        runpy.run_module("pulumi.run.plugin", run_name="__main__", alter_sys=True)
        return
    sys.argv = [str(program.parent), order["engine"]]
    runpy.run_path(str(program), run_name="__main__")


def _forward(printed: int, output: int, reports: Reports) -> None:
    with os.fdopen(printed, "rb") as lines, os.fdopen(output, "wb", buffering=0) as file:
        reports.send("port", text=lines.readline().decode(errors="replace").strip())
        for line in lines:
            file.write(line)


def _stand_in_for_dynamic_providers() -> None:
    """A dynamic provider creates something somewhere, so it does not run here.

    What it would have returned, the properties given as None, gets a value of the annotated type instead.
    """
    register = pulumi.dynamic.Resource.__init__

    def stand_in(
        self: Any, provider: Any, name: str, props: Any, opts: Any = None, *more: Any, **options: Any
    ) -> None:
        types = getattr(type(self), "__annotations__", {})
        made_up = {
            key: _value_of(str(types.get(key, "")), f"{name}-{key}") if value is None else value
            for key, value in (props or {}).items()
        }
        register(self, provider, name, made_up, opts, *more, **options)

    pulumi.dynamic.Resource.__init__ = stand_in  # type: ignore[method-assign]


def _value_of(annotation: str, text: str) -> Any:
    inner = annotation.lower().partition("output[")[2]
    if "bool" in inner:
        return False
    if inner.startswith(("list", "sequence", "typing.list", "typing.sequence")):
        return [text]
    if inner.startswith(("dict", "mapping", "typing.dict", "typing.mapping")):
        return {}
    return 1 if inner.startswith(("int", "float")) else text


def _ended(end: SystemExit, program: Path, reports: Reports) -> None:
    """The program called sys.exit: with code 0 that is a success to the engine."""
    code = end.code if isinstance(end.code, int) else 0 if end.code is None else FAILED
    if not isinstance(end.code, int | None):
        print(end.code, file=sys.stderr)  # noqa: T201
    place = _place(end.__traceback__, program)
    reports.send("ended", code=code, **place)
    _leave(code)


def _leave(code: int) -> None:
    """Ends at once: what failed leaves tasks behind, and each would write its own lines about it."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code & 0xFF)


def _failure(error: BaseException, program: Path) -> dict[str, Any]:
    """What a user needs to know of an exception: kind, first line, and the line of the program it comes from."""
    whole, place = error, _place(error.__traceback__, program)
    # The SDK wraps what the program raised: the innermost exception with a line of the program is the one.
    cause: BaseException | None = error
    for _ in range(20):
        cause = cause.__cause__ or cause.__context__ if cause else None
        if cause is not None and (found := _place(cause.__traceback__, program)):
            error, place = cause, found
    if isinstance(error, SyntaxError) and error.filename:
        place = {"file": _shown(Path(error.filename), program), "line": error.lineno or 1}
    # The SDK's own mistakes (a missing configuration value, ...) are sentences already.
    explained = isinstance(error, pulumi.RunError | pulumi.ConfigMissingError | pulumi.ConfigTypeError)
    return {
        "kind": type(error).__name__,
        "message": _message(error),
        "explained": explained,
        "missing": error.name if isinstance(error, ModuleNotFoundError) else None,
        "traceback": "".join(traceback.format_exception(whole)),
        **place,
    }


def _message(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return error.msg
    if isinstance(error, pulumi.ConfigMissingError):
        return f"the configuration value {error.key} is missing: set it with `pulumi config set {error.key} <value>`."
    if isinstance(error, pulumi.ConfigTypeError):  # its own text repeats the value
        return f"the configuration value {error.key} has the wrong type."
    # The SDK says first what it was busy with, a line for each layer, values included, and the reason last.
    layers, _, reason = str(error).rpartition(" has risen: ")
    busy = ", ".join(f"{kind} {name}" for kind, name in _BUSY.findall(layers)[-2:])
    return f"{busy}: {reason.strip()}" if busy else reason.strip()


def _place(trace: TracebackType | None, program: Path) -> dict[str, Any]:
    """The last frame that lies in the program's folder, outside any environment in it."""
    found: dict[str, Any] = {}
    for frame in traceback.extract_tb(trace):
        path = Path(frame.filename)
        if path.is_relative_to(program.parent) and "site-packages" not in path.parts:
            found = {"file": _shown(path, program), "line": frame.lineno}
    return found


def _shown(path: Path, program: Path) -> str:
    return str(path.relative_to(program.parent)) if path.is_relative_to(program.parent) else path.name


if __name__ == "__main__":
    del sys.path[0]  # this folder: none of its modules is a program's
    with socket.socket(fileno=os.dup(0)) as orders:
        serve(orders)
