"""Managed Kafka: encrypted between clients and brokers, and not on the internet."""

from __future__ import annotations

from endpoint_guard import types as t
from endpoint_guard.expect import left_on, one_of
from endpoint_guard.rule import property_rule

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
    good=lambda node: any(
        node.get(place).get("enabled").flag() for place in ("cloudwatchLogs", "firehose", "s3")
    ),
    text="keeps no log of its brokers",
)
