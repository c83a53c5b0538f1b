"""QLDB: who may read a ledger, and that it stays."""

from __future__ import annotations

from endpoint_guard import types as t
from endpoint_guard.expect import left_on, one_of
from endpoint_guard.rule import property_rule

ledger_permissions = property_rule(
    __name__,
    id="ledger-permissions",
    title="Ledgers check permissions for each table and command",
    pillar="auth",
    severity="high",
    why="With ALLOW_ALL whoever may send a statement may run every statement.",
    remedy='Set permissions_mode="STANDARD".',
    references=("QLD-001",),
    on=t.LEDGER,
    path="permissionsMode",
    good=one_of("STANDARD"),
    text="lets everybody who may send a statement run every statement",
)

ledger_protected = property_rule(
    __name__,
    id="ledger-protected",
    title="Ledgers are protected from deletion",
    pillar="resilience",
    severity="medium",
    level="advisory",
    why="A ledger is kept because nobody can take an entry out of it.",
    remedy="Leave deletion_protection on.",
    references=("QLD-002",),
    on=t.LEDGER,
    path="deletionProtection",
    good=left_on,
    text="can be deleted by one call",
)
