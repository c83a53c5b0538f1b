"""What the small stacks and their faults are made of."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

from tests.endpoint_guard.items import ACCOUNT, REGION, Item, allow, document
from tests.endpoint_guard.mutants.change import GONE

KEY: Final = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/5b3c1f0a-0000-4000-8000-000000000001"
ROLE: Final = f"arn:aws:iam::{ACCOUNT}:role/reader"
LOGS: Final = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:own:*"
TLS: Final = "ELBSecurityPolicy-TLS13-1-2-2021-06"
PASSWORD: Final = "Tr0ub4dor-9x"
EVERYONE: Final = document(allow("*", "*", Principal="*"))


@dataclass(frozen=True)
class Fault:
    """A property of one resource of a small stack, set to a value (or removed) that `rule` must not accept.

    `at` is the resource that the rule names, where the fault lies in another one.
    """

    rule: str
    stack: str
    resource: str
    path: str
    value: Any
    title: str
    at: str

    @property
    def gone(self) -> bool:
        return self.value is GONE


_AT: Final = {
    "alb-acl": "alb",
    "graph-acl": "graph",
    "issuer": "by-audience",
    "network-log": "network",
    "query-log": "zone",
    "warehouse-log": "warehouse",
}


def each(stack: str, *rows: tuple[Any, ...]) -> list[Fault]:
    """Faults of a stack, from rows of a rule, a resource, a property's path and its bad values."""
    found, seen = [], Counter[str]()
    for rule, name, path, *values in rows:
        for value in values:
            title = f"{stack}, {name}: {path} is {'not set' if value is GONE else 'set wrongly'}"
            seen[title] += 1
            if seen[title] > 1:
                title += f" ({seen[title]})"
            found.append(Fault(rule, stack, name, path, value, title, _AT.get(name, name)))
    return found


def item(kind: str, name: str, /, **props: Any) -> Item:
    return Item(kind, name, props)


def policy(*actions: str) -> str:
    return document(allow(list(actions), "*", Principal={"AWS": ROLE}))


def containers(**more: Any) -> str:
    """A document of one good container, changed by `more`."""
    good = {
        "name": "scorer",
        "image": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/scorer@sha256:{'ab' * 32}",
        "environment": [{"name": "RECIPE", "value": "default"}],
        "secrets": [
            {"name": "DB_PASSWORD", "valueFrom": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:db"}
        ],
        "logConfiguration": {"logDriver": "awslogs"},
        "readonlyRootFilesystem": True,
        "user": "1000",
    }
    return json.dumps([{**good, **more}])
