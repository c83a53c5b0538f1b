"""Rules, levels and exemptions as the policies of one Pulumi policy pack."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyComplianceFramework,
    PolicyConfigSchema,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
    StackValidationArgs,
    StackValidationPolicy,
)

from endpoint_guard import catalogue, exemptions, levels, speed
from endpoint_guard.discovery import rules
from endpoint_guard.graph import Graph, from_policy, from_resource
from endpoint_guard.remediation import mended
from endpoint_guard.rule import STACK, Outcome, Rule, Setting, Value, Verdict, run

NAME = "scoring-endpoint-guard"
Report = Callable[..., None]


def pack(folder: Path) -> dict[str, Any]:
    """The arguments of `PolicyPack`, with the levels and exemptions in `folder`.

    Mistakes in these files are reported on stderr and by the pack itself.
    """
    levels.FOLDER, exemptions.FILE = folder / "levels", folder / "exemptions.yaml"
    for text in levels.pack_problems(rules()):
        sys.stderr.write(text + "\n")
    speed.decode_once()
    speed.ask_only({rule.id: rule.applies_to for rule in rules().values() if rule.scope == "resource"})
    policies: list[Policy] = [*map(_policy, rules().values()), *_meta()]
    return {
        "name": NAME,
        "policies": policies,
        "enforcement_level": EnforcementLevel.MANDATORY,
        "description": "Holds a scoring endpoint on AWS to its hardening rules.",
        "display_name": "Scoring endpoint guard",
        "provider": "aws",
    }


def _policy(rule: Rule) -> Policy:
    common: dict[str, Any] = {
        "name": rule.id,
        "description": rule.title,
        "enforcement_level": EnforcementLevel(rule.level),
        "config_schema": _schema(rule.settings),
        "display_name": rule.title,
        "severity": Severity(rule.severity),
        "framework": PolicyComplianceFramework(
            name="Controls",
            specification=", ".join(rule.references),
            reference=catalogue.summary(rule.references),
        ),
        "tags": [rule.pillar, *rule.references],
        "remediation_steps": rule.remedy,
    }
    if rule.scope == "resource":
        remediate: Any = _remediation(rule) if rule.mends else None  # the SDK's type admits only awaitables
        return ResourceValidationPolicy(validate=_resource_check(rule), remediate=remediate, **common)
    return StackValidationPolicy(validate=_stack_check(rule), **common)


def _schema(settings: Mapping[str, Setting]) -> PolicyConfigSchema | None:
    return (
        PolicyConfigSchema({name: _property(setting) for name, setting in settings.items()})
        if settings
        else None
    )


def _property(setting: Setting) -> dict[str, Any]:
    about: dict[str, Any] = {"default": setting.default, "description": setting.about}
    if isinstance(setting.default, bool):
        return about | {"type": "boolean"}
    if isinstance(setting.default, list):
        return about | {"type": "array", "items": {"type": "string"}}
    if isinstance(setting.default, str):
        return about | {"type": "string"}
    return about | {"type": "number", "minimum": setting.minimum, "maximum": setting.maximum}


def _resource_check(rule: Rule) -> Callable[[ResourceValidationArgs, Report], None]:
    def validate(args: ResourceValidationArgs, report: Report) -> None:
        if args.resource_type not in rule.applies_to and rule.applies_to != ("*",):
            return
        resource = speed.once("resource", lambda: from_resource(args))
        for text, _ in _violations(rule, resource.graph, args.get_config()):
            report(text)

    return validate


def _remediation(rule: Rule) -> Callable[[ResourceValidationArgs], Mapping[str, Any] | None]:
    def remediate(args: ResourceValidationArgs) -> Mapping[str, Any] | None:
        if args.resource_type not in rule.applies_to:
            return None
        values = {key: value for key, value in args.get_config().items() if key != "enforcementLevel"}
        if levels.wrong_settings(rule.id, values, rule.settings):
            return None
        try:
            outcomes = run(rule, from_resource(args).graph, values)
            if not any(outcome.verdict is Verdict.FAIL for outcome in outcomes):
                return None
            return mended(args.props, rule.mends, {**rule.defaults(), **values})
        except Exception:  # what cannot be mended is told by the validation that follows
            return None

    return remediate


def _stack_check(rule: Rule) -> Callable[[StackValidationArgs, Report], None]:
    def validate(args: StackValidationArgs, report: Report) -> None:
        for text, urn in _violations(rule, _graph(args), args.get_config()):
            report(text, urn or None)

    return validate


def _graph(args: StackValidationArgs) -> Graph:
    return speed.once(speed.GRAPH, lambda: from_policy(args.resources))


def _violations(rule: Rule, graph: Graph, config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(sentence, URN) of each violation that no exemption covers."""
    values = {key: value for key, value in config.items() if key != "enforcementLevel"}
    wrong = levels.wrong_settings(rule.id, values, rule.settings)
    if wrong:
        yield from ((text, "") for text in wrong)
        values = {}
    for outcome in run(rule, graph, values):
        for finding in outcome.findings:
            accepted = exemptions.holding(rule.id, finding, graph.stack, _today())
            if finding.verdict is Verdict.FAIL and accepted is None:
                yield finding.sentence, finding.urn


def _today() -> date:
    return datetime.now(UTC).date()


def evaluate(graph: Graph, name: str) -> tuple[list[Outcome], frozenset[str]]:
    """All outcomes under the named levels (strictest defaults for ""), and the rules that are not in force."""
    return speed.once(("outcomes", name), lambda: _evaluate(graph, name))


def _evaluate(graph: Graph, name: str) -> tuple[list[Outcome], frozenset[str]]:
    content = levels.load(name)
    outcomes: list[Outcome] = []
    idle: set[str] = set()
    for rule in rules().values():
        in_force, settings = levels.of(rule, content)
        if in_force:
            outcomes += run(rule, graph, settings)
        else:
            idle.add(rule.id)
    return outcomes, frozenset(idle)


def _meta() -> list[Policy]:
    advisory, mandatory = EnforcementLevel.ADVISORY, EnforcementLevel.MANDATORY
    return [
        _meta_policy(
            "not-evaluated", "What a preview cannot tell yet is told, never passed", advisory, _not_evaluated
        ),
        _meta_policy("exempted", "Every exemption in use is told", advisory, _exempted),
        _meta_policy(levels.LEDGER, "Every exemption is known, in date and still needed", mandatory, _ledger),
        _meta_policy(
            "levels", "The pack's levels name existing rules and sensible thresholds", mandatory, _levels
        ),
    ]


def _meta_policy(
    name: str,
    title: str,
    level: EnforcementLevel,
    check: Callable[[Graph, str], Iterator[tuple[str, str]]],
) -> Policy:
    def validate(args: StackValidationArgs, report: Report) -> None:
        config = args.get_config()
        graph = _graph(args)
        try:
            for text, urn in check(graph, str(config.get("levels", ""))):
                report(text, urn or None)
        except Exception as error:  # a crash must never stop the engine, nor look like a pass
            report(f"The policy {name} could not run: internal error in rule ({type(error).__name__}).")

    return StackValidationPolicy(
        name=name,
        description=title,
        validate=validate,
        enforcement_level=level,
        config_schema=_schema(levels.META[name]),
        severity=Severity.HIGH,
        tags=["pack"],
    )


def _not_evaluated(graph: Graph, name: str) -> Iterator[tuple[str, str]]:
    for outcome in evaluate(graph, name)[0]:
        for finding in outcome.findings:
            if finding.verdict is Verdict.UNKNOWN:
                yield f"{outcome.rule} was not evaluated: {finding.sentence}", finding.urn


def _exempted(graph: Graph, name: str) -> Iterator[tuple[str, str]]:
    seen: set[tuple[str, str, str]] = set()
    for outcome in evaluate(graph, name)[0]:
        for finding in outcome.findings:
            entry = exemptions.holding(outcome.rule, finding, graph.stack, _today())
            key = (outcome.rule, finding.urn, finding.path)
            if entry is None or finding.verdict is not Verdict.FAIL or key in seen:
                continue
            seen.add(key)
            yield (
                f'{outcome.rule} is exempted on "{finding.name}" ({finding.path}) until {entry.until} '
                f"by {entry.owner}, {entry.ticket}: {entry.reason}",
                finding.urn,
            )


def _ledger(graph: Graph, name: str) -> Iterator[tuple[str, str]]:
    outcomes, idle = evaluate(graph, name)
    root = next((resource.urn for resource in graph.of(STACK)), "")
    for text in exemptions.ledger_problems(outcomes, rules(), graph.stack, _today(), idle):
        yield text, root


def _levels(graph: Graph, name: str) -> Iterator[tuple[str, str]]:
    root = next((resource.urn for resource in graph.of(STACK)), "")
    for text in levels.pack_problems(rules()):
        yield text, root


__all__ = ["NAME", "Value", "evaluate", "pack"]
