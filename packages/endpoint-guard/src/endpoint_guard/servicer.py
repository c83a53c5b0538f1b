"""The pack's answers to the engine's calls: each message is read once, and a rule is asked only about what it reads."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from endpoint_guard import VERSION, older, values
from endpoint_guard.graph import Graph
from endpoint_guard.guard import METAS, Guard, Said
from endpoint_guard.messages import from_messages, from_request
from endpoint_guard.operation import Operations
from endpoint_guard.rule import Rule
from endpoint_guard.wire import protocol

_LEVELS: Final = {number: name for name, number in protocol.LEVELS.items()}


class Servicer:
    """Answers for a guard, under what the pack says of itself (`info`).

    Besides what a policy found, the engine lists for every resource, twice, all policies about resources that found
    nothing: hundreds of names, most of them of policies about other types. In an operation on a stack the pack
    therefore declares all its policies as policies about the stack, which are listed once. What one finds on a
    resource is still said of that resource, and the policy is then left out of the list.
    """

    def __init__(self, info: Any, guard: Guard) -> None:
        self.info = info
        self._guard = guard
        self._policies = {policy.name: policy for policy in info.policies}
        self._levels = {policy.name: policy.enforcementLevel for policy in info.policies}
        self._mending: list[Rule] = []
        self._listed_once = False
        self._found: set[str] = set()
        self._operations = Operations()
        self._about: dict[str, list[Rule]] = {}
        self._stack_rules = [rule for rule in guard.rules.values() if rule.scope == "stack"]
        self._calls: dict[str, Callable[[memoryview], Sequence[bytes]]] = {
            "GetPluginInfo": lambda _: (protocol.PluginInfo(version=VERSION).SerializeToString(),),
            "GetAnalyzerInfo": self._describe,
            "ConfigureStack": self._configure_stack,
            "Configure": self._configure,
            "Remediate": self._remediate,
            "Analyze": self._analyze,
            "AnalyzeStack": lambda message: self.about_stack(protocol.resources(message)),
        }

    def answer(self, path: str, message: memoryview) -> Sequence[bytes] | None:
        """The bytes of an answer, in parts that say together what one message says; None to an unknown call."""
        call = self._calls.get(path.rpartition("/")[2])
        return call(message) if call else None

    def _describe(self, message: memoryview) -> Sequence[bytes]:
        said = protocol.Info()
        said.CopyFrom(self.info)
        for policy in said.policies if self._listed_once else ():
            policy.policy_type = protocol.POLICY_TYPES["stack"]
        return (said.SerializeToString(),)

    def _configure_stack(self, message: memoryview) -> Sequence[bytes]:
        request = protocol.StackConfiguration.FromString(message)
        self.begin(request.stack, request.project, request.config.values())
        return (b"",)

    def begin(self, stack: str, project: str, settings: Iterable[str] = ()) -> None:
        """A new operation on a stack, whose settings have these values."""
        if not gc.isenabled():
            gc.collect()
        self._operations.begin(stack, project, settings)
        self._listed_once = True
        self._found.clear()

    def _configure(self, message: memoryview) -> Sequence[bytes]:
        self.configure(protocol.Configuration.FromString(message).policyConfig)
        return (b"",)

    def configure(self, config: Any) -> None:
        """Takes levels and settings, by policy; they are in force for every part of the pack."""
        self._levels |= {name: config[name].enforcementLevel for name in config}
        at_work = (name for name, level in self._levels.items() if level == protocol.REMEDIATE)
        chosen = filter(None, map(self._guard.rules.get, at_work))
        self._mending = [rule for rule in chosen if rule.scope == "resource"]
        self._guard.configure(
            {
                name: {
                    **values.decode(config[name].properties),
                    "enforcementLevel": _LEVELS[config[name].enforcementLevel],
                }
                for name in config
            }
        )

    def _remediate(self, message: memoryview) -> Sequence[bytes]:
        """Nothing is fixed unless a policy is at the level `remediate`: the question need not be read then."""
        if not self._mending:
            return (b"",)
        request = protocol.AnalyzeRequest.FromString(message)
        response = protocol.RemediateResponse()
        for rule in self._mending:
            if rule.fixes:
                self._mend(rule, request, response)
            else:
                response.not_applicable.add(policy_name=rule.id, reason="The rule cannot fix what it finds.")
        return (response.SerializeToString(),)

    def _mend(self, rule: Rule, request: Any, response: Any) -> None:
        """Fixes the properties of a request, and says so, where a rule has something to fix."""
        graph = from_request(request, values.decode(request.properties))
        mended = self._guard.mended(rule, graph, values.as_sent(request.properties))
        graph.release()
        if mended is None:
            return
        request.properties.Clear()
        request.properties.update(mended)
        said = response.remediations.add(**self._names(rule.id))
        said.properties.CopyFrom(request.properties)

    def _names(self, name: str) -> dict[str, str]:
        return {
            "policyName": name,
            "policyPackName": self.info.name,
            "policyPackVersion": self.info.version,
            "description": self._policies[name].description,
        }

    def _analyze(self, message: memoryview) -> Sequence[bytes]:
        return (self.about_resource(protocol.AnalyzeRequest.FromString(message)).SerializeToString(),)

    def about_resource(self, request: Any) -> Any:
        """What the rules say about one resource's inputs, as an AnalyzeResponse."""
        response = protocol.AnalyzeResponse()
        inputs = values.decode(request.properties)
        self._operations.told(request.urn, inputs)
        graph = from_request(request, inputs)
        for rule in self._rules_about(older.current(request.type)):
            self._report(response, rule.id, self._guard.violations(rule, graph))
        for diagnostic in response.diagnostics:
            diagnostic.urn = ""
            self._found.add(diagnostic.policyName)
        graph.release()
        return response

    def _rules_about(self, kind: str) -> list[Rule]:
        if kind not in self._about:
            rules = [rule for rule in self._guard.rules.values() if rule.scope == "resource"]
            self._about[kind] = [rule for rule in rules if not {"*", kind}.isdisjoint(rule.applies_to)]
        return self._about[kind]

    def about_stack(self, messages: Iterable[Any]) -> list[bytes]:
        """What the rules say about the whole stack, then what the pack says about itself: an AnalyzeResponse in parts.

        Questions and findings about a large stack take several times the room of their bytes as messages.
        """
        resources = from_messages(messages, self._operations.inputs)
        graph = Graph(resources, self._operations.end(one.urn for one in resources))
        parts = []
        for rule in self._stack_rules:
            parts.append(self._part(rule.id, self._guard.violations(rule, graph)))
        for meta in METAS:
            parts.append(self._part(meta.id, meta.says(self._guard, graph), note=meta.is_note))
        parts.append(self._found_before())
        graph.release()
        values.forget()
        return parts

    def _found_before(self) -> bytes:
        """An AnalyzeResponse that keeps what was found on resources from being listed as passed."""
        response = protocol.AnalyzeResponse()
        for name in sorted(self._found):
            response.not_applicable.add(policy_name=name, reason="What it found is said of each resource.")
        self._found.clear()
        content: bytes = response.SerializeToString()
        return content

    def _part(self, name: str, says: Iterable[Said], *, note: bool = False) -> bytes:
        response = protocol.AnalyzeResponse()
        self._report(response, name, says, note=note)
        content: bytes = response.SerializeToString()
        return content

    def _report(self, response: Any, name: str, says: Iterable[Said], *, note: bool = False) -> None:
        level = self._levels[name]
        if level == protocol.DISABLED:
            return
        if note:  # a configuration of "all" policies must not turn a note into a refusal
            level = protocol.ADVISORY
        elif level == protocol.REMEDIATE:
            level = protocol.MANDATORY
        policy = self._policies[name]
        for said in says:
            response.diagnostics.add(
                **self._names(name),
                message=f"{policy.description}\n{said.text}",
                urn=said.urn,
                enforcementLevel=level,
                severity=policy.severity,
            )
