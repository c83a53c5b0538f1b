"""Sends changed stacks through one long-lived pack, as the engine would: every input, then every output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from pulumi_preflight import levels, messages
from pulumi_preflight.graph import Graph
from pulumi_preflight.pack_process import PackProcess, Run

from tests.endpoint_guard.mutants.change import Change, Mutant, Stack
from tests.endpoint_guard.mutants.inside import PackInside
from tests.endpoint_guard.mutants.services import catalogue as services
from tests.harness import PROJECT, Form, declared

PACK = PROJECT / "policies"
LEVELS = PACK / "levels" / "prod.json"
_MANDATORY = 1


@dataclass(frozen=True)
class Said:
    """What the pack says: the rule, the logical name of the resource, whether it blocks."""

    rule: str
    resource: str
    blocks: bool
    text: str


def innocent(stack: str, form: Form) -> Graph:
    """The stack that faults are planted in: prod, or a small one of a service that prod lacks."""
    if stack in services.STACKS:
        return services.declared(stack, preview=form == "preview")
    return declared(stack, form)


class Judge:
    """The pack, started once, for one innocent stack in one form. Use it in a `with` statement.

    `inside` keeps it in this process, which is quicker; else it has one of its own.
    """

    def __init__(self, graph: Graph, *, inside: bool = False) -> None:
        self.graph = graph
        run = Run(graph.project, graph.stack, graph.preview, graph.config, graph.secret_keys)
        self._pack = PackInside(PACK, run) if inside else PackProcess(PACK, run)
        own = {resource["urn"]: resource for resource in graph.resources}
        self._requests = {urn: messages.request(resource, own) for urn, resource in own.items()}
        self._views = {urn: messages.view(resource, own) for urn, resource in own.items()}

    def __enter__(self) -> Self:
        self._pack.__enter__()
        self._info = self._pack.info()
        self._configured: Mapping[str, Any] = {"": None}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pack.__exit__(kind, error, trace)

    def says(self, change: Change, settings: Mapping[str, Mapping[str, Any]] | None = None) -> list[Said]:
        """What the pack says in one whole operation on the changed stack: each resource's inputs, then all outputs."""
        self._configure(settings or {})
        stack = Stack(self.graph)
        change(stack)
        changed = stack.answer()
        by_urn = stack.by_urn()
        found = list(
            self._pack.analyze(
                messages.request(one, by_urn) if urn in changed else self._requests[urn]
                for urn, one in by_urn.items()
            )
        )
        found += self._pack.analyze_stack(
            messages.view(one, by_urn) if urn in changed else self._views[urn] for urn, one in by_urn.items()
        )
        return [_said(urn, diagnostic) for urn, diagnostic in found]

    def _configure(self, settings: Mapping[str, Mapping[str, Any]]) -> None:
        if settings == self._configured:
            return
        entries = levels.read(LEVELS)
        for rule, values in settings.items():
            entries[rule] = {**entries.get(rule, {}), **values}
        self._pack.configure(levels.final(self._info, entries, LEVELS.name))
        self._configured = settings


def _said(urn: str, diagnostic: Any) -> Said:
    name = (diagnostic.urn or urn).rpartition("::")[2]
    blocks = diagnostic.enforcementLevel == _MANDATORY
    text = diagnostic.message.removeprefix(diagnostic.description).strip()
    return Said(diagnostic.policyName, name, blocks, text)


def killers(mutant: Mutant, said: list[Said]) -> list[str]:
    """The expected rules that noticed a mutant; an advisory answer counts only for what is advisory by design."""
    found = {
        entry.rule
        for entry in said
        if entry.rule in mutant.rules
        and (entry.blocks or entry.rule == "not-evaluated")
        and mutant.at in ("", entry.resource)
    }
    return sorted(found)
