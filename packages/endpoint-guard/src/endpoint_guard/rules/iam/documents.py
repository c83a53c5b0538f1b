"""Policy documents that pulumi-aws takes and AWS refuses, or silently reads as nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from endpoint_guard import iam
from endpoint_guard import types as t
from endpoint_guard.graph import Node, Resource
from endpoint_guard.rule import Context, Finding, Setting, fail, need, rule

_TOP: Final = {"Version", "Id", "Statement"}
_ELEMENTS: Final = {
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
}
_IDENTITY: Final = (t.ROLE_POLICY, t.POLICY, t.USER_POLICY, t.GROUP_POLICY)
_NO_RESOURCE: Final = (t.ROLE, t.REPOSITORY_POLICY)
"""Types whose policy is about themselves: AWS refuses a Resource in it."""
_ACTION: Final = re.compile(r"\*|[a-z0-9-]+:[A-Za-z0-9*?]+", re.IGNORECASE)
_NO_PREFIX: Final = (
    "apigatewayv2",
    "cloudwatchlogs",
    "eventbridge",
    "runtime.sagemaker",
    "sagemaker-runtime",
    "sagemakerruntime",
    "secretmanager",
    "stepfunctions",
    "waf-v2",
)
"""Names of clients and services that are not the prefix of an action."""
_VIA: Final = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)?\.([a-z]{2}(-[a-z]+)+-\d|\*)\.amazonaws\.com(\.cn)?")


def _documents(resource: Resource) -> list[Node]:
    found = list(iam.identity_documents(resource)) if resource.type in iam.IDENTITY_TYPES else []
    if resource.type in iam.CARRIERS and resource.get(iam.CARRIERS[resource.type]).declared:
        found.append(resource.get(iam.CARRIERS[resource.type]))
    return found


@rule(
    id="policy-language-current",
    title="Policy documents name the current version of the language",
    pillar="auth",
    severity="medium",
    level="advisory",
    why="In the version of 2008, which is also the default, policy variables are plain text.",
    remedy='Set Version to "2012-10-17".',
    references=("IAM-005",),
    on=tuple(dict.fromkeys((*_IDENTITY, *iam.CARRIERS))),
)
def policy_language_current(resource: Resource, ctx: Context) -> Iterator[Finding]:
    for document in _documents(resource):
        version = document.document().get("Version")
        yield from need(version, lambda n: n.text() == "2012-10-17", "does not name the current version")


@rule(
    id="policy-well-formed",
    title="Policy documents are valid",
    pillar="hygiene",
    severity="high",
    why="A misspelt element is refused at the end of a long update, or read as nothing at all.",
    remedy="Use the elements of the policy language, with Principal in resource policies and there alone.",
    references=("IAM-005", "IAM-023"),
    on=tuple(dict.fromkeys((*_IDENTITY, *iam.CARRIERS))),
)
def policy_well_formed(resource: Resource, ctx: Context) -> Iterator[Finding]:
    for document in _documents(resource):
        content = document.document()
        for name, node in content.entries():
            if name not in _TOP:
                yield fail(node, "has an element that is not part of a policy")
        if content.get("Version").text() not in ("", "2008-10-17", "2012-10-17"):
            yield fail(content.get("Version"), "names a version of the language that AWS does not know")
        if not content.get("Statement").declared:
            yield fail(content.get("Statement"), "holds no statement")
        trust = resource.type == t.ROLE and document.path == "assumeRolePolicy"
        for s in iam.statements(document):
            yield from _elements(s, resource.type, trust)
        sids = [s.node.get("Sid").text() for s in iam.statements(document) if s.node.get("Sid").declared]
        if len(sids) != len(set(sids)):
            yield fail(content.get("Statement"), "has two statements with one Sid")


def _elements(s: iam.Statement, kind: str, trust: bool) -> Iterator[Finding]:
    names = {name for name, _ in s.node.entries()}
    if names - _ELEMENTS:
        yield fail(s.node, "has an element that is not part of a statement")
    if s.node.get("Effect").text() not in ("Allow", "Deny"):
        yield fail(s.node.get("Effect"), "is neither Allow nor Deny")
    if len(names & {"Action", "NotAction"}) != 1:
        yield fail(s.node, "does not name actions in exactly one way")
    identity = kind in iam.IDENTITY_TYPES and not trust
    principals = names & {"Principal", "NotPrincipal"}
    if identity and principals:
        yield fail(s.node.get("Principal"), "names a principal in a role's own policy")
    if not identity and len(principals) != 1:
        yield fail(s.node, "does not name principals in exactly one way")
    resources = names & {"Resource", "NotResource"}
    if trust and resources:
        yield fail(s.node.get("Resource"), "names a resource where there is none")
    if not trust and kind not in _NO_RESOURCE and len(resources) != 1:
        yield fail(s.node, "does not name resources in exactly one way")


@rule(
    id="actions-exist",
    title="Actions have the form and the service prefix of AWS",
    pillar="hygiene",
    severity="medium",
    why="A statement with a client's name for its prefix allows nothing, and denies nothing.",
    remedy="Use the prefix of the service authorization reference, such as sagemaker for the runtime too.",
    references=("IAM-005",),
    on=tuple(dict.fromkeys((*_IDENTITY, *iam.CARRIERS))),
)
def actions_exist(resource: Resource, ctx: Context) -> Iterator[Finding]:
    for document in _documents(resource):
        for s in iam.statements(document):
            for node in s.node.get("Action").items() + s.node.get("NotAction").items():
                text = node.text()
                if not _ACTION.fullmatch(text) or text.split(":", 1)[0].lower() in _NO_PREFIX:
                    yield fail(node, "is not an AWS action")
            for node in s.positive_values(("kms:viaservice",)):
                if not _VIA.fullmatch(node.text()):
                    yield fail(node, "is not a name under which a service calls KMS")


_FITS: Final = (
    (
        r"s3:(Get|Put|Delete|Restore|Replicate|BypassGovernance)\w*Object\w*|s3:BypassGovernanceRetention",
        r".*/.+",
    ),
    (r"s3:ListBucket(Versions|MultipartUploads)?|s3:GetBucketLocation", r"[^/]*"),
    (r"kms:(Decrypt|Encrypt|GenerateDataKey\w*|ReEncrypt\w*)", r".*:key/.+"),
    (r"logs:(CreateLogStream|PutLogEvents)", r".*:log-group:[^:]+:.*"),
    (r"sagemaker:InvokeEndpoint\w*", r".*:(endpoint|inference-component)/.+"),
    (r"lambda:InvokeFunction", r".*:function:.+"),
    (r"iam:PassRole|sts:AssumeRole", r".*:role/.+"),
    (r"sns:Publish", r"arn:[^:]*:sns:[^:]*:[^:]*:.+"),
    (r"execute-api:Invoke", r"arn:[^:]*:execute-api:.+/.+"),
)
"""Actions, and the form of the ARNs that they are checked against."""


@rule(
    id="actions-fit-resources",
    title="A statement's actions and resources fit each other",
    pillar="hygiene",
    severity="medium",
    why="s3:ListBucket on objects, or logs:PutLogEvents on the bare group, is accepted and allows nothing.",
    remedy="Give each action the kind of ARN that AWS checks it against.",
    references=("IAM-005",),
    on=iam.IDENTITY_TYPES,
    settings={"ignored": Setting([], "actions that are not looked at")},
)
def actions_fit_resources(resource: Resource, ctx: Context) -> Iterator[Finding]:
    ignored = {text.lower() for text in ctx.strings("ignored")}
    for document in iam.identity_documents(resource):
        for s in iam.statements(document):
            if s.node.get("NotResource").declared:
                continue
            for node in s.node.get("Action").items():
                if node.text().lower() not in ignored and not _fits(node.text(), s.resources):
                    yield fail(node, "has no resource of its kind beside it, so that it allows nothing")


_FILLERS: Final = ("x", "x/x", "key/x", "log-group:x:x", "endpoint/x", "function:x", "role/x")
"""What a wildcard may stand for, tried one by one."""


def _fits(action: str, resources: list[str]) -> bool:
    for actions, form in _FITS:
        if re.fullmatch(actions, action, re.IGNORECASE):
            meant = [text.replace("*", filler) for text in resources for filler in _FILLERS]
            return any(text == "*" for text in resources) or any(re.fullmatch(form, text) for text in meant)
    return True
