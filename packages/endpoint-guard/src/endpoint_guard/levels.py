"""Levels and thresholds, in the shape of Pulumi's policy-pack configuration, and what is wrong with such a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from endpoint_guard import files
from endpoint_guard.places import Places, places
from endpoint_guard.rule import Rule, Setting

LEVELS: Final = ("advisory", "mandatory", "remediate", "disabled")
LEDGER: Final = "exemption-ledger"
_IGNORED: Final = {
    "levels": Setting("", "not needed any more and ignored: the configuration in force is used")
}
META: Final[Mapping[str, Mapping[str, Setting]]] = {
    "not-evaluated": _IGNORED,
    "exempted": _IGNORED,
    LEDGER: _IGNORED,
    "levels": {},
    "unread-types": {},
}
"""The pack's own policies beyond the rules, with their settings."""


@dataclass(frozen=True)
class Levels:
    """Levels and thresholds as somebody gave them: usable `content`, and one sentence per mistake."""

    content: Mapping[str, Any] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    name: str = ""


def read(file: Path, rules: Mapping[str, Rule]) -> Levels:
    """The levels in a file. What cannot be used is left out and named, with file and line."""
    try:
        text = files.read_text(file)
        content = json.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        return Levels({}, (_unreadable(file, error),), file.name)
    return given(content, rules, file.name, places(text))


def _unreadable(file: Path, error: Exception) -> str:
    must = "it must hold one JSON object of rule ids"
    if isinstance(error, json.JSONDecodeError):
        return f"{file.name}, line {error.lineno}: this is not JSON ({error.msg}); {must}."
    if isinstance(error, UnicodeDecodeError):
        line = error.object[: error.start].count(b"\n") + 1
        return f"{file.name}, line {line}: this is not UTF-8 text; {must}."
    if isinstance(error, RecursionError):
        return f"{file.name} is nested too deeply; {must}."
    why = getattr(error, "strerror", None) or "it is not a number that fits"
    return f"{file.name} cannot be read ({why}); {must}."


def given(
    content: Any, rules: Mapping[str, Rule], name: str = "levels", where: Places | None = None
) -> Levels:
    """The levels in a parsed document: the entries without a mistake, and one sentence per mistake."""
    where = where or Places()
    if not isinstance(content, dict):
        return Levels({}, (f"{name} must hold one JSON object of rule ids.",), name)
    found = [_twice(name, path, line) for path, line in where.twice]
    kept: dict[str, Any] = {}
    for key, entry in content.items():
        place = f"{name}, line {where.lines[key,]}" if (key,) in where.lines else name
        wrong = _entry(place, key, entry, rules)
        found += wrong
        if not wrong:
            kept[key] = entry
    repeated = {path[0] for path, _ in where.twice}
    return Levels({k: v for k, v in kept.items() if k not in repeated}, tuple(found), name)


def _twice(name: str, path: tuple[str, ...], line: int) -> str:
    return f"{name}, line {line}: {'.'.join(path)} stands here for the second time; keep one."


def _entry(place: str, key: str, entry: Any, rules: Mapping[str, Rule]) -> list[str]:
    if key != "all" and key not in rules and key not in META:
        return [f"{place}: {key} is not a rule of this pack; `endpoint-guard list` shows the ids."]
    if not isinstance(entry, dict):
        return _level(place, key, entry)
    found = _level(place, key, entry["enforcementLevel"]) if "enforcementLevel" in entry else []
    settings = META.get(key) if key in META else rules[key].settings if key in rules else {}
    values = {k: v for k, v in entry.items() if k != "enforcementLevel"}
    return found + wrong_settings(f"{place}, {key}", values, settings or {})


def _level(place: str, key: str, level: Any) -> list[str]:
    if isinstance(level, str) and level in LEVELS:
        return []
    return [f"{place}: {key} has a level that is none of {', '.join(LEVELS)}."]


def wrong_settings(place: str, values: Mapping[str, Any], settings: Mapping[str, Setting]) -> list[str]:
    """One sentence per unknown setting or nonsense value."""
    found: list[str] = []
    for key, value in values.items():
        if key not in settings:
            known = ", ".join(settings) or "none"
            found.append(f"{place}: {key} is not a setting of this rule; it has {known}.")
        elif problem := settings[key].problem(value):
            found.append(f"{place}: {key} {problem}.")
    return found


def in_folder(folder: Path, rules: Mapping[str, Rule]) -> list[str]:
    """The mistakes in all level files of a folder, one sentence each."""
    return [text for file in sorted(folder.glob("*.json")) for text in read(file, rules).problems]
