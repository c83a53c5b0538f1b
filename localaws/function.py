"""Runs the declared function: its own files and environment, in processes that a timeout can end."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from localaws.declared import Function
from localaws.errors import ServerError

MAX_WORKERS = 4
"""More processes than this only compete for the processors of one machine."""

_START_SECONDS = 10
_STOP_SECONDS = 2
_LINE_LIMIT = 16 * 1024 * 1024
_BOOTSTRAP = Path(__file__).with_name("bootstrap.py")


def compiled_once() -> dict[str, str]:
    """The variables with which a process reads this one's compiled modules and leaves no others behind."""
    cache = {"PYTHONPYCACHEPREFIX": sys.pycache_prefix} if sys.pycache_prefix else {}
    return {"PYTHONDONTWRITEBYTECODE": "1", **cache}


class FunctionError(Exception):
    """The function did not answer: it crashed, raised or ran out of time. The message holds no value."""


class FunctionThrottled(FunctionError):
    """As many calls as the function's concurrency allows are under way."""


def install(function: Function, root: Path) -> None:
    """Lays the function's package out under `root`. Raises ServerError on a path outside it."""
    for name, content in function.files.items():
        target = root / name
        if not target.resolve().is_relative_to(root.resolve()):
            raise ServerError(f"The function's package holds a path outside itself: {name}.")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


class Pool:
    """Workers that each run one event at a time, as Lambda's do; more are started while all are busy."""

    def __init__(self, function: Function, root: Path, runtime_url: str, log: Path) -> None:
        self._function = function
        self._environment = _environment(function, root, runtime_url)
        self._log = log
        self._slots = asyncio.Semaphore(MAX_WORKERS)
        self._under_way = 0
        self._idle: list[Process] = []
        self._all: set[Process] = set()

    async def start(self) -> None:
        """Starts the first worker, so that the first request finds it warm. Raises FunctionError."""
        self._idle.append(await self._spawn())

    async def invoke(self, event: Mapping[str, Any], request_id: str) -> Any:
        """What the handler returns for `event`. Raises FunctionError when it does not return in time.

        Calls above the declared concurrency are refused; those within it may wait for a processor.
        """
        if self._function.concurrency is not None and self._under_way >= self._function.concurrency:
            raise FunctionThrottled("throttled")
        self._under_way += 1
        try:
            return await self._run(event, request_id)
        finally:
            self._under_way -= 1

    async def _run(self, event: Mapping[str, Any], request_id: str) -> Any:
        async with self._slots:
            worker = self._idle.pop() if self._idle else await self._spawn()
            done = False
            try:
                answer = await asyncio.wait_for(self._ask(worker, event, request_id), self._function.timeout)
                done = True
            except TimeoutError:
                self._note(f"{request_id} Task timed out after {self._function.timeout:.2f} seconds")
                raise FunctionError("timeout") from None
            finally:
                if done:
                    self._idle.append(worker)
                else:
                    await self._end(worker)
        if "failed" in answer:
            raise FunctionError(str(answer["failed"]))
        return answer["answer"]

    async def stop(self) -> None:
        """Ends all workers."""
        for worker in tuple(self._all):
            await self._end(worker)

    async def _spawn(self) -> Process:
        with self._log.open("ab") as log:
            worker = await asyncio.create_subprocess_exec(
                sys.executable, "-P", str(_BOOTSTRAP),
                stdin=PIPE, stdout=PIPE, stderr=log, env=self._environment, limit=_LINE_LIMIT,
            )  # fmt: skip
        self._all.add(worker)
        assert worker.stdout is not None  # noqa: S101 - asked for above
        try:
            ready = await asyncio.wait_for(worker.stdout.readline(), _START_SECONDS)
        except TimeoutError:
            ready = b""
        if ready != b"ready\n":
            await self._end(worker)
            raise FunctionError("start")
        return worker

    async def _ask(self, worker: Process, event: Mapping[str, Any], request_id: str) -> dict[str, Any]:
        assert worker.stdin is not None  # noqa: S101 - asked for in _spawn
        assert worker.stdout is not None  # noqa: S101 - asked for in _spawn
        task = {"event": event, "request_id": request_id, "timeout": self._function.timeout}
        try:
            worker.stdin.write(json.dumps(task).encode() + b"\n")
            await worker.stdin.drain()
            answer: dict[str, Any] = json.loads(await worker.stdout.readline())
        except (OSError, ValueError):
            raise FunctionError("exit") from None
        return answer

    async def _end(self, worker: Process) -> None:
        self._all.discard(worker)
        if worker in self._idle:
            self._idle.remove(worker)
        if worker.stdin is not None:
            worker.stdin.close()
        if worker.returncode is None:
            worker.kill()
        await asyncio.wait_for(worker.wait(), _STOP_SECONDS)

    def _note(self, line: str) -> None:
        with self._log.open("a", encoding="utf-8") as log:
            log.write(line + "\n")


def _environment(function: Function, root: Path, runtime_url: str) -> dict[str, str]:
    """The declared variables and those that Lambda sets; nothing of the caller's own AWS settings gets in."""
    return {
        **function.environment,
        "_HANDLER": function.handler,
        "LAMBDA_TASK_ROOT": str(root),
        "PYTHONPATH": str(root),
        **compiled_once(),
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "TZ": ":UTC",
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        "AWS_REGION": function.region,
        "AWS_DEFAULT_REGION": function.region,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": runtime_url,
    }
