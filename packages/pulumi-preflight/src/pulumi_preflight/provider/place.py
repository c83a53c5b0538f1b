"""Where resources are made, as a provider's settings have it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pulumi_preflight.graph import UNKNOWN
from pulumi_preflight.provider.outputs import ACCOUNT, REGION


@dataclass(frozen=True)
class Place:
    """Where a resource is made: region, account and the provider's default tags."""

    region: str = REGION
    account: str = ACCOUNT
    default_tags: Mapping[str, str] = field(default_factory=dict)


def place(settings: Mapping[str, Any], region: str | None = None) -> Place:
    """The place of a provider with these settings, which are plain; `region`: where they name none."""
    own = settings.get("region") or region
    document = _parsed(settings.get("defaultTags"))
    tags = document.get("tags") if isinstance(document, Mapping) else None
    return Place(
        region=own if isinstance(own, str) and own != UNKNOWN else REGION,
        account=_account(settings),
        default_tags=tags if isinstance(tags, Mapping) else {},
    )


def _account(settings: Mapping[str, Any]) -> str:
    """That of the role the provider assumes, or the only one it allows."""
    for key in ("assumeRoles", "assumeRole", "allowedAccountIds"):
        value = _parsed(settings.get(key))
        last = value[-1] if isinstance(value, list) and value else value
        named = (last.get("roleArn") or last.get("role_arn")) if isinstance(last, Mapping) else last
        role = str(named or "")
        account = role.split(":")[4] if role.startswith("arn:") and role.count(":") > 4 else role
        if len(account) == 12 and account.isdecimal():
            return account
    return ACCOUNT


def _parsed(value: Any) -> Any:
    """A provider's settings are texts: what is not one is JSON in one."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value
