"""What roles may do, and who may assume them."""

from __future__ import annotations

from typing import Any

from endpoint_guard import types as t

from tests.endpoint_guard.items import ACCOUNT, Item
from tests.endpoint_guard.verdicts.case import Case, document, fine, may, wrong


def trusts(condition: dict[str, Any]) -> Item:
    """A role that an identity provider's identities may assume under a condition."""
    statement = {
        "Effect": "Allow",
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": GITHUB},
        "Condition": {
            "StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"},
            **condition,
        },
    }
    return Item(t.ROLE, "deploy", {"name": "deploy", "assumeRolePolicy": document(statement)})


GITHUB = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
SUB = "token.actions.githubusercontent.com:sub"
API = Item(t.REST_API, "api", {"name": "api"})

CASES: tuple[Case, ...] = (
    wrong(
        "every API key of the account",
        "iam-resources-named",
        may("apigateway:GET", "arn:aws:apigateway:us-east-1::/apikeys/*"),
    ),
    wrong(
        "every log group of AWS's services",
        "iam-resources-named",
        may("logs:FilterLogEvents", f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/*"),
    ),
    wrong(
        "every function's log group",
        "iam-resources-named",
        may("logs:FilterLogEvents", f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/lambda/*"),
    ),
    wrong(
        "question marks in a bucket's name",
        "iam-resources-named",
        may("s3:GetObject", "arn:aws:s3:::corp-data-????/*"),
    ),
    wrong(
        "every role below a path",
        "iam-resources-named",
        may("iam:GetRole", f"arn:aws:iam::{ACCOUNT}:role/service-role/*"),
    ),
    fine(
        "the streams of one log group",
        "iam-resources-named",
        may("logs:PutLogEvents", f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/lambda/score:*"),
    ),
    fine(
        "the objects of one bucket", "iam-resources-named", may("s3:GetObject", "arn:aws:s3:::corp-scores/*")
    ),
    fine(
        "a secret with AWS's six letters behind its name",
        "iam-resources-named",
        may(
            "secretsmanager:GetSecretValue",
            f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:ledger-??????",
        ),
    ),
    wrong("every repository of GitHub", "role-trust-not-everyone", trusts({})),
    wrong("every repository, spelt out", "role-trust-not-everyone", trusts({"StringLike": {SUB: "repo:*"}})),
    fine(
        "the repositories of one owner",
        "role-trust-not-everyone",
        trusts({"StringLike": {SUB: "repo:acme/*"}}),
    ),
    fine(
        "one branch",
        "role-trust-not-everyone",
        trusts({"StringEquals": {SUB: "repo:acme/api:ref:refs/heads/main"}}),
    ),
)
