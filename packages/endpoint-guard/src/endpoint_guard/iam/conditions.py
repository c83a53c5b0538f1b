"""What the conditions of a statement hold off: strangers, other tenants of an identity provider, plain HTTP."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from endpoint_guard.graph import Node
from endpoint_guard.iam.patterns import matches
from endpoint_guard.iam.statement import POSITIVE, Statement

SERVICE_CONDITIONS = (
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceorgid",
    "aws:sourceowner",
    "kms:viaservice",
    "kms:calleraccount",
)
PRINCIPAL_CONDITIONS = (
    "aws:principalarn",
    "aws:principalaccount",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:sourcearn",
    "aws:sourceaccount",
    "kms:calleraccount",
)

_OIDC: Final = re.compile(r":oidc-provider/(?P<issuer>.+)$", re.IGNORECASE)
_CLAIMS: Final = (
    "sub",
    "repository",
    "repository_id",
    "repository_owner",
    "repository_owner_id",
    "job_workflow_ref",
)
"""Claims that say whose token it is; `aud` only says for whom it was made."""


def names_identities(statement: Statement, provider: Node) -> bool:
    """Whether a statement that trusts an identity provider says which of its identities it means.

    A provider of OpenID Connect has to be narrowed by a claim about the identity, with its owner spelt out: the
    provider serves others, too. For SAML and for Amazon's own brokers any fixed condition will do.
    """
    issuer = _OIDC.search(provider.text())
    if issuer is None:
        return bool(statement.condition_keys(positive=True))
    wanted = {f"{issuer['issuer'].lower()}:{claim}" for claim in _CLAIMS}
    found = [
        value
        for operator, keys in statement.conditions.items()
        if not operator.startswith("forallvalues:") and operator.rsplit(":", 1)[-1] in POSITIVE
        for key, values in keys.items()
        if key in wanted
        for value in (values or ["*"])
    ]
    return bool(found) and all(map(_one_owner, found))


def _one_owner(claim: str) -> bool:
    """Whether a claim's value is spelt out as far as the owner: `repo:acme/*` is, `repo:*` is not."""
    head = re.split(r"[*?]|\$\{", claim, maxsplit=1)[0]
    if head == claim:
        return True
    whole = re.split(r"[:/]", head)[:-1]  # what stands behind the last separator may go on
    parts = [part for part in whole if part and part not in ("system", "serviceaccount")]
    return len(parts) >= (1 if head.startswith("system:") else 2)


def denies_plain_http(found: Sequence[Statement], action: str) -> bool:
    """Whether a statement denies everybody the action over plain HTTP, on the resources that it names."""
    return any(
        not s.allows
        and s.everybody
        and not s.negations
        and any(matches(pattern, action) for pattern in s.actions)
        and _holds_over_plain_http(s)
        for s in found
    )


_IS: Final = ("bool", "stringequals", "stringequalsignorecase", "stringlike")
_IS_NOT: Final = ("stringnotequals", "stringnotequalsignorecase", "stringnotlike")


def _holds_over_plain_http(statement: Statement) -> bool:
    """Whether every request over plain HTTP meets the conditions, which are all to be met; none is met by all.

    Every request says over what it came, so that neither `...IfExists` nor `ForAllValues:` makes a difference.
    """
    for operator, keys in statement.conditions.items():
        name = operator.rsplit(":", 1)[-1].removesuffix("ifexists")
        for key, values in keys.items():
            lower = {value.lower() for value in values}
            is_plain = (name in _IS and "false" in lower) or (name in _IS_NOT and lower == {"true"})
            if key != "aws:securetransport" or not is_plain:
                return False
    return True
