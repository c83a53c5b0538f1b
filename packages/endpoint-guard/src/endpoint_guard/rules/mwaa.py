"""Managed Airflow: who reaches its web server, and what it logs."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import types as t
from endpoint_guard.expect import on, one_of
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, need, property_rule, rule

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


@rule(
    id="airflow-logged",
    title="Airflow logs its scheduler, workers and web server",
    pillar="logging",
    severity="medium",
    level="advisory",
    why="Without them nobody can say who ran which job, or why it failed.",
    remedy="Set enabled=True in scheduler_logs, worker_logs and webserver_logs of logging_configuration.",
    references=("MWA-002",),
    on=(t.AIRFLOW,),
    scope="resource",
)
def airflow_logged(environment: Resource, ctx: Context) -> Iterator[Finding]:
    for part in ("scheduler", "worker", "webserver"):
        node = environment.get(f"loggingConfiguration.{part}Logs.enabled")
        yield from need(node, on, f"does not log its {part}")
