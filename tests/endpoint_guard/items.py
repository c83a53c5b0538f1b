"""Small programs written out by hand: their resources, and what refers to what."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

ACCOUNT = "123456789012"
REGION = "us-east-1"
PREFIX = "urn:pulumi:compliant::scoring"


@dataclass(frozen=True)
class Ref:
    """An output of another resource: a value after an update, unknown before, a dependency in both."""

    name: str
    output: str = "id"


@dataclass
class Item:
    """One resource of the program."""

    type: str
    name: str
    props: dict[str, Any]
    protect: bool = False
    ignore_changes: list[str] = field(default_factory=list)

    @property
    def urn(self) -> str:
        return f"{PREFIX}::{self.type}::{self.name}"


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(actions: Any, resources: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}
