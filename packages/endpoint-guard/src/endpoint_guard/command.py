"""The command line: `endpoint-guard list`, `explain`, `check-levels`, `check-exemptions`, `init`.

Exit codes: 0 good, 1 a file has mistakes, 2 the command could not do what it was asked for.
"""

from __future__ import annotations

import argparse
import difflib
import os
import shutil
import sys
import tempfile
import textwrap
from collections.abc import Sequence
from pathlib import Path

from endpoint_guard import catalogue, ledger_file, levels, profiles, starter
from endpoint_guard.rule import Rule

_WIDTH = 100


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    parser = argparse.ArgumentParser(prog="endpoint-guard", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    profile = {"default": profiles.DEFAULT, "choices": list(profiles.PROFILES), "help": "default: aws"}

    command = commands.add_parser("list", help="the rules of a profile, one a line")
    command.add_argument("--profile", **profile)  # type: ignore[arg-type]
    command.set_defaults(run=lambda given: _list(given.profile))

    command = commands.add_parser("explain", help="what a rule asks for, why, and how to fix it")
    command.add_argument("rule", metavar="RULE")
    command.set_defaults(run=lambda given: _explain(given.rule))

    command = commands.add_parser("check-levels", help="what is wrong with files of levels, one line each")
    command.add_argument("files", metavar="FILE", nargs="+", type=Path)
    command.set_defaults(run=lambda given: _check_levels(given.files))

    command = commands.add_parser("check-exemptions", help="what is wrong with files of exemptions")
    command.add_argument("files", metavar="FILE", nargs="+", type=Path)
    command.set_defaults(run=lambda given: _check_exemptions(given.files))

    command = commands.add_parser("init", help="write the folder of a policy pack of your own")
    command.add_argument("folder", metavar="FOLDER", type=Path)
    command.add_argument("--profile", **profile)  # type: ignore[arg-type]
    command.set_defaults(run=lambda given: _init(given.folder, given.profile))

    given = parser.parse_args(arguments)
    try:
        code: int = given.run(given)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads has seen enough, as in `endpoint-guard list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the exit would flush once more
        return 2
    return code


def _list(profile: str) -> int:
    rules = profiles.rules_of(profile)
    wide = max(map(len, rules))
    for rule in rules.values():
        print(f"{rule.id:<{wide}}  {rule.severity:<8}  {rule.level:<9}  {rule.title}")  # noqa: T201
    return 0


def _explain(name: str) -> int:
    rule = profiles.every().get(name)
    if rule is None:
        near = difflib.get_close_matches(name, profiles.every(), 1)
        hint = f"did you mean {near[0]}?" if near else "`endpoint-guard list` shows all ids."
        return _refused(f"{name} is not a rule of this pack; {hint}")
    print("\n".join(_about(rule)))  # noqa: T201
    return 0


def _about(rule: Rule) -> list[str]:
    within = [name for name in profiles.PROFILES if rule.id in profiles.rules_of(name)]
    lines = [
        f"{rule.id}: {rule.title}.",
        f"Severity {rule.severity}; by default {rule.level}; pillar {rule.pillar}; profiles: {', '.join(within)}",
        "",
        *textwrap.wrap(f"Why: {rule.why}", _WIDTH),
        *textwrap.wrap(f"Remedy: {rule.remedy}", _WIDTH),
        "",
        *textwrap.wrap(f"Judges: {', '.join(rule.applies_to)}", _WIDTH, break_on_hyphens=False),
    ]
    for key, setting in rule.settings.items():
        lines.append(f"Setting {key}: {setting.about} (default {setting.default})")
    lines.append(f"Controls: {', '.join(rule.references)}")
    for key, title in catalogue.NAMES.items():
        if found := catalogue.ids(rule.references, key):
            lines.append(f"{title}: {', '.join(found)}")
    return lines


def _check_levels(files: list[Path]) -> int:
    return _mistakes(
        [(file, text) for file in files for text in levels.read(file, profiles.every()).problems]
    )


def _check_exemptions(files: list[Path]) -> int:
    found: list[tuple[Path, str]] = []
    for file in files:
        ledger = ledger_file.read(file)
        found += [(file, text) for text in ledger.problems]
        found += [
            (file, f"{file.name}, line {entry.line}: {entry.rule} is not a rule of this pack.")
            for entry in ledger.entries
            if entry.rule not in profiles.every()
        ]
    return _mistakes(found)


def _mistakes(found: list[tuple[Path, str]]) -> int:
    """Each begins with the file as it was named: several may have the same last part."""
    for file, text in found:
        sys.stderr.write(f"{file}{text.removeprefix(file.name)}\n")
    return 1 if found else 0


def _init(folder: Path, profile: str) -> int:
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            return _refused(f"{folder} is there already and is not an empty folder; name another one.")
        folder.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        starter.write(aside, profile)
        aside.chmod(0o777 & ~_umask())
        aside.replace(folder)
    except OSError as error:
        return _refused(f"{folder} cannot be written: {_why(folder, error)}; name another place.")
    finally:
        if "aside" in locals():
            shutil.rmtree(aside, ignore_errors=True)
    print(starter.next_steps(folder))  # noqa: T201
    return 0


def _why(folder: Path, error: OSError) -> str:
    below = next((part for part in folder.parents if part.exists() and not part.is_dir()), None)
    return f"{below} is a file, not a folder" if below else error.strerror or "the system refuses it"


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _refused(text: str) -> int:
    sys.stderr.write(f"error: {text}\n")
    return 2


if __name__ == "__main__":
    raise SystemExit(main())
