"""The engine's own account of a run with policies: the event log, one JSON object a line."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

from pulumi_preflight import check
from pulumi_preflight.errors import UserError
from pulumi_preflight.findings import Level, Result, Rule, Severity, merged
from pulumi_preflight.graph import STACK_TYPE, Graph, Resource

# The engine colours its messages with directives such as <{%fg 13%}>.
_COLOUR = re.compile(r"<\{%.*?%\}>")
_LEVELS: Mapping[str, Level] = {"warning": "advisory", "none": "disabled"}
_KNOWN_LEVELS: tuple[Level, ...] = get_args(Level)
_SEVERITIES: tuple[Severity, ...] = get_args(Severity)
# After delete-replaced and discard-replaced the resource's successor stands under the same URN.
_GONE = ("delete", "discard")

_ANALYZED = (
    "policyAnalyzeSummaryEvent",
    "policyAnalyzeStackSummaryEvent",
    "policyRemediateSummaryEvent",
    "policyRemediationEvent",
)

Known = Callable[[Graph], Result | None]
"""What a pack says of its own rules under the levels of a stack; None when the pack is not at hand."""


@dataclass
class _Log:
    """What the lines of a log tell, sorted."""

    policy: list[dict[str, Any]] = field(default_factory=list)
    resources: dict[str, Resource] = field(default_factory=dict)
    summary: dict[str, Any] | None = None
    packs: set[str] = field(default_factory=set)
    summed: set[str] = field(default_factory=set)


def read(path: Path, known: Known = lambda graph: None) -> tuple[Result, Graph]:
    """The findings in an event log, and the resources it names, without a property of any.

    The log is what `pulumi preview --event-log` or `pulumi policy analyze --json` writes. Rules that did not
    fire, remedies and tags come from `known`. Raises UserError in one sentence for a file that is no event
    log, for a run that did not end, and for one in which no policy pack took part: none of these is a pass.
    """
    log = _sorted(path)
    if log.summary is None:
        raise UserError(f"{path} has no summaryEvent: the run did not end, so nothing was judged.")
    if not log.packs:
        raise UserError(f"in {path} no policy pack took part: run it with --policy-pack <folder>.")
    graph = _graph(log, path)
    base = known(graph)
    if base is not None and base.pack not in log.packs:
        base = None
    rules = _rules(log.policy, base)
    form = "preview" if graph.preview else "update"
    diagnostics = [(event.get("resourceUrn", ""), _diagnostic(event)) for event in log.policy]
    result = Result(
        project=graph.project,
        stack=graph.stack,
        pack=base.pack if base else ", ".join(sorted(log.packs)),
        forms=(form,),
        resources=len(log.resources),
        rules=rules,
        findings=merged(check.reported(diagnostics, graph, rules, form, str)),
        seconds=float(log.summary.get("durationSeconds") or 0),
    )
    return result, graph


def _sorted(path: Path) -> _Log:
    log = _Log()
    for event in _events(path):
        if violation := event.get("policyEvent"):
            log.policy.append(violation)
            log.packs.add(str(violation.get("policyPackName", "")))
            _note(log, str(violation.get("resourceUrn") or ""))
        elif summary := event.get("summaryEvent"):
            log.summary = summary
            # A pack of this machine may stand here under the path it was started from.
            packs = summary.get("PolicyPacks") or summary.get("policyPacks") or ()
            log.summed |= {re.split(r"[/\\]", str(pack).rstrip("/\\"))[-1] for pack in packs}
        for key in ("resourcePreEvent", "resOutputsEvent"):
            if step := (event.get(key) or {}).get("metadata"):
                _step(log, step)
        for key in _ANALYZED:
            if analyzed := event.get(key):
                log.packs.add(str(analyzed.get("policyPackName", "")))
                _note(log, str(analyzed.get("resourceUrn") or ""))
    log.packs = log.packs - {""} or log.summed
    return log


def _events(path: Path) -> Iterable[dict[str, Any]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise UserError(
            f"{path} does not exist: write it with `pulumi preview --event-log <file>`."
        ) from None
    except (OSError, ValueError):
        raise UserError(f"{path} cannot be read as text.") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            event = json.loads(line)
        except ValueError:
            event = None
        if not isinstance(event, dict) or any(
            not isinstance(value, dict) for key, value in event.items() if key.endswith("Event")
        ):
            raise UserError(f"line {number} of {path} is no engine event.")
        yield event


def _step(log: _Log, step: Mapping[str, Any]) -> None:
    urn, state = str(step.get("urn", "")), step.get("new") or step.get("old") or {}
    # What an earlier, interrupted run left pending has a successor too.
    if step.get("op") in _GONE and not state.get("delete"):
        log.resources.pop(urn, None)
        return
    _note(log, urn)
    if urn in log.resources:
        log.resources[urn] |= {"parent": str(state.get("parent") or ""), "custom": bool(state.get("custom"))}


def _note(log: _Log, urn: str) -> None:
    """A resource by its URN alone: whatever else the log holds about it is not read."""
    if urn.count("::") < 3 or urn in log.resources:
        return
    type_ = urn.split("::")[2].rpartition("$")[2]
    log.resources[urn] = {
        "urn": urn, "type": type_, "custom": type_ != STACK_TYPE, "id": "", "inputs": {}, "outputs": {},
        "parent": "", "provider": "", "protect": False, "dependencies": [], "propertyDependencies": {},
    }  # fmt: skip


def _graph(log: _Log, path: Path) -> Graph:
    if not log.resources:
        raise UserError(f"{path} names no resource: the stack it is about cannot be told.")
    stack, project = next(iter(log.resources)).split("::")[:2]
    return Graph(
        project=project,
        stack=stack.removeprefix("urn:pulumi:"),
        preview=bool((log.summary or {}).get("isPreview")),
        resources=list(log.resources.values()),
    )


def _rules(events: Iterable[Mapping[str, Any]], base: Result | None) -> tuple[Rule, ...]:
    """The pack's rules, at the level that the engine applied where it says so."""
    rules = {rule.id: rule for rule in base.rules} if base else {}
    for event in events:
        id_ = str(event.get("policyName", ""))
        written = str(event.get("enforcementLevel", ""))
        level = _LEVELS.get(written, written)
        severity = str(event.get("severity") or "unspecified")
        if level not in _KNOWN_LEVELS:
            raise UserError(f"the policy event of {id_} has the unknown level {written!r}.")
        known = rules.get(id_) or Rule(
            id=id_,
            title=_message(event).partition("\n")[0],
            severity=severity if severity in _SEVERITIES else "unspecified",
            level=level,
            scope="stack",
        )
        rules[id_] = replace(known, level=level)
    return tuple(rules.values())


def _diagnostic(event: Mapping[str, Any]) -> SimpleNamespace:
    message = _message(event)
    description, line_break, _ = message.partition("\n")
    return SimpleNamespace(
        policyName=str(event.get("policyName", "")),
        description=description if line_break else "",
        message=message,
    )


def _message(event: Mapping[str, Any]) -> str:
    return _COLOUR.sub("", str(event.get("message", ""))).strip()
