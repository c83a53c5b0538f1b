"""What the pack says of itself to the engine: its policies with their levels, settings and controls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from endpoint_guard import VERSION, catalogue, profiles
from endpoint_guard import levels as level_files
from endpoint_guard.guard import METAS, Guard, Meta
from endpoint_guard.rule import Rule, Setting
from endpoint_guard.wire import protocol

NAME: Final = "endpoint-guard"
DISPLAY_NAME: Final = "Endpoint guard"
PROVIDER: Final = "aws"


def about(profile: str) -> str:
    """The pack in a sentence."""
    return f"Holds an AWS stack to the hardening rules of the profile {profile}."


@dataclass(frozen=True)
class Policy:
    """One policy in the terms of Pulumi. `schema` is a JSON schema's `properties`; `framework` is empty where
    the policy is about the pack itself.
    """

    id: str
    title: str
    scope: str
    level: str
    severity: str
    schema: Mapping[str, Any]
    tags: tuple[str, ...]
    framework: Mapping[str, str]
    remedy: str = ""


def policies(made: Guard, profile: str) -> Iterator[Policy]:
    """The rules, then the pack's policies about itself, in the order in which they are asked."""
    yield from map(_of_rule, made.rules.values())
    yield from (_of_meta(meta, profile) for meta in METAS)


def _of_rule(rule: Rule) -> Policy:
    return Policy(
        rule.id,
        rule.title,
        rule.scope,
        rule.level,
        rule.severity,
        {name: _property(setting) for name, setting in rule.settings.items()},
        (rule.pillar, *rule.references),
        {
            "name": "Controls",
            "specification": ", ".join(rule.references),
            "reference": catalogue.summary(rule.references),
        },
        rule.remedy,
    )


def _of_meta(meta: Meta, profile: str) -> Policy:
    return Policy(
        meta.id,
        meta.title,
        "stack",
        profiles.meta_level(profile, meta.id, meta.level),
        "low" if meta.is_note else "high",
        {name: _property(setting) for name, setting in level_files.META[meta.id].items()},
        ("pack", f"kind:{meta.kind}"),
        {},
    )


def _property(setting: Setting) -> dict[str, Any]:
    found: dict[str, Any] = {"default": setting.default, "description": setting.about}
    if isinstance(setting.default, bool):
        return found | {"type": "boolean"}
    if isinstance(setting.default, list):
        return found | {"type": "array", "items": {"type": "string"}}
    if isinstance(setting.default, str):
        return found | {"type": "string"}
    return found | {"type": "number", "minimum": setting.minimum, "maximum": setting.maximum}


def initial(made: Guard) -> dict[str, dict[str, Any]]:
    """The given levels by policy, each entry with its `enforcementLevel`: without one, it would turn advisory."""
    found: dict[str, dict[str, Any]] = {}
    everything = made.given.content.get("all")
    own = {rule.id: rule.level for rule in made.rules.values()} | {meta.id: meta.level for meta in METAS}
    for key, entry in made.given.content.items():
        if key != "all" and key not in own:
            continue
        if not isinstance(entry, Mapping):
            found[key] = {"enforcementLevel": entry}
        else:
            level = entry.get("enforcementLevel") or everything or own[key]
            found[key] = {**entry, "enforcementLevel": level}
    return found


def info(made: Guard, profile: str) -> Any:
    """The answer to GetAnalyzerInfo."""
    found = protocol.Info(
        name=NAME,
        displayName=DISPLAY_NAME,
        version=VERSION,
        supportsConfig=True,
        description=about(profile),
        provider=PROVIDER,
    )
    for key, entry in initial(made).items():
        config = found.initialConfig[key]
        config.enforcementLevel = protocol.LEVELS[entry["enforcementLevel"]]
        config.properties.update({name: value for name, value in entry.items() if name != "enforcementLevel"})
    for policy in policies(made, profile):
        _add(found, policy)
    return found


def _add(found: Any, policy: Policy) -> None:
    added = found.policies.add(
        name=policy.id,
        displayName=policy.title,
        description=policy.title,
        enforcementLevel=protocol.LEVELS[policy.level],
        policy_type=protocol.POLICY_TYPES[policy.scope],
        severity=protocol.SEVERITIES[policy.severity],
        tags=policy.tags,
        remediation_steps=policy.remedy,
    )
    if policy.schema:
        added.configSchema.properties.update(policy.schema)
    for name, text in policy.framework.items():
        setattr(added.framework, name, text)
