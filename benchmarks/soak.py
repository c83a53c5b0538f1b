"""A soak of the local server within bounds: several clients, one of them hostile, for so many seconds.

`python -m benchmarks.soak --seconds 30`. Ends with 1 unless there was no 5xx, every limit held within 10 % and
memory stayed flat. Not part of the tests.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import statistics
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import httpx
import typer
from pulumi_preflight.program import evaluate
from rich.console import Console
from rich.table import Table

from localaws import keys
from localaws.call import FORWARDED_BY_TESTS
from localaws.declared_plans import ApiKey, Throttle
from localaws.run import Served, running
from model.contract import RECIPE_FIELDS
from preflight import score

TOLERANCE = 0.10
STRANGER = "192.0.2.66"
_WARM_UP = 0.3
"""Share of the time after which memory is first looked at."""


@dataclass
class Client:
    """One caller: pause between its requests in seconds, parallel connections, what it sends and from where."""

    name: str
    key: str
    pause: float
    lanes: int
    bodies: Sequence[bytes]
    addresses: Iterator[str]
    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)


async def _lane(client: Client, url: str, http: httpx.AsyncClient, until: float) -> None:
    bodies = itertools.cycle(client.bodies)
    headers = {"content-type": "application/json", "x-api-key": client.key}
    while (started := time.monotonic()) < until:
        address = {FORWARDED_BY_TESTS: next(client.addresses)}
        answer = await http.post(url, content=next(bodies), headers=headers | address)
        client.seconds.append(time.monotonic() - started)
        client.statuses[answer.status_code] += 1
        await asyncio.sleep(max(0.0, started + client.pause - time.monotonic()))


async def _memory(served: Served, until: float, every: float, samples: list[int]) -> None:
    while time.monotonic() < until:
        samples.append(resident_kb(served.gateway.pid) + resident_kb(served.model_server.pid))
        await asyncio.sleep(every)


def resident_kb(pid: int) -> int:
    """Resident memory of a process in kB."""
    text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(text.partition("VmRSS:")[2].split()[0])


async def _soak(served: Served, clients: Sequence[Client], seconds: float) -> list[int]:
    samples: list[int] = []
    async with httpx.AsyncClient(
        headers={"user-agent": score.USER_AGENT},
        auth=score.SigV4.of(served.credentials_file),
        timeout=35,
        trust_env=False,
    ) as http:
        until = time.monotonic() + seconds
        lanes = [_lane(client, served.url, http, until) for client in clients for _ in range(client.lanes)]
        await asyncio.gather(*lanes, _memory(served, until, seconds / 30, samples))
    return samples


def _clients(served: Served) -> list[Client]:
    """The slowest declared client within its plan, the fastest far beyond it, and a stranger."""
    values = keys.load(served.keys_file)
    declared = sorted(served.declared.api.keys, key=lambda key: plan_limit(key).rate)
    slow, fast = declared[0], declared[-1]
    good = [_body(served, name) for name in score.PURCHASES]
    evil = [good[0], b"{}", b"[" * 4000, b" " * 9000, b'{"a": "<script>alert(1)</script>"}']
    networks = itertools.cycle(f"203.0.113.{number}" for number in range(1, 255))
    stranger = itertools.repeat(STRANGER)
    calm = Client(
        "within its plan", values[slow.name], 1.25 / plan_limit(slow).rate, 1, good,
        itertools.repeat("203.0.113.255"),
    )  # fmt: skip
    greedy = Client("beyond its plan", values[fast.name], 0, 4, good, networks)
    hostile = Client("hostile", "guessed", 0, 4, evil, stranger)
    return [calm, greedy, hostile]


def plan_limit(key: ApiKey) -> Throttle:
    """The throttle of the key's plan."""
    if key.plan is None or key.plan.throttle is None:
        raise typer.BadParameter("the stack's clients have no throttles to hold")
    return key.plan.throttle


def _body(served: Served, purchase: str) -> bytes:
    fields = RECIPE_FIELDS[served.declared.function.environment["RECIPE"]]
    request = httpx.Request(
        "POST", "/", json={"transactions": [{f: score.PURCHASES[purchase][f] for f in fields}]}
    )
    return bytes(request.read())


def _verdicts(
    served: Served, clients: Sequence[Client], samples: Sequence[int], seconds: float
) -> dict[str, tuple[str, bool]]:
    calm, greedy, hostile = clients
    failures = sum(n for c in clients for status, n in c.statuses.items() if status >= 500)
    limit = plan_limit(max(served.declared.api.keys, key=lambda key: plan_limit(key).rate))
    allowed = limit.burst + limit.rate * seconds
    got = greedy.statuses[200]
    first, last = samples[int(len(samples) * _WARM_UP)], samples[-1]
    refused = sum(n for status, n in calm.statuses.items() if status != 200)
    return {
        "5xx": (f"{failures}", failures == 0),
        "the calm client is always served": (f"{refused} refused", refused == 0),
        "the greedy client gets its plan": (
            f"{got} of {allowed:.0f}",
            abs(got - allowed) <= TOLERANCE * allowed,
        ),
        "the hostile client gets nothing": (f"{hostile.statuses[200]} served", hostile.statuses[200] == 0),
        "its address is stopped by the rate rule": _rate_verdict(served),
        "memory": (f"{first / 1024:.0f} to {last / 1024:.0f} MB", last <= first * (1 + TOLERANCE)),
    }


def _rate_verdict(served: Served) -> tuple[str, bool]:
    """How many requests of the stranger the rate rule let through: what an earlier rule refuses is not counted."""
    rules = served.declared.firewall.source.acl["rules"] if served.declared.firewall else ()
    rates = [rule for rule in rules if "rateBasedStatement" in rule["statement"]]
    if not rates:
        return "no rate rule", False
    rate, limit = rates[0], int(rates[0]["statement"]["rateBasedStatement"]["limit"])
    earlier = {rule["name"] for rule in rules if rule["priority"] < rate["priority"]}
    with (served.log_dir / "waf.log").open(encoding="utf-8") as log:
        lines = [line for line in map(json.loads, log) if line["httpRequest"]["clientIp"] == STRANGER]
    ended = Counter(line["terminatingRuleId"] for line in lines if line["terminatingRuleId"] not in earlier)
    stopped = ended.pop(rate["name"], 0)
    passed = ended.total()
    held = passed <= limit * (1 + TOLERANCE) and (not stopped or passed >= limit * (1 - TOLERANCE))
    return f"{passed} passed, {stopped} stopped; limit {limit}", held


def main(
    seconds: Annotated[float, typer.Option(min=5, max=3600, help="How long.")] = 30,
    stack: Annotated[str, typer.Option(help="The declared stack.")] = "prod",
) -> None:
    """Soak the declared stack on this machine and print what came of it."""
    console = Console()
    with running(evaluate(stack), trust_forwarded=True) as served:
        clients = _clients(served)
        samples = asyncio.run(_soak(served, clients, seconds))
        verdicts = _verdicts(served, clients, samples, seconds)
    table = Table(
        "client",
        "requests",
        "per second",
        "answers",
        "median ms",
        "99 % ms",
        title=f"{stack}, {seconds:.0f} s",
    )
    for client in clients:
        ordered = sorted(client.seconds)
        answers = ", ".join(f"{n} x {status}" for status, n in sorted(client.statuses.items()))
        table.add_row(
            client.name, str(len(ordered)), f"{len(ordered) / seconds:.1f}", answers,
            f"{statistics.median(ordered) * 1000:.1f}", f"{ordered[int(len(ordered) * 0.99)] * 1000:.1f}",
        )  # fmt: skip
    console.print(table)
    result = Table("expected", "seen", "")
    for expected, (seen, passed) in verdicts.items():
        result.add_row(expected, seen, "ok" if passed else "FAILED")
    console.print(result)
    raise typer.Exit(0 if all(passed for _, passed in verdicts.values()) else 1)


if __name__ == "__main__":
    typer.run(main)
