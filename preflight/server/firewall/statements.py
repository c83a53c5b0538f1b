"""AWS WAF's statements, as the resource graph holds them -> functions that say whether a request matches."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from preflight.server.errors import ServerError
from preflight.server.firewall import attacks
from preflight.server.firewall.fields import Oversize, Sighting, reader
from preflight.server.firewall.rate import RateCounter

Match = Callable[[Sighting], bool]
Statement = Mapping[str, Any]

UNDECIDABLE = ("geoMatchStatement", "asnMatchStatement")
"""They look an address up in databases that only AWS has."""


@dataclass
class Compiler:
    """Compiles statements. `sets` maps the ARN of an IP set to addresses, of a regex pattern set to patterns.

    `undecided` collects the rules whose statements cannot be decided here and never match.
    """

    sets: Mapping[str, Sequence[str]]
    clock: Callable[[], float]
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
            except Oversize as handled:
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
            f"The firewall's rule {rule} has a pattern that is no regular expression here: correct the rule."
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
    missing = (forwarded or {}).get("fallbackBehavior") == "MATCH"

    def match(sighting: Sighting) -> bool:
        text = claimed(sighting, forwarded) if forwarded else sighting.address
        try:
            address = ipaddress.ip_address(text or "")
        except ValueError:
            return missing
        return any(address in network for network in networks)

    return match


def claimed(sighting: Sighting, forwarded: Statement) -> str | None:
    """The address in the header that a `forwardedIpConfig` names: the first, which a caller may invent."""
    value = sighting.header(str(forwarded["headerName"]).lower())
    return value.split(",")[0].strip() if value else None


def _label(_: Compiler, options: Statement, __: str) -> Match:
    key = str(options["key"])
    if options.get("scope") == "NAMESPACE":
        space = key if key.endswith(":") else key + ":"
        return lambda s: any(label.startswith(space) or f":{space}" in label for label in s.labels)
    return lambda s: any(label == key or label.endswith(f":{key}") for label in s.labels)


def _rate(compiler: Compiler, options: Statement, rule: str) -> Match:
    scope = options.get("scopeDownStatement")
    within = compiler.compile(scope, rule) if scope else None
    counter = RateCounter(
        int(options["limit"]), int(options.get("evaluationWindowSec") or 300), compiler.clock
    )
    key_of = _key_of(options, rule)

    def match(sighting: Sighting) -> bool:
        if within is not None and not within(sighting):
            return False
        key = key_of(sighting)
        return key is not None and counter.add(key)

    return match


def _key_of(options: Statement, rule: str) -> Callable[[Sighting], tuple[str, ...] | None]:
    """What requests are counted by; None for a request that is not counted."""
    kind, forwarded = options.get("aggregateKeyType") or "IP", options.get("forwardedIpConfig")
    if kind == "IP":
        return lambda s: (s.address,)
    if kind == "CONSTANT":
        return lambda _: ()
    if kind == "FORWARDED_IP" and forwarded:
        return lambda s: (address,) if (address := claimed(s, forwarded)) else None
    if kind == "CUSTOM_KEYS":
        parts = [_custom_key(item, forwarded, rule) for item in options.get("customKeys") or ()]

        def key(sighting: Sighting) -> tuple[str, ...] | None:
            values = [part(sighting) for part in parts]
            return None if None in values else tuple(map(str, values))

        return key
    raise ServerError(f"The firewall's rule {rule} has no valid aggregateKeyType: correct the rule.")


def _custom_key(item: Statement, forwarded: Statement | None, rule: str) -> Callable[[Sighting], str | None]:
    kind = next((kind for kind, options in item.items() if options is not None), "")
    options: Mapping[str, Any] = item.get(kind) or {}
    simple: Mapping[str, Callable[[Sighting], str | None]] = {
        "ip": lambda s: s.address,
        "httpMethod": lambda s: s.method,
        "forwardedIp": lambda s: claimed(s, forwarded) if forwarded else None,
    }
    if kind in simple:
        return simple[kind]
    fields = {"header": "singleHeader", "queryArgument": "singleQueryArgument"}
    field_to_match: dict[str, Any] = {
        fields.get(kind, kind): {} if kind in {"uriPath", "queryString"} else options
    }
    if kind == "cookie":
        pattern = {"includedCookies": [options["name"]]}
        field_to_match = {"cookies": {"matchScope": "VALUE", "matchPattern": pattern}}
    if kind not in {"header", "queryArgument", "queryString", "uriPath", "cookie"}:
        raise ServerError(
            f"The firewall's rule {rule} counts by {kind}, which is not imitated: leave it out."
        )
    read = reader(field_to_match, options.get("textTransformations") or ())
    return lambda sighting: next(iter(read(sighting)), None)


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
