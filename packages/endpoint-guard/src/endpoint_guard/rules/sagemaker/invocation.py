"""Who may invoke the endpoint."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import iam
from endpoint_guard import types as t
from endpoint_guard.graph import Resource
from endpoint_guard.rule import STACK, Context, Finding, each, fail, rule

INVOKE = (
    "sagemaker:InvokeEndpoint",
    "sagemaker:InvokeEndpointAsync",
    "sagemaker:InvokeEndpointWithResponseStream",
)


@rule(
    id="endpoint-invoked-by-function-only",
    title="Only the scoring function may invoke the endpoint",
    pillar="auth",
    severity="critical",
    why="A second caller reaches the model without firewall, key, quota or validation.",
    remedy="Grant sagemaker:InvokeEndpoint to the function's role only, on the endpoint's exact ARN.",
    references=("IAM-G05",),
    profile="scoring-endpoint",
    on=(STACK,),
)
def endpoint_invoked_by_function_only(stack: Resource, ctx: Context) -> Iterator[Finding]:
    endpoints = ctx.graph.of(t.ENDPOINT)
    invokers: set[str] = set()
    undecided = False
    for resource in ctx.graph.of(*iam.IDENTITY_TYPES):
        for found in each([resource.root], lambda node: _invocations(node.resource, endpoints, invokers)):
            undecided = undecided or found.verdict.value == "unknown"
            yield found
    if endpoints and not undecided and len(invokers) != 1:
        number = "no role" if not invokers else "more than one role"
        yield fail(endpoints[0], f"may be invoked by {number} of the stack", "name")


def _invocations(resource: Resource, endpoints: list[Resource], invokers: set[str]) -> Iterator[Finding]:
    for document in iam.identity_documents(resource):
        for statement in iam.statements(document):
            if not any(statement.grants(action) for action in INVOKE):
                continue
            roles = _owners(resource)
            invokers |= {role.urn for role in roles}
            if not roles or not all(role.users("role", t.FUNCTION) for role in roles):
                yield fail(statement.node, "lets a role that is not the function's invoke the endpoint")
            yield from _exact(statement, endpoints)


def _owners(resource: Resource) -> list[Resource]:
    if resource.type == t.ROLE:
        return [resource]
    if resource.type == t.ROLE_POLICY:
        return resource.targets("role", t.ROLE)
    links = resource.users("policyArn", t.ROLE_ATTACHMENT, t.POLICY_ATTACHMENT)
    return [role for link in links for role in link.targets("role", t.ROLE) + link.targets("roles", t.ROLE)]


def _exact(statement: iam.Statement, endpoints: list[Resource]) -> Iterator[Finding]:
    names = {endpoint.get("name").text().lower() for endpoint in endpoints if endpoint.get("name").value}
    for node in statement.node.get("Resource").items():
        text = node.text()
        tail = text.rsplit(":endpoint/", 1)[-1].lower()
        if "*" in text or "?" in text or ":endpoint/" not in text or (names and tail not in names):
            yield fail(node, "does not name the endpoint's exact ARN")
