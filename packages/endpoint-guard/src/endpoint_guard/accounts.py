"""The accounts of a stack, and principals that belong to others."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

from endpoint_guard import iam
from endpoint_guard import types as t
from endpoint_guard.graph import Graph, MalformedError, Node, Resource, UnreadableError


def own(graph: Graph) -> set[str]:
    """The accounts a stack is deployed into: those its providers allow, else those that manage its keys."""

    def make() -> set[str]:
        providers = [str(provider.get("allowedAccountIds").value) for provider in graph.of(t.PROVIDER)]
        allowed = {account for text in providers for account in re.findall(r"(?<!\d)\d{12}(?!\d)", text)}
        return allowed or {account for key in graph.of(t.KEY, t.KEY_POLICY) for account in _managing(key)}

    return graph.remember("own accounts", make)


def _managing(key: Resource) -> set[str]:
    """The accounts to whose root a key's policy leaves the policy itself."""
    try:
        found = [s for s in iam.statements(key.get("policy")) if s.grants("kms:PutKeyPolicy")]
        named = [text for s in found for text in s.principal_texts("AWS")]
    except (UnreadableError, MalformedError):
        return set()
    return {owner(text) for text in named if text.endswith(":root")} - {""}


def owner(text: str) -> str:
    """The account that a bare account number or an ARN names; "" for anything else."""
    if re.fullmatch(r"\d{12}", text):
        return text
    parts = text.split(":", 5)
    return parts[4] if len(parts) == 6 and parts[0] == "arn" and re.fullmatch(r"\d{12}", parts[4]) else ""


def abroad(node: Node, accepted: Iterable[str] = ()) -> bool:
    """Whether a text is the number, or an ARN, of an account that is neither the stack's nor accepted.

    False when the stack does not say which accounts are its own. Raises UnreadableError for an unknown text.
    """
    account, mine = owner(node.text()), own(node.resource.graph)
    return bool(account and mine) and account not in {*mine, *accepted}


def foreign(principal: Node, accepted: Iterable[str] = ()) -> bool:
    """Whether a principal belongs to an account that is neither the stack's nor accepted.

    False when the stack does not say which accounts are its own. Raises UnreadableError for an unknown principal.
    """
    account = re.search(r"(?<!\d)\d{12}(?!\d)", principal.text())
    mine = own(principal.resource.graph)
    return bool(account and mine) and account is not None and account.group() not in {*mine, *accepted}


def wide_network(text: str) -> bool:
    """Whether a text is a CIDR block, and a large part of the internet."""
    return _network(text) is not None and not narrow_network(text)


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def narrow_network(text: str, *, shortest: int = 8) -> bool:
    """Whether a CIDR block is a network and not a large part of the internet; an IPv6 one needs twice the prefix."""
    network = _network(text)
    return network is not None and network.prefixlen >= (shortest if network.version == 4 else 2 * shortest)
