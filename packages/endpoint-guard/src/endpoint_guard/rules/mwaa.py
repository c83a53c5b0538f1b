"""Managed Airflow: who reaches its web server."""

from __future__ import annotations

from endpoint_guard import types as t
from endpoint_guard.expect import one_of
from endpoint_guard.rule import property_rule

airflow_private = property_rule(
    __name__,
    id="airflow-private",
    title="The web server of Airflow is reached from the network only",
    pillar="network",
    severity="high",
    why="Whoever signs in there runs code with the rights of the environment.",
    remedy='Leave webserver_access_mode at "PRIVATE_ONLY".',
    references=("MWA-001",),
    on=t.AIRFLOW,
    path="webserverAccessMode",
    good=one_of("PRIVATE_ONLY", default="PRIVATE_ONLY"),
    text="opens its web server to the internet",
)
