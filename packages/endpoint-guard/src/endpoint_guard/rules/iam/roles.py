"""Roles: who may assume them, and for which one workload."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from endpoint_guard import iam
from endpoint_guard import types as t
from endpoint_guard.accounts import own, owner
from endpoint_guard.graph import Node, Resource
from endpoint_guard.rule import Context, Finding, Setting, fail, rule
from endpoint_guard.storage import holds_artifacts

_CONSUMERS: Final = {
    t.FUNCTION: ("role", "lambda.amazonaws.com"),
    t.MODEL: ("executionRoleArn", "sagemaker.amazonaws.com"),
    t.API_ACCOUNT: ("cloudwatchRoleArn", "apigateway.amazonaws.com"),
    t.FLOW_LOG: ("iamRoleArn", "vpc-flow-logs.amazonaws.com"),
    t.INSTANCE_PROFILE: ("role", "ec2.amazonaws.com"),
}


def _consumers(role: Resource) -> list[Resource]:
    return [user for kind, (prop, _) in _CONSUMERS.items() for user in role.users(prop, kind)]


def _narrowed(statement: iam.Statement) -> bool:
    """Whether a condition leaves a part of an account: who knows a secret, has a second factor, or bears a name."""
    factor = statement.conditions.get("bool", {}).get("aws:multifactorauthpresent")
    return factor == ["true"] or statement.narrowed_by(_WHO)


_WHO: Final = ("sts:externalid", "aws:principalarn", "aws:principaltag/*", "aws:userid", "aws:username")


def _accounts(statement: iam.Statement) -> list[Node]:
    """The principals that stand for a whole account, unless a condition leaves a part of it."""
    named = [node for kind, node in statement.principals if kind == "AWS"]
    whole = [node for node in named if node.text().endswith(":root") or node.text().isdigit()]
    return [] if whole and _narrowed(statement) else whole


@rule(
    id="role-trust-names-principals",
    title="Roles name the principals of their own account that may assume them",
    pillar="auth",
    severity="medium",
    level="advisory",
    why="Whoever in the account has sts:AssumeRole on everything may assume the role.",
    remedy="Name role ARNs, or narrow the account by a condition, such as aws:PrincipalTag or "
    "aws:MultiFactorAuthPresent.",
    references=("IAM-016",),
    on=(t.ROLE,),
)
def role_trust_names_principals(role: Resource, ctx: Context) -> Iterator[Finding]:
    for statement in iam.allowed(role.get("assumeRolePolicy")):
        for node in _accounts(statement):
            if owner(node.text()) in own(role.graph):
                yield fail(node, "may be assumed by its whole account")


@rule(
    id="role-trust-not-everyone",
    title="No role may be assumed by everyone or by a whole foreign account",
    pillar="auth",
    severity="critical",
    why="Such a role is a public key to whatever it may do.",
    remedy="Name the service or the role ARNs that may assume it, or narrow the account by a condition, such as "
    "sts:ExternalId or aws:MultiFactorAuthPresent.",
    references=("IAM-015", "IAM-016", "IAM-024"),
    on=(t.ROLE,),
)
def role_trust_not_everyone(role: Resource, ctx: Context) -> Iterator[Finding]:
    for statement in iam.statements(role.get("assumeRolePolicy")):
        if not statement.allows:
            continue
        if statement.anyone:
            yield fail(statement.node.get("Principal"), "may be assumed by everyone")
        for node in _accounts(statement):
            if owner(node.text()) not in own(role.graph):
                yield fail(node, "may be assumed by a whole account")
        for kind, node in statement.principals:
            if kind == "Federated" and not iam.names_identities(statement, node):
                yield fail(node, "may be assumed by every identity of a provider")


@rule(
    id="role-trust-guarded",
    title="Service trust guards against the confused deputy",
    pillar="auth",
    severity="high",
    why="Without a source account another customer can make the service use this role.",
    remedy="Add the condition aws:SourceAccount or aws:SourceArn to the trust policy.",
    references=("IAM-017",),
    on=(t.ROLE,),
    settings={
        "silent": Setting(
            [
                "lambda.amazonaws.com",
                "apigateway.amazonaws.com",
                "ec2.amazonaws.com",
                "edgelambda.amazonaws.com",
            ],
            "services that send no source when they assume a role",
        )
    },
)
def role_trust_guarded(role: Resource, ctx: Context) -> Iterator[Finding]:
    for statement in iam.statements(role.get("assumeRolePolicy")):
        services = set(statement.principal_texts("Service")) - set(ctx.strings("silent"))
        if (
            statement.allows
            and services
            and not statement.narrowed_by(("aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid"))
        ):
            yield fail(statement.node, "trusts a service on behalf of any account")


@rule(
    id="role-trust-exact",
    title="A role trusts exactly the service that uses it",
    pillar="auth",
    severity="high",
    level="advisory",
    why="A role that two services may assume has the union of both services' risks.",
    remedy="Trust only the service whose resource uses the role.",
    references=("IAM-G03",),
    on=(t.ROLE,),
)
def role_trust_exact(role: Resource, ctx: Context) -> Iterator[Finding]:
    expected = {_CONSUMERS[user.type][1] for user in _consumers(role)}
    if not expected:
        return
    node = role.get("assumeRolePolicy")
    trusted = set(iam.trusted_services(role))
    others = [
        kind
        for s in iam.statements(node)
        if s.allows
        for kind, _ in s.principals
        if kind in ("AWS", "Federated")
    ]
    if trusted != expected or others:
        yield fail(node, "trusts a principal other than the service that uses it")


@rule(
    id="role-per-workload",
    title="Each workload has a role of its own",
    pillar="auth",
    severity="high",
    level="advisory",
    why="A shared role gives each workload the rights of all the others.",
    remedy="Create one role per function, model and log delivery.",
    references=("IAM-G02",),
    on=(t.ROLE,),
)
def role_per_workload(role: Resource, ctx: Context) -> Iterator[Finding]:
    consumers = _consumers(role)
    functions = [user for user in consumers if user.type == t.FUNCTION]
    if len({user.type for user in consumers}) > 1 or len(functions) > 1:
        yield fail(role, "is shared by several workloads", "name")


@rule(
    id="workload-role-own",
    title="Workloads run under a role of the stack",
    pillar="auth",
    severity="high",
    level="advisory",
    why="What a role from elsewhere may do, and who else may assume it, cannot be checked here.",
    remedy="Pass the ARN of a role that the stack declares.",
    references=("IAM-G02", "IAM-G06"),
    on=tuple(_CONSUMERS),
)
def workload_role_own(workload: Resource, ctx: Context) -> Iterator[Finding]:
    path = _CONSUMERS[workload.type][0]
    node = workload.get(path)
    if node.declared and not workload.targets(path, t.ROLE):
        yield fail(node, "runs under a role outside the stack")


@rule(
    id="role-has-boundary",
    title="Roles carry the configured permissions boundary",
    pillar="auth",
    severity="medium",
    level="advisory",
    why="A boundary caps what any later policy can add.",
    remedy="Set permissions_boundary to the configured ARN.",
    references=("IAM-G04",),
    on=(t.ROLE,),
    settings={"boundary": Setting("", 'ARN of the boundary; "" asks for none, "*" for any')},
)
def role_has_boundary(role: Resource, ctx: Context) -> Iterator[Finding]:
    wanted = str(ctx.settings["boundary"])
    node = role.get("permissionsBoundary")
    if wanted == "*" and not node.declared:
        yield fail(node, "has no permissions boundary")
    elif wanted not in ("", "*") and node.text() != wanted:
        yield fail(node, "does not carry the configured permissions boundary")


_MODEL_MAY: Final = (
    (
        "s3:GetObject s3:GetObjectVersion s3:ListBucket s3:GetBucketLocation s3:PutObject kms:Decrypt kms:DescribeKey "
        "kms:GenerateDataKey kms:GenerateDataKey* logs:CreateLogStream logs:PutLogEvents "
        "logs:CreateLogGroup logs:DescribeLogStreams cloudwatch:PutMetricData ecr:BatchGetImage "
        "ecr:GetDownloadUrlForLayer ecr:BatchCheckLayerAvailability ecr:GetAuthorizationToken "
        "ec2:CreateNetworkInterface ec2:CreateNetworkInterfacePermission ec2:DeleteNetworkInterface "
        "ec2:DeleteNetworkInterfacePermission ec2:DescribeNetworkInterfaces ec2:DescribeVpcs ec2:DescribeSubnets "
        "ec2:DescribeDhcpOptions ec2:DescribeSecurityGroups"
    )
    .lower()
    .split()
)


@rule(
    id="model-role-minimal",
    title="The model's role reads the artifact and writes its logs, and nothing else",
    pillar="auth",
    severity="high",
    level="advisory",
    why="Whoever breaks into the container has this role.",
    remedy="Leave the role the artifact's prefix, its key, its log group, and capture writing.",
    references=("IAM-G06",),
    on=(t.MODEL,),
)
def model_role_minimal(model: Resource, ctx: Context) -> Iterator[Finding]:
    for role in model.targets("executionRoleArn", t.ROLE):
        for document in iam.role_documents(role):
            for statement in iam.statements(document):
                if not statement.allows:
                    continue
                for node in statement.node.get("Action").items():
                    if node.text().lower() not in _MODEL_MAY:
                        yield fail(node, "gives the model's role more than it needs")
                if any(action.lower().startswith("s3:") for action in statement.actions):
                    yield from _own_buckets(statement)


def _own_buckets(statement: iam.Statement) -> Iterator[Finding]:
    """A finding for each bucket named that is not of the stack, or from which a model takes nothing."""
    graph = statement.node.resource.graph
    reads = any(statement.grants(action) for action in ("s3:GetObject", "s3:GetObjectVersion"))
    for node in statement.node.get("Resource").items():
        name = node.text().removeprefix("arn:aws:s3:::").split("/", 1)[0]
        found = [one for one in graph.known_as(name) if one.type == t.BUCKET]
        if name != "*" and not found:
            yield fail(node, "lets the model's role reach a bucket outside the stack")
        elif found and reads and not any(holds_artifacts(bucket) for bucket in found):
            yield fail(node, "lets the model's role read a bucket that holds no artifact")
