"""Which policies an identity carries, by which way, and that there are no users."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import types as t
from endpoint_guard.graph import Resource, State
from endpoint_guard.rule import Context, Finding, Setting, fail, rule

_ADMINISTRATORS = frozenset(
    f"arn:{partition}:iam::aws:policy/{name}"
    for partition in ("aws", "aws-cn", "aws-us-gov")
    for name in ("AdministratorAccess", "AdministratorAccess-Amplify", "IAMFullAccess", "PowerUserAccess")
)
"""Policies of AWS that allow everything, or whatever leads to it."""
_ATTACHED = {t.ROLE: "managedPolicyArns", t.ATTACHMENTS_EXCLUSIVE: "policyArns"}
"""Where a type names the policies it attaches; all others have policyArn."""
_ATTACHING = (
    t.ROLE,
    t.ROLE_ATTACHMENT,
    t.POLICY_ATTACHMENT,
    t.GROUP_ATTACHMENT,
    t.USER_ATTACHMENT,
    t.ATTACHMENTS_EXCLUSIVE,
)


@rule(
    id="iam-no-administrators",
    title="No identity has the rights of an administrator",
    pillar="auth",
    severity="critical",
    why="Whoever gets such a role owns the account.",
    remedy="Write a policy with the few actions that are needed.",
    references=("IAM-102",),
    on=_ATTACHING,
)
def iam_no_administrators(resource: Resource, ctx: Context) -> Iterator[Finding]:
    place = resource.get(_ATTACHED.get(resource.type, "policyArn"))
    if not place.declared or (place.state is State.UNKNOWN and resource.targets(place.path, t.POLICY)):
        return
    for node in place.items():
        if node.state is State.UNKNOWN and resource.targets(place.path, t.POLICY):
            continue  # a policy of the stack, which is judged itself
        if node.text() in _ADMINISTRATORS:
            yield fail(node, "attaches a policy of AWS with the rights of an administrator")


@rule(
    id="iam-no-managed-policies",
    title="Roles carry policies of the stack, not AWS's or foreign ones",
    pillar="auth",
    severity="medium",
    level="advisory",
    why="AWS-managed policies are broad and change without notice; a foreign policy cannot be checked here.",
    remedy="Write a RolePolicy with the few actions that are needed.",
    references=("IAM-006", "IAM-012", "IAM-013", "IAM-019"),
    on=tuple(kind for kind in _ATTACHING if kind != t.USER_ATTACHMENT),
    settings={"allowed": Setting([], "ARNs of policies outside the stack that are accepted")},
)
def iam_no_managed_policies(resource: Resource, ctx: Context) -> Iterator[Finding]:
    nodes = resource.get(_ATTACHED.get(resource.type, "policyArn"))
    if nodes.declared and not resource.targets(nodes.path, t.POLICY):
        for node in nodes.items():
            if node.text() not in ctx.strings("allowed"):
                yield fail(node, "attaches a policy that is not of the stack")


@rule(
    id="iam-one-way-of-attaching",
    title="A role's policies are managed in one way",
    pillar="auth",
    severity="medium",
    level="advisory",
    why="Inline, exclusive and attached policies on one role fight each other at every update.",
    remedy="Use RolePolicy resources only.",
    references=("IAM-022",),
    on=(t.ROLE, t.POLICY_ATTACHMENT),
)
def iam_one_way_of_attaching(resource: Resource, ctx: Context) -> Iterator[Finding]:
    if resource.type == t.POLICY_ATTACHMENT:
        yield fail(resource, "takes the policy away from everybody else it is attached to", "policyArn")
        return
    separate = resource.users("role", t.ROLE_POLICY, t.ROLE_ATTACHMENT)
    for name in ("inlinePolicies", "managedPolicyArns"):
        # An update reads back the attached policies into the role: only one that differs is a second way.
        if separate and resource.get(name).declared and not _same(resource, name, separate):
            yield fail(resource.get(name), "manages policies in two ways")


def _same(role: Resource, name: str, separate: list[Resource]) -> bool:
    if name == "managedPolicyArns":
        known = [r.get("policyArn").text() for r in separate if r.type == t.ROLE_ATTACHMENT]
        return set(role.get(name).texts()) <= set(known)
    names = [r.get("name").text() for r in separate if r.type == t.ROLE_POLICY]
    return {item.get("name").text() for item in role.get(name).items()} <= set(names)


@rule(
    id="iam-no-users",
    title="The stack has no IAM users",
    pillar="auth",
    severity="high",
    why="A user's keys live until somebody revokes them, and end in files and logs.",
    remedy="Use roles with temporary credentials.",
    references=("IAM-020", "IAM-021"),
    on=(t.USER, t.USER_POLICY, t.USER_ATTACHMENT, t.ACCESS_KEY, t.LOGIN_PROFILE, t.SERVICE_CREDENTIAL),
    scope="resource",
)
def iam_no_users(resource: Resource, ctx: Context) -> Iterator[Finding]:
    yield fail(resource, "gives an IAM user long-lived credentials or rights", "user")
