"""One pack at work: its rules, what is in force of them, the exemptions, and what it says of a stack."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from textwrap import shorten
from typing import Any, Final, NamedTuple

from endpoint_guard import levels, types
from endpoint_guard.exemptions import Ledger
from endpoint_guard.graph import Graph
from endpoint_guard.levels import Levels
from endpoint_guard.remediation import fixed
from endpoint_guard.rule import STACK, Outcome, Rule, Value, Verdict, run

_REASON: Final = 80
"""Letters of a reason that are shown among the engine's findings; the ledger has all of it."""
_DECLARED: Final = frozenset(
    value for name, value in vars(types).items() if name.isupper() and isinstance(value, str)
)


class Said(NamedTuple):
    """One sentence about one resource. An empty URN means the stack."""

    text: str
    urn: str


@dataclass
class Guard:
    """The rules of a pack with the levels and exemptions it was given; nothing is looked up beside the code.

    What the engine configures goes over `given`. `called` is how a rule is known to be in force where the
    configuration cannot be seen. `mistakes` are sentences about the files the pack was given.
    """

    rules: Mapping[str, Rule]
    given: Levels = field(default_factory=Levels)
    ledger: Ledger = field(default_factory=Ledger)
    mistakes: tuple[str, ...] = ()
    configured: Mapping[str, Mapping[str, Any]] | None = None
    called: dict[str, dict[str, Value]] = field(default_factory=dict)
    _settings: dict[str, tuple[list[str], dict[str, Value] | None]] = field(default_factory=dict, repr=False)

    def configure(self, policies: Mapping[str, Mapping[str, Any]]) -> None:
        """Takes the engine's configuration: for each policy its settings and, among them, its enforcementLevel."""
        self.configured = policies
        self._settings.clear()

    def in_force(self, rule: Rule) -> dict[str, Value] | None:
        """The settings of a rule that differ from its own, or None when it is disabled."""
        if self.configured is not None:
            entry: Any = self.configured.get(rule.id, rule.level)
        elif self.called:
            return self._as_called(rule)
        else:
            entry = self.given.content.get(rule.id, self.given.content.get("all", rule.level))
        if not isinstance(entry, Mapping):
            return None if entry == "disabled" else {}
        if entry.get("enforcementLevel", rule.level) == "disabled":
            return None
        return usable(rule, entry)

    def _as_called(self, rule: Rule) -> dict[str, Value] | None:
        if rule.id in self.called:
            return self.called[rule.id]
        seen = any(self.rules[name].scope == rule.scope for name in self.called)
        return None if seen or rule.level == "disabled" else {}

    def violations(
        self, rule: Rule, graph: Graph, settings: Mapping[str, Any] | None = None
    ) -> Iterator[Said]:
        """What a rule says under these settings or those in force, less what is exempted.

        Settings that make no sense are a violation.
        """
        wrong, values = self._checked(rule) if settings is None else _checked(rule, settings)
        for text in wrong:
            yield Said(text, "")
        for outcome in run(rule, graph, values):
            for finding in outcome.findings:
                if finding.verdict is Verdict.FAIL and not self._exemption(rule.id, finding, graph):
                    yield Said(finding.sentence, finding.urn)

    def mended(
        self, rule: Rule, graph: Graph, sent: Mapping[str, Any], settings: Mapping[str, Any] | None = None
    ) -> dict[str, Any] | None:
        """The inputs of the graph's one resource, as sent, with the rule's fixes; None where it has nothing to mend.

        The settings are those given or those in force. Never raises.
        """
        if graph.resources[0].type not in rule.applies_to:
            return None
        wrong, values = self._checked(rule) if settings is None else _checked(rule, settings)
        if wrong:
            return None
        try:
            if not any(one.verdict is Verdict.FAIL for one in run(rule, graph, values)):
                return None
            return fixed(sent, rule.fixes, {**rule.defaults, **(values or {})})
        except Exception:  # what cannot be mended is reported by the verdict
            return None

    def _checked(self, rule: Rule) -> tuple[list[str], dict[str, Value] | None]:
        if rule.id not in self._settings:
            entry: Any = (self.configured or {}).get(rule.id, {})
            self._settings[rule.id] = _checked(rule, entry)
        return self._settings[rule.id]

    def _exemption(self, rule: str, finding: Any, graph: Graph) -> Any:
        if not self.ledger.concerns(rule):
            return None
        return self.ledger.holding(rule, finding, graph.stack, graph.project, today())

    def outcomes(self, graph: Graph) -> list[Outcome]:
        """All outcomes with findings of the rules in force, each worked out once per graph."""

        def made() -> list[Outcome]:
            force = ((rule, self.in_force(rule)) for rule in self.rules.values())
            every = (
                one for rule, settings in force if settings is not None for one in run(rule, graph, settings)
            )
            return [one for one in every if one.findings]

        return graph.remember(("in force", id(self)), made)

    def not_evaluated(self, graph: Graph) -> Iterator[Said]:
        for outcome in self.outcomes(graph):
            for finding in outcome.findings:
                if finding.verdict is Verdict.UNKNOWN:
                    yield Said(f"{outcome.rule} was not evaluated: {finding.sentence}", finding.urn)

    def exempted(self, graph: Graph) -> Iterator[Said]:
        seen: set[tuple[str, str, str]] = set()
        for outcome in self.outcomes(graph):
            for finding in outcome.findings:
                key = (outcome.rule, finding.urn, finding.path)
                if finding.verdict is not Verdict.FAIL or key in seen:
                    continue
                entry = self._exemption(outcome.rule, finding, graph)
                if entry is None:
                    continue
                seen.add(key)
                yield Said(
                    f'{outcome.rule} is exempted on "{finding.name}" ({finding.path}) until {entry.until} '
                    f"by {entry.owner}, {entry.ticket}: {shorten(entry.reason, _REASON, placeholder=' ...')}",
                    finding.urn,
                )

    def ledger_mistakes(self, graph: Graph) -> Iterator[Said]:
        disabled = frozenset(rule.id for rule in self.rules.values() if self.in_force(rule) is None)
        found = self.ledger.mistakes(
            self.outcomes(graph), self.rules, graph.stack, graph.project, today(), disabled
        )
        yield from (Said(text, "") for text in found)

    def level_mistakes(self, graph: Graph) -> Iterator[Said]:
        known = {*self.rules, *levels.META}
        unknown = [name for name in self.configured or {} if name not in known]
        yield from (Said(text, "") for text in (*self.given.problems, *self.mistakes))
        for name in unknown:
            yield Said(f"the configuration names {name}, which is not a rule of this pack.", "")

    def unread_types(self, graph: Graph) -> Iterator[Said]:
        """The types that no rule reads, most frequent first, in one sentence."""
        counts = Counter(one.type for one in graph.resources if self._unread(one))
        if counts:
            ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
            yield Said("No rule reads " + ", ".join(f"{kind} ({n})" for kind, n in ranked) + ".", "")

    def _unread(self, resource: Any) -> bool:
        if resource.is_component or resource.type == STACK or resource.type.startswith("pulumi:"):
            return False
        return resource.type not in self.read_types

    @cached_property
    def read_types(self) -> frozenset[str]:
        """The types that rules are about or look at beside the resource they judge."""
        return _DECLARED.union(*(rule.applies_to for rule in self.rules.values()))


@dataclass(frozen=True)
class Meta:
    """A policy of the pack about itself. `kind` says what its sentences are, for those who read them."""

    id: str
    title: str
    level: str
    check: Callable[[Guard, Graph], Iterable[Said]]
    kind: str = "violation"

    @property
    def is_note(self) -> bool:
        """Whether its sentences never refuse a stack, at whatever level."""
        return self.kind in ("exempted", "unread_types")

    def says(self, guard: Guard, graph: Graph) -> Iterator[Said]:
        """Its sentences. Never raises: a crash must not stop the engine, nor look like a pass."""
        try:
            yield from self.check(guard, graph)
        except Exception as error:
            yield Said(f"{self.id} could not run: internal error ({type(error).__name__}).", "")


METAS: Final = (
    Meta(
        "not-evaluated",
        "What a preview cannot tell yet is reported, never passed",
        "advisory",
        Guard.not_evaluated,
        "not_evaluated",
    ),
    Meta("exempted", "Every exemption in use is reported", "advisory", Guard.exempted, "exempted"),
    Meta(
        levels.LEDGER,
        "Every exemption is known, in date and still needed",
        "mandatory",
        Guard.ledger_mistakes,
    ),
    Meta(
        "levels",
        "The pack's levels name existing rules and sensible thresholds",
        "mandatory",
        Guard.level_mistakes,
    ),
    Meta(
        "unread-types",
        "Types that no rule reads are reported, never passed in silence",
        "advisory",
        Guard.unread_types,
        "unread_types",
    ),
)
"""They are asked after all rules. The first word of a sentence of `not_evaluated` and `exempted` is the rule."""


def _checked(rule: Rule, settings: Mapping[str, Any]) -> tuple[list[str], dict[str, Value] | None]:
    """(what is wrong with the settings, the usable ones or None for a rule's own)."""
    values = _without_level(settings)
    wrong = levels.wrong_settings(rule.id, values, rule.settings)
    return wrong, (None if wrong else values or None)


def usable(rule: Rule, settings: Mapping[str, Any]) -> dict[str, Value]:
    """The settings that a rule can work with; none of them when one makes no sense."""
    values = _without_level(settings)
    return {} if levels.wrong_settings(rule.id, values, rule.settings) else values


def _without_level(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in settings.items() if key != "enforcementLevel"}


def today() -> date:
    return datetime.now(UTC).date()
