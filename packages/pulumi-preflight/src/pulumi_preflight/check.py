"""Sends a graph through the real policy process, the way the engine does, and collects what the pack says."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pulumi.runtime.proto import analyzer_pb2

from pulumi_preflight import levels, messages
from pulumi_preflight.findings import Finding, Kind, Result, Rule, merged
from pulumi_preflight.graph import HIDDEN, Graph, map_secrets
from pulumi_preflight.pack_process import PackProcess, Run

Progress = Callable[[int, int], None]

NOT_EVALUATED, EXEMPTED = "not-evaluated", "exempted"
_SUBJECT = re.compile(r"(?P<rule>\S+) (?:was not evaluated|is exempted)\b")
_SHORTEST_SECRET = 4
_SEVERITY = {0: "unspecified", 1: "low", 2: "medium", 3: "high", 4: "critical"}


def check(
    graph: Graph,
    policy_pack: Path,
    levels_file: Path | None = None,
    progress: Progress = lambda done, total: None,
) -> Result:
    """What the pack in `policy_pack` finds in `graph`, under the levels file or the pack's own levels.

    Without `levels_file` the pack's levels/<stack>.json is used when there is one. `progress` is called with
    the steps done and their total. Raises UserError when the pack or its levels cannot be used.
    """
    started = time.monotonic()
    default = policy_pack / "levels" / f"{graph.stack}.json"
    levels_file = levels_file or (default if default.is_file() else None)
    entries = levels.read(levels_file) if levels_file else {}
    run = Run(graph.project, graph.stack, graph.preview, graph.config, graph.secret_keys)
    scrub = scrubber(graph)
    with PackProcess(policy_pack, run, scrub) as pack:
        info = pack.info()
        config = levels.final(info, entries, str(levels_file))
        pack.configure(config)
        diagnostics = _analyze(pack, graph, progress)
    rules = tuple(_rule(policy, config[policy.name]) for policy in info.policies)
    form = "preview" if graph.preview else "update"
    return Result(
        project=graph.project,
        stack=graph.stack,
        pack=info.name,
        forms=(form,),
        resources=len(graph.resources),
        rules=rules,
        findings=merged(reported(diagnostics, graph, rules, form, scrub)),
        seconds=time.monotonic() - started,
    )


def _analyze(pack: PackProcess, graph: Graph, progress: Progress) -> list[tuple[str, Any]]:
    """(URN, diagnostic) of every resource and then of the stack."""
    by_urn = {resource["urn"]: resource for resource in graph.resources}
    total = len(graph.resources) + 1
    done = iter(range(1, total + 1))
    requests = [messages.request(resource, by_urn) for resource in graph.resources]
    found = pack.analyze(requests, lambda: progress(next(done), total))
    found += pack.analyze_stack(messages.view(resource, by_urn) for resource in graph.resources)
    progress(total, total)
    return found


def scrubber(graph: Graph) -> Callable[[str], str]:
    """A function that blanks out every secret text of the graph: the last line of defence, not the first."""
    secrets: set[str] = {graph.config[key] for key in graph.secret_keys if key in graph.config}

    def note(value: Any) -> None:
        stack = [value]
        while stack:
            item = stack.pop()
            if isinstance(item, str):
                secrets.add(item)
            elif isinstance(item, Mapping):
                stack.extend(item.values())
            elif isinstance(item, list):
                stack.extend(item)

    map_secrets(graph.resources, note)
    map_secrets(graph.exports, note)
    ordered = sorted((text for text in secrets if len(text) >= _SHORTEST_SECRET), key=len, reverse=True)

    def scrub(text: str) -> str:
        for secret in ordered:
            text = text.replace(secret, HIDDEN)
        return text

    return scrub


def _rule(policy: Any, config: Any) -> Rule:
    return Rule(
        id=policy.name,
        title=policy.displayName or policy.description,
        severity=_SEVERITY[policy.severity],  # type: ignore[arg-type]
        level=levels.LEVEL_NAMES[config.enforcementLevel],
        scope="stack" if policy.policy_type == analyzer_pb2.POLICY_TYPE_STACK else "resource",
        remedy=policy.remediation_steps,
        url=policy.url,
        tags=tuple(policy.tags),
        reference=policy.framework.specification,
    )


def reported(
    diagnostics: list[tuple[str, Any]],
    graph: Graph,
    rules: tuple[Rule, ...],
    form: str,
    scrub: Callable[[str], str],
) -> Iterator[Finding]:
    """The findings in a pack's diagnostics, each with the URN it was given for; `scrub` goes over every sentence.

    A URN that the graph does not have is taken as the stack's own.
    """
    types = {resource["urn"]: resource["type"] for resource in graph.resources}
    root = next((urn for urn, type_ in types.items() if type_ == "pulumi:pulumi:Stack"), "")
    by_id = {rule.id: rule for rule in rules}
    for about, diagnostic in diagnostics:
        kind, rule, message = _reading(diagnostic, by_id)
        urn = about if about in types else root
        yield Finding(
            kind=kind,
            rule=rule.id,
            title=rule.title,
            severity=rule.severity,
            level=rule.level if kind != "exempted" else "advisory",
            urn=urn,
            resource=messages.short_name(urn),
            type=types.get(urn, ""),
            message=scrub(message),
            remedy=rule.remedy,
            forms=(form,),
        )


def _reading(diagnostic: Any, by_id: Mapping[str, Rule]) -> tuple[Kind, Rule, str]:
    """(kind, the rule it is about, the sentence without the policy's description)."""
    own = by_id[diagnostic.policyName]
    message = diagnostic.message.removeprefix(diagnostic.description).strip() or diagnostic.description
    if own.id in (NOT_EVALUATED, EXEMPTED):
        subject = _SUBJECT.match(message)
        rule = by_id.get(subject["rule"], own) if subject else own
        return ("not_evaluated" if own.id == NOT_EVALUATED else "exempted"), rule, message
    if message.startswith(f"can't run policy '{own.id}'"):
        return "not_evaluated", own, message
    return "violation", own, message
