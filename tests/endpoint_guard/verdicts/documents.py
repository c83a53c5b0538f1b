"""Policies of buckets and topics: who is let in, and what is refused."""

from __future__ import annotations

import json
from typing import Any

from endpoint_guard import types as t

from tests.endpoint_guard.items import ACCOUNT, Item, Ref
from tests.endpoint_guard.verdicts.case import BUCKET, OBJECTS, Case, document, fine, wrong


def deny(condition: dict[str, Any], **more: Any) -> Item:
    """A bucket policy that denies everybody everything under a condition."""
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": OBJECTS,
        "Condition": condition,
    }
    return Item(
        t.BUCKET_POLICY, "scores", {"bucket": Ref("scores"), "policy": document({**statement, **more})}
    )


def admits(condition: dict[str, Any]) -> Item:
    """A bucket policy that lets everyone read under a condition."""
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": OBJECTS[1]}
    policy = document({**statement, "Condition": condition} if condition else statement)
    return Item(t.BUCKET_POLICY, "scores", {"bucket": Ref("scores"), "policy": policy})


TLS = {"Bool": {"aws:SecureTransport": "false"}}


def older(version: str) -> Item:
    """A bucket policy in another version of the language."""
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": OBJECTS}
    policy = json.dumps({"Version": version, "Statement": [statement]})
    return Item(t.BUCKET_POLICY, "scores", {"bucket": Ref("scores"), "policy": policy})


LOGGED = "bucket-access-logged"
MEMBERS = {"StringEquals": {"aws:PrincipalOrgID": "o-abc1234567"}}
ACLS = Item(
    t.BUCKET_OWNERSHIP,
    "scores",
    {"bucket": Ref("scores"), "rule": {"objectOwnership": "BucketOwnerPreferred"}},
)
DISTRIBUTION = Item(t.DISTRIBUTION, "site", {"loggingConfig": {"bucket": Ref("scores", "bucketDomainName")}})

CASES: tuple[Case, ...] = (
    wrong(
        "a second key in the block",
        "bucket-tls-only",
        BUCKET,
        deny({"Bool": {**TLS["Bool"], "aws:MultiFactorAuthPresent": "true"}}),
    ),
    fine("IfExists makes a deny stricter", "bucket-tls-only", BUCKET, deny({"BoolIfExists": TLS["Bool"]})),
    fine(
        "a version as a number", "bucket-tls-floor", BUCKET, deny({"NumericLessThan": {"s3:TlsVersion": 1.2}})
    ),
    fine(
        "only 1.2 and 1.3 pass",
        "bucket-tls-floor",
        BUCKET,
        deny({"NumericNotEquals": {"s3:TlsVersion": ["1.2", "1.3"]}}),
    ),
    fine(
        "at most 1.1 is refused",
        "bucket-tls-floor",
        BUCKET,
        deny({"NumericLessThanEquals": {"s3:TlsVersion": "1.1"}}),
    ),
    wrong("1.1 passes", "bucket-tls-floor", BUCKET, deny({"NumericLessThan": {"s3:TlsVersion": "1.1"}})),
    wrong(
        "reads alone are refused",
        "bucket-tls-floor",
        BUCKET,
        deny({"NumericLessThan": {"s3:TlsVersion": "1.2"}}, Action="s3:GetObject"),
    ),
    wrong(
        "one account alone is refused",
        "topic-tls-only",
        Item(t.TOPIC, "alarms", {"name": "alarms"}),
        Item(
            t.TOPIC_POLICY,
            "alarms",
            {
                "arn": Ref("alarms", "arn"),
                "policy": document(
                    {
                        "Effect": "Deny",
                        "Principal": "*",
                        "Action": "sns:Publish",
                        "Resource": "*",
                        "Condition": {**TLS, "StringEquals": {"aws:PrincipalAccount": "999988887777"}},
                    }
                ),
            },
        ),
    ),
    wrong(
        "everyone, by a policy variable",
        "bucket-policy-not-public",
        BUCKET,
        admits({"StringEquals": {"aws:PrincipalAccount": "${aws:PrincipalAccount}"}}),
    ),
    fine(
        "the paths of one organization",
        "bucket-policy-not-public",
        BUCKET,
        admits({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": ["o-abc1234567/r-ab12/*"]}}),
    ),
    wrong(
        "a public policy of a bucket that is not in the stack",
        "bucket-policy-not-public",
        Item(t.BUCKET_POLICY, "other", {"bucket": "other", "policy": admits({}).props["policy"]}),
    ),
    wrong(
        "a foreign organization",
        "policy-names-own-organization",
        BUCKET,
        admits({"StringEquals": {"aws:PrincipalOrgID": "o-abc1234567"}}),
    ),
    wrong(
        "a foreign endpoint",
        "policy-names-own-organization",
        BUCKET,
        admits({"StringEquals": {"aws:SourceVpce": "vpce-0123456789abcdef0"}}),
    ),
    fine(
        "everyone of the own account",
        "policy-names-own-accounts",
        BUCKET,
        admits({"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}),
    ),
    wrong("a bucket without an access log", LOGGED, BUCKET),
    fine(
        "a bucket that a distribution writes its log to",
        LOGGED,
        BUCKET,
        DISTRIBUTION,
    ),
    fine("such a bucket needs ACLs", "bucket-no-acls", BUCKET, ACLS, DISTRIBUTION),
    wrong("any other bucket does not", "bucket-no-acls", BUCKET, ACLS),
    fine(
        "an organization's members, as AWS recommends", "policy-names-own-accounts", BUCKET, admits(MEMBERS)
    ),
    wrong("an older version of the language", "policy-language-current", BUCKET, older("2008-10-17")),
    fine("an older version is valid", "policy-well-formed", BUCKET, older("2008-10-17")),
    wrong("a version that does not exist", "policy-well-formed", BUCKET, older("2020-01-01")),
)
