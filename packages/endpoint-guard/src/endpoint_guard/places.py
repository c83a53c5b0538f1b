"""Where each key of a JSON text is, and which keys are there twice."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Final

Path = tuple[str, ...]
_TOKEN: Final = re.compile(r'"(?:\\.|[^"\\])*"|[{}\[\],:]')


@dataclass(frozen=True)
class Places:
    """Line numbers from 1: `lines` of the first occurrence of each key, `twice` of each repeated one."""

    lines: dict[Path, int] = field(default_factory=dict)
    twice: list[tuple[Path, int]] = field(default_factory=list)


def places(text: str) -> Places:
    """The places of all keys of objects in objects in `text`, which must be valid JSON; lists are passed over."""
    found = Places()
    path: list[str] = []  # one step for every open object or list: the key that is read in it, "" in a list
    key = ""
    opened: list[str] = []
    for token in _TOKEN.finditer(text):
        sign = token.group()
        if sign in "{[":
            opened.append(sign)
            path.append("")
        elif sign in "}]":
            opened.pop()
            path.pop()
        elif sign == ":":
            path[-1] = key
            _note(found, tuple(path), text.count("\n", 0, token.start()) + 1, opened)
        elif sign == ",":
            path[-1] = ""
        else:
            key = json.loads(sign, strict=False)
    return found


def _note(found: Places, path: Path, line: int, opened: list[str]) -> None:
    if "[" in opened:
        return
    if path in found.lines:
        found.twice.append((path, line))
    else:
        found.lines[path] = line
