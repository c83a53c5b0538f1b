"""Whom the policy of a topic or a secret lets in who does not belong to the stack."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import iam
from endpoint_guard.accounts import foreign
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Finding, fail


def strangers(carrier: Resource, action: str = "") -> Iterator[Finding]:
    """Everyone and other accounts that no condition narrows; with `action`, services that may do it for anybody."""
    for s in iam.allowed(carrier.get("policy")):
        if s.narrowed_by(iam.PRINCIPAL_CONDITIONS):
            continue
        if s.anyone:
            yield fail(s.node.get("Principal"), "lets everyone in")
        for kind, node in s.principals:
            if kind == "AWS" and foreign(node):
                yield fail(node, "lets another account in")
            if action and kind == "Service" and s.covers(action):
                yield fail(node, "lets a service publish on behalf of any account")
