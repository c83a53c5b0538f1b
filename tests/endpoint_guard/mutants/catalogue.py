"""All mutants, and what they leave uncovered."""

from __future__ import annotations

from typing import Final

from endpoint_guard import catalogue

from tests.endpoint_guard.mutants import (
    beyond,
    detours,
    documents,
    firewall,
    functions,
    further,
    gateway,
    identity,
    keys,
    network,
    optional,
    plans,
    program,
    storage,
    watch,
    workload,
)
from tests.endpoint_guard.mutants.change import Mutant

MUTANTS: Final[tuple[Mutant, ...]] = (
    *storage.BUCKETS,
    *keys.KEYS,
    *identity.RIGHTS,
    *workload.SERVING,
    *functions.FUNCTIONS,
    *gateway.ROUTES,
    *plans.PLANS,
    *firewall.FIREWALL,
    *watch.LOGS,
    *network.NETWORK,
    *program.PROGRAM,
    *optional.OPTIONAL,
    *documents.DOCUMENTS,
    *detours.DETOURS,
    *further.FURTHER,
    *beyond.BEYOND,
)


def uncovered() -> list[str]:
    """Core controls that have no mutant and are not set aside with a reason."""
    aimed_at = {control for mutant in MUTANTS for control in mutant.controls}
    core = {key for key, entry in catalogue.controls().items() if entry["tier"] == "core"}
    return sorted(core - aimed_at - set(catalogue.not_applicable()))
