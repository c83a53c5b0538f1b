"""The ways to a function: an API is the only one where there is an API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from endpoint_guard import iam
from endpoint_guard import types as t
from endpoint_guard.graph import Graph, Node, Resource, State
from endpoint_guard.rule import Context, Finding, fail, need, property_rule, rule

_CALLS: Final = {
    t.BUCKET_NOTIFICATION: "lambdaFunctions",
    t.SUBSCRIPTION: "endpoint",
    t.EVENT_TARGET: "arn",
    t.SCHEDULE: "target",
    t.LOG_FILTER: "destinationArn",
    t.TARGET_ATTACHMENT: "targetId",
    t.LATTICE_ATTACHMENT: "target",
    t.USER_POOL: "lambdaConfig",
    t.HTTP_API: "target",
    t.HTTP_INTEGRATION: "integrationUri",
}
"""By which property another service is told to call a function."""
_INVOKE: Final = ("lambda:InvokeFunction", "lambda:InvokeAsync", "lambda:InvokeFunctionUrl")


function_url_authenticated = property_rule(
    __name__,
    id="function-url-authenticated",
    title="Function URLs authenticate their callers",
    pillar="auth",
    severity="critical",
    why="Everybody who knows the address runs the function, at the cost of the account.",
    remedy='Set authorization_type="AWS_IAM".',
    references=("LAM-013",),
    on=t.FUNCTION_URL,
    path="authorizationType",
    good=lambda node: node.text() == "AWS_IAM",
    text="lets anyone call without authentication",
)


@rule(
    id="function-no-side-door",
    title="A function behind an API is reached through that API only",
    pillar="auth",
    severity="critical",
    level="advisory",
    why="A function URL, an event source, a second permission or a role bypasses firewall, key and quota.",
    remedy="Remove the trigger, the permission or the statement; call through the API.",
    references=("LAM-G02", "LAM-013"),
    on=(t.FUNCTION_URL, t.EVENT_SOURCE, t.PERMISSION, *_CALLS, *iam.IDENTITY_TYPES),
)
def function_no_side_door(resource: Resource, ctx: Context) -> Iterator[Finding]:
    if resource.type == t.PERMISSION:
        yield from _permission(resource)
    elif resource.type in iam.IDENTITY_TYPES:
        yield from _granted(resource)
    elif resource.type == t.SUBSCRIPTION and resource.get("protocol").text() != "lambda":
        return  # to a queue or an address, which may be secret
    elif resource.type == t.FUNCTION_URL and resource.get("authorizationType").text() == "NONE":
        yield fail(resource.get("authorizationType"), "opens the function to everyone")
    else:
        path = _CALLS.get(resource.type, "functionName")
        if resource.get(path).declared and any(_is_second(resource, f) for f in _functions(resource, path)):
            yield fail(resource.get(path), "opens a second way to the function")


def _functions(resource: Resource, path: str) -> list[Resource]:
    """The functions of the stack that a property names, by themselves or by an alias."""
    found = resource.targets(path, t.FUNCTION, t.FUNCTION_ALIAS)
    aliased = [f for a in found if a.type == t.FUNCTION_ALIAS for f in a.targets("functionName", t.FUNCTION)]
    return list(dict.fromkeys([f for f in found if f.type == t.FUNCTION] + aliased))


def _apis(graph: Graph) -> dict[str, str]:
    """For each function behind an API of the stack, its URN and that of the API; a REST API comes first."""

    def made() -> dict[str, str]:
        found: dict[str, str] = {}
        for kind, path, parent in (
            (t.INTEGRATION, "uri", "restApi"),
            (t.HTTP_INTEGRATION, "integrationUri", "apiId"),
            (t.HTTP_API, "target", ""),
        ):
            for caller in graph.of(kind):
                owner = (
                    next(iter(caller.targets(parent, t.REST_API, t.HTTP_API)), caller) if parent else caller
                )
                for function in _functions(caller, path) if caller.get(path).declared else []:
                    found.setdefault(function.urn, owner.urn)
        return found

    return graph.remember("functions behind an API", made)


def _is_second(resource: Resource, function: Resource) -> bool:
    """Whether a caller is another one than the API that the function stands behind."""
    served = _apis(resource.graph).get(function.urn)
    if served is None or served == resource.urn:
        return False
    return resource.type != t.HTTP_INTEGRATION or served not in {
        api.urn for api in resource.targets("apiId", t.HTTP_API)
    }


def _permission(permission: Resource) -> Iterator[Finding]:
    action = permission.get("action")
    yield from need(
        action,
        lambda n: n.text().lower() in {name.lower() for name in _INVOKE},
        "allows more than to invoke the function",
    )
    functions = _functions(permission, "function")
    served = _apis(permission.graph)
    if served and (not functions or any(function.urn in served for function in functions)):
        principal = permission.get("principal")
        yield from need(
            principal,
            lambda n: n.text().lower() == "apigateway.amazonaws.com",
            "opens the function to a caller other than the API",
        )


def _granted(holder: Resource) -> Iterator[Finding]:
    """The places in a policy that let its holder invoke a function behind an API."""
    served = [f for urn in _apis(holder.graph) if (f := holder.graph.find(urn)) is not None]
    for document in iam.identity_documents(holder) if served else []:
        for statement in iam.statements(document):
            if any(statement.grants(action) for action in _INVOKE):
                yield from _reached(statement, document, served)


def _reached(statement: iam.Statement, document: Node, functions: list[Resource]) -> Iterator[Finding]:
    if statement.node.get("NotResource").declared:
        yield fail(statement.node.get("NotResource"), "lets a role call the function past the API")
    for node in statement.node.get("Resource").items():
        if any(_names(node, function) for function in functions):
            yield fail(node, "lets a role call the function past the API")


def _names(node: Node, function: Resource) -> bool:
    name = function.get("name")
    if node.state is State.UNKNOWN or name.state is not State.KNOWN:
        node.text()
        return True
    tail = node.text().partition(":function:")[2]
    return node.text() == "*" or iam.matches(tail.split(":", 1)[0] if tail else node.text(), name.text())
