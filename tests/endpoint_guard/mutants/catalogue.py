"""All mutants, and what they leave uncovered."""

from __future__ import annotations

from typing import Final

from endpoint_guard import catalogue
from endpoint_guard.discovery import rules

from tests.endpoint_guard.mutants import (
    beyond,
    detours,
    documents,
    firewall,
    functions,
    further,
    gateway,
    hiding,
    identity,
    keys,
    messages,
    network,
    optional,
    plans,
    program,
    statements,
    storage,
    values,
    watch,
    workload,
)
from tests.endpoint_guard.mutants.change import Mutant
from tests.endpoint_guard.mutants.services import catalogue as services

MUTANTS: Final[tuple[Mutant, ...]] = (
    *storage.BUCKETS,
    *keys.KEYS,
    *identity.RIGHTS,
    *workload.SERVING,
    *functions.FUNCTIONS,
    *gateway.ROUTES,
    *messages.MESSAGES,
    *plans.PLANS,
    *firewall.FIREWALL,
    *watch.LOGS,
    *network.NETWORK,
    *program.PROGRAM,
    *optional.OPTIONAL,
    *documents.DOCUMENTS,
    *detours.DETOURS,
    *hiding.HIDDEN,
    *further.FURTHER,
    *beyond.BEYOND,
    *statements.STATEMENTS,
    *values.VALUES,
    *services.SERVICES,
)


def uncovered() -> list[str]:
    """Core controls that have no mutant and are not set aside with a reason."""
    aimed_at = {control for mutant in MUTANTS for control in mutant.controls}
    core = {key for key, entry in catalogue.controls().items() if entry["tier"] == "core"}
    return sorted(core - aimed_at - set(catalogue.not_applicable()))


def idle_rules() -> list[str]:
    """Rules that no mutant expects anything of."""
    return sorted(set(rules()) - {rule for mutant in MUTANTS for rule in mutant.rules})
