"""Parameters of Systems Manager."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import types as t
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, fail, rule


@rule(
    id="parameter-encrypted",
    title="Parameters are encrypted with a key of their own",
    pillar="encryption",
    severity="medium",
    level="advisory",
    why="A String parameter is shown in clear to everybody who may list parameters.",
    remedy='Set type="SecureString" and key_id to the stack\'s key.',
    references=("SEC-007",),
    on=(t.PARAMETER,),
)
def parameter_encrypted(parameter: Resource, ctx: Context) -> Iterator[Finding]:
    if parameter.get("type").text() != "SecureString":
        yield fail(parameter.get("type"), "is kept in clear")
    elif not parameter.get("keyId").declared or not parameter.targets("keyId", t.KEY, t.KEY_ALIAS):
        yield fail(parameter.get("keyId"), "is encrypted without a key of the stack")
