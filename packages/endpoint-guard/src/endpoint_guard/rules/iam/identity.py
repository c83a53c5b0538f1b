"""What identity policies may grant."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase

from endpoint_guard import actions, iam
from endpoint_guard import types as t
from endpoint_guard.accounts import abroad
from endpoint_guard.graph import Resource, State
from endpoint_guard.rule import Context, Finding, Setting, fail, rule

Judge = Callable[[iam.Statement], Iterator[Finding]]


def _grants(resource: Resource, judge: Judge) -> Iterator[Finding]:
    """Runs `judge` on every Allow statement of the documents a resource holds."""
    for document in iam.identity_documents(resource):
        for statement in iam.statements(document):
            if statement.allows:
                yield from judge(statement)


@rule(
    id="iam-no-admin",
    title="No policy allows every action",
    pillar="auth",
    severity="critical",
    why="Whoever gets such a role owns the account.",
    remedy="List the actions that the workload needs.",
    references=("IAM-001", "IAM-002"),
    on=iam.IDENTITY_TYPES,
)
def iam_no_admin(resource: Resource, ctx: Context) -> Iterator[Finding]:
    def judge(s: iam.Statement) -> Iterator[Finding]:
        if any(re.fullmatch(r"[*?]+(:[*?]+)?", action) for action in s.actions):
            yield fail(s.node.get("Action"), "allows every action")

    yield from _grants(resource, judge)


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
    id="iam-no-service-wildcard",
    title="No statement allows every action of a service",
    pillar="auth",
    severity="high",
    why="The right grows with every action that AWS adds to the service, those that destroy and publish included.",
    remedy="List the actions.",
    references=("IAM-003", "IAM-006", "LAM-022", "SM-016"),
    on=iam.IDENTITY_TYPES,
    settings={"allowed": Setting([], "action patterns accepted as they are")},
)
def iam_no_service_wildcard(resource: Resource, ctx: Context) -> Iterator[Finding]:
    allowed = {text.lower() for text in ctx.strings("allowed")}

    def judge(s: iam.Statement) -> Iterator[Finding]:
        for node in s.node.get("Action").items():
            if _whole_service(node.text()) and node.text().lower() not in allowed:
                yield fail(node, "allows every action of a service")

    yield from _grants(resource, judge)


def _whole_service(action: str) -> bool:
    """Whether an action is every one of its service, or of all: nothing but wildcards behind the colon."""
    service, _, name = action.rpartition(":")
    return (not name.strip("*?") and "*" in name) or "*" in service or "?" in service


@rule(
    id="iam-actions-listed",
    title="Actions are spelt out",
    pillar="auth",
    severity="medium",
    level="advisory",
    why="A wildcard in an action grows with every action of that name that AWS adds.",
    remedy="List the actions; the few accepted families are a setting.",
    references=("IAM-004",),
    on=iam.IDENTITY_TYPES,
    settings={
        "allowed": Setting(["kms:GenerateDataKey*", "kms:ReEncrypt*"], "action patterns accepted as they are")
    },
)
def iam_actions_listed(resource: Resource, ctx: Context) -> Iterator[Finding]:
    allowed = {text.lower() for text in ctx.strings("allowed")}

    def judge(s: iam.Statement) -> Iterator[Finding]:
        for node in s.node.get("Action").items():
            text = node.text()
            partly = ("*" in text or "?" in text) and not _whole_service(text)
            if partly and text.lower() not in allowed:
                yield fail(node, "allows actions by wildcard")

    yield from _grants(resource, judge)


def _among(action: str, patterns: Iterable[str]) -> bool:
    """Whether one of the patterns covers the action, which may have a wildcard itself."""
    return any(fnmatchcase(action, pattern) for pattern in patterns)


@rule(
    id="iam-resources-named",
    title="Policies name the resources they reach",
    pillar="auth",
    severity="high",
    why="A role that reaches every object, key or function of the account turns one bug into a breach.",
    remedy="Give the ARNs; actions that take no resource belong in a statement of their own.",
    references=("IAM-004", "IAM-005", "IAM-011", "IAM-018", "KMS-009", "LAM-022"),
    on=iam.IDENTITY_TYPES,
    settings={
        "unscoped": Setting(list(actions.UNSCOPED), "actions that take no resource, or none known beforehand")
    },
)
def iam_resources_named(resource: Resource, ctx: Context) -> Iterator[Finding]:
    unscoped = {text.lower() for text in ctx.strings("unscoped")}

    def judge(s: iam.Statement) -> Iterator[Finding]:
        if s.actions and all(_among(action.lower(), unscoped) for action in s.actions):
            return
        for node in s.node.get("Resource").items():
            if iam.loose(node.text()):
                yield fail(node, "reaches more than one named resource")

    yield from _grants(resource, judge)


@rule(
    id="iam-no-escalation",
    title="No workload may change permissions or run as somebody else",
    pillar="auth",
    severity="critical",
    why="Each of these actions lets its holder give itself every other permission.",
    remedy="Leave such actions to the deployer's role, outside the stack.",
    references=("IAM-006", "IAM-007", "IAM-010"),
    on=iam.IDENTITY_TYPES,
)
def iam_no_escalation(resource: Resource, ctx: Context) -> Iterator[Finding]:
    def judge(s: iam.Statement) -> Iterator[Finding]:
        if s.covers(*actions.ESCALATING):
            yield fail(s.node.get("Action"), "allows an action that escalates privileges")

    yield from _grants(resource, judge)


@rule(
    id="iam-no-dismantling",
    title="No workload may take down what protects or records it",
    pillar="auth",
    severity="high",
    why="Whoever gets into the workload would first switch off the firewall, the log or the key.",
    remedy="Leave such actions to the deployer's role, outside the stack.",
    references=("IAM-010", "IAM-011", "S3-G02"),
    on=iam.IDENTITY_TYPES,
)
def iam_no_dismantling(resource: Resource, ctx: Context) -> Iterator[Finding]:
    def judge(s: iam.Statement) -> Iterator[Finding]:
        if s.covers(*actions.DISMANTLING):
            yield fail(s.node.get("Action"), "allows an action that takes protection or records down")

    yield from _grants(resource, judge)


@rule(
    id="iam-no-foreign-roles",
    title="No workload may assume a role of another account",
    pillar="auth",
    severity="high",
    level="advisory",
    why="What a role of another account may do, and where it leads, cannot be checked here.",
    remedy="Remove sts:AssumeRole, or name the account in the setting.",
    references=("IAM-018",),
    on=iam.IDENTITY_TYPES,
    settings={"accounts": Setting([], "accounts whose roles may be assumed")},
)
def iam_no_foreign_roles(resource: Resource, ctx: Context) -> Iterator[Finding]:
    def judge(s: iam.Statement) -> Iterator[Finding]:
        for node in s.node.get("Resource").items() if s.covers("sts:AssumeRole") else []:
            if abroad(node, ctx.strings("accounts")):
                yield fail(node, "lets the workload assume a role of another account")

    yield from _grants(resource, judge)


@rule(
    id="iam-no-broad-reading",
    title="No workload may read secrets or objects at large",
    pillar="auth",
    severity="high",
    why="Reading every parameter, secret or object is how data and credentials leave an account.",
    remedy="Name the one bucket prefix, secret or parameter.",
    references=("IAM-008", "IAM-009"),
    on=iam.IDENTITY_TYPES,
)
def iam_no_broad_reading(resource: Resource, ctx: Context) -> Iterator[Finding]:
    def judge(s: iam.Statement) -> Iterator[Finding]:
        if s.covers(*actions.READING):
            for node in s.node.get("Resource").items():
                if iam.loose(node.text()):
                    yield fail(node, "may read secrets or objects at large")

    yield from _grants(resource, judge)


@rule(
    id="iam-pass-role-narrow",
    title="PassRole names roles and the service they are passed to",
    pillar="auth",
    severity="critical",
    why="Passing any role to a service one controls is the shortest way to administrator rights.",
    remedy="Name the role ARNs and add the condition iam:PassedToService.",
    references=("IAM-G01",),
    on=iam.IDENTITY_TYPES,
)
def iam_pass_role_narrow(resource: Resource, ctx: Context) -> Iterator[Finding]:
    def judge(s: iam.Statement) -> Iterator[Finding]:
        if not s.covers("iam:PassRole"):
            return
        if s.any_resource or any("*" in text for text in s.resources):
            yield fail(s.node.get("Resource"), "may pass roles that it does not name")
        if not s.narrowed_by(("iam:passedtoservice",)):
            yield fail(s.node.get("Condition"), "may pass roles to any service")

    yield from _grants(resource, judge)


@rule(
    id="iam-no-negated-elements",
    title="Allow statements use no negated elements",
    pillar="auth",
    severity="high",
    why="NotAction, NotResource and NotPrincipal allow everything that is not listed, also what comes later.",
    remedy="List what is allowed.",
    references=("IAM-G07",),
    on=(
        *iam.IDENTITY_TYPES,
        t.KEY,
        t.KEY_POLICY,
        t.BUCKET,
        t.BUCKET_POLICY,
        t.TOPIC,
        t.TOPIC_POLICY,
        t.QUEUE,
        t.QUEUE_POLICY,
        t.SECRET,
        t.SECRET_POLICY,
        t.REST_API,
        t.REST_API_POLICY,
        t.VPC_ENDPOINT,
        t.VPC_ENDPOINT_POLICY,
    ),
)
def iam_no_negated_elements(resource: Resource, ctx: Context) -> Iterator[Finding]:
    documents = list(iam.identity_documents(resource))
    for document in documents:
        for statement in iam.statements(document):
            for name in statement.negations if statement.allows else []:
                yield fail(statement.node.get(name), f"allows by {name}")


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
