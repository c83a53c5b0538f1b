"""Runs probes against one target: side by side within bounds, floods alone, what looks back last."""

from __future__ import annotations

import asyncio
import fnmatch
import itertools
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

from pulumi_preflight.errors import UserError

from attacks.evidence import Answer, Evidence, histogram
from attacks.probe import (
    BURST,
    FLOOD,
    QUOTA,
    STAGE,
    How,
    Outcome,
    Probe,
    Request,
    Step,
    Verdict,
    When,
)  # fmt: skip
from attacks.target import Target
from attacks.wire import BudgetExceeded, Pacer, Wire

BESIDE_LIMIT = 8
"""Probes at a time."""
_MARGIN = 50
"""Requests of a flood beyond a tenth more than the limit."""
MAX_REQUESTS = 6000
_CAUTION = 0.85
"""Of what the firewall lets one address send: what was sent before this run counts as well."""

_FAST_ENOUGH = 1.5
"""Times the stage's rate: a slower flood proves nothing about it."""

_LEAST_TRIES = 5
"""Of a step that waits for enforcement, however slow the answers are."""


class InconclusiveError(Exception):
    """The probe could not be played as meant. The message says why."""


Say = Callable[[Outcome], None]


@dataclass
class Run:
    """One run. `answers` holds what came back to every probe."""

    target: Target
    wire: Wire
    answers: list[Answer] = field(default_factory=list)


def attack(
    target: Target,
    probes: Sequence[Probe],
    *,
    max_requests: int = MAX_REQUESTS,
    admitted: bool = False,
    say: Say = lambda outcome: None,
) -> list[Outcome]:
    """Runs `probes` and gives their outcomes in the same order. Sends to the target's address only.

    Raises UserError when nothing answers there, or when it has to be `admitted` and a valid request is refused:
    then every refusal would be taken for a control that holds.
    """
    return asyncio.run(_attack(target, probes, max_requests, admitted, say))


def select(probes: Sequence[Probe], pattern: str | None) -> list[Probe]:
    """The probes whose name, threat or control matches a shell pattern; UserError when none does."""
    if pattern is None:
        return list(probes)
    chosen = [
        probe
        for probe in probes
        if any(fnmatch.fnmatch(word, pattern) for word in (probe.name, *probe.threats, *probe.controls))
    ]
    if not chosen:
        raise UserError("No probe matches the pattern of --only: docs/attacks.md lists their names.")
    return chosen


async def _attack(
    target: Target, probes: Sequence[Probe], max_requests: int, admitted: bool, say: Say
) -> list[Outcome]:
    window = None if target.plays_addresses else int(target.promise.window_limit * _CAUTION)
    wire = Wire(target, Pacer(target.promise.rate, max_requests, window))
    done: dict[str, Outcome] = {}
    run = Run(target, wire)
    gate = asyncio.Semaphore(BESIDE_LIMIT)

    async def one(number: int, probe: Probe) -> None:
        async with gate:
            done[probe.name] = await _probe(run, probe, f"192.0.2.{number % 250 + 1}")
        say(done[probe.name])

    try:
        await _reach(target, wire, admitted)
        numbered = list(enumerate(probes))
        async with asyncio.TaskGroup() as group:
            for number, probe in numbered:
                if probe.when is When.BESIDE:
                    group.create_task(one(number, probe))
        for when in (When.ALONE, When.LAST, When.AFTER):
            if when is When.LAST:
                wire.pacer.begin_floods()
            for number, probe in numbered:
                if probe.when is when:
                    await one(number, probe)
    finally:
        await wire.close()
    return [done[probe.name] for probe in probes]


async def _reach(target: Target, wire: Wire, admitted: bool) -> None:
    wire.pacer.spend()
    status = (await wire.reach()).status
    if not admitted or target.missing_for([Request()]) or not 300 <= status < 500 or status == 429:
        return
    if status == 401:
        raise UserError(
            "A valid purchase is refused with 401: the stage asks for a token; check the tokens file."
        )
    if status == 403:
        raise UserError(
            "A valid purchase is refused with 403: check the keys file and the credentials, "
            "and wait five minutes if a flood has just been sent from here."
        )
    raise UserError(
        f"A valid purchase is answered with {status}: is the address that of the scoring method, "
        "and is --stack the stack behind it?"
    )


async def _probe(run: Run, probe: Probe, address: str) -> Outcome:
    """Never raises: whatever goes wrong here is the probe's ERROR."""
    started = time.monotonic()
    evidence = Evidence(
        everything=run.answers,
        log_dir=run.target.log_dir,
        secrets=run.target.secrets(),
    )

    def ended(verdict: Verdict, seen: str) -> Outcome:
        return Outcome(probe, verdict, seen, time.monotonic() - started, len(evidence.answers))

    missing = run.target.missing(probe)
    if missing is not None:
        return ended(Verdict.SKIPPED, f"needs {missing}")
    try:
        complaint = await _steps(run, probe, evidence, address)
        complaint = complaint or (probe.judge(evidence) if probe.judge else None)
    except InconclusiveError as error:
        return ended(Verdict.SKIPPED, str(error))
    except BudgetExceeded:
        return ended(Verdict.SKIPPED, "the run has sent as many requests as it may: --max-requests")
    except Exception as error:
        return ended(Verdict.ERROR, f"internal error ({type(error).__name__})")
    if complaint is not None:
        return ended(Verdict.FAIL, complaint)
    return ended(Verdict.PASS, _seen(evidence))


def _seen(evidence: Evidence) -> str:
    return ", then ".join(histogram(step) for step in evidence.steps) or "nothing found"


async def _steps(run: Run, probe: Probe, evidence: Evidence, address: str) -> str | None:
    for step in probe.steps:
        if step.if_possible and run.target.missing_for(step.requests):
            continue
        answers: list[Answer] = []
        started = time.monotonic()
        evidence.steps.append(answers)
        async for answer in _play(run, step, address):
            answers.append(answer)
            run.answers.append(answer)
        if not _as_expected(step, answers):
            if step.times == STAGE and len(answers) < _needed(run.target, time.monotonic() - started):
                raise InconclusiveError("needs more speed than this machine has now: the stage takes more")
            return _seen(evidence) + _culprits(step, answers)
    return None


async def _play(run: Run, step: Step, address: str) -> AsyncIterator[Answer]:
    async def send(request: Request) -> Answer:
        return await run.wire.send(request, step.expect, address, flood=step.together > 0 and step.times < 0)

    if step.how is How.EVENTUALLY:
        lag = run.target.promise.lag
        deadline = time.monotonic() + lag
        for tries in itertools.count(1):
            answer = await send(step.requests[0])
            yield answer
            late = time.monotonic() > deadline and tries >= _LEAST_TRIES
            if answer.status in step.expect or late:
                return
            await asyncio.sleep(min(1.0, lag / 20))
    number = _number(step, run.target)
    await run.wire.pacer.room(number)
    requests = itertools.islice(itertools.cycle(step.requests), number)
    size = step.together or 1
    while chunk := list(itertools.islice(requests, size)):
        for answer in await asyncio.gather(*map(send, chunk)):
            yield answer


def _needed(target: Target, seconds: float) -> float:
    """Requests that exceed the stage's limits for certain."""
    return target.promise.stage_burst + target.promise.stage_rate * seconds * _FAST_ENOUGH


def _number(step: Step, target: Target) -> int:
    """How many requests the step sends."""
    promise = target.promise
    return {
        FLOOD: promise.window_limit * 11 // 10 + _MARGIN,
        BURST: promise.second_burst * 3,
        STAGE: promise.stage_burst * 4,
        QUOTA: promise.quota + 10,
    }.get(step.times, step.times * len(step.requests))


def _as_expected(step: Step, answers: Sequence[Answer]) -> bool:
    good = [_good(step, answer) for answer in answers]
    if step.how is How.ALL:
        return all(good)
    return good[-1] if step.how is How.EVENTUALLY else any(good)


def _good(step: Step, answer: Answer) -> bool:
    return (not step.expect or answer.status in step.expect) and step.code in ("", answer.code)


def _culprits(step: Step, answers: Sequence[Answer]) -> str:
    labels = [answer.request.label for answer in answers if not _good(step, answer)]
    named = list(dict.fromkeys(label for label in labels if label))
    if not named:
        return f" (the answer's code is not {step.code})" if step.code else ""
    more = f" and {len(named) - 3} more" if len(named) > 3 else ""
    return f" ({'; '.join(named[:3])}{more})"
