"""AWS WAF's statements, as the resource graph holds them -> functions that say whether a request matches."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from localaws.errors import ServerError
from localaws.firewall import attack_patterns as attacks
from localaws.firewall.fields import Sighting, Unfit, reader
from localaws.firewall.origin import addresses, key_of
from localaws.firewall.rate import RateCounter

Match = Callable[[Sighting], bool]
Statement = Mapping[str, Any]

UNDECIDABLE = ("geoMatchStatement", "asnMatchStatement")
"""They look an address up in databases that only AWS has."""


@dataclass
class Compiler:
    """Compiles statements. `sets` maps the ARN of an IP set to addresses, of a regex pattern set to patterns.

    `space` is the prefix of the labels that rules of this context add. `undecided` collects the rules whose
    statements cannot be decided here and never match.
    """

    sets: Mapping[str, Sequence[str]]
    clock: Callable[[], float]
    space: str = ""
    undecided: list[str] = field(default_factory=list)

    def compile(self, statement: Statement, rule: str) -> Match:
        """The function for one statement of `rule`. Raises ServerError when there is no such statement."""
        kinds = [kind for kind, options in statement.items() if options is not None]
        kind = kinds[0] if len(kinds) == 1 else ""
        if kind in UNDECIDABLE:
            self.undecided.append(rule)
            return lambda _: False
        build = _BUILDERS.get(kind)
        if build is None:
            named = ", ".join(kinds) or "nothing"
            raise ServerError(
                f"The firewall's rule {rule} states {named}, and AWS WAF has no such statement: correct the rule."
            )
        return build(self, statement[kind], rule)

    def members(self, options: Statement, rule: str) -> Sequence[str]:
        """What is in the declared set that `options` names by ARN."""
        arn = str(options.get("arn"))
        if arn not in self.sets:
            raise ServerError(
                f"The firewall's rule {rule} refers to a set that the stack does not declare: declare it."
            )
        return self.sets[arn]


def _all(compiler: Compiler, options: Statement, rule: str) -> Match:
    parts = [compiler.compile(part, rule) for part in options["statements"]]
    return lambda sighting: all(part(sighting) for part in parts)


def _any(compiler: Compiler, options: Statement, rule: str) -> Match:
    parts = [compiler.compile(part, rule) for part in options["statements"]]
    return lambda sighting: any(part(sighting) for part in parts)


def _not(compiler: Compiler, options: Statement, rule: str) -> Match:
    if not isinstance(options.get("statement"), Mapping):
        raise ServerError(
            f"The firewall's rule {rule} negates no statement: notStatement takes exactly one, as `statement`."
        )
    part = compiler.compile(options["statement"], rule)
    return lambda sighting: not part(sighting)


def _on_field(test: Callable[[Statement, Compiler, str], Callable[[str], bool]]) -> Any:
    """A builder for statements that test the texts of one field."""

    def build(compiler: Compiler, options: Statement, rule: str) -> Match:
        read = reader(options["fieldToMatch"], options.get("textTransformations") or ())
        matches = test(options, compiler, rule)

        def match(sighting: Sighting) -> bool:
            try:
                return any(matches(text) for text in read(sighting))
            except Unfit as handled:
                return handled.matches

        return match

    return build


def _bytes(options: Statement, _: Compiler, rule: str) -> Callable[[str], bool]:
    wanted, where = str(options["searchString"]), str(options["positionalConstraint"])
    word = re.compile(rf"(?<![A-Za-z0-9_]){re.escape(wanted)}(?![A-Za-z0-9_])")
    tests: Mapping[str, Callable[[str], bool]] = {
        "EXACTLY": lambda text: text == wanted,
        "STARTS_WITH": lambda text: text.startswith(wanted),
        "ENDS_WITH": lambda text: text.endswith(wanted),
        "CONTAINS": lambda text: wanted in text,
        "CONTAINS_WORD": lambda text: word.search(text) is not None,
    }
    if where not in tests:
        raise ServerError(f"The firewall's rule {rule} has no valid positionalConstraint: correct the rule.")
    return tests[where]


def _regex(options: Statement, _: Compiler, rule: str) -> Callable[[str], bool]:
    return _searching([options["regexString"]], rule)


def _regex_set(options: Statement, compiler: Compiler, rule: str) -> Callable[[str], bool]:
    return _searching(compiler.members(options, rule), rule)


def _searching(patterns: Sequence[str], rule: str) -> Callable[[str], bool]:
    try:
        compiled = [re.compile(pattern) for pattern in patterns]
    except re.error:
        raise ServerError(
            f"The firewall's rule {rule} has a pattern that cannot be used here: correct the rule."
        ) from None
    return lambda text: any(pattern.search(text) for pattern in compiled)


_COMPARE: Mapping[str, Callable[[int, int], bool]] = {
    "EQ": lambda a, b: a == b,
    "NE": lambda a, b: a != b,
    "LE": lambda a, b: a <= b,
    "LT": lambda a, b: a < b,
    "GE": lambda a, b: a >= b,
    "GT": lambda a, b: a > b,
}


def _size(options: Statement, _: Compiler, __: str) -> Callable[[str], bool]:
    compare, size = _COMPARE[options["comparisonOperator"]], int(options["size"])
    return lambda text: compare(len(text), size)


def _address(compiler: Compiler, options: Statement, rule: str) -> Match:
    networks = [ipaddress.ip_network(text) for text in compiler.members(options, rule)]
    forwarded = options.get("ipSetForwardedIpConfig")

    def match(sighting: Sighting) -> bool:
        try:
            found = addresses(sighting, forwarded)
        except Unfit as handled:
            return handled.matches
        return any(address in network for address in found for network in networks)

    return match


def _label(compiler: Compiler, options: Statement, __: str) -> Match:
    """Without a prefix only labels of the rule's own context are meant: those of its ACL, or of its group."""
    key = str(options["key"])
    space = "" if key.startswith("awswaf:") else compiler.space
    if options.get("scope") == "NAMESPACE":
        start = key if key.endswith(":") else key + ":"
        return lambda s: any(rest.startswith(start) or f":{start}" in rest for rest in _rests(s, space))
    return lambda s: any(rest == key or rest.endswith(f":{key}") for rest in _rests(s, space))


def _rests(sighting: Sighting, space: str) -> Iterator[str]:
    """The labels of a context, without its prefix."""
    return (label.removeprefix(space) for label in sighting.labels if label.startswith(space))


def _rate(compiler: Compiler, options: Statement, rule: str) -> Match:
    scope = options.get("scopeDownStatement")
    within = compiler.compile(scope, rule) if scope else None
    counter = RateCounter(
        int(options["limit"]), int(options.get("evaluationWindowSec") or 300), compiler.clock
    )
    counted_by = key_of(options, rule)

    def match(sighting: Sighting) -> bool:
        if within is not None and not within(sighting):
            return False
        try:
            key = counted_by(sighting)
        except Unfit as handled:
            return handled.matches
        return key is not None and counter.add(key)

    return match


_BUILDERS: Mapping[str, Callable[[Compiler, Statement, str], Match]] = {
    "andStatement": _all,
    "orStatement": _any,
    "notStatement": _not,
    "byteMatchStatement": _on_field(_bytes),
    "regexMatchStatement": _on_field(_regex),
    "regexPatternSetReferenceStatement": _on_field(_regex_set),
    "sizeConstraintStatement": _on_field(_size),
    "sqliMatchStatement": _on_field(lambda *_: attacks.is_sql_injection),
    "xssMatchStatement": _on_field(lambda *_: attacks.is_script),
    "ipSetReferenceStatement": _address,
    "labelMatchStatement": _label,
    "rateBasedStatement": _rate,
}
