"""Message brokers."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import types as t
from endpoint_guard.expect import off, on, one_of
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, need, property_rule, rule

broker_private = property_rule(
    __name__,
    id="broker-private",
    title="Message brokers have no public address",
    pillar="network",
    severity="critical",
    why="Only a password stands between the messages and everybody.",
    remedy="Leave publicly_accessible off and name subnet_ids and security_groups.",
    references=("MQ-001",),
    on=t.BROKER,
    path="publiclyAccessible",
    good=off,
    text="is reachable from the internet",
)


@rule(
    id="broker-logged",
    title="Message brokers send their logs to CloudWatch",
    pillar="logging",
    severity="medium",
    level="advisory",
    why="Without them nobody can say who connected, or what an administrator did.",
    remedy="Set logs with general=True, and audit=True for ActiveMQ.",
    references=("MQ-002",),
    on=(t.BROKER,),
    scope="resource",
)
def broker_logged(broker: Resource, ctx: Context) -> Iterator[Finding]:
    yield from need(broker.get("logs.general"), on, "sends no log to CloudWatch")
    if broker.get("engineType").text().lower() == "activemq":
        yield from need(broker.get("logs.audit"), on, "sends no audit log to CloudWatch")


broker_in_zones = property_rule(
    __name__,
    id="broker-in-zones",
    title="Message brokers run in several zones",
    pillar="resilience",
    severity="low",
    level="advisory",
    why="A single broker is down for as long as its zone is.",
    remedy='Set deployment_mode="ACTIVE_STANDBY_MULTI_AZ" (RabbitMQ: "CLUSTER_MULTI_AZ").',
    references=("MQ-003",),
    on=t.BROKER,
    path="deploymentMode",
    good=one_of("ACTIVE_STANDBY_MULTI_AZ", "CLUSTER_MULTI_AZ"),
    text="runs in one zone",
)
