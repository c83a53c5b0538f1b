"""Reading a recorded graph: the resources of a kind, their inputs, the statements of a policy."""

from __future__ import annotations

import json
from typing import Any

from pulumi_preflight.graph import Graph, Resource

from tests.harness import one

GUARDED = ("staging", "prod")


def of_type(graph: Graph, kind: str) -> list[Resource]:
    return [r for r in graph.resources if r["type"].rpartition(":")[2] == kind]


def inputs(graph: Graph, kind: str, name: str | None = None) -> dict[str, Any]:
    return dict(one(graph, kind, name)["inputs"])


def statements(document: str) -> list[dict[str, Any]]:
    return list(json.loads(document)["Statement"])
