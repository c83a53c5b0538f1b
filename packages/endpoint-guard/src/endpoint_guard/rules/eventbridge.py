"""Event buses and connections: nobody else puts events."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import types as t
from endpoint_guard.accounts import abroad
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, fail, rule


@rule(
    id="event-bus-closed",
    title="Only known accounts may put events on a bus",
    pillar="auth",
    severity="critical",
    why="An event that a stranger puts starts the stack's own functions with content of the stranger's choice.",
    remedy="Name an account of the stack as principal, or set condition to the organization's id.",
    references=("EVB-001",),
    on=(t.EVENT_PERMISSION,),
)
def event_bus_closed(permission: Resource, ctx: Context) -> Iterator[Finding]:
    principal = permission.get("principal")
    condition = permission.get("condition")
    narrowed = condition.get("key").text() == "aws:PrincipalOrgID" and condition.get("value").declared
    if principal.text() == "*" and not narrowed:
        yield fail(principal, "lets everyone put events")
    elif abroad(principal):
        yield fail(principal, "lets another account put events")
