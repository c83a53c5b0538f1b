"""One statement of a policy: what it allows, to whom, under which condition.

Lists and single values, negated elements, wildcards (`*` and `?`), case and conditions are read as IAM reads them.
A resource ARN may be unknown in a preview: a statement then says so only for what was asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

from endpoint_guard.graph import UNKNOWN, Node
from endpoint_guard.iam.patterns import fixed, matches, overlaps

POSITIVE: Final = ("stringequals", "stringlike", "arnequals", "arnlike", "stringequalsignorecase")
"""Operators that narrow a statement to what they name."""


@lru_cache(maxsize=65_536)
def _speaks_of(patterns: tuple[str, ...], actions: tuple[str, ...]) -> bool:
    return any(overlaps(pattern, action) for action in actions for pattern in patterns)


@dataclass(frozen=True)
class Statement:
    """One statement. `node` is its place; nothing here raises but for elements that are unknown."""

    node: Node

    @cached_property
    def allows(self) -> bool:
        """Whether the effect is Allow; anything that is not exactly Deny counts as Allow."""
        return self.node.get("Effect").text().lower() != "deny"

    @cached_property
    def actions(self) -> list[str]:
        return self.node.get("Action").texts()

    @cached_property
    def resources(self) -> list[str]:
        return self.node.get("Resource").texts()

    @property
    def negations(self) -> list[str]:
        """Which of NotAction, NotResource and NotPrincipal are used."""
        return [name for name in ("NotAction", "NotResource", "NotPrincipal") if self.node.get(name).declared]

    def grants(self, action: str) -> bool:
        """Whether this statement allows the action on something."""
        return self.allows and self.covers(action)

    @cached_property
    def spared(self) -> list[str] | None:
        """The actions of NotAction; None where it is not used."""
        node = self.node.get("NotAction")
        return node.texts() if node.declared else None

    def covers(self, *actions: str) -> bool:
        """Whether the statement, whatever its effect, speaks of one of the actions."""
        if self.spared is not None:
            spared = self.spared
            return any(not any(matches(pattern, action) for pattern in spared) for action in actions)
        return _speaks_of(tuple(self.actions), actions)

    @property
    def any_resource(self) -> bool:
        """Whether the statement reaches every resource."""
        if self.node.get("NotResource").declared:
            return True
        return any(text == "*" for text in self.resources)

    @cached_property
    def principals(self) -> list[tuple[str, Node]]:
        """(kind, node) of each principal; a bare string is of kind AWS. Kinds: AWS, Service, Federated, ..."""
        node = self.node.get("Principal")
        if not node.declared:
            return []
        if isinstance(node.value, str) or node.value is UNKNOWN:
            return [("AWS", node)]
        return [(kind, item) for kind, items in node.entries() for item in items.items()]

    def principal_texts(self, kind: str) -> list[str]:
        return [node.text() for name, node in self.principals if name == kind]

    @property
    def anyone(self) -> bool:
        """Whether everyone is a principal, conditions aside."""
        if self.node.get("NotPrincipal").declared:
            return True
        return any(node.text() == "*" for _, node in self.principals)

    @property
    def everybody(self) -> bool:
        """Whether a deny reaches everyone: `*`, or `*` among the AWS principals; a service is not everyone."""
        if self.node.get("NotPrincipal").declared:
            return False
        return any(kind == "AWS" and node.text() == "*" for kind, node in self.principals)

    @cached_property
    def conditions(self) -> dict[str, dict[str, list[str]]]:
        """operator -> key -> values, operators and keys in lower case."""
        found: dict[str, dict[str, list[str]]] = {}
        for operator, keys in self.node.get("Condition").entries():
            entry = found.setdefault(operator.lower(), {})
            for key, values in keys.entries():
                entry[key.lower()] = [_scalar(value) for value in values.items()]
        return found

    def condition_keys(self, *, positive: bool = False) -> set[str]:
        """The condition keys in use; with `positive`, only those that narrow to fixed values.

        `...IfExists`, `ForAllValues:` and a value with a wildcard where it matters (see `fixed`) narrow nothing.
        """
        keys: set[str] = set()
        for operator, entries in self.conditions.items():
            # ForAllValues also holds for a request that has no such key.
            empty = operator.startswith("forallvalues:")
            if positive and (empty or operator.rsplit(":", 1)[-1] not in POSITIVE):
                continue
            keys |= {
                k for k, values in entries.items() if not positive or (values and all(map(fixed, values)))
            }
        return keys

    def narrowed_by(self, keys: Sequence[str]) -> bool:
        """Whether a positive condition on one of the keys (a trailing `*` is a wildcard) narrows the statement."""
        return any(matches(key, used) for used in self.condition_keys(positive=True) for key in keys)

    def positive_values(self, keys: Sequence[str]) -> list[Node]:
        """The values of the positive conditions on these keys."""
        found = []
        for operator, entries in self.node.get("Condition").entries():
            if operator.lower().removesuffix("ifexists").rsplit(":", 1)[-1] in POSITIVE:
                found += [
                    v for key, values in entries.entries() if key.lower() in keys for v in values.items()
                ]
        return found


def _scalar(node: Node) -> str:
    """A condition's value as IAM compares it: booleans and numbers may be written without quotes."""
    value = node.value
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, int | float) else node.text()


def statements(document: Node) -> list[Statement]:
    """The statements of a policy document. Raises UnreadableError or MalformedError (see Node.document)."""

    def made() -> list[Statement]:
        return [Statement(item) for item in document.document().get("Statement").items()]

    text = document.value
    if not isinstance(text, str):
        return made()
    return document.resource.graph.remember(("statements", document.resource, document.path, text), made)


def allowed(*documents: Node) -> Iterator[Statement]:
    """The statements that allow something, of the documents that are there. Raises as `statements` does."""
    for document in documents:
        if document.declared:
            yield from (statement for statement in statements(document) if statement.allows)


def condition_values(statement: Statement, key: str) -> list[str]:
    """All values that the statement's conditions name for a key, whatever the operator."""
    return [value for entries in statement.conditions.values() for value in entries.get(key.lower(), [])]
