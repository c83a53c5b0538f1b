"""Glue: what its jobs and crawlers write is encrypted."""

from __future__ import annotations

from endpoint_guard import types as t
from endpoint_guard.expect import given
from endpoint_guard.rule import property_rule

glue_encrypted = property_rule(
    __name__,
    id="glue-encrypted",
    title="Glue jobs and crawlers have a security configuration",
    pillar="encryption",
    severity="medium",
    why="Without one, logs, bookmarks and results are written as the services behind them please.",
    remedy="Declare glue.SecurityConfiguration and name it in security_configuration.",
    references=("GLU-001",),
    on=(t.GLUE_JOB, t.GLUE_CRAWLER),
    path="securityConfiguration",
    good=given,
    text="has no security configuration",
)
