"""What identity policies may grant."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Final

from endpoint_guard import actions, iam
from endpoint_guard import types as t
from endpoint_guard.accounts import abroad
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, Setting, fail, rule

Judge = Callable[[iam.Statement], Iterator[Finding]]


def _grants(resource: Resource, judge: Judge) -> Iterator[Finding]:
    """Runs `judge` on every Allow statement of the documents a resource holds."""
    for statement in iam.allowed(*iam.identity_documents(resource)):
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


def _free(action: str, unscoped: Iterable[str]) -> bool:
    return actions.takes_no_resource(action) or _among(action.lower(), unscoped)


_TAGS: Final = ("aws:requesttag/*", "*:resourcetag/*")


def _by_tag(s: iam.Statement) -> bool:
    """Whether a condition narrows the statement to resources with a tag: AWS's other way of naming them."""
    for operator, entries in s.conditions.items():
        for key, values in entries.items():
            asked = (
                "*" not in values if operator in iam.POSITIVE else operator == "null" and values == ["false"]
            )
            if values and asked and any(iam.matches(tag, key) for tag in _TAGS):
                return True
    return False


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
        if s.actions and all(_free(action, unscoped) for action in s.actions):
            return
        if _by_tag(s):
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
    def judge(s: iam.Statement) -> Iterator[Finding]:
        for name in s.negations:
            yield fail(s.node.get(name), f"allows by {name}")

    yield from _grants(resource, judge)
