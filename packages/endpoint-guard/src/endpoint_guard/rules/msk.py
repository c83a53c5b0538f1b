"""Managed Kafka: encrypted between clients and brokers, and not on the internet."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import types as t
from endpoint_guard.expect import left_on, one_of
from endpoint_guard.graph import Node, Resource
from endpoint_guard.rule import Context, Finding, fail, property_rule, rule

_TRANSIT = "encryptionInfo.encryptionInTransit"

kafka_tls = property_rule(
    __name__,
    id="kafka-tls",
    title="Kafka clients reach their brokers over TLS",
    pillar="encryption",
    severity="medium",
    why="Records and passwords travel unencrypted otherwise.",
    remedy='Leave client_broker at "TLS".',
    references=("MSK-001",),
    on=t.KAFKA_CLUSTER,
    path=f"{_TRANSIT}.clientBroker",
    good=one_of("TLS", default="TLS"),
    text="accepts unencrypted connections",
)

kafka_nodes = property_rule(
    __name__,
    id="kafka-nodes-encrypted",
    title="Kafka brokers talk to one another over TLS",
    pillar="encryption",
    severity="medium",
    why="Every record travels from broker to broker.",
    remedy="Leave in_cluster on.",
    references=("MSK-001",),
    on=t.KAFKA_CLUSTER,
    path=f"{_TRANSIT}.inCluster",
    good=left_on,
    text="sends records from broker to broker unencrypted",
)

kafka_private = property_rule(
    __name__,
    id="kafka-private",
    title="Kafka brokers have no public address",
    pillar="network",
    severity="critical",
    why="Only the clients' credentials stand between the records and everybody.",
    remedy='Leave public_access at "DISABLED".',
    references=("MSK-002",),
    on=t.KAFKA_CLUSTER,
    path="brokerNodeGroupInfo.connectivityInfo.publicAccess.type",
    good=one_of("DISABLED", default="DISABLED"),
    text="is reachable from the internet",
)


def _somewhere(node: Node) -> bool:
    return any(node.get(place).get("enabled").flag() for place in ("cloudwatchLogs", "firehose", "s3"))


kafka_logged = property_rule(
    __name__,
    id="kafka-logged",
    title="Kafka brokers write their log somewhere",
    pillar="logging",
    severity="medium",
    level="advisory",
    why="Refused connections and failed brokers leave no trace otherwise.",
    remedy="Set logging_info with a log group, a delivery stream or a bucket.",
    references=("MSK-101",),
    on=t.KAFKA_CLUSTER,
    path="loggingInfo.brokerLogs",
    good=_somewhere,
    text="keeps no log of its brokers",
)


@rule(
    id="kafka-asks-who",
    title="Kafka brokers authenticate who connects",
    pillar="auth",
    severity="medium",
    why="Whoever reaches the port reads and writes every topic otherwise.",
    remedy="Set client_authentication with sasl.iam, sasl.scram or tls, and leave unauthenticated off.",
    references=("MSK-003",),
    on=(t.KAFKA_CLUSTER,),
    scope="resource",
)
def kafka_asks_who(cluster: Resource, ctx: Context) -> Iterator[Finding]:
    clients = cluster.get("clientAuthentication")
    ways = (clients.get("sasl.iam"), clients.get("sasl.scram"))
    if clients.get("unauthenticated").flag():
        yield fail(clients.get("unauthenticated"), "admits everybody who reaches it")
    elif not any(way.flag() for way in ways) and not clients.get("tls.certificateAuthorityArns").declared:
        yield fail(clients, "admits everybody who reaches it")


connector_tls = property_rule(
    __name__,
    id="kafka-connector-tls",
    title="Connectors reach Kafka over TLS",
    pillar="encryption",
    severity="medium",
    level="advisory",
    why="Records travel in plain text otherwise.",
    remedy='Set encryption_type="TLS" in kafka_cluster_encryption_in_transit.',
    references=("MSK-004",),
    on=t.KAFKA_CONNECTOR,
    path="kafkaClusterEncryptionInTransit.encryptionType",
    good=one_of("TLS"),
    text="reaches Kafka without TLS",
)

connector_logged = property_rule(
    __name__,
    id="kafka-connector-logged",
    title="Connectors of Kafka write a log",
    pillar="logging",
    severity="medium",
    level="advisory",
    why="Records that a connector drops leave no trace otherwise.",
    remedy="Set log_delivery with a log group, a delivery stream or a bucket.",
    references=("MSK-005",),
    on=t.KAFKA_CONNECTOR,
    path="logDelivery.workerLogDelivery",
    good=_somewhere,
    text="writes no log",
)
