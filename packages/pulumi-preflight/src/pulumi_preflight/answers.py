"""What a program asks of AWS and of other stacks, and the answers that a file gives in their place."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from pulumi_preflight import yamlfile
from pulumi_preflight.errors import UserError
from pulumi_preflight.provider import placeholders
from pulumi_preflight.sources import sources

NAME = "preflight.answers.yaml"
_HEAD = """\
# Answers to what the program asks of AWS (functions) and of other stacks (stacks). The values are placeholders: replace
# those that matter. An answer with `arguments` counts for calls with these arguments only, the most exact one first.
"""
_FILES = 300
_OUTPUT = re.compile(r"""\b(?:(?:get|require)_output(?:_details)?\(|outputs\[)\s*["']([^"'\n]{1,200})["']""")


@dataclass(frozen=True)
class Answer:
    """The result of one provider function, for all calls or for those with these arguments."""

    token: str
    result: Mapping[str, Any]
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def fits(self, token: str, arguments: Mapping[str, Any]) -> bool:
        """Whether it answers this call."""
        return token == self.token and all(
            arguments.get(key) == value for key, value in self.arguments.items()
        )


@dataclass
class Answers:
    """The answers of a file. With `drafting`, what is not in it is answered by placeholders, and kept."""

    functions: Sequence[Answer] = ()
    stacks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    drafting: bool = False
    output_names: Sequence[str] = ()
    asked: list[Answer] = field(default_factory=list)
    asked_stacks: dict[str, dict[str, Any]] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    def function(self, token: str, arguments: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The file's answer to a call, completed by placeholders, or None."""
        fitting = [answer for answer in self.functions if answer.fits(token, arguments)]
        if not fitting:
            return None
        self.used.add(token)
        best = max(fitting, key=lambda answer: len(answer.arguments))
        return {**placeholders.result(token), **_echoed(token, arguments), **best.result}

    def unanswered(self, token: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """A placeholder when drafting. Raises UserError otherwise."""
        if not self.drafting:
            raise UserError(
                f"the program calls the provider function {token}, which only AWS can answer: write its result into "
                f"{NAME} (`graph --write-answers` drafts it)"
            )
        result = {**placeholders.result(token), **_echoed(token, arguments)}
        self.asked.append(Answer(token, result, arguments))
        return result

    def stack(self, name: str) -> Mapping[str, Any]:
        """The outputs of another stack. Raises UserError when there are none."""
        if name in self.stacks:
            self.used.add(name)
            return self.stacks[name]
        if not self.drafting:
            raise UserError(
                f"the program reads the outputs of the stack {name}: write them into {NAME} "
                "(`graph --write-answers` drafts it)"
            )
        self.asked_stacks[name] = {key: placeholders.text(key) for key in self.output_names}
        return self.asked_stacks[name]

    def draft(self) -> str:
        """The file with everything that was asked added, as text."""
        unique = {
            json.dumps([answer.token, answer.arguments], sort_keys=True, default=str): answer
            for answer in self.asked
        }
        functions = [
            {"token": answer.token}
            | ({"arguments": dict(answer.arguments)} if answer.arguments else {})
            | {"result": dict(answer.result)}
            for answer in [*self.functions, *unique.values()]
        ]
        stacks = {name: dict(values) for name, values in {**self.stacks, **self.asked_stacks}.items()}
        return _HEAD + yaml.safe_dump({"functions": functions, "stacks": stacks}, sort_keys=False, width=110)


def _echoed(token: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """Most results repeat their arguments."""
    known = placeholders.result(token)
    return {key: value for key, value in arguments.items() if key in known or not known}


def read(path: Path | None, project: Path, *, drafting: bool = False) -> Answers:
    """The answers in `path`, or in the project's own file if there is one. Raises UserError in one sentence."""
    file = path or project / NAME
    document: Any = {}
    if file.exists() or (path is not None and not drafting):
        document = yamlfile.read(file, f"the answers file {file}") or {}
    if not isinstance(document, dict) or set(document) - {"functions", "stacks"}:
        raise UserError(f"the answers file {file} must have the keys functions and stacks, and no others.")
    functions, stacks = document.get("functions") or [], document.get("stacks") or {}
    if not isinstance(functions, list):
        raise UserError(
            f"{file}: functions must be a list of entries with token, result and optional arguments."
        )
    if not isinstance(stacks, dict) or not all(isinstance(value, dict) for value in stacks.values()):
        raise UserError(f"{file}: stacks must hold the outputs of each stack, by its full name.")
    names = _output_names(project) if drafting else ()
    answers = [_answer(entry, number, file) for number, entry in enumerate(functions, 1)]
    return Answers(answers, stacks, drafting, names)


def _answer(entry: Any, number: int, file: Path) -> Answer:
    good = (
        isinstance(entry, dict)
        and isinstance(entry.get("token"), str)
        and isinstance(entry.get("result"), dict)
    )
    if (
        not good
        or set(entry) - {"token", "arguments", "result"}
        or not isinstance(entry.get("arguments", {}), dict)
    ):
        raise UserError(
            f"{file}: entry {number} of functions must have a token, a result (a mapping) and, if it is for certain "
            "calls only, their arguments."
        )
    return Answer(entry["token"], entry["result"], entry.get("arguments", {}))


def _output_names(project: Path) -> Sequence[str]:
    """The names of other stacks' outputs that the program's own files ask for."""
    names: dict[str, None] = {}
    for file in sources(project, _FILES):
        try:
            names |= dict.fromkeys(_OUTPUT.findall(file.read_text(encoding="utf-8")))
        except (OSError, ValueError):
            continue
    return list(names)
