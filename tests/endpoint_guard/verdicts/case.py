"""What a case is, and the parts that many programs share."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from endpoint_guard import types as t

from tests.endpoint_guard.items import ACCOUNT, Item

PROVIDER = Item(t.PROVIDER, "aws", {"region": "us-east-1", "allowedAccountIds": f'["{ACCOUNT}"]'})
BUCKET = Item(t.BUCKET, "scores", {"bucket": "corp-scores"})
OBJECTS = ["arn:aws:s3:::corp-scores", "arn:aws:s3:::corp-scores/*"]


@dataclass(frozen=True)
class Case:
    """A program, the rule it is about, and whether that rule has to find something."""

    title: str
    rule: str
    found: bool
    items: tuple[Item, ...]


def wrong(title: str, rule: str, *items: Item) -> Case:
    return Case(title, rule, True, items)


def fine(title: str, rule: str, *items: Item) -> Case:
    return Case(title, rule, False, items)


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def may(action: str, *resources: str) -> Item:
    """A role's policy with one statement."""
    statement = {"Effect": "Allow", "Action": action, "Resource": list(resources)}
    return Item(t.ROLE_POLICY, "worker", {"role": "worker", "policy": document(statement)})


def function(**variables: str) -> Item:
    return Item(t.FUNCTION, "score", {"name": "score", "environment": {"variables": variables}})
