"""What the good stacks are made of."""

from __future__ import annotations

import json
from typing import Any, Final

from tests.endpoint_guard.compliant import ACCOUNT, REGION, Item, allow, document

KEY: Final = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/5b3c1f0a-0000-4000-8000-000000000001"
ROLE: Final = f"arn:aws:iam::{ACCOUNT}:role/reader"
LOGS: Final = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:own:*"
TLS: Final = "ELBSecurityPolicy-TLS13-1-2-2021-06"


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
