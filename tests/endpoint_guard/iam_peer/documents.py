"""The documents and the requests: systematic, so that the same ones come out every time.

Three questions are asked. `action`: which actions does a statement grant? `stranger`: does a bucket's policy let in
somebody who has nothing to do with its owner? `plain`: does a bucket's policy refuse every request over plain HTTP?
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

OWN: Final = "123456789012"
STRANGERS: Final = ("999999999999", "888888888888")
BUCKET: Final = "arn:aws:s3:::artifacts"
OBJECT: Final = f"{BUCKET}/models/one"
BOTH: Final = [BUCKET, f"{BUCKET}/*"]
ACTIONS: Final = (
    ("s3:GetObject", OBJECT),
    ("s3:GetObjectVersion", OBJECT),
    ("s3:PutObject", OBJECT),
    ("s3:ListBucket", BUCKET),
    ("sagemaker:InvokeEndpoint", f"arn:aws:sagemaker:us-east-1:{OWN}:endpoint/scoring"),
    ("dynamodb:GetItem", f"arn:aws:dynamodb:us-east-1:{OWN}:table/history"),
)


@dataclass(frozen=True)
class Case:
    """A document, what it is about, and the requests to ask about it."""

    kind: str
    name: str
    document: dict[str, Any]
    requests: list[dict[str, Any]]


def cases() -> list[Case]:
    """All cases, each with a name of its own."""
    return [*_actions(), *_strangers(), *_plain()]


def _document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _request(principal: str, action: str, resource: str, **context: Any) -> dict[str, Any]:
    """A request; an empty principal is an unsigned one."""
    keys = {key.replace("_", ":", 1): value for key, value in context.items()}
    return {"principal": principal, "action": action, "resource": resource, "context": keys}


_PATTERNS: Final[list[Any]] = [
    "s3:GetObject",
    "S3:getobject",
    "s3:GETOBJECT",
    "s3:Get*",
    "s3:get*",
    "s3:*",
    "*",
    "s3:G?tObject",
    "s3:GetObject?",
    "s3:GetObject*",
    "s3:*Object",
    "s3:*Object*",
    "s3:*tObj*",
    "s3:PutObject",
    "s3:List*",
    "s3:?etObject",
    "s3:Get*Version",
    "s3:G*t*O*t",
    "sagemaker:Invoke*",
    "sagemaker:*",
    "dynamodb:*",
    "dynamodb:?etItem",
    ["s3:ListBucket", "s3:Get*"],
    ["dynamodb:GetItem", "sagemaker:InvokeEndpoint"],
    ["s3:PutObject", "dynamodb:PutItem"],
]


def _actions() -> Iterator[Case]:
    requests = [_request(f"arn:aws:iam::{OWN}:role/reader", action, resource) for action, resource in ACTIONS]
    for pattern in _PATTERNS:
        for element in ("Action", "NotAction"):
            for effect in ("Allow", "Deny"):
                statement = {"Effect": effect, element: pattern, "Resource": "*"}
                yield Case("action", f"{effect} {element} {pattern}", _document(statement), requests)


_CONDITIONS: Final[list[tuple[str, str, Any]]] = [
    *[
        (operator, key, value)
        for operator in (
            "StringEquals",
            "StringLike",
            "StringNotEquals",
            "StringNotLike",
            "StringEqualsIgnoreCase",
            "StringEqualsIfExists",
            "ForAnyValue:StringEquals",
            "ForAllValues:StringEquals",
        )
        for key, value in (
            ("aws:PrincipalAccount", OWN),
            ("aws:PrincipalAccount", [OWN, STRANGERS[0]]),
            ("aws:PrincipalAccount", "${aws:PrincipalAccount}"),
            ("aws:PrincipalOrgID", "o-own"),
            ("aws:SourceVpce", "vpce-own"),
            ("aws:SourceVpc", "vpc-own"),
            ("aws:SourceAccount", OWN),
            ("aws:Referer", "https://example.com/"),
            ("aws:UserAgent", "scorer/1.0"),
            ("aws:PrincipalTag/team", "fraud"),
            ("aws:PrincipalArn", f"arn:aws:iam::{OWN}:role/reader"),
        )
    ],
    *[
        (operator, key, value)
        for operator in (
            "StringLike",
            "ForAnyValue:StringLike",
            "ForAllValues:StringLike",
            "StringLikeIfExists",
        )
        for key, value in (
            ("aws:PrincipalAccount", "*"),
            ("aws:PrincipalAccount", "1234*"),
            ("aws:PrincipalOrgID", "o-*"),
            ("aws:SourceVpce", "vpce-*"),
            ("aws:PrincipalArn", "arn:aws:iam::*:role/reader"),
            ("aws:PrincipalArn", f"arn:aws:iam::{OWN}:role/*"),
            ("aws:PrincipalOrgPaths", "o-own/*"),
        )
    ],
    *[
        (operator, key, value)
        for operator in ("ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike", "ArnLikeIfExists")
        for key, value in (
            ("aws:PrincipalArn", f"arn:aws:iam::{OWN}:role/reader"),
            ("aws:PrincipalArn", f"arn:aws:iam::{OWN}:role/*"),
            ("aws:PrincipalArn", "arn:aws:iam::*:role/*"),
            ("aws:PrincipalArn", "arn:*:iam::*:*/*"),
            ("aws:SourceArn", f"arn:aws:sns:us-east-1:{OWN}:alarms"),
            ("aws:SourceArn", "arn:aws:sns:*:*:*"),
        )
    ],
    ("Null", "aws:PrincipalAccount", "false"),
    ("Null", "aws:PrincipalAccount", "true"),
    ("Null", "aws:PrincipalOrgID", "false"),
    ("Bool", "aws:SecureTransport", "true"),
    ("Bool", "aws:MultiFactorAuthPresent", "true"),
    ("Bool", "aws:PrincipalIsAWSService", "true"),
    ("IpAddress", "aws:SourceIp", "203.0.113.0/24"),
    ("IpAddress", "aws:SourceIp", "198.51.100.0/24"),
    ("NotIpAddress", "aws:SourceIp", "203.0.113.0/24"),
    ("DateGreaterThan", "aws:CurrentTime", "2020-01-01T00:00:00Z"),
]
_PRINCIPALS: Final[list[tuple[str, Any]]] = [
    ("*", "*"),
    ("AWS *", {"AWS": "*"}),
    ("AWS list with *", {"AWS": [f"arn:aws:iam::{OWN}:role/reader", "*"]}),
    ("own root", {"AWS": f"arn:aws:iam::{OWN}:root"}),
    ("own role", {"AWS": f"arn:aws:iam::{OWN}:role/reader"}),
    ("own number", {"AWS": OWN}),
    ("service", {"Service": "sns.amazonaws.com"}),
]


def _strangers() -> Iterator[Case]:
    for name, principal in _PRINCIPALS:
        yield _stranger(f"{name} without a condition", principal, {})
        for operator, key, value in (
            ("StringEquals", "aws:PrincipalAccount", OWN),
            ("Null", "aws:userid", "false"),
        ):
            yield _stranger(f"{name} {operator} {key}", principal, {operator: {key: value}})
    for operator, key, value in _CONDITIONS:
        yield _stranger(f"{operator} {key} {value}", "*", {operator: {key: value}})
    own, referer = {"aws:PrincipalAccount": OWN}, {"aws:Referer": "https://example.com/"}
    yield _stranger("two keys, one of them narrow", "*", {"StringEquals": {**own, **referer}})
    yield _stranger("two operators, one of them narrow", "*", {"StringEquals": own, "StringLike": referer})
    open_, closed = _allow("*", {}), _allow("*", {"StringEquals": own})
    yield _about_strangers("a narrow statement before an open one", _document(closed, open_))
    refused = {"StringNotEquals": own}
    yield _about_strangers("open, with everyone else denied", _document(open_, _deny(refused, "*")))


def _allow(principal: Any, condition: dict[str, Any]) -> dict[str, Any]:
    found = {"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": f"{BUCKET}/*"}
    return {**found, "Condition": condition} if condition else found


def _stranger(name: str, principal: Any, condition: dict[str, Any]) -> Case:
    return _about_strangers(name, _document(_allow(principal, condition)))


def _about_strangers(name: str, document: dict[str, Any]) -> Case:
    """A stranger chooses what a caller may choose: headers, tags of the own role, the hour, the second factor; a
    service may act on a stranger's behalf.
    """
    chosen = {
        "aws:SecureTransport": "true",
        "aws:SourceIp": "198.51.100.7",
        "aws:CurrentTime": "2026-11-28T12:00:00Z",
    }
    chosen |= {
        key: "another" if "Not" in operator else _literal(value)
        for operator, key, value in _values(document)
        if re.match(r"(?i)aws:(referer|useragent|principaltag/.*)$", key)
    }
    requests = [_request("", "s3:GetObject", OBJECT) | {"context": chosen}]
    for account in STRANGERS:
        arn = f"arn:aws:iam::{account}:role/reader"
        own = {
            "aws:PrincipalAccount": account,
            "aws:PrincipalArn": arn,
            "aws:PrincipalOrgID": f"o-{account}",
            "aws:PrincipalOrgPaths": [f"o-{account}/r-1/ou-1/"],
            "aws:userid": f"AROA{account}:me",
            "aws:MultiFactorAuthPresent": "true",
            "aws:PrincipalIsAWSService": "false",
        }
        network = {"aws:SourceVpc": f"vpc-{account}", "aws:SourceVpce": f"vpce-{account}"}
        for context in (own, own | network):
            requests.append(_request(arn, "s3:GetObject", OBJECT) | {"context": chosen | context})
        source = f"arn:aws:sns:us-east-1:{account}:topic"
        on_behalf = {
            "aws:SourceAccount": account,
            "aws:SourceArn": source,
            "aws:PrincipalIsAWSService": "true",
        }
        requests.append(
            _request("sns.amazonaws.com", "s3:GetObject", OBJECT) | {"context": chosen | on_behalf}
        )
    return Case("stranger", name, document, requests)


def _values(document: dict[str, Any]) -> Iterator[tuple[str, str, Any]]:
    for statement in document["Statement"]:
        for operator, keys in statement.get("Condition", {}).items():
            for key, value in keys.items():
                yield operator, key, value


def _literal(value: Any) -> str:
    text = value[0] if isinstance(value, list) else value
    return str(text).replace("*", "x").replace("?", "x")


_PLAIN: Final = {"Bool": {"aws:SecureTransport": "false"}}
_DENIALS: Final[list[tuple[str, dict[str, Any]]]] = [
    ("plain HTTP", _PLAIN),
    ("a capital value", {"Bool": {"aws:SecureTransport": "False"}}),
    ("a capital key", {"Bool": {"AWS:SECURETRANSPORT": "false"}}),
    ("a capital operator", {"bool": {"aws:SecureTransport": "false"}}),
    ("a list of one", {"Bool": {"aws:SecureTransport": ["false"]}}),
    ("both values", {"Bool": {"aws:SecureTransport": ["false", "true"]}}),
    ("the wrong value", {"Bool": {"aws:SecureTransport": "true"}}),
    ("if it exists", {"BoolIfExists": {"aws:SecureTransport": "false"}}),
    ("any value", {"ForAnyValue:Bool": {"aws:SecureTransport": "false"}}),
    ("all values", {"ForAllValues:Bool": {"aws:SecureTransport": "false"}}),
    ("as a text", {"StringEquals": {"aws:SecureTransport": "false"}}),
    ("as a text, not true", {"StringNotEquals": {"aws:SecureTransport": "true"}}),
    ("no condition", {}),
    ("and an address", {**_PLAIN, "IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
    ("and an account", {**_PLAIN, "StringEquals": {"aws:PrincipalAccount": STRANGERS[0]}}),
    ("and not an account", {**_PLAIN, "StringNotEquals": {"aws:PrincipalAccount": OWN}}),
    ("and a second key", {"Bool": {"aws:SecureTransport": "false", "aws:MultiFactorAuthPresent": "true"}}),
    (
        "and a service's call",
        {"Bool": {"aws:SecureTransport": "false", "aws:PrincipalIsAWSService": "false"}},
    ),
]
_SHAPES: Final[list[tuple[str, dict[str, Any]]]] = [
    ("everything", {}),
    ("any service", {"Action": "*"}),
    ("lower case", {"Action": "S3:*"}),
    ("reads", {"Action": "s3:Get*"}),
    ("reads and writes of objects", {"Action": ["s3:GetObject", "s3:PutObject"]}),
    ("a list with everything", {"Action": ["s3:GetObject", "s3:*"]}),
    ("objects", {"Resource": f"{BUCKET}/*"}),
    ("the bucket", {"Resource": BUCKET}),
    ("a prefix", {"Resource": [BUCKET, f"{BUCKET}/models/*"]}),
    ("another prefix", {"Resource": [BUCKET, f"{BUCKET}/logs/*"]}),
    ("any resource", {"Resource": "*"}),
    ("one star", {"Resource": f"{BUCKET}*"}),
    ("AWS everyone", {"Principal": {"AWS": "*"}}),
    ("one role", {"Principal": {"AWS": f"arn:aws:iam::{OWN}:role/reader"}}),
    ("the account", {"Principal": {"AWS": f"arn:aws:iam::{OWN}:root"}}),
    ("a service", {"Principal": {"Service": "sns.amazonaws.com"}}),
    ("allowed in place of denied", {"Effect": "Allow"}),
]


def _deny(condition: dict[str, Any], principal: Any, **more: Any) -> dict[str, Any]:
    found = {"Effect": "Deny", "Principal": principal, "Action": "s3:*", "Resource": BOTH, **more}
    return {**found, "Condition": condition} if condition else found


def _plain() -> Iterator[Case]:
    everything = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": BOTH}
    denials = [(f"denied: {name}", _deny(condition, "*")) for name, condition in _DENIALS]
    denials += [(f"denied to: {name}", {**_deny(_PLAIN, "*"), **shape}) for name, shape in _SHAPES]
    for name, denial in denials:
        yield Case("plain", name, _document(everything, denial), _over_http())


def _over_http() -> list[dict[str, Any]]:
    found = []
    for account in ("", OWN, STRANGERS[0]):
        arn = f"arn:aws:iam::{account}:role/reader" if account else ""
        own = {
            "aws:PrincipalAccount": account,
            "aws:PrincipalArn": arn,
            "aws:MultiFactorAuthPresent": "false",
        }
        for address in ("198.51.100.7", "203.0.113.9"):
            context = {"aws:SecureTransport": "false", "aws:SourceIp": address, **(own if account else {})}
            for action, resource in (*ACTIONS[:4], ("s3:GetObject", f"{BUCKET}/logs/one")):
                found.append(_request(arn, action, resource) | {"context": context})
    return found
