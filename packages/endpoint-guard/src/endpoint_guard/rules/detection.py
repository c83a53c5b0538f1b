"""Services that watch the account: a stack that declares one does not switch it off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from endpoint_guard import types as t
from endpoint_guard.expect import Good, left_on, on, one_of
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, need, rule

_SWITCHES: Final[dict[str, tuple[str, Good]]] = {
    t.THREAT_DETECTOR: ("enable", left_on),
    t.DATA_DETECTOR: ("status", one_of("ENABLED", default="ENABLED")),
    t.CONFIG_RECORDER: ("isEnabled", on),
}


@rule(
    id="detection-on",
    title="Services that watch the account are switched on",
    pillar="logging",
    severity="high",
    why="GuardDuty, Macie or Config that is declared and switched off looks as if somebody watched.",
    remedy="Leave enable on (Macie: status ENABLED; Config: is_enabled=True).",
    references=("DET-101",),
    on=tuple(_SWITCHES),
    scope="resource",
)
def detection_on(service: Resource, ctx: Context) -> Iterator[Finding]:
    path, good = _SWITCHES[service.type]
    yield from need(service.get(path), good, "is switched off")
