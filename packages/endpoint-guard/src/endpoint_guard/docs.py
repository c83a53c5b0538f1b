"""Writes what follows from the rule records: `python -m endpoint_guard.docs ROOT` in a checkout of the project.

The page of all rules, the frozen list of ids, and the changelog's line of new ids. It says what is left to do.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

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
    yield "Generated from the rule records by `make docs`; do not edit."
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
    if rule.fixes:
        paths = ", ".join(f"`{fix.path}`" for fix in rule.fixes)
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


PAGE, IDS, CHANGELOG = (
    "docs/controls.md",
    "tests/endpoint_guard/rule_ids.txt",
    "packages/endpoint-guard/CHANGELOG.md",
)
_NEW: Final = "New rules: "


def write(root: Path) -> str:
    """Brings the three files below `root` up to date and says what is left to do by hand."""
    ids = sorted({*rules(), *(meta.id for meta in METAS)})
    frozen = set((root / IDS).read_text("utf-8").split())
    _replace(root / PAGE, page())
    _replace(root / IDS, "\n".join(ids) + "\n")
    changelog = (root / CHANGELOG).read_text("utf-8")
    unnamed = [id for id in ids if f"`{id}`" not in changelog]
    if unnamed:
        _replace(root / CHANGELOG, _with_new(changelog, unnamed))
    return "\n".join(_left_to_do(sorted(set(ids) - frozen), sorted(frozen - set(ids))))


def _with_new(changelog: str, ids: list[str]) -> str:
    """The changelog with the ids on the first line of new rules, which is that of the coming version."""
    head, mark, rest = changelog.partition(_NEW)
    line, _, rest = rest.partition("\n")
    known = [name for name in line.strip(".").split(", ") if name]
    names = ", ".join(sorted({*known, *(f"`{id}`" for id in ids)}))
    return f"{head}{mark}{names}.\n{rest}"


def _left_to_do(added: list[str], gone: list[str]) -> Iterator[str]:
    yield f"Wrote {PAGE}, {IDS} and {CHANGELOG}."
    for id in added:
        yield f"{id} is new. Plant its fault: a mutant in tests/endpoint_guard/mutants/, then `make mutants`."
    for id in gone:
        yield f"{id} is gone, which breaks who configures it: say so in the changelog, and raise the version."


def _replace(file: Path, text: str) -> None:
    aside = file.with_name(f".{file.name}")
    aside.write_text(text, "utf-8")
    aside.replace(file)


if __name__ == "__main__":
    sys.stdout.write(write(Path(sys.argv[1] if sys.argv[1:] else ".")) + "\n")
