"""Small stacks of services that the prod stack lacks: each alone raises nothing, and each of its faults does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from endpoint_guard import types as t
from endpoint_guard.discovery import rules
from pulumi_preflight.graph import STACK_TYPE, Graph

from tests.endpoint_guard.items import ACCOUNT, REGION, Item
from tests.endpoint_guard.items import Ref as ByName
from tests.endpoint_guard.mutants.change import Mutant, Ref, Stack, add, mutant, unlinked
from tests.endpoint_guard.mutants.services import admitted, doors, elsewhere, further, machines, stores, wider
from tests.endpoint_guard.mutants.services.parts import Fault

STACKS: Final[dict[str, list[Item]]] = {
    **stores.STORES,
    **admitted.ADMITTED,
    **doors.DOORS,
    **machines.MACHINES,
    **elsewhere.ELSEWHERE,
    **further.FURTHER,
    **wider.WIDER,
}
FAULTS: Final[list[Fault]] = [
    *stores.FAULTS,
    *admitted.FAULTS,
    *doors.FAULTS,
    *machines.FAULTS,
    *elsewhere.FAULTS,
    *further.FAULTS,
    *wider.FAULTS,
]


def declared(name: str, *, preview: bool) -> Graph:
    """A small stack with what the provider answers, below a provider of its own."""
    prefix = f"urn:pulumi:prod::{name}::"
    bare: dict[str, Any] = {
        "id": "",
        "parent": "",
        "provider": "",
        "dependencies": [],
        "propertyDependencies": {},
        "protect": False,
    }
    settings = {"region": REGION, "allowedAccountIds": f'["{ACCOUNT}"]'}
    root, provider = (
        {**bare, "urn": prefix + urn, "type": kind, "custom": custom, "inputs": inputs, "outputs": inputs}
        for urn, kind, custom, inputs in (
            (f"{STACK_TYPE}::{name}-prod", STACK_TYPE, False, {}),
            (f"{t.PROVIDER}::default", t.PROVIDER, True, settings),
        )
    )
    provider["id"] = "the-provider"
    stack = Stack(Graph(name, "prod", preview, [root, provider]))
    kinds = {item.name: item.type for item in STACKS[name]}
    for item in STACKS[name]:
        add(item.type, item.name, _linked(item.props, kinds), protect=item.protect)(stack)
    return Graph(name, "prod", preview, stack.resources)


def _linked(value: Any, kinds: Mapping[str, str]) -> Any:
    if isinstance(value, ByName):
        return Ref(kinds[value.name], value.name, value.output)
    if isinstance(value, dict):
        return {key: _linked(entry, kinds) for key, entry in value.items()}
    return [_linked(entry, kinds) for entry in value] if isinstance(value, list) else value


def kind(stack: str, resource: str) -> str:
    """The type of a resource of a small stack."""
    return next(item.type for item in STACKS[stack] if item.name == resource)


def _mutant(fault: Fault) -> Mutant:
    change = unlinked(kind(fault.stack, fault.resource), fault.resource, fault.path, fault.value)
    controls = " ".join(rules()[fault.rule].references)
    return mutant(controls, fault.title, fault.rule, change, at=fault.at, stack=fault.stack)


SERVICES: Final = [*map(_mutant, FAULTS), *admitted.ROUTED]
