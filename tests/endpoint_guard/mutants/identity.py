"""Mutants of roles and their policies."""

from __future__ import annotations

from typing import Any

from endpoint_guard import types as t

from tests.endpoint_guard.mutants.change import (
    ACCOUNT,
    Change,
    Mutant,
    Ref,
    Stack,
    add,
    allow,
    grant,
    mutant,
    policy,
    put,
    together,
)

FUNCTION = t.ROLE_POLICY, "function"
MODEL = t.ROLE_POLICY, "model"
ENDPOINT = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:endpoint/fraud-prod-endpoint"
TRUST = "assumeRolePolicy"


def may(actions: Any, resources: Any, **more: Any) -> Change:
    """Gives the function's role a further right."""
    return grant(*FUNCTION, allow(actions, resources, **more))


def attach(arn: str) -> Change:
    return add(t.ROLE_ATTACHMENT, "more", {"role": Ref(t.ROLE, "function", "name"), "policyArn": arn})


def trusts(role: str, principal: Any, **more: Any) -> Change:
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal, **more}
    return put(t.ROLE, role, TRUST, policy(statement))


def also_trusts(role: str, principal: Any, **more: Any) -> Change:
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal, **more}
    return grant(t.ROLE, role, statement, TRUST)


BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/boundary"


def bounded_but_one(stack: Stack) -> None:
    for role in stack.every(t.ROLE):
        for side in ("inputs", "outputs"):
            role[side]["permissionsBoundary"] = BOUNDARY
    put(t.ROLE, "model", "permissionsBoundary", f"{BOUNDARY}-wide")(stack)


OWN = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
EXTRA_ROLE = together(
    add(
        t.ROLE,
        "extra",
        {
            "name": "extra",
            TRUST: policy(
                {
                    "Effect": "Allow",
                    "Action": "sts:AssumeRole",
                    "Principal": {"Service": "lambda.amazonaws.com"},
                }
            ),
            "tags": {"a": "b"},
        },
    ),
    add(
        t.ROLE_POLICY,
        "extra",
        {"role": Ref(t.ROLE, "extra", "name"), "policy": policy(allow("sagemaker:InvokeEndpoint", ENDPOINT))},
    ),
)

RIGHTS: list[Mutant] = [
    mutant("IAM-001", "administrator rights", "iam-no-admin", may("*", "*")),
    mutant(
        "IAM-001",
        "administrator rights inline in the role",
        "iam-no-admin",
        put(t.ROLE, "function", "inlinePolicies", [{"name": "all", "policy": policy(allow("*", "*"))}]),
    ),
    mutant("IAM-002", "every action on one thing", "iam-no-admin", may(["*"], ENDPOINT)),
    mutant("IAM-003", "a whole service", "iam-no-service-wildcard", may("s3:*", "arn:aws:s3:::bucket/*")),
    mutant(
        "IAM-004",
        "an action by wildcard",
        "iam-actions-listed",
        may("s3:Get?bject", "arn:aws:s3:::bucket/*"),
    ),
    mutant(
        "IAM-005",
        "any resource for an action that takes one",
        "iam-resources-named",
        may("lambda:InvokeFunction", "*"),
    ),
    mutant("IAM-006", "all of IAM", "iam-no-escalation", may("iam:*", "*")),
    mutant(
        "IAM-006", "IAMFullAccess", "iam-no-managed-policies", attach("arn:aws:iam::aws:policy/IAMFullAccess")
    ),
    mutant(
        "IAM-007",
        "a right that gives every other",
        "iam-no-escalation",
        may("iam:CreatePolicyVersion", f"arn:aws:iam::{ACCOUNT}:policy/a"),
    ),
    mutant(
        "IAM-008", "credentials of anybody", "iam-no-broad-reading", may("secretsmanager:GetSecretValue", "*")
    ),
    mutant("IAM-008", "a session of its own", "iam-no-escalation", may("sts:GetFederationToken", "*")),
    mutant(
        "IAM-008",
        "roles by access key of the federation",
        "iam-no-broad-reading",
        may("ecr:GetAuthorizationToken", "*"),
        may("ssm:GetParameter", f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/*"),
    ),
    mutant(
        "IAM-009",
        "every object of the account",
        "iam-no-broad-reading",
        may("s3:GetObject", "arn:aws:s3:::*"),
    ),
    mutant("IAM-010", "bucket policies", "iam-no-escalation", may("s3:PutBucketPolicy", "*")),
    mutant("IAM-011", "writing anywhere", "iam-resources-named", may("dynamodb:PutItem", "*")),
    mutant(
        "IAM-012",
        "AdministratorAccess attached",
        "iam-no-managed-policies",
        attach("arn:aws:iam::aws:policy/AdministratorAccess"),
    ),
    mutant(
        "IAM-012",
        "AdministratorAccess in the role",
        "iam-no-managed-policies",
        put(t.ROLE, "function", "managedPolicyArns", ["arn:aws:iam::aws:policy/AdministratorAccess"]),
    ),
    mutant(
        "IAM-013",
        "a policy of AWS",
        "iam-no-managed-policies",
        attach("arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"),
    ),
    mutant(
        "IAM-015", "everybody may assume the role", "role-trust-not-everyone", trusts("model", {"AWS": "*"})
    ),
    mutant("IAM-015", "everybody, as a bare string", "role-trust-not-everyone", trusts("model", "*")),
    mutant(
        "IAM-016",
        "a whole account may assume the role",
        "role-trust-not-everyone",
        also_trusts("model", {"AWS": "999999999999"}),
    ),
    mutant(
        "IAM-016",
        "an account's root may assume the role",
        "role-trust-names-principals",
        also_trusts("model", {"AWS": [f"arn:aws:iam::{ACCOUNT}:root"]}),
    ),
    mutant(
        "IAM-017",
        "a service trusted on behalf of any account",
        "role-trust-guarded",
        trusts("model", {"Service": "sagemaker.amazonaws.com"}),
    ),
    mutant("IAM-018", "any role may be assumed", "iam-resources-named", may("sts:AssumeRole", "*")),
    mutant(
        "IAM-020",
        "a policy on a user",
        "iam-no-users",
        add(
            t.USER_ATTACHMENT,
            "user",
            {"user": "somebody", "policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
        ),
    ),
    mutant("IAM-021", "a user", "iam-no-users", add(t.USER, "user", {"name": "somebody"})),
    mutant("IAM-021", "an access key", "iam-no-users", add(t.ACCESS_KEY, "user", {"user": "somebody"})),
    mutant(
        "IAM-022",
        "policies of a role managed in two ways",
        "iam-one-way-of-attaching",
        put(t.ROLE, "function", "managedPolicyArns", [f"{BOUNDARY}-other"]),
        attach(BOUNDARY),
    ),
    mutant(
        "IAM-023",
        "a topic for everybody",
        "topic-policy-narrow",
        grant(t.TOPIC_POLICY, "alarms", allow("sns:Subscribe", "*", Principal="*")),
    ),
    mutant(
        "IAM-023",
        "an endpoint policy for everybody",
        "vpc-endpoint-policy-pinned",
        grant(t.VPC_ENDPOINT, "private-s3", allow("s3:GetObject", "*", Principal="*")),
    ),
    mutant(
        "IAM-025",
        "an access key in the provider",
        "provider-pinned",
        add(
            "pulumi:providers:aws",
            "other",
            {"region": "us-east-1", "allowedAccountIds": [ACCOUNT], "accessKey": "AKIAIOSFODNN7EXAMPLE"},
        ),
    ),
    mutant(
        "IAM-G01",
        "any role may be passed",
        "iam-pass-role-narrow",
        may("iam:PassRole", "*", Condition={"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}),
    ),
    mutant(
        "IAM-G01",
        "a role may be passed to any service",
        "iam-pass-role-narrow",
        may("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/a"),
    ),
    mutant(
        "IAM-G02",
        "function and model share a role",
        "role-per-workload",
        put(t.MODEL, "model", "executionRoleArn", Ref(t.ROLE, "function", "arn")),
    ),
    mutant(
        "IAM-G03",
        "a role trusts two services",
        "role-trust-exact",
        also_trusts("model", {"Service": "ec2.amazonaws.com"}, Condition=OWN),
    ),
    mutant(
        "IAM-G04",
        "another boundary than configured",
        "role-has-boundary",
        bounded_but_one,
        at="model",
        settings={"role-has-boundary": {"boundary": BOUNDARY}},
    ),
    mutant(
        "IAM-G05",
        "the model's role invokes the endpoint",
        "endpoint-invoked-by-function-only",
        grant(*MODEL, allow("sagemaker:InvokeEndpoint", ENDPOINT)),
    ),
    mutant(
        "IAM-G05",
        "the function invokes any endpoint",
        "endpoint-invoked-by-function-only",
        may("sagemaker:Invoke*", f"{ENDPOINT}*"),
    ),
    mutant("IAM-G05", "a second role invokes the endpoint", "endpoint-invoked-by-function-only", EXTRA_ROLE),
    mutant(
        "IAM-G06",
        "the model's role deletes objects",
        "model-role-minimal",
        grant(*MODEL, allow("s3:DeleteObject", "arn:aws:s3:::bucket/a")),
    ),
    mutant(
        "IAM-G06",
        "the model's role reads another bucket",
        "model-role-minimal",
        grant(*MODEL, allow("s3:GetObject", "arn:aws:s3:::somebody-elses-bucket/a")),
    ),
    mutant(
        "IAM-G07",
        "everything but a list",
        "iam-no-negated-elements",
        grant(*FUNCTION, {"Effect": "Allow", "NotAction": "iam:*", "Resource": ENDPOINT}),
    ),
    mutant(
        "IAM-G07",
        "everywhere but in a list",
        "iam-no-negated-elements",
        grant(*FUNCTION, {"Effect": "Allow", "Action": "s3:GetObject", "NotResource": ENDPOINT}),
    ),
    mutant(
        "IAM-G07",
        "everybody but a list may use a topic",
        "iam-no-negated-elements",
        grant(
            t.TOPIC_POLICY,
            "alarms",
            {"Effect": "Allow", "Action": "sns:Publish", "NotPrincipal": {"AWS": "a"}, "Resource": "*"},
        ),
    ),
    mutant(
        "IAM-G07",
        "everybody but a list passes an endpoint",
        "iam-no-negated-elements",
        grant(
            t.VPC_ENDPOINT,
            "private-kms",
            {"Effect": "Allow", "Action": "kms:Decrypt", "NotPrincipal": {"AWS": "a"}, "Resource": "*"},
        ),
    ),
]
