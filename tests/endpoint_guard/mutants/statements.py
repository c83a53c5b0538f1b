"""One more statement in a policy of the stack, in each way of writing that a rule has to understand."""

from __future__ import annotations

from typing import Any, Final

from endpoint_guard import types as t

from tests.endpoint_guard.mutants.change import (
    ACCOUNT,
    REGION,
    Mutant,
    add,
    allow,
    document,
    edit,
    grant,
    mutant,
    policy,
    put,
)

ROLE: Final = f"arn:aws:iam::{ACCOUNT}:role"
ABROAD: Final = "arn:aws:iam::999999999999:root"
ENDPOINT: Final = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/fraud-prod"
LOGS: Final = f"arn:aws:s3:::fraud-prod-access-logs-{ACCOUNT}-{REGION}"
NOBODY: Final = {"StringLike": {"aws:PrincipalArn": "*"}}
PLAIN: Final = {"Bool": {"aws:SecureTransport": "false"}}


def _to_function(controls: str, title: str, rule: str, statement: dict[str, Any], **more: Any) -> Mutant:
    return mutant(controls, title, rule, grant(t.ROLE_POLICY, "function", statement), **more)


IDENTITIES: list[Mutant] = [
    _to_function(
        "IAM-001",
        "every action in the second of two patterns",
        "iam-no-admin",
        allow(["s3:GetObject", "*:*"], "*"),
    ),
    _to_function(
        "IAM-003", "a whole service in capitals", "iam-no-service-wildcard", allow("S3:*", "arn:aws:s3:::b/*")
    ),
    _to_function(
        "IAM-004",
        "a question mark in an action",
        "iam-actions-listed",
        allow("s3:Get?bject", "arn:aws:s3:::b/*"),
    ),
    _to_function("IAM-004", "writing to any object", "iam-resources-named", allow("s3:PutObject", "*")),
    _to_function(
        "IAM-004",
        "a key of any region",
        "iam-resources-named",
        allow("kms:Decrypt", f"arn:aws:kms:*:{ACCOUNT}:key/k"),
    ),
    _to_function(
        "IAM-004",
        "any function of an account",
        "iam-resources-named",
        allow("lambda:InvokeFunction", f"arn:aws:lambda:{REGION}:1:function:*"),
    ),
    _to_function(
        "IAM-004", "any role by its pattern", "iam-resources-named", allow("sts:AssumeRole", f"{ROLE}/*")
    ),
    _to_function(
        "IAM-006", "policies of one role", "iam-no-escalation", allow("iam:PutRolePolicy", f"{ROLE}/a")
    ),
    _to_function(
        "IAM-006",
        "all but one service on one thing",
        "iam-no-escalation",
        {"Effect": "Allow", "NotAction": "s3:*", "Resource": "a"},
    ),
    _to_function(
        "IAM-008", "secrets of anybody", "iam-no-broad-reading", allow("secretsmanager:GetSecretValue", "*")
    ),
    _to_function(
        "IAM-G01",
        "a named role may be passed to anything",
        "iam-pass-role-narrow",
        allow("iam:PassRole", f"{ROLE}/a"),
    ),
    _to_function(
        "IAM-G07",
        "all but one service",
        "iam-no-negated-elements",
        {"Effect": "Allow", "NotAction": "iam:*", "Resource": "a"},
    ),
    mutant(
        "IAM-G05",
        "the model's role invokes by a pattern",
        "endpoint-invoked-by-function-only",
        grant(t.ROLE_POLICY, "model", allow("sagemaker:Invoke*", ENDPOINT)),
    ),
    mutant(
        "IAM-G05",
        "nothing lets the function invoke the endpoint",
        "endpoint-invoked-by-function-only",
        put(t.ROLE_POLICY, "function", "policy", policy(allow("s3:GetObject", "arn:aws:s3:::b/*"))),
        at="model",
    ),
    mutant(
        "IAM-G05",
        "the function invokes what begins like the endpoint",
        "endpoint-invoked-by-function-only",
        edit(t.ROLE_POLICY, "function", "Score", Resource=ENDPOINT + "*"),
    ),
    mutant(
        "IAM-G06",
        "the model's role deletes objects elsewhere",
        "model-role-minimal",
        grant(t.ROLE_POLICY, "model", allow("s3:DeleteObject", "arn:aws:s3:::b/*")),
    ),
    mutant(
        "IAM-015",
        "another account's root may assume the role",
        "role-trust-not-everyone",
        grant(
            t.ROLE,
            "function",
            {"Effect": "Allow", "Principal": {"AWS": ABROAD}, "Action": "sts:AssumeRole"},
            "assumeRolePolicy",
        ),
    ),
    mutant(
        "IAM-G03",
        "the model's role trusts another service",
        "role-trust-exact",
        document(
            t.ROLE,
            "model",
            lambda content: content["Statement"][0].update(Principal={"Service": "lambda.amazonaws.com"}),
            "assumeRolePolicy",
        ),
    ),
    mutant(
        "IAM-022",
        "policies attached in one stroke",
        "iam-one-way-of-attaching",
        add(t.POLICY_ATTACHMENT, "many", {"name": "many", "policyArn": "a", "roles": ["b"]}),
    ),
]

RESOURCES: list[Mutant] = [
    mutant(
        "IAM-G07",
        "a key for everybody but one",
        "iam-no-negated-elements",
        grant(t.KEY, "data", {**allow("kms:Decrypt", "*"), "NotPrincipal": {"AWS": "a"}}),
    ),
    mutant(
        "KMS-002",
        "everybody whose ARN is anything",
        "kms-policy-not-public",
        grant(t.KEY, "data", allow("kms:Decrypt", "*", Principal="*", Condition=NOBODY)),
    ),
    mutant(
        "KMS-002",
        "everybody in a list of principals",
        "kms-policy-not-public",
        grant(t.KEY, "data", allow("kms:Decrypt", "*", Principal={"AWS": ["*"]})),
    ),
    mutant(
        "KMS-G02",
        "another service decrypts for any account",
        "kms-services-conditioned",
        grant(t.KEY, "data", allow("kms:Decrypt", "*", Principal={"Service": "sns.amazonaws.com"})),
    ),
    mutant(
        "KMS-G04",
        "a role may do anything with the key",
        "kms-admin-apart-from-use",
        grant(t.KEY, "data", allow("kms:*", "*", Principal={"AWS": f"{ROLE}/a"})),
    ),
    mutant(
        "KMS-G03",
        "nobody but administrators in the key policy",
        "kms-policy-admits-services",
        put(
            t.KEY,
            "data",
            "policy",
            policy(allow("kms:PutKeyPolicy", "*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})),
        ),
    ),
    mutant(
        "S3-006",
        "another account reads the logs",
        "bucket-policy-not-public",
        grant(t.BUCKET_POLICY, "access-logs", allow("s3:GetObject", f"{LOGS}/*", Principal={"AWS": ABROAD})),
    ),
    mutant(
        "S3-006",
        "everybody reads the logs",
        "bucket-policy-not-public",
        grant(t.BUCKET_POLICY, "access-logs", allow("s3:GetObject", f"{LOGS}/*", Principal="*")),
    ),
    mutant(
        "S3-G05",
        "a named role writes into the log bucket",
        "log-bucket-locked-down",
        grant(
            t.BUCKET_POLICY, "access-logs", allow("s3:PutObject", f"{LOGS}/*", Principal={"AWS": f"{ROLE}/a"})
        ),
    ),
    mutant(
        "S3-009",
        "plain HTTP is refused for uploads of logs alone",
        "bucket-tls-only",
        put(
            t.BUCKET_POLICY,
            "access-logs",
            "policy",
            policy(
                {
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "s3:PutObject",
                    "Resource": f"{LOGS}/*",
                    "Condition": PLAIN,
                }
            ),
        ),
    ),
    mutant(
        "CW-006",
        "everybody may do anything with the logs",
        "log-policy-not-public",
        add(
            t.LOG_RESOURCE_POLICY,
            "open",
            {
                "policyName": "open",
                "policyDocument": policy({"Effect": "Allow", "Principal": "*", "Action": "logs:*"}),
            },
        ),
    ),
]
STATEMENTS: list[Mutant] = [*IDENTITIES, *RESOURCES]
