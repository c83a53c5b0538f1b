"""A file of exemptions: YAML, read strictly, each mistake named with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

import yaml

from endpoint_guard import files
from endpoint_guard.exemptions import Exemption, Ledger

_REQUIRED: Final = ("rule", "resource", "reason", "owner", "until", "ticket")
_LISTS: Final = ("stacks", "projects")
_FIELDS: Final = {*_REQUIRED, *_LISTS, "path"}
_WILDCARDS: Final = re.compile(r"\[!?\]?[^\]]*\]|[*?]")
_LEAST_LETTERS = 3


def read(file: Path) -> Ledger:
    """The exemptions in a YAML file. What cannot be used is left out and named, with file and line."""
    must = "it must hold a YAML list of entries"
    try:
        node = yaml.compose(files.read_text(file), yaml.SafeLoader)
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        return Ledger((), (f"{file.name}, line {line}: this is not UTF-8 text; {must}.",), file.name)
    except OSError as error:
        return Ledger((), (f"{file.name} cannot be read ({error.strerror}); {must}.",), file.name)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        return Ledger(
            (), (f"{file.name}, line {line}: this is not YAML ({error.problem}); {must}.",), file.name
        )
    except (yaml.YAMLError, RecursionError, ValueError):
        return Ledger((), (f"{file.name} cannot be read as YAML; {must}.",), file.name)
    if node is None or (isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"):
        return Ledger(name=file.name)
    if not isinstance(node, yaml.SequenceNode):
        return Ledger((), (f"{file.name}, line {_line(node)}: {must}.",), file.name)
    found: list[Exemption] = []
    wrong: list[str] = []
    for item in node.value:
        try:
            found.append(_exemption(item))
        except _MistakeError as mistake:
            wrong.append(f"{file.name}, line {mistake.line}: {mistake}.")
    return Ledger(tuple(found), tuple(wrong), file.name)


class _MistakeError(Exception):
    """What is wrong with an entry, as a sentence without its full stop, and the line."""

    def __init__(self, node: yaml.Node, text: str) -> None:
        super().__init__(text)
        self.line = _line(node)


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _exemption(node: yaml.Node) -> Exemption:
    fields = _fields(node)
    texts = {name: _text(name, fields[name]) for name in (*_REQUIRED, "path") if name in fields}
    for name in _REQUIRED:
        if not texts.get(name):
            raise _MistakeError(fields.get(name, node), f"{name} is missing")
    reason = " ".join(texts["reason"].split())
    if len(reason) < 10:
        raise _MistakeError(
            fields["reason"], "reason must say in 10 characters or more why the finding is accepted"
        )
    if not _names_something(texts["resource"]):
        raise _MistakeError(
            fields["resource"],
            "resource must name a resource, not everything: "
            f"a pattern needs {_LEAST_LETTERS} letters or digits besides its wildcards",
        )
    lists = {name: tuple(_texts(name, fields[name])) for name in _LISTS if name in fields}
    return Exemption(
        rule=texts["rule"],
        resource=texts["resource"],
        reason=reason,
        owner=texts["owner"],
        until=_date(fields["until"], texts["until"]),
        ticket=texts["ticket"],
        path=texts.get("path") or "*",
        stacks=lists.get("stacks", ()),
        projects=lists.get("projects", ()),
        line=_line(node),
    )


def _fields(node: yaml.Node) -> dict[str, yaml.Node]:
    if not isinstance(node, yaml.MappingNode):
        raise _MistakeError(node, "an entry must have the fields " + ", ".join(_REQUIRED))
    found: dict[str, yaml.Node] = {}
    for key, value in node.value:
        name = key.value if isinstance(key, yaml.ScalarNode) else "a list or map"
        if name not in _FIELDS:
            raise _MistakeError(key, f"{name} is not a field; they are {', '.join(sorted(_FIELDS))}")
        if name in found:
            raise _MistakeError(key, f"{name} stands here for the second time; keep one")
        found[name] = value
    return found


def _text(name: str, node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise _MistakeError(node, f"{name} must be one text")
    return "" if node.tag == "tag:yaml.org,2002:null" else str(node.value).strip()


def _texts(name: str, node: yaml.Node) -> Iterator[str]:
    if not isinstance(node, yaml.SequenceNode) or not node.value:
        one = name.removesuffix("s")
        raise _MistakeError(node, f"{name} must be a list of names, [{one}], or be left out")
    for item in node.value:
        text = _text(name, item)
        if not text:
            raise _MistakeError(item, f"{name} has an empty name")
        yield text


def _date(node: yaml.Node, text: str) -> date:
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return date.fromisoformat(text)
    except ValueError:
        raise _MistakeError(node, f"until must be a day that the calendar has, not {text}") from None
    raise _MistakeError(node, "until must be a date without a time, YYYY-MM-DD")


def _names_something(pattern: str) -> bool:
    letters = re.sub(r"[\W_]", "", _WILDCARDS.sub("", pattern))
    return pattern == _WILDCARDS.sub("", pattern) or len(letters) >= _LEAST_LETTERS
