"""A guard, made from a profile and from what a person gave: levels and exemptions, in files or a pack's folder."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from endpoint_guard import levels as level_files
from endpoint_guard import profiles
from endpoint_guard.exemptions import Ledger
from endpoint_guard.guard import Guard
from endpoint_guard.levels import Levels

EXEMPTIONS: Final = "ENDPOINT_GUARD_EXEMPTIONS"
"""An environment variable that names the file of exemptions in place of the pack's own."""


def guard(
    folder: Path | None = None,
    *,
    profile: str = profiles.DEFAULT,
    levels: Path | Mapping[str, Any] | None = None,
    exemptions: Path | None = None,
) -> Guard:
    """The pack without Pulumi around it, from the arguments of `pack`."""
    rules = profiles.rules_of(profile)
    return Guard(
        rules=rules,
        given=_levels(levels),
        ledger=_ledger(folder, exemptions),
        mistakes=tuple(_in_folder(folder)),
    )


def mistakes(made: Guard) -> tuple[str, ...]:
    """What is wrong with the files that a guard was made from, one sentence each."""
    return (*made.given.problems, *made.mistakes, *made.ledger.problems)


def _in_folder(folder: Path | None) -> list[str]:
    return level_files.in_folder(folder / "levels", profiles.every()) if folder else []


def _levels(given: Path | Mapping[str, Any] | None) -> Levels:
    if given is None:
        return Levels()
    if isinstance(given, Path):
        return level_files.read(given, profiles.every())
    return level_files.given(given, profiles.every())


def _ledger(folder: Path | None, file: Path | None) -> Ledger:
    own = folder / "exemptions.yaml" if folder else None
    named = os.environ.get(EXEMPTIONS)
    chosen = Path(named) if named else file or (own if own and own.exists() else None)
    if chosen is None:
        return Ledger()
    from endpoint_guard import ledger_file  # YAML takes a while to import, and the engine waits

    return ledger_file.read(chosen)
