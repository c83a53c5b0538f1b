"""The pack's answers to the engine's calls: each message is read once, and a rule is asked only about what it reads."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Sequence
from typing import Any, Final

from pulumi.runtime.proto import analyzer_pb2

from endpoint_guard import older, sdk
from endpoint_guard.graph import Graph
from endpoint_guard.guard import METAS, Guard, Said
from endpoint_guard.messages import from_messages, from_request
from endpoint_guard.operation import Operations
from endpoint_guard.rule import Rule

_LEVELS: Final = {number: name.lower() for name, number in analyzer_pb2.EnforcementLevel.items()}
_ADVISORY: Final = analyzer_pb2.EnforcementLevel.Value("ADVISORY")
_REMEDIATE: Final = analyzer_pb2.EnforcementLevel.Value("REMEDIATE")
_DISABLED: Final = analyzer_pb2.EnforcementLevel.Value("DISABLED")
_MANDATORY: Final = analyzer_pb2.EnforcementLevel.Value("MANDATORY")


class Servicer:
    """Stands before the SDK's servicer, which answers what is not answered here."""

    def __init__(self, behind: Any, guard: Guard) -> None:
        self._behind = behind
        self._guard = guard
        info = behind.GetAnalyzerInfo(None, None)
        self._pack, self._version = info.name, info.version
        self._policies = {policy.name: policy for policy in info.policies}
        self._levels = {policy.name: policy.enforcementLevel for policy in info.policies}
        self._remediates = _REMEDIATE in self._levels.values()
        self._operations = Operations()
        self._about: dict[str, list[Rule]] = {}
        self._stack_rules = [rule for rule in guard.rules.values() if rule.scope == "stack"]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._behind, name)

    def ConfigureStack(self, request: Any, context: Any) -> Any:
        """A new operation on a stack begins."""
        if not gc.isenabled():
            gc.collect()
        self._operations.begin(request.stack, request.project, request.config.values())
        return self._behind.ConfigureStack(request, context)

    def Configure(self, request: Any, context: Any) -> Any:
        """Takes levels and settings; they are in force for every part of the pack."""
        self._levels |= {name: entry.enforcementLevel for name, entry in request.policyConfig.items()}
        self._remediates = _REMEDIATE in self._levels.values()
        self._guard.configure(
            {
                name: {**sdk.decode(entry.properties), "enforcementLevel": _LEVELS[entry.enforcementLevel]}
                for name, entry in request.policyConfig.items()
            }
        )
        return self._behind.Configure(request, context)

    def own_answer(self, path: str, message: memoryview) -> Sequence[bytes] | None:
        """The bytes, in parts, of an answer that needs no generated code; None where there is no such way.

        Nothing is fixed unless a policy is at the level `remediate`: that question need not be read. Questions and
        findings about a large stack take several times the room of their bytes as messages.
        """
        if path.endswith("/Remediate") and not self._remediates:
            return (b"",)
        if path.endswith("/AnalyzeStack"):
            return self._about_stack(sdk.StackRequest(message).resources)
        return None

    def Remediate(self, request: Any, context: Any) -> Any:
        """Nothing to fix unless a policy is at the level `remediate`."""
        if not self._remediates:
            return analyzer_pb2.RemediateResponse()
        return self._behind.Remediate(request, context)

    def Analyze(self, request: Any, context: Any) -> Any:
        """The rules about one resource's inputs."""
        response = analyzer_pb2.AnalyzeResponse()
        inputs = sdk.decode(request.properties)
        self._operations.told(request.urn, inputs)
        graph = from_request(request, inputs)
        for rule in self._rules_about(older.current(request.type)):
            self._report(response, rule.id, self._guard.violations(rule, graph))
        for diagnostic in response.diagnostics:
            diagnostic.urn = ""
        graph.release()
        return response

    def _rules_about(self, kind: str) -> list[Rule]:
        if kind not in self._about:
            rules = [rule for rule in self._guard.rules.values() if rule.scope == "resource"]
            self._about[kind] = [rule for rule in rules if not {"*", kind}.isdisjoint(rule.applies_to)]
        return self._about[kind]

    def AnalyzeStack(self, request: Any, context: Any) -> Any:
        """The rules about the whole stack, then what the pack says about itself."""
        return analyzer_pb2.AnalyzeResponse.FromString(b"".join(self._about_stack(request.resources)))

    def _about_stack(self, messages: Iterable[Any]) -> list[bytes]:
        """An AnalyzeResponse in parts; a message is what its parts' bytes say together."""
        resources = from_messages(messages, self._operations.inputs)
        graph = Graph(resources, self._operations.end(one.urn for one in resources))
        parts = []
        for rule in self._stack_rules:
            parts.append(self._part(rule.id, self._guard.violations(rule, graph)))
        for meta in METAS:
            parts.append(self._part(meta.id, meta.says(self._guard, graph), note=meta.is_note))
        graph.release()
        sdk.forget()
        return parts

    def _part(self, name: str, says: Iterable[Said], *, note: bool = False) -> bytes:
        response = analyzer_pb2.AnalyzeResponse()
        self._report(response, name, says, note=note)
        content: bytes = response.SerializeToString()
        return content

    def _report(self, response: Any, name: str, says: Iterable[Said], *, note: bool = False) -> None:
        level = self._levels[name]
        if level == _DISABLED:
            return
        if note:  # a configuration of "all" policies must not turn a note into a refusal
            level = _ADVISORY
        elif level == _REMEDIATE:
            level = _MANDATORY
        policy = self._policies[name]
        for said in says:
            response.diagnostics.add(
                policyName=name,
                policyPackName=self._pack,
                policyPackVersion=self._version,
                message=f"{policy.description}\n{said.text}",
                urn=said.urn,
                description=policy.description,
                enforcementLevel=level,
                severity=policy.severity,
            )
