"""Patterns of attacks in text: an approximation of what AWS WAF's two detectors find.

A pattern runs only over text that holds one of its words: most requests hold none. Each is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_SQL_INJECTION: Sequence[tuple[Sequence[str], str]] = (
    (("union",), r"\bunion\b\s{1,64}(?:all\s{1,64}|distinct\s{1,64})?\(?\s{0,64}select\b"),
    (("select",), r"\bselect\b.{1,80}\bfrom\b\s+[\w`\"'(]"),
    (("insert",), r"\binsert\s+into\b.{1,80}\bvalues\b"),
    (("drop", "truncate", "alter"), r"\b(?:drop|truncate|alter)\s+(?:table|database|schema)\b"),
    (
        ("sleep", "benchmark", "load_file", "extractvalue", "updatexml"),
        r"\b(?:(?:pg_)?sleep|benchmark|load_file|extractvalue|updatexml)\s*\(",
    ),
    (("waitfor",), r"\bwaitfor\s+delay\b"),
    (("xp_", "schema", "sysobjects", "pg_c"), r"\b(?:xp_cmdshell|information_schema|sysobjects|pg_catalog)\b"),
    ((";",), r"['\"`]\s*;\s*(?:drop|delete|insert|update|alter|create|exec|shutdown|truncate|select)\b"),
    (("--", "#"), r"['\"`]\s*(?:--|#)\s*(?:$|[^}\],:\w])"),
    (("or ", "and ", "or'", "or\"", "or("), r"\b(?:or|and)\b\s+(['\"]?)(\w+)\1\s*=\s*\1\2\b"),
    (
        ("or ", "and ", "or'", "or\"", "or(", "||", "&&"),
        r"['\"`)]\s*(?:\|\||&&|\bx?or\b|\band\b)\s*[('\"`\w][^=<>]{0,40}(?:=|<|>|\blike\b|\bin\b|\bis\b)",
    ),
    (("or'", "or\"", "or '", "or \""), r"['\"`]\s*\bor\b\s*['\"`]"),
)  # fmt: skip
_SCRIPT: Sequence[tuple[Sequence[str], str]] = (
    (
        ("<",),
        r"<\s{0,16}/?\s{0,16}(?:script|iframe|object|embed|applet|meta|svg|math|base|form|link|style)\b"
        r"|<[^<>]*\bon[a-z]{3,24}\s{0,16}=",
    ),
    (("=",), r"\bon(?:error|load|click|mouseover|focus|toggle|begin)\s*=\s*['\"\w]"),
    (("script",), r"(?:javascript|vbscript)\s*:"),
    (("data",), r"data\s*:\s*text/html"),
    (
        ("document", "window", "eval", "alert"),
        r"\b(?:document\.(?:cookie|write|domain)|window\.location|(?:eval|alert)\s*\()",
    ),
)  # fmt: skip


class Detector:
    """Finds any of several patterns in lower-cased text."""

    def __init__(self, table: Sequence[tuple[Sequence[str], str]]) -> None:
        self._table = [(words, re.compile(pattern)) for words, pattern in table]

    def __call__(self, text: str) -> bool:
        """The text looks like the attack."""
        lower = text.lower()
        return any(
            pattern.search(lower) is not None
            for words, pattern in self._table
            if any(word in lower for word in words)
        )


is_sql_injection = Detector(_SQL_INJECTION)
"""SQL that was put into a value."""

is_script = Detector(_SCRIPT)
"""Markup or script that a browser would run."""
