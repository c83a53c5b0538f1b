"""Levels and thresholds per environment, in the shape of Pulumi's policy-pack configuration.

`python -m endpoint_guard.levels FILE...` says in one sentence each what is wrong with such files.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from endpoint_guard.rule import Rule, Setting, Value

FOLDER = Path("levels")
LEVELS = ("advisory", "mandatory", "remediate", "disabled")
LEDGER = "exemption-ledger"
META: dict[str, Mapping[str, Setting]] = {
    "not-evaluated": {"levels": Setting("", "which file in levels/ holds the thresholds in force")},
    "exempted": {"levels": Setting("", "which file in levels/ holds the thresholds in force")},
    LEDGER: {"levels": Setting("", "which file in levels/ holds the thresholds in force")},
    "levels": {},
}
"""The pack's own policies beyond the rules, with their settings."""


def load(name: str) -> dict[str, Any]:
    """The levels of an environment by name; {} for "" or a name without a file."""
    file = FOLDER / f"{name}.json"
    if not name or Path(name).name != name or not file.is_file():
        return {}
    content = json.loads(file.read_text("utf-8"))
    return content if isinstance(content, dict) else {}


def of(rule: Rule, levels: Mapping[str, Any]) -> tuple[bool, dict[str, Value]]:
    """Whether the rule is in force under these levels, and the thresholds that differ from the defaults."""
    entry = levels.get(rule.id, levels.get("all", "mandatory"))
    if isinstance(entry, Mapping):
        level = entry.get("enforcementLevel", "mandatory")
        return level != "disabled", {k: v for k, v in entry.items() if k in rule.settings}
    return entry != "disabled", {}


def problems(name: str, content: Any, rules: Mapping[str, Rule]) -> list[str]:
    """One sentence per mistake: an unknown rule, level or setting, a value of the wrong type or out of range."""
    if not isinstance(content, dict):
        return [f"{name} must hold one JSON object of rule ids."]
    return [text for key, entry in content.items() for text in _entry(name, key, entry, rules)]


def _entry(name: str, key: str, entry: Any, rules: Mapping[str, Rule]) -> list[str]:
    if key != "all" and key not in rules and key not in META:
        return [f"{name} names {key}, which is no rule of this pack; see docs/controls.md for the ids."]
    if not isinstance(entry, dict):
        return _level(name, key, entry)
    found = _level(name, key, entry["enforcementLevel"]) if "enforcementLevel" in entry else []
    settings = META.get(key) if key in META else rules[key].settings if key in rules else {}
    values = {k: v for k, v in entry.items() if k != "enforcementLevel"}
    return found + wrong_settings(f"{name}, {key}", values, settings or {})


def _level(name: str, key: str, level: Any) -> list[str]:
    return [] if level in LEVELS else [f"{name} gives {key} a level that is none of {', '.join(LEVELS)}."]


def wrong_settings(place: str, values: Mapping[str, Any], settings: Mapping[str, Setting]) -> list[str]:
    """One sentence per unknown setting or nonsense value."""
    found: list[str] = []
    for key, value in values.items():
        if key not in settings:
            known = ", ".join(settings) or "none"
            found.append(f"{place}: {key} is no setting of this rule; it has {known}.")
        elif problem := settings[key].problem(value):
            found.append(f"{place}: {key} {problem}.")
    return found


def pack_problems(rules: Mapping[str, Rule]) -> list[str]:
    """The mistakes in the pack's own level files."""
    return [text for file in sorted(FOLDER.glob("*.json")) for text in file_problems(file, rules)]


def file_problems(file: Path, rules: Mapping[str, Rule]) -> list[str]:
    """The mistakes in one file, one sentence each; also when it cannot be read."""
    try:
        content = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return [f"{file.name} cannot be read as JSON; it must hold one object of rule ids."]
    return problems(file.name, content, rules)


def main(arguments: list[str]) -> int:
    """Prints the mistakes of the named files to stderr; 1 when there is any."""
    from endpoint_guard.discovery import rules

    found = [text for name in arguments for text in file_problems(Path(name), rules())]
    for text in found:
        sys.stderr.write(text + "\n")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
