"""Lake Formation: permissions for named principals, not for everyone whom IAM admits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from endpoint_guard import types as t
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, need, rule

_EVERYBODY: Final = ("IAM_ALLOWED_PRINCIPALS", "EVERYONE")
_DEFAULTS: Final = ("createDatabaseDefaultPermissions", "createTableDefaultPermissions")


@rule(
    id="lake-permissions-named",
    title="Lake Formation grants permissions to named principals",
    pillar="auth",
    severity="medium",
    level="advisory",
    why="A grant to IAM_ALLOWED_PRINCIPALS switches Lake Formation off for a table: an IAM policy alone decides.",
    remedy="Name a role as principal, and leave the default permissions of new databases and tables out.",
    references=("LAK-001",),
    on=(t.LAKE_PERMISSIONS, t.LAKE_SETTINGS),
    scope="resource",
)
def lake_permissions_named(resource: Resource, ctx: Context) -> Iterator[Finding]:
    given = [resource.root] if resource.type == t.LAKE_PERMISSIONS else []
    given += [one for name in _DEFAULTS for one in resource.get(name).items()]
    for place in given:
        yield from need(
            place.get("principal"),
            lambda n: n.text() not in _EVERYBODY and not n.text().endswith(":IAMPrincipals"),
            "leaves access to IAM policies alone",
        )
