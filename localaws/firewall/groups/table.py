"""The shape of a managed rule group's table, and short forms for statements in AWS WAF's own shape.

A table says which of AWS's rules are imitated, by which statement, and which are not. AWS does not publish its
patterns: a rule here stands for the documented purpose of AWS's rule, not for its exact reach.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Statement = Mapping[str, Any]
Field = Mapping[str, Any]

DECODED = ("URL_DECODE_UNI", "HTML_ENTITY_DECODE", "ESCAPE_SEQ_DECODE", "LOWERCASE")
"""Applied in this order wherever an attacker may encode."""

BODY: Field = {"body": {"oversizeHandling": "CONTINUE"}}
HEADERS: Field = {
    "headers": {"matchScope": "VALUE", "matchPattern": {"all": {}}, "oversizeHandling": "CONTINUE"}
}
COOKIES: Field = {
    "cookies": {"matchScope": "ALL", "matchPattern": {"all": {}}, "oversizeHandling": "CONTINUE"}
}
ARGUMENTS: Field = {"allQueryArguments": {}}
PATH: Field = {"uriPath": {}}
QUERY: Field = {"queryString": {}}
AGENT: Field = {"singleHeader": {"name": "user-agent"}}


@dataclass(frozen=True)
class Rule:
    """One of AWS's rules: its name, label within the group's namespace, action, and statement here."""

    name: str
    statement: Statement
    label: str = ""
    action: str = "block"


@dataclass(frozen=True)
class Group:
    """A managed group. `space` is its label namespace; `not_imitated` maps AWS's other rules to the reason."""

    name: str
    space: str
    rules: Sequence[Rule]
    not_imitated: Mapping[str, str]

    def declared(self) -> list[dict[str, Any]]:
        """The rules in the shape of a web ACL's."""
        return [
            {
                "name": rule.name,
                "priority": priority,
                "statement": rule.statement,
                "action": {rule.action: {}},
                "ruleLabels": [{"name": f"awswaf:managed:aws:{self.space}:{rule.label or rule.name}"}],
            }
            for priority, rule in enumerate(self.rules)
        ]


def transformations(names: Sequence[str]) -> list[dict[str, Any]]:
    """Text transformations in the order of `names`."""
    return [{"priority": place, "type": name} for place, name in enumerate(names or ("NONE",))]


def matches(
    field: Field, pattern: str, steps: Sequence[str] = DECODED, words: Sequence[str] = ()
) -> Statement:
    """The field holds the pattern. With `words`, only text that holds one of them is searched, which is faster."""
    search = {
        "regexMatchStatement": {
            "fieldToMatch": field,
            "regexString": pattern,
            "textTransformations": transformations(steps),
        }
    }
    if not words:
        return search
    hints = [
        {
            "byteMatchStatement": {
                "fieldToMatch": field,
                "searchString": word,
                "positionalConstraint": "CONTAINS",
                "textTransformations": transformations(steps),
            }
        }
        for word in words
    ]
    return {"andStatement": {"statements": [{"orStatement": {"statements": hints}}, search]}}


def larger(field: Field, size: int) -> Statement:
    """The field has more bytes."""
    options = {"fieldToMatch": field, "comparisonOperator": "GT", "size": size}
    return {"sizeConstraintStatement": options | {"textTransformations": transformations(())}}


def detects(kind: str, field: Field, steps: Sequence[str] = DECODED) -> Statement:
    """One of the two detectors, `sqliMatchStatement` or `xssMatchStatement`, on a field."""
    return {kind: {"fieldToMatch": field, "textTransformations": transformations(steps)}}


def everywhere(name: str, pattern: str, fields: Mapping[str, Field], words: Sequence[str] = ()) -> list[Rule]:
    """One rule for each field: `fields` maps the suffix of AWS's rule name to the field."""
    return [
        Rule(f"{name}_{suffix}", matches(field, pattern, words=words), f"{name}_{_label(suffix)}")
        for suffix, field in fields.items()
    ]


def _label(suffix: str) -> str:
    names = {"URIPATH": "URIPath", "QUERYARGUMENTS": "QueryArguments", "QUERYSTRING": "QueryString"}
    return names.get(suffix, suffix.title())
