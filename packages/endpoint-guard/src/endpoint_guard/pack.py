"""Rules, levels and exemptions as the policies of one Pulumi policy pack, for a pack in a folder."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
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

from endpoint_guard import build, description, older, profiles, sdk
from endpoint_guard.build import guard
from endpoint_guard.description import NAME
from endpoint_guard.graph import Graph
from endpoint_guard.guard import METAS, Guard, Meta, usable
from endpoint_guard.messages import from_policy, from_resource
from endpoint_guard.rule import Rule
from endpoint_guard.servicer import Servicer
from endpoint_guard.wire import protocol

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
    for text in build.mistakes(made):
        sys.stderr.write(text + "\n")
    sdk.serve_through(lambda behind: Servicer(_info(behind), made).answer)
    checks: dict[str, Any] = {rule.id: _rule_check(made, rule) for rule in made.rules.values()}
    checks |= {meta.id: _meta_check(made, meta) for meta in METAS}
    return {
        "name": name,
        "policies": [
            _policy(policy, checks[policy.id], made.rules.get(policy.id), made)
            for policy in description.policies(made, profile)
        ],
        "enforcement_level": EnforcementLevel.MANDATORY,
        "initial_config": _initial(made) or None,
        "description": description.about(profile),
        "display_name": description.DISPLAY_NAME,
        "provider": description.PROVIDER,
    }


def _info(behind: Any) -> Any:
    """What the SDK's servicer says of the pack."""
    return protocol.Info.FromString(behind.GetAnalyzerInfo(None, None).SerializeToString())


def _initial(made: Guard) -> dict[str, EnforcementLevel | dict[str, Any]]:
    found: dict[str, EnforcementLevel | dict[str, Any]] = {}
    for key, entry in description.initial(made).items():
        level = EnforcementLevel(entry["enforcementLevel"])
        found[key] = {**entry, "enforcementLevel": level} if len(entry) > 1 else level
    return found


def _policy(about: description.Policy, check: Any, rule: Rule | None, made: Guard) -> Policy:
    common: dict[str, Any] = {
        "name": about.id,
        "description": about.title,
        "validate": check,
        "enforcement_level": EnforcementLevel(about.level),
        "config_schema": PolicyConfigSchema(dict(about.schema)) if about.schema else None,
        "display_name": about.title,
        "severity": Severity(about.severity),
        "framework": PolicyComplianceFramework(**about.framework) if about.framework else None,
        "tags": list(about.tags),
        "remediation_steps": about.remedy or None,
    }
    if about.scope == "stack":
        return StackValidationPolicy(**common)
    remediate: Any = _remediation(made, rule) if rule and rule.fixes else None
    return ResourceValidationPolicy(remediate=remediate, **common)


def _rule_check(made: Guard, rule: Rule) -> Callable[..., None]:
    return _resource_check(made, rule) if rule.scope == "resource" else _stack_check(made, rule)


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


def _remediation(made: Guard, rule: Rule) -> Callable[[ResourceValidationArgs], Mapping[str, Any] | None]:
    def remediate(args: ResourceValidationArgs) -> Mapping[str, Any] | None:
        settings = args.get_config()
        try:
            mended = made.mended(rule, from_resource(args).graph, sdk.as_sent(args.props), settings)
        except (KeyError, TypeError):  # another SDK's proxies
            return None
        given: Mapping[str, Any] | None = None if mended is None else sdk.as_given(mended)
        return given

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


def _meta_check(made: Guard, meta: Meta) -> Callable[[StackValidationArgs, Report], None]:
    def validate(args: StackValidationArgs, report: Report) -> None:
        for said in meta.says(made, _graph(args)):
            report(said.text, said.urn or None)

    return validate


__all__ = ["NAME", "guard", "pack"]
