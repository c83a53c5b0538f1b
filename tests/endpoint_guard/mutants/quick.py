"""Asks the rules in this process, and of a fault only those that it names: thousands of faults a minute.

Every resource of an innocent stack is read once. A fault changes a few; those are read again, from the same messages
that the engine would send.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

from endpoint_guard import profiles, values
from endpoint_guard.discovery import rules
from endpoint_guard.graph import Graph, Resource
from endpoint_guard.guard import METAS, Guard
from endpoint_guard.messages import from_message, from_request
from endpoint_guard.pack import guard
from endpoint_guard.rule import Outcome, Rule, run
from pulumi_preflight import levels, messages
from pulumi_preflight.graph import Graph as Declared

from tests.endpoint_guard.mutants.change import Change, Mutant, Stack
from tests.endpoint_guard.mutants.inside import PROFILE
from tests.endpoint_guard.mutants.judge import LEVELS, PACK, Said, innocent, killers
from tests.harness import Form

Settings = Mapping[str, Mapping[str, Any]]


class Read(NamedTuple):
    """A resource as the rules see it: in the request before its operation, and at the end in the stack."""

    request: Any
    inputs: Any
    resource: Resource


@dataclass
class View:
    """A changed stack as the rules see it."""

    graph: Graph
    alone: dict[str, Callable[[], Graph]] = field(repr=False)
    """What a rule about one resource sees, for those that were changed: it sees nothing of the others."""

    def outcomes(self, rule: Rule) -> list[Outcome]:
        """The rule's outcomes, for a rule about one resource on those that were changed."""
        return [one for graph in self.graphs(rule) for one in run(rule, graph)]

    def graphs(self, rule: Rule) -> list[Graph]:
        if rule.scope == "stack":
            return [self.graph]
        found = (make() for make in self.alone.values())
        return [graph for graph in found if {"*", graph.resources[0].type} & set(rule.applies_to)]


@cache
def quick(stack: str, form: Form) -> Quick:
    """An innocent stack that is read once for all tests of a process."""
    return Quick(innocent(stack, form))


class Quick:
    """The rules and one innocent stack in one form."""

    def __init__(self, declared: Declared) -> None:
        self._declared = declared
        own = {resource["urn"]: resource for resource in declared.resources}
        self._read = {urn: _read(resource, own) for urn, resource in own.items()}
        self._guards: dict[str, Guard] = {}

    def killers(self, mutant: Mutant) -> list[str]:
        """The expected rules that notice a fault."""
        return killers(mutant, self.says(mutant.change, mutant.rules, mutant.settings))

    def says(
        self,
        change: Change,
        named: Iterable[str],
        settings: Settings | None = None,
        *,
        answers: bool = True,
    ) -> list[Said]:
        """What these policies say of the changed stack, at the levels of prod."""
        under, view = self._under(settings or {}), self.view(change, answers=answers)
        every = {meta.id: meta for meta in METAS}
        found = []
        for name in named:
            if name in every:
                said = [*every[name].says(under, view.graph)]
            else:
                said = [
                    one
                    for graph in view.graphs(rules()[name])
                    for one in under.violations(under.rules[name], graph)
                ]
            blocks = name not in every and _level(under, name) == "mandatory"
            found += [Said(name, one.urn.rpartition("::")[2], blocks, one.text) for one in said]
        return found

    def view(self, change: Change, settings: Iterable[str] = (), *, answers: bool = True) -> View:
        """The stack with a change; `settings` are values of its configuration beside its own.

        Without `answers` what the change does to the outputs stays.
        """
        stack = Stack(self._declared)
        change(stack)
        changed, by_urn = stack.answer() if answers else stack.changed(), stack.by_urn()
        read = {urn: _read(by_urn[urn], by_urn) if urn in changed else self._read[urn] for urn in by_urn}
        graph = Graph((one.resource for one in read.values()), [*self._declared.config.values(), *settings])
        return View(graph, {urn: _alone(read[urn]) for urn in changed if urn in read})

    def _under(self, settings: Settings) -> Guard:
        key = repr(settings)
        if key not in self._guards:
            made = guard(PACK, profile=PROFILE)
            entries = levels.read(LEVELS)
            made.configure({**entries, **{id: {**entries.get(id, {}), **settings[id]} for id in settings}})
            self._guards[key] = made
        return self._guards[key]


def _read(resource: dict[str, Any], by_urn: Mapping[str, Any]) -> Read:
    request = messages.request(resource, by_urn)
    inputs = values.decode(request.properties)
    return Read(request, inputs, from_message(messages.view(resource, by_urn), inputs))


def _alone(read: Read) -> Callable[[], Graph]:
    return lambda: from_request(read.request, read.inputs)


def _level(under: Guard, name: str) -> str:
    entry = (under.configured or {}).get(name, {})
    return str(entry.get("enforcementLevel", profiles.rules_of(PROFILE)[name].level))
