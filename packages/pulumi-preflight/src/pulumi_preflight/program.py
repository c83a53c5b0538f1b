"""Runs a Pulumi program with no AWS at the other end, and gives the resource graph it declares.

The program runs in a process of its own, with this process in the engine's place: an exit, a crash, a hang or a
kill ends that process alone, what it had registered by then is known here, and no module of one evaluation is
left for the next.
"""

from __future__ import annotations

import os
import queue
import signal
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pulumi_preflight import preload, stackfile
from pulumi_preflight.answers import Answers
from pulumi_preflight.answers import read as read_answers
from pulumi_preflight.engine import Engine
from pulumi_preflight.errors import NotJudgedError
from pulumi_preflight.graph import Graph
from pulumi_preflight.plugins import Plugins
from pulumi_preflight.program_process import BEAT_SECONDS, Event, Events, started
from pulumi_preflight.recorder import Recorder
from pulumi_preflight.scrub import Scrub
from pulumi_preflight.scrub import scrub as scrubbing

__all__ = ["TIMEOUT", "Graph", "evaluate"]

TIMEOUT = 600.0
"""Seconds that a program may take."""
_IDLE_SECONDS, _SLEEP_SECONDS = 20.0, 120.0
"""A program that does nothing for so long will not go on: when it only waits for outputs, and before."""
_WORK = 0.2
"""Seconds of processor time within these: less is no work."""
_GRACE_SECONDS = 10.0
_TICK = 0.25

Say = Callable[[str], None]
Progress = Callable[[int], None]


def evaluate(
    stack: str,
    *,
    preview: bool = False,
    config: Mapping[str, str] | None = None,
    secrets: Collection[str] = (),
    project: Path = Path(),
    say: Say = lambda message: None,
    progress: Progress = lambda resources: None,
    timeout: float = TIMEOUT,
    answers: Answers | None = None,
    allow_unseen: bool = False,
) -> Graph:
    """The graph that `project` declares for `stack`, as after an update or (`preview`) at the first preview.

    `config` overrides single values of the stack file (a key without a namespace belongs to the project);
    keys in `secrets` become secret; `say` gets what the program logs and prints; `progress` is called again and
    again with the number of resources so far. `answers` stand for AWS and other stacks, by default those of the
    project's preflight.answers.yaml; with `allow_unseen` what is in remote components that cannot be made here is
    left out. Nothing is created and no network is used. A program that ends itself with code 0 has declared what it
    had registered by then, and the graph carries a warning. Raises UserError for mistakes in the project's files,
    NotJudgedError for a program that fails, is killed or does not end within `timeout` seconds.
    """
    project = project.resolve()
    settings = stackfile.load(project, stack, config or {}, secrets)
    if settings.note:
        say(f"warning: {settings.note}")
    recorder = Recorder(
        settings, preview=preview, answers=answers or read_answers(None, project), allow_unseen=allow_unseen
    )
    scrub = scrubbing(settings.values[key] for key in settings.secret_keys if key in settings.values)

    def tell(message: str) -> None:
        say(scrub(message))

    with Engine(recorder, Plugins(settings, preview=preview, say=tell), tell) as engine:
        order = _order(settings, preview, engine.address)
        with started(order, tell) as events:
            end = _wait(events, engine, recorder, progress, timeout)
        warning = _verdict(end, engine, recorder, scrub)
    graph = recorder.graph()
    warnings = (*filter(None, (warning,)), *graph.warnings, *engine.hooks.warnings)
    return replace(graph, warnings=tuple(map(scrub, warnings)))


@dataclass
class _End:
    """How a program ended: its exit code (negative: a signal's number) and the last events it sent."""

    code: int = 0
    declared: bool = False
    done: bool = False
    ended: dict[str, Any] | None = None
    raised: dict[str, Any] | None = None
    stopped: str = ""
    """Why it was ended from here, as a sentence."""


def _order(settings: stackfile.StackConfig, preview: bool, address: str) -> dict[str, Any]:
    return {
        "engine": address,
        "project": settings.project,
        "stack": settings.stack,
        "organization": "organization",
        "root": str(settings.root),
        "program": str(settings.program),
        "folder": str(settings.program.parent),
        "preview": preview,
        "beat": BEAT_SECONDS,
        "python": str(settings.python or ""),
        "preload": preload.modules(settings.program),
        "environment": os.environ | settings.environment,
    }


def _wait(
    events: Events,
    engine: Engine,
    recorder: Recorder,
    progress: Progress,
    timeout: float,
) -> _End:
    end = _End()
    started_at = time.monotonic()
    idle = work = calls = 0.0
    while True:
        try:
            event = events.get(timeout=_TICK)
        except queue.Empty:
            event = {"event": "nothing"}
        used = event["seconds"] if event["event"] == "alive" else work
        if (
            engine.pending
            or engine.calls != calls
            or used - work > _WORK
            or event["event"] not in ("alive", "nothing")
        ):
            idle, work, calls = 0.0, max(used, work), engine.calls
        elif event["event"] == "alive":
            # Counted by the program's own clock: on a machine that is too busy to run it, it is not idle.
            idle += BEAT_SECONDS
        progress(len(recorder))
        if _note(end, event):
            return end
        end.stopped = _overdue(end, idle, time.monotonic() - started_at, timeout)
        if end.stopped:
            return end


def _note(end: _End, event: Event) -> bool:
    """Whether this was the program's last event."""
    match event["event"]:
        case "declared":
            end.declared = True
        case "done":
            end.done = True
        case "ended":
            end.ended = event
        case "raised":
            end.raised = event
        case "exit":
            end.code = event["code"]
            return True
        case "gone":
            end.stopped = "the process that runs programs has gone"
            return True
    return False


def _overdue(end: _End, idle: float, total: float, timeout: float) -> str:
    """Why the program is not waited for any longer, or nothing."""
    if end.done and idle > _GRACE_SECONDS:
        return "the program has ended, but a thread of it goes on: end every thread, or make it a daemon."
    if end.declared and not end.done and idle > _IDLE_SECONDS:
        return (
            f"the program waits for an output that never resolves: nothing has happened for {idle:.0f} "
            "seconds since it had declared everything."
        )
    if not end.declared and idle > _SLEEP_SECONDS:
        return (
            f"the program has done nothing for {idle:.0f} seconds: it waits for something that does not come."
        )
    if total > timeout:
        return f"the program did not end within {timeout:.0f} seconds: allow it more with --timeout."
    return ""


def _verdict(end: _End, engine: Engine, recorder: Recorder, scrub: Scrub) -> str:
    """The warning about a program that ended itself, if it did. Raises NotJudgedError for one that failed."""
    place = _place(end.raised or end.ended)
    if engine.failure is not None:
        raise engine.failure
    if engine.mistake is not None:
        where = f" ({place})" if place else ""
        raise NotJudgedError(scrub(f"{str(engine.mistake).removesuffix('.')}{where}.")) from None
    if end.raised is not None:
        error = NotJudgedError(scrub(_sentence(end.raised, place)))
        error.add_note(scrub(end.raised["traceback"]))
        raise error
    if end.stopped:
        raise NotJudgedError(f"{end.stopped.removesuffix('.')}; {_so_far(recorder)}.")
    if end.code < 0:
        name = signal.Signals(-end.code).name
        raise NotJudgedError(f"the program was killed ({name}), {_so_far(recorder)}.")
    where = f" in {place}" if place else ""
    if end.code > 0:
        raise NotJudgedError(
            f"the program ended itself with exit code {end.code}{where}, {_so_far(recorder)}."
        )
    if end.done and end.ended is None:
        return ""
    return f"The program ended itself{where}, {_so_far(recorder)}: what it would have declared later is not judged."


def _sentence(raised: Mapping[str, Any], place: str) -> str:
    message = str(raised["message"]).strip()
    if raised["explained"]:
        return "\n".join(line.strip() for line in message.splitlines())
    if raised["missing"]:
        return (
            f"the program needs the module {raised['missing']} ({place}), which is not installed here: install it "
            "into the environment that runs this command."
        )
    first = message.splitlines()[0] if message else ""
    where = f" in {place}" if place else ""
    return (
        f"the program raised {raised['kind']}{where}{': ' if first else ''}{first[:300].removesuffix('.')}."
    )


def _place(event: Mapping[str, Any] | None) -> str:
    return f"{event['file']}, line {event['line']}" if event and "file" in event else ""


def _so_far(recorder: Recorder) -> str:
    return (
        f"after it had declared {recorder.last}" if recorder.last else "before it had declared any resource"
    )
