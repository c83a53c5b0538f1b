"""Sends a graph through the real policy process, the way the engine does, and collects what the pack says."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml
from google.protobuf import json_format
from pulumi.runtime.proto import analyzer_pb2

from pulumi_preflight import levels, messages
from pulumi_preflight.errors import UserError
from pulumi_preflight.findings import (
    KINDS,
    NOTES,
    Evidence,
    Finding,
    Kind,
    Level,
    Result,
    Rule,
    merge_findings,
)
from pulumi_preflight.graph import Graph
from pulumi_preflight.pack_process import PackProcess, Run
from pulumi_preflight.scrub import Scrub, scrubber

Progress = Callable[[int, int], None]

EXEMPTIONS = "ENDPOINT_GUARD_EXEMPTIONS"
"""The environment variable by which a pack of endpoint-guard is given a file of exemptions."""
_LEDGER = "exemption-ledger"
_BY_NAME: dict[str, Kind] = {"not-evaluated": "not_evaluated", "exempted": "exempted"}
_SEVERITY = {0: "unspecified", 1: "low", 2: "medium", 3: "high", 4: "critical"}


def check(
    graph: Graph,
    policy_pack: Path,
    levels_file: Path | None = None,
    progress: Progress = lambda done, total: None,
    scrub: Scrub | None = None,
) -> Result:
    """What the pack in `policy_pack` finds in `graph`, under the levels file or the pack's own levels.

    Without `levels_file` the pack's levels/<stack>.json is used when there is one. `progress` is called with
    the steps done and their total; `scrub` goes over every text that the program chose, by default over the graph's own
    secrets. Raises UserError when the pack or its levels cannot be used.
    """
    started = time.monotonic()
    default = policy_pack / "levels" / f"{graph.stack}.json"
    levels_file = levels_file or (default if default.is_file() else None)
    entries = levels.read(levels_file) if levels_file else {}
    run = Run(graph.project, graph.stack, graph.preview, graph.config, graph.secret_keys)
    scrub = scrub or scrubber(graph)
    form = "preview" if graph.preview else "update"
    with PackProcess(policy_pack, run, scrub) as pack:
        info = pack.info()
        if os.environ.get(EXEMPTIONS) and not any(policy.name == _LEDGER for policy in info.policies):
            raise UserError(f"the policy pack {policy_pack} takes no file of exemptions.")
        config = levels.final(info, entries, str(levels_file))
        pack.configure(config)
        rules = tuple(_rule(policy, config[policy.name]) for policy in info.policies)
        findings = merge_findings(reported(_analyze(pack, graph, progress), graph, rules, form, scrub))
    return Result(
        project=graph.project,
        stack=graph.stack,
        pack=info.name,
        forms=(form,),
        resources=len(graph.resources),
        rules=rules,
        findings=findings,
        seconds=time.monotonic() - started,
        warnings=tuple(map(scrub, graph.warnings)),
        evidence=Evidence(
            graph.source,
            pack_version=version(policy_pack) or info.version,
            library=_library(info.name),
            levels=levels_file.name if levels_file else "the pack itself",
        ),
    )


def version(policy_pack: Path) -> str:
    """The version in PulumiPolicy.yaml, which is the one the CLI goes by; empty when there is none."""
    try:
        document = yaml.safe_load((policy_pack / "PulumiPolicy.yaml").read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return ""
    return str(document.get("version") or "") if isinstance(document, Mapping) else ""


def _library(pack: str) -> str:
    """The installed distribution of the pack's own name with its version; empty when the pack is a folder alone."""
    try:
        return f"{pack} {metadata.version(pack)}"
    except (metadata.PackageNotFoundError, ValueError):
        return ""


def _analyze(pack: PackProcess, graph: Graph, progress: Progress) -> Iterator[tuple[str, Any]]:
    """(URN, diagnostic) of every resource and then of the stack, as they come: none has to be kept.

    The engine shows a pack neither what is only read nor a reference to another stack, though others depend on them.
    """
    by_urn = {resource["urn"]: resource for resource in graph.resources}
    shown = [resource for resource in graph.resources if not resource.get("external")]
    total = len(shown) + 1
    done = iter(range(1, total + 1))
    # One by one: the messages of a large stack are larger than the stack.
    requests = (messages.request(resource, by_urn) for resource in shown)
    yield from pack.analyze(requests, lambda: progress(next(done), total))
    yield from pack.analyze_stack(messages.view(resource, by_urn) for resource in shown)
    progress(total, total)


def _rule(policy: Any, config: Any) -> Rule:
    return Rule(
        id=policy.name,
        title=policy.displayName or policy.description,
        severity=_SEVERITY[policy.severity],  # type: ignore[arg-type]
        level=levels.LEVEL_NAMES[config.enforcementLevel],
        remedy=policy.remediation_steps,
        url=policy.url,
        tags=tuple(policy.tags),
        reference=policy.framework.specification,
        relaxed=_relaxed(policy, config),
    )


def _relaxed(policy: Any, config: Any) -> bool:
    """Whether a policy is in force, but weaker than its pack has it or under other settings."""
    if config.enforcementLevel == analyzer_pb2.DISABLED:
        return False
    own = json_format.MessageToDict(policy.configSchema.properties)
    settings = json_format.MessageToDict(config.properties)
    changed = any(key in own and own[key].get("default") != value for key, value in settings.items())
    weaker = config.enforcementLevel == analyzer_pb2.ADVISORY != policy.enforcementLevel
    return changed or weaker


def reported(
    diagnostics: Iterable[tuple[str, Any]],
    graph: Graph,
    rules: tuple[Rule, ...],
    form: str,
    scrub: Scrub,
) -> Iterator[Finding]:
    """The findings in a pack's diagnostics, each with the URN it was given for; `scrub` goes over sentences and names.

    A URN that the graph does not have is taken as the stack's own. A diagnostic that carries the level in force
    (an engine's log) keeps it.
    """
    types = {resource["urn"]: resource["type"] for resource in graph.resources}
    root = next((urn for urn, type_ in types.items() if type_ == "pulumi:pulumi:Stack"), "")
    by_id = {rule.id: rule for rule in rules}
    kinds = {rule.id: _kind(rule) for rule in rules}
    names = cache(lambda urn: (scrub(urn), scrub(messages.short_name(urn)), scrub(types.get(urn, ""))))
    for about, diagnostic in diagnostics:
        kind, rule, message = _reading(diagnostic, by_id, kinds)
        urn, name, type_ = names(about if about in types else root)
        yield Finding(
            kind=kind,
            rule=rule.id,
            title=rule.title,
            severity=rule.severity,
            level=_level(diagnostic, kind, rule),
            urn=urn,
            resource=name,
            type=type_,
            message=scrub(message),
            remedy=rule.remedy,
            forms=(form,),
        )


def _level(diagnostic: Any, kind: Kind, rule: Rule) -> Level:
    if kind in NOTES:
        return "advisory"
    if isinstance(diagnostic, analyzer_pb2.AnalyzeDiagnostic):
        return rule.level
    in_force: Level | None = getattr(diagnostic, "level", None)
    return in_force or rule.level


def _reading(diagnostic: Any, by_id: Mapping[str, Rule], kinds: Mapping[str, Kind]) -> tuple[Kind, Rule, str]:
    """(kind, the rule it is about, the sentence without the policy's description)."""
    own = by_id[diagnostic.policyName]
    message = diagnostic.message.removeprefix(diagnostic.description).strip() or diagnostic.description
    kind = kinds[own.id]
    if kind in ("not_evaluated", "exempted"):
        # The first word of such a sentence is the rule that it is about.
        return kind, by_id.get(message.split(maxsplit=1)[0], own), message
    if kind != "violation":
        return kind, own, message
    if message.startswith(f"can't run policy '{own.id}'"):
        return "not_evaluated", own, message
    return "violation", own, message


def _kind(rule: Rule) -> Kind:
    """What the sentences of a policy are: its tag `kind:...` says so, or one of the names that are agreed on."""
    for kind in KINDS:
        if f"kind:{kind}" in rule.tags:
            return kind
    return _BY_NAME.get(rule.id, "violation")
