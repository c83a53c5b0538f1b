"""Graphs of Neptune Analytics: reached from the network only, and not deleted by accident."""

from __future__ import annotations

from endpoint_guard import types as t
from endpoint_guard.expect import left_on, off
from endpoint_guard.rule import property_rule

graph_private = property_rule(
    __name__,
    id="graph-private",
    title="Graphs of Neptune Analytics have no public endpoint",
    pillar="network",
    severity="high",
    why="Only the callers' credentials stand between the data and everybody.",
    remedy="Leave public_connectivity off and declare neptunegraph.PrivateGraphEndpoint.",
    references=("NEP-001",),
    on=t.GRAPH_DATABASE,
    path="publicConnectivity",
    good=off,
    text="is reachable from the internet",
)

graph_protected = property_rule(
    __name__,
    id="graph-protected",
    title="Graphs of Neptune Analytics are protected from deletion",
    pillar="resilience",
    severity="medium",
    level="advisory",
    why="One wrong command deletes the graph with everything in it.",
    remedy="Leave deletion_protection on.",
    references=("NEP-002",),
    on=t.GRAPH_DATABASE,
    path="deletionProtection",
    good=left_on,
    text="can be deleted by one call",
)
