"""Global Accelerator: what passes through is recorded."""

from __future__ import annotations

from endpoint_guard import types as t
from endpoint_guard.expect import on
from endpoint_guard.rule import property_rule

accelerator_logged = property_rule(
    __name__,
    id="accelerator-logged",
    title="Accelerators keep flow logs",
    pillar="logging",
    severity="medium",
    level="advisory",
    why="Without them nobody can say afterwards who connected.",
    remedy="Set attributes with flow_logs_enabled=True and a bucket.",
    references=("GAC-001",),
    on=(t.ACCELERATOR, t.CUSTOM_ACCELERATOR),
    path="attributes.flowLogsEnabled",
    good=on,
    text="keeps no flow logs",
)
