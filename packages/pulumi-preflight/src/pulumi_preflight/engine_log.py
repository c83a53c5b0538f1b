"""The engine's own account of a run with policies: the event log, one JSON object a line."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

from pulumi_preflight import check, files
from pulumi_preflight.errors import NotJudgedError, UserError
from pulumi_preflight.findings import Evidence, Level, Result, Rule, Severity, merge_findings
from pulumi_preflight.graph import STACK_TYPE, Graph, Resource

# The engine colours its messages with directives such as <{%fg 13%}>.
_COLOUR = re.compile(r"<\{%[^%\n]*%\}>")
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
    """What the lines of a log say, sorted."""

    policy: list[dict[str, Any]] = field(default_factory=list)
    resources: dict[str, Resource] = field(default_factory=dict)
    summary: dict[str, Any] | None = None
    packs: set[str] = field(default_factory=set)
    summed: set[str] = field(default_factory=set)
    stack_analyzed: set[str] = field(default_factory=set)
    errors: int = 0
    versions: dict[str, str] = field(default_factory=dict)


def read(path: Path, known: Known = lambda graph: None) -> tuple[Result, Graph]:
    """The findings in an event log, and the resources it names, without a property of any.

    The log is what `pulumi preview --event-log` or `pulumi policy analyze --json` writes. Rules that did not
    fire, remedies and tags come from `known`; verdict and levels are the engine's own. Raises UserError in one
    sentence for a file that is not an event log, and NotJudgedError for a run that did not end or failed, in which no
    policy pack took part, or in which the pack did not get to its stack policies: none of these is a pass.
    """
    log = _sorted(path)
    warnings = _judged(log, path)
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
        findings=merge_findings(check.reported(diagnostics, graph, rules, form, str)),
        seconds=_seconds(log, path),
        warnings=warnings,
        evidence=Evidence("engine", pack_version=", ".join(sorted(set(log.versions.values())))),
    )
    return result, graph


def _judged(log: _Log, path: Path) -> tuple[str, ...]:
    """Warnings about a run that was judged. Raises NotJudgedError for one that was not.

    The engine writes its summary after a failure as well; what proves that stack policies ran, most of a pack, is the
    summary of a pack's analysis of the stack alone.
    """
    if log.summary is None:
        raise NotJudgedError(f"{path} has no summaryEvent: the run did not end, so nothing was judged.")
    if not log.packs:
        raise NotJudgedError(f"in {path} no policy pack took part: run it with --policy-pack <folder>.")
    if log.summary.get("maybeCorrupt"):
        raise NotJudgedError(
            f"{path}: the engine says that the run may have left a broken state; run it again."
        )
    without = sorted(log.packs - log.stack_analyzed)
    refused = any(_in_force(event) in ("mandatory", "remediate") for event in log.policy)
    if refused:
        return tuple(
            f"The run stopped before {pack} had looked at the stack as a whole: there may be more."
            for pack in without
        )
    if log.errors or log.summary.get("result") == "failed":
        raise NotJudgedError(
            f"{path} is of a run that failed for a reason other than a policy: nothing was judged."
        )
    if without:
        raise NotJudgedError(
            f"in {path} the policy pack {without[0]} did not look at the stack: nothing was judged."
        )
    return ()


def _in_force(event: Mapping[str, Any]) -> Level:
    written = str(event.get("enforcementLevel", ""))
    level = _LEVELS.get(written, written)
    if level not in _KNOWN_LEVELS:
        raise UserError(f"the policy event of {event.get('policyName')} has the unknown level {written!r}.")
    return level


def _seconds(log: _Log, path: Path) -> float:
    try:
        return float((log.summary or {}).get("durationSeconds") or 0)
    except (TypeError, ValueError):
        raise UserError(f"{path}: the duration in its summaryEvent is not a number.") from None


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
            packs = summary.get("PolicyPacks") or summary.get("policyPacks") or {}
            if not isinstance(packs, Mapping):
                raise UserError(f"{path}: the policy packs in its summaryEvent are not an object.")
            log.summed |= {re.split(r"[/\\]", str(pack).rstrip("/\\"))[-1] for pack in packs}
        elif (event.get("diagnosticEvent") or {}).get("severity") == "error":
            log.errors += 1
        for key in ("resourcePreEvent", "resOutputsEvent"):
            step = (event.get(key) or {}).get("metadata")
            if isinstance(step, Mapping):
                _step(log, step)
            elif step is not None:
                raise UserError(f"{path}: the metadata of a {key} is not an object.")
        for key in _ANALYZED:
            if analyzed := event.get(key):
                pack = str(analyzed.get("policyPackName", ""))
                log.packs.add(pack)
                log.versions[pack] = str(analyzed.get("policyPackVersion", ""))
                if key == "policyAnalyzeStackSummaryEvent":
                    log.stack_analyzed.add(pack)
                _note(log, str(analyzed.get("resourceUrn") or ""))
    log.packs = log.packs - {""} or log.summed
    return log


def _events(path: Path) -> Iterable[dict[str, Any]]:
    try:
        lines = files.read_bytes(path).split(b"\n")
    except FileNotFoundError:
        raise UserError(
            f"{path} does not exist: write it with `pulumi preview --event-log <file>`."
        ) from None
    except OSError as error:
        raise UserError(f"the event log {path} cannot be read: {error.strerror}.") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            event = None
        if not isinstance(event, dict) or any(
            not isinstance(value, dict) for key, value in event.items() if key.endswith("Event")
        ):
            raise UserError(f"line {number} of {path} is not an engine event.")
        yield event


def _step(log: _Log, step: Mapping[str, Any]) -> None:
    urn, state = str(step.get("urn", "")), step.get("new") or step.get("old") or {}
    state = state if isinstance(state, Mapping) else {}
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
        raise UserError(f"{path} names no resource, so it is unknown which stack it is about.")
    stack, project = next(iter(log.resources)).split("::")[:2]
    return Graph(
        project=project,
        stack=stack.removeprefix("urn:pulumi:"),
        preview=bool((log.summary or {}).get("isPreview")),
        resources=list(log.resources.values()),
        source="engine",
    )


def _rules(events: Iterable[Mapping[str, Any]], base: Result | None) -> tuple[Rule, ...]:
    """The pack's rules, at the level that the engine applied where it says so."""
    rules = {rule.id: rule for rule in base.rules} if base else {}
    for event in events:
        id_ = str(event.get("policyName", ""))
        level = _in_force(event)
        severity = str(event.get("severity") or "unspecified")
        known = rules.get(id_) or Rule(
            id=id_,
            title=_message(event).partition("\n")[0],
            severity=severity if severity in _SEVERITIES else "unspecified",
            level=level,
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
        level=_in_force(event),
    )


def _message(event: Mapping[str, Any]) -> str:
    return _COLOUR.sub("", str(event.get("message", ""))).strip()
