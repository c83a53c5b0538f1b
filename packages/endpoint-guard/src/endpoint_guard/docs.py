"""Writes the page of all rules from their records: `python -m endpoint_guard.docs > docs/controls.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from endpoint_guard import catalogue
from endpoint_guard.discovery import rules
from endpoint_guard.guard import METAS
from endpoint_guard.rule import Rule

PILLARS = ("auth", "throttling", "encryption", "logging", "network", "integrity", "resilience", "hygiene")


def page() -> str:
    """The Markdown page; the same text for the same records."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    found = list(rules().values())
    yield "# Controls"
    yield ""
    yield "Generated from the rule records by `python -m endpoint_guard.docs`; do not edit."
    yield ""
    core = [key for key, entry in catalogue.controls().items() if entry["tier"] == "core"]
    enforced = {key for rule in found for key in rule.references}
    covered = [key for key in core if key in enforced or "policy" in catalogue.controls()[key]]
    aside = [key for key in core if key in catalogue.not_applicable()]
    yield (
        f"{len(found)} rules answer {len(covered)} of the {len(core)} core controls of the catalogue; "
        f"{len(aside)} do not apply here, each with its reason below."
    )
    yield ""
    yield "| pillar | rules | critical | high | medium | low |"
    yield "|---|---|---|---|---|---|"
    for pillar in PILLARS:
        own = [rule for rule in found if rule.pillar == pillar]
        counts = [
            sum(rule.severity == name for rule in own) for name in ("critical", "high", "medium", "low")
        ]
        yield f"| [{pillar}](#{pillar}) | {len(own)} | " + " | ".join(map(str, counts)) + " |"
    for pillar in PILLARS:
        yield ""
        yield f"## {pillar}"
        for rule in found:
            if rule.pillar == pillar:
                yield from _rule(rule)
    yield from _aside()
    yield from _pack()


def _rule(rule: Rule) -> Iterator[str]:
    yield ""
    yield f"### {rule.id}"
    yield ""
    advisory = ", advisory by default" if rule.level == "advisory" else ""
    yield f"**{rule.title}.** {rule.severity}, {_when(rule)}{advisory}."
    yield ""
    yield f"Why: {rule.why}"
    yield ""
    yield f"Remedy: {rule.remedy}"
    yield ""
    for name, setting in rule.settings.items():
        yield f"- Setting `{name}`: {setting.about} (default {_value(setting.default)})"
    if rule.mends:
        paths = ", ".join(f"`{mend.path}`" for mend in rule.mends)
        yield f"- At the level `remediate`, which no level file of ours uses, sets {paths}"
    yield f"- Controls: {', '.join(rule.references)}"
    for key, title in catalogue.NAMES.items():
        ids = catalogue.ids(rule.references, key)
        if ids:
            yield f"- {title}: {', '.join(ids)}"


def _when(rule: Rule) -> str:
    return (
        "judged before a resource is created" if rule.scope == "resource" else "judged over the whole stack"
    )


def _value(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(f"`{item}`" for item in value) or "none"
    return f"`{value}`" if value != "" else "none"


def _aside() -> Iterator[str]:
    yield ""
    yield "## Not applicable here"
    yield ""
    for key, reason in catalogue.not_applicable().items():
        yield f"- {key}, {catalogue.controls()[key]['title']}: {reason}"


def _pack() -> Iterator[str]:
    yield ""
    yield "## The pack's own policies"
    yield ""
    for meta in METAS:
        yield f"- `{meta.id}` ({meta.level}): {meta.title}"


if __name__ == "__main__":
    sys.stdout.write(page())
