"""Parameters and documents of Systems Manager."""

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
    why="A String parameter is shown in plain text to everybody who may list parameters.",
    remedy='Set type="SecureString" and key_id to the stack\'s key.',
    references=("SEC-007",),
    on=(t.PARAMETER,),
)
def parameter_encrypted(parameter: Resource, ctx: Context) -> Iterator[Finding]:
    if parameter.get("type").text() != "SecureString":
        yield fail(parameter.get("type"), "is not encrypted")
    elif not parameter.get("keyId").declared or not parameter.targets("keyId", t.KEY, t.KEY_ALIAS):
        yield fail(parameter.get("keyId"), "is encrypted without a key of the stack")


@rule(
    id="document-not-public",
    title="Systems Manager documents are not shared with everybody",
    pillar="auth",
    severity="critical",
    why="A document shows what is run on the machines, and often with which names and passwords.",
    remedy="Name accounts in permissions, or leave it out.",
    references=("SSM-001",),
    on=(t.DOCUMENT,),
    scope="resource",
)
def document_not_public(document: Resource, ctx: Context) -> Iterator[Finding]:
    node = document.get("permissions").get("accountIds")
    if node.declared and "all" in {part.strip().lower() for part in str(node.text()).split(",")}:
        yield fail(node, "is shared with everybody")
