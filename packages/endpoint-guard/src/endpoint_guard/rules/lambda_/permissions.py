"""Who may invoke the function."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import iam
from endpoint_guard import types as t
from endpoint_guard.graph import Resource, State
from endpoint_guard.rule import Context, Finding, fail, need, rule


@rule(
    id="function-permission-bound",
    title="Permissions to invoke a function name one API, stage, verb and path",
    pillar="auth",
    severity="critical",
    why="A permission for a whole service or API lets other accounts and other routes reach the function.",
    remedy="Build source_arn from stage.execution_arn plus /VERB/path; it holds the account.",
    references=("LAM-011", "LAM-012", "LAM-G01"),
    on=(t.PERMISSION,),
)
def function_permission_bound(permission: Resource, ctx: Context) -> Iterator[Finding]:
    principal = permission.get("principal")
    yield from need(principal, lambda n: n.text() not in ("", "*"), "lets everyone invoke the function")
    if not principal.text().endswith(".amazonaws.com"):
        return
    source = permission.get("sourceArn")
    if not source.declared:
        yield fail(source, "is bound to no source")
    elif source.state is State.KNOWN and not iam.fixed(source.text()):
        yield fail(source, "is bound to a source of any account")
    elif not _of_stack(permission) and not _of_own_api(
        permission, t.REST_API, t.STAGE, t.HTTP_API, t.HTTP_STAGE
    ):
        yield fail(source, "is bound to a source outside the stack")
    elif _of_rest_api(permission) and not _composed(permission):
        yield from need(source, lambda n: "*" not in n.text(), "has a wildcard in its source")
        yield from need(source, lambda n: n.text().count("/") >= 3, "names no stage, verb and path")


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
