"""Reads JSON that others wrote: whatever is wrong with it is one sentence with the place."""

from __future__ import annotations

import codecs
import json
import math
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NoReturn

from pulumi_preflight import files
from pulumi_preflight.errors import UserError

MAX_DEPTH = 64
"""Levels of nesting; the messages to a policy pack hold no more than about a hundred."""
_MAX_DIGITS = 300
_ESCAPED_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)


def read(path: Path, what: str, remedy: str = "", *, unique: bool = False) -> Any:
    """The document in `path`, which a message calls `what`. With `unique` no key may come twice.

    Raises UserError in one sentence for a file that is missing, is not UTF-8, is not JSON, is nested more than
    MAX_DEPTH deep, or holds what the engine's messages cannot: a number beyond a float, half a character.
    """
    hint = f": {remedy}" if remedy else "."
    try:
        data = files.read_bytes(path)
    except FileNotFoundError:
        raise UserError(f"{what} {path} does not exist{hint}") from None
    except OSError as error:
        raise UserError(f"{what} {path} cannot be read: {error.strerror}.") from None
    if data.startswith(_MARKS):
        raise UserError(f"{what} {path} is not in UTF-8: save it in that encoding.")
    return parse(data, f"{what} {path}", remedy, unique=unique)


def parse(data: bytes, place: str, remedy: str = "", *, unique: bool = False) -> Any:
    """The document in UTF-8 text. Raises UserError, which names `place`."""
    hint = f": {remedy}" if remedy else "."
    try:
        text = data.decode("utf-8-sig")
        pairs = _unique if unique else None
        document = json.loads(
            text,
            parse_constant=_not_a_number,
            parse_int=_integer,
            parse_float=_float,
            object_pairs_hook=pairs,
        )
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UserError(f"{place} cannot be read as JSON: line {line} is not in UTF-8.") from None
    except json.JSONDecodeError as error:
        raise UserError(f"{place} cannot be read as JSON: line {error.lineno} is broken{hint}") from None
    except RecursionError:
        raise UserError(f"{place} is nested too deeply to be read{hint}") from None
    except ValueError as error:
        raise UserError(f"{place} cannot be read as JSON: {error}.") from None
    _bounded(document, data, place)
    return document


def _not_a_number(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a JSON number")


def _integer(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise ValueError(f"a number in it has {len(digits)} digits")
    return int(digits)


def _float(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise ValueError("a number in it is beyond every float")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the key {next(name for name in names if names.count(name) > 1)} comes twice")
    return found


def _bounded(document: Any, data: bytes, place: str) -> None:
    level = [document]
    for _ in range(MAX_DEPTH):
        level = [item for value in level for item in _members(value) if type(item) in (dict, list)]
        if not level:
            break
    else:
        raise UserError(f"{place} is nested more than {MAX_DEPTH} levels deep.")
    # UTF-8 has no surrogates: only an escape can make one.
    if _ESCAPED_SURROGATE.search(data) and any(map(_SURROGATE.search, _texts(document))):
        raise UserError(f"{place} holds half a character (a lone surrogate): no text can hold that.")


def _members(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _texts(document: Any) -> Iterator[str]:
    stack = [document]
    while stack:
        value = stack.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            yield from value
        stack += _members(value)
