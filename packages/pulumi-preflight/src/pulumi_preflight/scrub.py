"""The last line of defence against a secret in a report, not the first: texts are searched for a graph's secrets."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pulumi_preflight.graph import HIDDEN, UNKNOWN, Graph, secrets

_SHORTEST = 4
_WORD = re.compile(r"[A-Za-z0-9]")
_PLAIN_KEYS = re.compile(r"[A-Za-z][a-z]*(?:[A-Z][a-z]+)*")
"""A name as the provider's properties have them (allowedValues): no secret, and needed to read a finding."""

Scrub = Callable[[str], str]


def scrubber(*graphs: Graph) -> Scrub:
    """A function that blanks out every secret text, number and key of the graphs."""
    found: set[str] = set()
    for graph in graphs:
        found |= {graph.config[key] for key in graph.secret_keys if key in graph.config}
        for secret in secrets([*graph.resources, graph.exports]):
            found.update(_texts(secret))
    return scrub(found)


def scrub(hidden: Iterable[str]) -> Scrub:
    """A function that blanks out these texts; short ones and numbers where they stand alone as a word."""
    spellings = {
        spelling for secret in hidden for spelling in (secret, " ".join(secret.split()), _cleaned(secret))
    }
    long = sorted(
        (text for text in spellings if len(text) >= _SHORTEST and text != UNKNOWN), key=len, reverse=True
    )
    short = sorted(
        (text for text in spellings if 0 < len(text) < _SHORTEST and _WORD.search(text)),
        key=len,
        reverse=True,
    )
    plain = [text for text in long if not text.isdecimal()]
    alone = [text for text in long if text.isdecimal()] + short
    words = re.compile(rf"(?<![\w.-])(?:{'|'.join(map(re.escape, alone))})(?![\w-])") if alone else None
    if not plain and not words:
        return str  # most states have no secret

    def clean(text: str) -> str:
        for secret in plain:
            text = text.replace(secret, HIDDEN)
        return words.sub(HIDDEN, text) if words else text

    return clean


def _texts(value: Any) -> Iterable[str]:
    """Every text and number in a secret value, and the keys that whoever wrote it made up, those of a document too."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            yield item
            yield from _document_keys(item)
        elif isinstance(item, bool) or item is None:
            continue
        elif isinstance(item, int | float):
            yield str(item)
        elif isinstance(item, Mapping):
            stack += item.values()
            yield from _made_up_keys(item)
        elif isinstance(item, list):
            stack += item


def _made_up_keys(mapping: Mapping[str, Any]) -> Iterable[str]:
    return (key for key in mapping if len(key) >= _SHORTEST and not _PLAIN_KEYS.fullmatch(key))


def _document_keys(text: str) -> Iterable[str]:
    """Such keys, at any depth, of the JSON document that a text may be: a rule that reads it names them."""
    try:
        stack = [json.loads(text)] if text.lstrip().startswith(("{", "[")) else []
    except (ValueError, RecursionError):
        return
    while stack:
        item = stack.pop()
        if isinstance(item, Mapping):
            stack += item.values()
            yield from _made_up_keys(item)
        elif isinstance(item, list):
            stack += item


def _cleaned(text: str) -> str:
    """As a finding shows it: a control character is a blank."""
    return re.sub("[\x00-\x1f\x7f-\x9f]", " ", text)
