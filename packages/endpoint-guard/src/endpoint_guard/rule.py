"""What a rule is, what it answers, and how it is run so that neither an unknown nor a crash hides anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Any, Final, Literal, NamedTuple

from endpoint_guard.graph import Graph, MalformedError, Node, Resource, UnreadableError
from endpoint_guard.remediation import PropertyFix

STACK: Final = "pulumi:pulumi:Stack"
"""A rule about the stack as a whole (something must exist) applies to this type."""

Severity = Literal["low", "medium", "high", "critical"]
Scope = Literal["resource", "stack"]
Level = Literal["mandatory", "advisory", "disabled"]
Profile = Literal["aws", "scoring-endpoint"]
Value = float | bool | str | list[str]


class Verdict(Enum):
    """A rule's answer about one resource."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True)
class Finding:
    """What is wrong, or not known yet, and where. There is no field for a value: it cannot leak one."""

    verdict: Literal[Verdict.FAIL, Verdict.UNKNOWN]
    urn: str
    name: str
    path: str
    sentence: str


@dataclass(frozen=True)
class Setting:
    """A threshold of a rule. `minimum` and `maximum` bound numbers, inclusive."""

    default: Value
    about: str
    minimum: float = 0
    maximum: float = 1e12

    def problem(self, value: object) -> str | None:
        """What is wrong with a value, as the end of a sentence, or None."""
        if isinstance(self.default, bool):
            return None if isinstance(value, bool) else "must be true or false"
        if isinstance(self.default, list):
            good = isinstance(value, list) and all(isinstance(item, str) and item for item in value)
            return None if good else "must be a list of non-empty strings"
        if isinstance(self.default, str):
            return None if isinstance(value, str) else "must be a string"
        if isinstance(value, bool) or not isinstance(value, int | float):
            return "must be a number"
        if not self.minimum <= value <= self.maximum:
            return f"must be between {self.minimum:g} and {self.maximum:g}"
        return None


@dataclass(frozen=True)
class Context:
    """What a check may look at beside its resource: the graph and the thresholds."""

    graph: Graph
    settings: Mapping[str, Value]

    def number(self, name: str) -> float:
        value = self.settings[name]
        if isinstance(value, str | list):
            raise TypeError(name)
        return float(value)

    def flag(self, name: str) -> bool:
        return self.settings[name] is True

    def strings(self, name: str) -> list[str]:
        value = self.settings[name]
        if not isinstance(value, list):
            raise TypeError(name)
        return value


Check = Callable[[Resource, Context], Iterable[Finding]]


@dataclass(frozen=True)
class Rule:
    """A rule and its record. `title` states the good state; `references` are ids of the controls it enforces.

    `fixes` are what Pulumi's remediate level may set on a resource that fails. `level` is in force where no
    configuration says otherwise: advisory for what is house style rather than a weakness, disabled for what only a
    team that asks for it wants. `profile` is "aws" for what holds in any stack, and names the narrower profile for
    what only a stack of that kind has to have.
    """

    id: str
    title: str
    pillar: str
    severity: Severity
    why: str
    remedy: str
    references: tuple[str, ...]
    applies_to: tuple[str, ...]
    check: Check
    scope: Scope = "stack"
    level: Level = "mandatory"
    profile: Profile = "aws"
    settings: Mapping[str, Setting] = field(default_factory=dict)
    fixes: tuple[PropertyFix, ...] = ()
    module: str = ""

    @cached_property
    def defaults(self) -> dict[str, Value]:
        return {name: setting.default for name, setting in self.settings.items()}


class Outcome(NamedTuple):
    """A rule's verdict on one resource, with the findings behind it."""

    rule: str
    urn: str
    verdict: Verdict
    findings: tuple[Finding, ...] = ()


def rule(
    *,
    id: str,
    title: str,
    pillar: str,
    severity: Severity,
    why: str,
    remedy: str,
    references: Sequence[str],
    on: Sequence[str],
    scope: Scope = "stack",
    level: Level = "mandatory",
    profile: Profile = "aws",
    settings: Mapping[str, Setting] | None = None,
    fixes: Sequence[PropertyFix] = (),
) -> Callable[[Check], Rule]:
    """Turns a check into a rule. The check yields findings about one resource and nothing when all is well."""

    def record(check: Check) -> Rule:
        return Rule(
            id=id,
            title=title,
            pillar=pillar,
            severity=severity,
            why=why,
            remedy=remedy,
            references=tuple(references),
            applies_to=tuple(on),
            check=check,
            scope=scope,
            level=level,
            profile=profile,
            settings=settings or {},
            fixes=tuple(fixes),
            module=check.__module__,
        )

    return record


def property_rule(
    module: str,
    *,
    on: str | Sequence[str],
    path: str,
    good: Callable[[Node], bool],
    text: str,
    scope: Scope = "resource",
    **record: Any,
) -> Rule:
    """A rule of `module` (pass `__name__`) about one property: a finding unless `good`. The rest as in `rule`."""

    def check(resource: Resource, ctx: Context) -> Iterator[Finding]:
        return need(resource.get(path), good, text)

    check.__module__ = module
    return rule(on=[on] if isinstance(on, str) else on, scope=scope, **record)(check)


def fail(place: Node | Resource, text: str, path: str = "") -> Finding:
    """A violation: `text` is the predicate of a sentence whose subject is the resource."""
    return _finding(Verdict.FAIL, place, text, path)


def unknown(node: Node) -> Finding:
    """A property that the rule needs and that is not known yet: what it waits for, and what can be done about it."""
    resource = node.resource
    top = node.path.split(".", 1)[0].split("[", 1)[0]
    origins = [resource.graph.find(urn) for urn in resource.edges.get(top, ())]
    names = sorted({f'{origin.kind} "{origin.name}"' for origin in origins if origin is not None})
    shown = " and ".join(names[:2]) + (f" and {len(names) - 2} more" if len(names) > 2 else "")
    where = f" ({node.path})" if node.path else ""
    apart = f", or move {shown} into a stack that is deployed before" if names else ""
    sentence = (
        f'{resource.kind} "{resource.name}" has a property that is not known before '
        f"{shown or 'the update'}{' is deployed' if names else ''}{where}: "
        f"make it from names that the program sets{apart}."
    )
    return Finding(Verdict.UNKNOWN, resource.urn, resource.name, node.path, sentence)


def each(nodes: Iterable[Node], check: Callable[[Node], Iterable[Finding]]) -> Iterator[Finding]:
    """Runs a check per node, so that an unknown in one does not hide a violation in the next."""
    for node in nodes:
        yield from _guarded(lambda node=node: check(node))  # type: ignore[misc]


def need(node: Node, good: Callable[[Node], bool], text: str) -> Iterator[Finding]:
    """A finding unless `good`; an unknown one when the node cannot be read yet."""

    def check() -> Iterator[Finding]:
        if not good(node):
            yield fail(node, text)

    return _guarded(check)


def run(rule: Rule, graph: Graph, settings: Mapping[str, Value] | None = None) -> list[Outcome]:
    """The rule's outcomes, one per resource it applies to, worked out once per graph. Never raises.

    An unknown property is an UNKNOWN finding for that resource alone; a crash is a violation that names the
    exception's type.
    """

    def outcomes() -> list[Outcome]:
        context = Context(graph, {**rule.defaults, **(settings or {})})
        return [_outcome(rule, resource, context) for resource in subjects(rule, graph)]

    if len(graph.resources) == 1:
        return outcomes()  # there is no second look at one resource
    key = repr(sorted(settings.items())) if settings else ""
    return graph.remember(("outcomes", rule.id, key), outcomes)


def subjects(rule: Rule, graph: Graph) -> list[Resource]:
    """The resources a rule judges; the stack itself is stood in for when the graph has no such resource."""
    if rule.applies_to == ("*",):
        return list(graph.resources)
    if rule.applies_to == (STACK,):
        stand_in = Resource(urn="", type=STACK, name=graph.stack or "stack", graph=graph)
        return graph.of(STACK)[:1] or [stand_in]
    return graph.of(*rule.applies_to)


def _outcome(rule: Rule, resource: Resource, context: Context) -> Outcome:
    findings: list[Finding] = []
    try:
        for finding in rule.check(resource, context):
            findings.append(finding)  # those before an exception count
    except UnreadableError as error:
        findings.append(unknown(error.node))
    except MalformedError as error:
        findings.append(_malformed(error))
    except Exception as error:  # a crash must never look like a pass, nor stop the engine
        text = f"could not be judged: internal error in rule ({type(error).__name__})"
        findings.append(fail(resource, text))
    if not findings:
        return Outcome(rule.id, resource.urn, Verdict.PASS)
    failed = any(finding.verdict is Verdict.FAIL for finding in findings)
    verdict = Verdict.FAIL if failed else Verdict.UNKNOWN
    return Outcome(rule.id, resource.urn, verdict, tuple(dict.fromkeys(findings)))


def _guarded(check: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    try:
        yield from check()
    except UnreadableError as error:
        yield unknown(error.node)
    except MalformedError as error:
        yield _malformed(error)


def _malformed(error: MalformedError) -> Finding:
    return fail(error.node, "holds no readable JSON document")


def _finding(verdict: Any, place: Node | Resource, text: str, path: str) -> Finding:
    resource = place if isinstance(place, Resource) else place.resource
    where = place.path if isinstance(place, Node) else path
    suffix = f" ({where})" if where else ""
    sentence = f'{resource.kind} "{resource.name}" {text}{suffix}.'
    return Finding(verdict, resource.urn, resource.name, where, sentence)
