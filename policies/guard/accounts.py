"""The accounts of a stack, and principals that belong to others."""

from __future__ import annotations

import re
from collections.abc import Iterable

from guard import types as t
from guard.graph import Graph, Node


def own(graph: Graph) -> set[str]:
    """The accounts a stack is deployed into: those its providers allow, and those its key policies delegate to."""

    def make() -> set[str]:
        providers = [str(provider.get("allowedAccountIds").value) for provider in graph.of(t.PROVIDER)]
        policies = [str(key.get("policy").value) for key in graph.of(t.KEY)]
        allowed = {account for text in providers for account in re.findall(r"(?<!\d)\d{12}(?!\d)", text)}
        return allowed | {
            a for text in policies for a in re.findall(r"arn:aws[a-z-]*:iam::(\d{12}):root", text)
        }

    return graph.remember("own accounts", make)


def foreign(principal: Node, accepted: Iterable[str] = ()) -> bool:
    """Whether a principal belongs to an account that is neither the stack's nor accepted.

    False when the stack does not say which accounts are its own. Raises UnreadableError for an unknown principal.
    """
    account = re.search(r"(?<!\d)\d{12}(?!\d)", principal.text())
    mine = own(principal.resource.graph)
    return bool(account and mine) and account is not None and account.group() not in {*mine, *accepted}
