"""What AWS WAF may look at in a request, and the text transformations it applies before it looks."""

from __future__ import annotations

import base64
import binascii
import hashlib
import html
import json
import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

from localaws.errors import ServerError

Extract = Callable[["Sighting"], Sequence[str]]
"""The texts of one part of a request. Bytes stand as Latin-1 characters."""


HEADER_LIMIT_BYTES, HEADER_LIMIT = 8192, 200
"""What AWS WAF gets to see of a request's headers, and of its cookies."""


class Unfit(Exception):
    """A part is larger than what is inspected, or not what it should be; `matches` is what is declared for that."""

    def __init__(self, matches: bool) -> None:
        self.matches = matches


@dataclass
class Sighting:
    """A request as the firewall sees it. `body_size` counts all bytes, `body` holds those within the limit."""

    method: str
    path: str
    query: str
    headers: Sequence[tuple[str, str]]
    body: str
    body_size: int
    address: str
    labels: list[str] = field(default_factory=list)
    cache: dict[str, Sequence[str]] = field(default_factory=dict, repr=False)

    @property
    def oversize(self) -> bool:
        """More bytes than are inspected."""
        return self.body_size > len(self.body)

    def header(self, name: str) -> str | None:
        """A header's values joined by commas, or None."""
        values = [value for key, value in self.headers if key == name]
        return ",".join(values) if values else None

    @property
    def arguments(self) -> list[tuple[str, str]]:
        """The query's arguments, not decoded."""
        pairs = (part.partition("=") for part in self.query.split("&") if part)
        return [(name, value) for name, _, value in pairs]

    @property
    def cookies(self) -> list[tuple[str, str]]:
        """The cookies' names and values."""
        parts = (part.strip().partition("=") for part in (self.header("cookie") or "").split(";"))
        return [(name, value) for name, _, value in parts if name]


def _squeeze(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("\xa0", " "))


def _command_line(text: str) -> str:
    text = re.sub(r"[\\\"'^]", "", text)
    text = re.sub(r"\s+(?=[/(])", "", re.sub(r"[,;\s]+", " ", text))
    return text.lower()


def _base64(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode("latin-1")
    except (binascii.Error, ValueError):
        return text


def _hex(text: str) -> str:
    try:
        return bytes.fromhex(text).decode("latin-1")
    except ValueError:
        return text


def _escapes(text: str) -> str:
    """JSON's, JavaScript's and C's character escapes."""
    if "\\" not in text:
        return text
    text = re.sub(r"\\[ux]([0-9a-fA-F]{4}|[0-9a-fA-F]{2})", lambda m: chr(int(m[1], 16)), text)
    simple = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
    return re.sub(r"\\(.)", lambda m: simple.get(m[1], m[1]), text)


def _url(text: str) -> str:
    return unquote(text.replace("+", " "), "latin-1") if "%" in text or "+" in text else text


def _url_unicode(text: str) -> str:
    return (
        _url(re.sub(r"%u([0-9a-fA-F]{4})", lambda m: chr(int(m[1], 16)), text)) if "%" in text else _url(text)
    )


def _path(text: str) -> str:
    return posixpath.normpath(text) if text else text


TRANSFORMATIONS: Mapping[str, Callable[[str], str]] = {
    "NONE": lambda text: text,
    "LOWERCASE": str.lower,
    "URL_DECODE": _url,
    "URL_DECODE_UNI": _url_unicode,
    "HTML_ENTITY_DECODE": html.unescape,
    "COMPRESS_WHITE_SPACE": _squeeze,
    "CMD_LINE": _command_line,
    "BASE64_DECODE": _base64,
    "BASE64_DECODE_EXT": lambda text: _base64(re.sub(r"[^A-Za-z0-9+/=]", "", text)),
    "HEX_DECODE": _hex,
    "MD5": lambda text: hashlib.md5(text.encode("latin-1", "replace"), usedforsecurity=False).hexdigest(),
    "REPLACE_COMMENTS": lambda text: re.sub(r"/\*.*?(\*/|$)", " ", text, flags=re.S),
    "ESCAPE_SEQ_DECODE": _escapes,
    "JS_DECODE": _escapes,
    "NORMALIZE_PATH": _path,
    "NORMALIZE_PATH_WIN": lambda text: _path(text.replace("\\", "/")),
    "REMOVE_NULLS": lambda text: text.replace("\0", ""),
    "REPLACE_NULLS": lambda text: text.replace("\0", " "),
}


def reader(field_to_match: Mapping[str, Any], transformations: Sequence[Mapping[str, Any]]) -> Extract:
    """A function that reads a declared `fieldToMatch` and transforms it; a request remembers what was read.

    Raises ServerError for a field or a transformation that is not imitated.
    """
    kind, options = next(iter(field_to_match.items()), ("", {}))
    if kind not in _FIELDS:
        raise ServerError(f"The firewall's field {kind or '(none)'} is not imitated: leave out its rule.")
    names = [item["type"] for item in sorted(transformations, key=lambda item: int(item["priority"]))]
    for name in names:
        if name not in TRANSFORMATIONS:
            raise ServerError(f"The firewall's transformation {name} is not imitated: leave out its rule.")
    steps = tuple(name for name in names if name != "NONE")
    options = _single(options or {})
    extract = _FIELDS[kind](options)
    return _remembered(extract, f"{kind} {json.dumps(options, sort_keys=True)}", steps)


def _remembered(extract: Extract, source: str, steps: Sequence[str]) -> Extract:
    """Reads once for a request; transformations are shared by their beginnings, as rules of a group often are."""
    key = " ".join([source, *steps])
    if not steps:
        before, last = extract, None
    else:
        before, last = _remembered(extract, source, steps[:-1]), TRANSFORMATIONS[steps[-1]]

    def read(sighting: Sighting) -> Sequence[str]:
        found = sighting.cache.get(key)
        if found is None:
            texts = before(sighting)
            found = tuple(texts) if last is None else tuple(last(text) for text in texts)
            sighting.cache[key] = found
        return found

    return read


def _body(options: Mapping[str, Any]) -> Extract:
    handling = options.get("oversizeHandling") or "CONTINUE"

    def extract(sighting: Sighting) -> Sequence[str]:
        if sighting.oversize and handling != "CONTINUE":
            raise Unfit(handling == "MATCH")
        return (sighting.body,)

    return extract


def _json_body(options: Mapping[str, Any]) -> Extract:
    scope, whole = options.get("matchScope") or "ALL", _body(options)
    fallback = options.get("invalidFallbackBehavior") or "EVALUATE_AS_STRING"

    def extract(sighting: Sighting) -> Sequence[str]:
        (text,) = whole(sighting)
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            if fallback == "EVALUATE_AS_STRING":
                return (text,)
            raise Unfit(fallback == "MATCH") from None
        return list(_json_texts(document, scope))

    return extract


def _json_texts(document: Any, scope: str) -> list[str]:
    found: list[str] = []
    waiting = [document]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            found += item.keys() if scope != "VALUE" else ()
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item
        elif scope != "KEY":
            found.append(item if isinstance(item, str) else json.dumps(item))
    return found


def _pairs(source: Callable[[Sighting], Sequence[tuple[str, str]]]) -> Callable[[Mapping[str, Any]], Extract]:
    """Headers or cookies by `matchPattern` and `matchScope`."""

    def build(options: Mapping[str, Any]) -> Extract:
        scope = options.get("matchScope") or "ALL"
        pattern = _single(options.get("matchPattern") or options.get("matchPatterns") or {"all": {}})
        included = {
            name.lower() for key, names in pattern.items() if key.startswith("included") for name in names
        }
        excluded = {
            name.lower() for key, names in pattern.items() if key.startswith("excluded") for name in names
        }

        handling = options.get("oversizeHandling") or "CONTINUE"

        def extract(sighting: Sighting) -> Sequence[str]:
            texts: list[str] = []
            seen, whole = _seen(source(sighting))
            if not whole and handling != "CONTINUE":
                raise Unfit(handling == "MATCH")
            for name, value in seen:
                if name.lower() in excluded or (included and name.lower() not in included):
                    continue
                texts += [name] * (scope != "VALUE") + [value] * (scope != "KEY")
            return texts

        return extract

    return build


def _seen(pairs: Sequence[tuple[str, str]]) -> tuple[list[tuple[str, str]], bool]:
    """The pairs within the limits, the last of them perhaps cut short, and whether these are all."""
    seen: list[tuple[str, str]] = []
    left = HEADER_LIMIT_BYTES
    for name, value in pairs:
        if left <= 0 or len(seen) == HEADER_LIMIT:
            return seen, False
        kept = (name + value)[:left]
        seen.append((name, kept[len(name) :]))
        left -= len(name) + len(value)
    return seen, left >= 0


def _single(value: Any) -> Mapping[str, Any]:
    """Providers write some single blocks as lists of one."""
    found: Mapping[str, Any] = (value[0] if value else {}) if isinstance(value, list) else value
    return found


def _header(options: Mapping[str, Any]) -> Extract:
    name = str(options["name"]).lower()

    def extract(sighting: Sighting) -> Sequence[str]:
        value = sighting.header(name)
        return () if value is None else (value,)

    return extract


def _argument(options: Mapping[str, Any]) -> Extract:
    name = str(options["name"]).lower()
    return lambda s: [
        value for key, value in parse_qsl(s.query, keep_blank_values=True) if key.lower() == name
    ]


_FIELDS: Mapping[str, Callable[[Mapping[str, Any]], Extract]] = {
    "method": lambda _: lambda s: (s.method,),
    "uriPath": lambda _: lambda s: (s.path,),
    "queryString": lambda _: lambda s: (s.query,),
    "allQueryArguments": lambda _: lambda s: [text for pair in s.arguments for text in pair],
    "singleQueryArgument": _argument,
    "singleHeader": _header,
    "headers": _pairs(lambda s: s.headers),
    "cookies": _pairs(lambda s: s.cookies),
    "body": _body,
    "jsonBody": _json_body,
}
