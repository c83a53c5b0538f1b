"""Rules, levels and exemptions as the policies of one Pulumi policy pack."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

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

from endpoint_guard import catalogue, older, profiles, sdk
from endpoint_guard import levels as level_files
from endpoint_guard.exemptions import Ledger
from endpoint_guard.exemptions import read as read_exemptions
from endpoint_guard.graph import Graph
from endpoint_guard.guard import METAS, Guard, Meta, usable
from endpoint_guard.levels import Levels
from endpoint_guard.messages import from_policy, from_resource
from endpoint_guard.remediation import fixed
from endpoint_guard.rule import Rule, Setting, Verdict, run
from endpoint_guard.servicer import Servicer

NAME: Final = "endpoint-guard"
EXEMPTIONS: Final = "ENDPOINT_GUARD_EXEMPTIONS"
"""An environment variable that names the file of exemptions in place of the pack's own."""
Report = Callable[..., None]


def pack(
    folder: Path | None = None,
    *,
    profile: str = profiles.DEFAULT,
    levels: Path | Mapping[str, Any] | None = None,
    exemptions: Path | None = None,
    name: str = NAME,
) -> dict[str, Any]:
    """The arguments of `PolicyPack`.

    `folder` may hold `levels/*.json`, which are checked and which `--policy-pack-config` chooses from, and
    `exemptions.yaml`. `levels` (a file, or its content) are in force from the start; what the engine configures goes
    over them. `exemptions` is a file that stands in for the folder's. Mistakes in these files are reported on
    standard error and by the pack's policies. Raises ValueError for a profile that does not exist.
    """
    made = guard(folder, profile=profile, levels=levels, exemptions=exemptions)
    for text in (*made.given.problems, *made.mistakes, *made.ledger.problems):
        sys.stderr.write(text + "\n")
    sdk.serve_through(lambda behind: Servicer(behind, made))
    rules: list[Policy] = [_policy(made, rule) for rule in made.rules.values()]
    initial = _initial(made)
    return {
        "name": name,
        "policies": [*rules, *(_meta(made, meta, profile) for meta in METAS)],
        "enforcement_level": EnforcementLevel.MANDATORY,
        "initial_config": initial or None,
        "description": f"Holds an AWS stack to the hardening rules of the profile {profile}.",
        "display_name": "Endpoint guard",
        "provider": "aws",
    }


def guard(
    folder: Path | None = None,
    *,
    profile: str = profiles.DEFAULT,
    levels: Path | Mapping[str, Any] | None = None,
    exemptions: Path | None = None,
) -> Guard:
    """The pack without Pulumi around it, from the same arguments."""
    rules = profiles.rules_of(profile)
    return Guard(
        rules=rules,
        given=_levels(levels),
        ledger=_ledger(folder, exemptions),
        mistakes=tuple(_in_folder(folder)),
    )


def _in_folder(folder: Path | None) -> list[str]:
    return level_files.in_folder(folder / "levels", profiles.every()) if folder else []


def _levels(given: Path | Mapping[str, Any] | None) -> Levels:
    if given is None:
        return Levels()
    if isinstance(given, Path):
        return level_files.read(given, profiles.every())
    return level_files.given(given, profiles.every())


def _ledger(folder: Path | None, file: Path | None) -> Ledger:
    if os.environ.get(EXEMPTIONS):
        return read_exemptions(Path(os.environ[EXEMPTIONS]))
    own = folder / "exemptions.yaml" if folder else None
    chosen = file or (own if own and own.exists() else None)
    return read_exemptions(chosen) if chosen else Ledger()


def _initial(made: Guard) -> dict[str, EnforcementLevel | dict[str, Any]]:
    """The given levels as the SDK takes them. An entry without a level would turn its policy advisory."""
    found: dict[str, EnforcementLevel | dict[str, Any]] = {}
    everything = made.given.content.get("all")
    own = {rule.id: rule.level for rule in made.rules.values()} | {meta.id: meta.level for meta in METAS}
    for key, entry in made.given.content.items():
        if key != "all" and key not in own:
            continue
        if not isinstance(entry, Mapping):
            found[key] = EnforcementLevel(entry)
        else:
            level = entry.get("enforcementLevel") or everything or own[key]
            found[key] = {**entry, "enforcementLevel": EnforcementLevel(level)}
    return found


def _policy(made: Guard, rule: Rule) -> Policy:
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
        remediate: Any = _remediation(rule) if rule.fixes else None  # the SDK's type admits only awaitables
        return ResourceValidationPolicy(validate=_resource_check(made, rule), remediate=remediate, **common)
    return StackValidationPolicy(validate=_stack_check(made, rule), **common)


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


def _resource_check(made: Guard, rule: Rule) -> Callable[[ResourceValidationArgs, Report], None]:
    def validate(args: ResourceValidationArgs, report: Report) -> None:
        settings = args.get_config()
        made.called[rule.id] = usable(rule, settings)
        if older.current(args.resource_type) not in rule.applies_to and rule.applies_to != ("*",):
            return
        resource = from_resource(args)
        for said in made.violations(rule, resource.graph, settings):
            report(said.text)

    return validate


def _remediation(rule: Rule) -> Callable[[ResourceValidationArgs], Mapping[str, Any] | None]:
    def remediate(args: ResourceValidationArgs) -> Mapping[str, Any] | None:
        if older.current(args.resource_type) not in rule.applies_to:
            return None
        values = {key: value for key, value in args.get_config().items() if key != "enforcementLevel"}
        if level_files.wrong_settings(rule.id, values, rule.settings):
            return None
        try:
            outcomes = run(rule, from_resource(args).graph, values)
            if not any(outcome.verdict is Verdict.FAIL for outcome in outcomes):
                return None
            return fixed(args.props, rule.fixes, {**rule.defaults, **values})
        except Exception:  # what cannot be fixed is reported by the validation that follows
            return None

    return remediate


def _stack_check(made: Guard, rule: Rule) -> Callable[[StackValidationArgs, Report], None]:
    def validate(args: StackValidationArgs, report: Report) -> None:
        settings = args.get_config()
        made.called[rule.id] = usable(rule, settings)
        for said in made.violations(rule, _graph(args), settings):
            report(said.text, said.urn or None)

    return validate


def _graph(args: StackValidationArgs) -> Graph:
    return from_policy(args.resources)


def _meta(made: Guard, meta: Meta, profile: str) -> Policy:
    def validate(args: StackValidationArgs, report: Report) -> None:
        for said in meta.says(made, _graph(args)):
            report(said.text, said.urn or None)

    return StackValidationPolicy(
        name=meta.id,
        description=meta.title,
        validate=validate,
        enforcement_level=EnforcementLevel(profiles.meta_level(profile, meta.id, meta.level)),
        config_schema=_schema(level_files.META[meta.id]),
        severity=Severity.LOW if meta.is_note else Severity.HIGH,
        tags=["pack", f"kind:{meta.kind}"],
    )


__all__ = ["NAME", "guard", "pack"]
