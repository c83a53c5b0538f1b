"""What an update touches when one setting of the prod stack changes: docs/changes.md, made and held current here.

`WRITE_CHANGES=1 make engine-test` writes the page.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.engine.cli import ROOT
from tests.engine.workspace import Life, Workspace

PAGE = ROOT / "docs" / "changes.md"
MANY = 15
# What holds data or is known to callers by its id: no setting may replace it.
KEPT = (
    "kms.Key",
    "s3.Bucket",
    "apigateway.RestApi",
    "apigateway.ApiKey",
    "sagemaker.Endpoint",
    "wafv2.WebAcl",
)
HEAD = """\
# What a change touches

What `pulumi up` does to a prod stack that stands when one setting changes, previewed by the Pulumi CLI with the local
AWS provider (`tests/engine/test_changes.py` makes this page and holds it current). Nothing that holds data or that
callers know by its id is replaced by any of them: the key, the buckets, the API, the clients' API keys, the firewall
and the endpoint. `name` is not among them: it is part of every resource's name, and changing it makes another stack.

| setting | updated | created | replaced | deleted |
|---|---|---|---|---|
"""
pytestmark = pytest.mark.xdist_group("prod")


def _clients(stack: Workspace) -> list[dict[str, Any]]:
    return list(stack.setting("clients"))


CHANGES: Mapping[str, Any] = {
    "`clients`: another rate": lambda stack: {
        "clients": [{**client, "rate": client["rate"] + 1} for client in _clients(stack)]
    },
    "`clients`: one more": lambda stack: {
        "clients": [*_clients(stack), {"name": "refunds", "rate": 2, "burst": 4, "dailyQuota": 2000}]
    },
    "`clients`: one less": lambda stack: {"clients": _clients(stack)[:1]},
    "`apiRate`": lambda stack: {"apiRate": 60},
    "`firewallRateLimit`": lambda stack: {"firewallRateLimit": 900},
    "`knownCallers`": lambda stack: {"knownCallers": ["198.51.100.0/24", "203.0.113.0/24"]},
    "`functionMemory`": lambda stack: {"functionMemory": 1024},
    "`functionTimeout`": lambda stack: {"functionTimeout": 12},
    "`functionConcurrency`": lambda stack: {"functionConcurrency": 60},
    "`modelRecipe` (another model)": lambda stack: {"modelRecipe": "forest"},
    "`instanceType`": lambda stack: {"instanceType": "ml.c6i.large"},
    "`maxInstances`": lambda stack: {"maxInstances": 8},
    "`minInstances`": lambda stack: {"minInstances": 3},
    "`capturePercentage`": lambda stack: {"capturePercentage": 20},
    "`logRetentionDays`": lambda stack: {"logRetentionDays": 400},
    "`alarmEmail`": lambda stack: {"alarmEmail": "fraud-oncall@example.com"},
    "`driftMargin`": lambda stack: {"driftMargin": 2},
    "`interfaceEndpoints`": lambda stack: {"interfaceEndpoints": ["sagemaker.runtime", "logs"]},
    "`owner` (a tag)": lambda stack: {"owner": "risk"},
}


@pytest.fixture(scope="module")
def measured(life_of: Callable[[str], Life]) -> dict[str, dict[str, str]]:
    """Resource (`service.Type name`) to operation, for each change, previewed on a prod stack that stands."""
    prod, made = life_of("prod").stack, life_of("prod").up
    assert made.code == 0, made.out + made.err
    found = {}
    for title, change in CHANGES.items():
        with prod.changed(**change(prod)):
            ended = prod.run("preview")
        assert ended.code == 0, ended.out + ended.err
        # A component is not in AWS: only what the provider is asked for counts.
        found[title] = {one: op for one, op in ended.steps().items() if ":" not in one}
    if os.environ.get("WRITE_CHANGES"):
        PAGE.write_text(_page(found))
    return found


@pytest.mark.parametrize("title", CHANGES)
def test_a_change_touches_what_the_page_says(measured: dict[str, dict[str, str]], title: str) -> None:
    assert _row(title, measured[title]) in PAGE.read_text().splitlines()


@pytest.mark.parametrize("title", CHANGES)
def test_a_change_replaces_nothing_that_holds_data_or_is_known(
    measured: dict[str, dict[str, str]], title: str
) -> None:
    gone = {one for one, op in measured[title].items() if op in ("replace", "delete")}
    lost = {one for one in gone if one.split()[0] in KEPT}
    allowed = {"apigateway.ApiKey api-back-office"} if title == "`clients`: one less" else set()
    assert lost == allowed


def test_the_page_says_nothing_else() -> None:
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    assert len(rows) == len(CHANGES)
    assert PAGE.read_text().startswith(HEAD)


def _page(found: Mapping[str, Mapping[str, str]]) -> str:
    rows = [_row(title, steps) for title, steps in found.items()]
    return HEAD + "\n".join(rows) + "\n"


def _row(title: str, steps: Mapping[str, str]) -> str:
    cells = []
    for op in ("update", "create", "replace", "delete"):
        touched = sorted(one for one, done in steps.items() if done == op)
        if len(touched) <= MANY:
            cells.append(", ".join(touched))
        else:
            kinds = Counter(one.split()[0] for one in touched)
            cells.append(", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())))
    return "| " + " | ".join([title, *cells]) + " |"
