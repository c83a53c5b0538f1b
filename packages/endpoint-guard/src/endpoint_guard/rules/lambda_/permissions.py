"""Who may invoke the function."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import iam
from endpoint_guard import types as t
from endpoint_guard.graph import Node, Resource, State
from endpoint_guard.rule import Context, Finding, fail, need, rule

_SOURCES = ("sourceArn", "sourceAccount", "principalOrgId")


@rule(
    id="function-permission-bound",
    title="Permissions to invoke a function are bound to a source",
    pillar="auth",
    severity="critical",
    why="A permission for a whole service lets any account reach the function through that service.",
    remedy="Set source_arn to what calls the function; for a bucket also source_account.",
    references=("LAM-011", "LAM-012"),
    on=(t.PERMISSION,),
)
def function_permission_bound(permission: Resource, ctx: Context) -> Iterator[Finding]:
    principal, source = permission.get("principal"), permission.get("sourceArn")
    if not permission.get("principalOrgId").declared:
        yield from need(principal, lambda n: n.text() not in ("", "*"), "lets everyone invoke the function")
    if not principal.text().endswith(".amazonaws.com"):
        return
    if not any(permission.get(key).declared for key in _SOURCES):
        yield fail(source, "is not bound to a source")
    elif source.declared and not any(permission.get(key).declared for key in _SOURCES[1:]):
        yield from _of_one_account(permission, source)


def _of_one_account(permission: Resource, source: Node) -> Iterator[Finding]:
    """The source belongs to one account: its ARN names the account, or it is a resource of the stack."""
    if source.state is State.KNOWN and not iam.fixed(source.text()):
        yield fail(source, "is bound to a source of any account")
    elif (
        source.state is State.KNOWN and source.text().startswith("arn:aws:s3:") and not _of_stack(permission)
    ):
        yield fail(source, "is bound to the name of a bucket, which another account may take")


@rule(
    id="function-permission-narrow",
    title="Permissions to invoke a function name one source of the stack; for a REST API its stage, verb and path",
    pillar="auth",
    severity="high",
    level="advisory",
    why="A permission for a whole API lets routes reach the function that were not meant to.",
    remedy="Build source_arn from stage.execution_arn plus /VERB/path; it holds the account.",
    references=("LAM-G01",),
    on=(t.PERMISSION,),
)
def function_permission_narrow(permission: Resource, ctx: Context) -> Iterator[Finding]:
    source = permission.get("sourceArn")
    if not permission.get("principal").text().endswith(".amazonaws.com"):
        return
    if not source.declared and permission.get("sourceAccount").declared:
        yield fail(source, "does not name what calls the function")
    elif not source.declared:
        return  # it is bound to nothing, which is the worse finding
    elif _wildcard(source, ctx):
        yield fail(source, "has a wildcard in its source")
    elif not _of_stack(permission) and not _of_own_api(
        permission, t.REST_API, t.STAGE, t.HTTP_API, t.HTTP_STAGE
    ):
        yield fail(source, "is bound to a source outside the stack")
    elif _of_rest_api(permission) and not _composed(permission):
        yield from need(source, lambda n: "*" not in n.text(), "has a wildcard in its source")
        yield from need(source, lambda n: n.text().count("/") >= 3, "does not name stage, verb and path")


def _wildcard(source: Node, ctx: Context) -> bool:
    """Whether a text that is known leaves stage, verb or path open, whichever REST API it names."""
    text = source.text() if source.state is State.KNOWN else ""
    return (
        ":execute-api:" in text
        and "*" in text
        and bool(ctx.graph.of(t.REST_API))
        and not ctx.graph.of(t.HTTP_API)
    )


def _of_stack(permission: Resource) -> bool:
    """Whether the source is anything of the stack: an API, a rule, a bucket, a topic."""
    kinds = permission.graph.types - {t.FUNCTION, t.FUNCTION_ALIAS, t.ROLE}
    return bool(permission.targets("sourceArn", *kinds))


def _composed(permission: Resource) -> bool:
    """Whether a source that is not known yet is made from the stage, the method and the path of the stack.

    Then no wildcard can stand in their place; the update judges the text itself.
    """
    source = permission.get("sourceArn")
    parts = {part.type for part in permission.targets("sourceArn", t.STAGE, t.METHOD, t.API_RESOURCE)}
    return source.state is State.UNKNOWN and len(parts) == 3


def _of_rest_api(permission: Resource) -> bool:
    """Whether the source is a REST API of the stack: there, stage, verb and path can be named one by one."""
    if permission.targets("sourceArn", t.REST_API, t.STAGE):
        return True
    known = permission.get("sourceArn").state is State.KNOWN
    return known and _of_own_api(permission, t.REST_API, t.STAGE)


def _of_own_api(permission: Resource, *kinds: str) -> bool:
    """Whether the source ARN, written out, starts with the execution ARN of an API or stage of the stack."""
    text = permission.get("sourceArn").text()
    parents = permission.graph.of(*kinds)
    return any(
        arn and text.startswith(arn.rstrip("/") + "/")
        for arn in (p.get("executionArn").text() for p in parents)
    )


@rule(
    id="function-permission-qualified",
    title="Permissions on a function with an alias name the alias",
    pillar="auth",
    severity="high",
    level="advisory",
    why="A permission on the bare function also opens versions that nobody serves any more.",
    remedy="Set qualifier=alias.name on the permission.",
    references=("LAM-G01",),
    on=(t.PERMISSION,),
)
def function_permission_qualified(permission: Resource, ctx: Context) -> Iterator[Finding]:
    functions = permission.targets("function", t.FUNCTION)
    aliased = any(function.users("functionName", t.FUNCTION_ALIAS) for function in functions)
    if aliased and not permission.get("qualifier").declared:
        yield fail(permission.get("qualifier"), "does not name the alias that is served")
