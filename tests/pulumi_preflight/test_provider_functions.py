"""Functions of the provider that need no AWS, policy documents among them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pulumi_preflight.errors import UserError
from pulumi_preflight.provider import policy_document

from tests.harness import run_inline

HEAD = "import pulumi\nimport pulumi_aws as aws\n"


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("aws.get_partition().dns_suffix", "amazonaws.com"),
        ("aws.get_arn(arn='arn:aws:s3:::bucket/key:1').resource", "bucket/key:1"),
        ("aws.get_service_principal(service_name='lambda').name", "lambda.amazonaws.com"),
        (
            "aws.get_service(service_id='ec2', region='us-east-1').reverse_dns_name",
            "com.amazonaws.us-east-1.ec2",
        ),
        (
            "aws.get_caller_identity(opts=pulumi.InvokeOptions(provider=aws.Provider('other', region='us-east-1', "
            "assume_roles=[{'role_arn': 'arn:aws:iam::210987654321:role/deploy'}]))).account_id",
            "210987654321",
        ),
    ],
)
def test_functions_that_need_no_aws(tmp_path: Path, call: str, expected: str) -> None:
    assert run_inline(tmp_path, HEAD + f"pulumi.export('x', {call})").exports["x"] == expected


def document(**arguments: Any) -> Any:
    return json.loads(policy_document.answer(arguments)["json"])


def test_a_policy_document_has_the_providers_form() -> None:
    statements = [
        {
            "sid": "Read",
            "actions": ["s3:GetObject", "s3:ListBucket"],
            "resources": ["arn:aws:s3:::logs/&{aws:username}"],
            "principals": [
                {"type": "AWS", "identifiers": ["1", "2"]},
                {"type": "Service", "identifiers": ["a"]},
            ],
            "conditions": [
                {"test": "StringEquals", "variable": "aws:a", "values": ["x"]},
                {"test": "StringEquals", "variable": "aws:a", "values": ["y"]},
                {"test": "Bool", "variable": "aws:b", "values": ["<true>"]},
            ],
        },
        {"effect": "Deny", "notActions": ["s3:*"], "notPrincipals": [{"type": "*", "identifiers": ["*"]}]},
    ]
    result = policy_document.answer({"statements": statements})
    assert result["json"].startswith(
        '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Sid": "Read",'
    )
    assert json.loads(result["minifiedJson"])["Statement"] == [
        {
            "Sid": "Read",
            "Effect": "Allow",
            "Action": ["s3:ListBucket", "s3:GetObject"],
            "Resource": "arn:aws:s3:::logs/${aws:username}",
            "Principal": {"AWS": ["2", "1"], "Service": "a"},
            "Condition": {"Bool": {"aws:b": "<true>"}, "StringEquals": {"aws:a": ["x", "y"]}},
        },
        {"Effect": "Deny", "NotAction": "s3:*", "NotPrincipal": "*"},
    ]
    assert '"aws:b": "\\u003ctrue\\u003e"' in result["json"]


def test_policy_documents_are_merged_by_sid() -> None:
    source = json.dumps({"Version": "2008-10-17", "Id": "a", "Statement": {"Sid": "A", "Effect": "Allow"}})
    override = json.dumps({"Statement": [{"Sid": "B", "Effect": "Deny", "Principal": "*"}]})
    merged = document(
        sourcePolicyDocuments=[source],
        overridePolicyDocuments=[override],
        statements=[{"sid": "B", "actions": ["b"]}, {"actions": ["c"]}],
    )
    assert merged["Id"] == "a"
    assert merged["Version"] == "2012-10-17"
    assert [(s.get("Sid"), s["Effect"]) for s in merged["Statement"]] == [
        ("A", "Allow"), ("B", "Deny"), (None, "Allow")
    ]  # fmt: skip
    with pytest.raises(UserError, match="same sid"):
        document(statements=[{"sid": "A"}, {"sid": "A"}])
