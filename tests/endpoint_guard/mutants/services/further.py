"""A small stack of services that are asked for data and one of what stands at the edge, and their faults."""

from __future__ import annotations

from typing import Final

from endpoint_guard import types as t

from tests.endpoint_guard.items import ACCOUNT, REGION, Item, allow, document
from tests.endpoint_guard.mutants.change import GONE
from tests.endpoint_guard.mutants.services.parts import KEY, each, item

_TOPIC: Final = f"arn:aws:iot:{REGION}:{ACCOUNT}:topic/${{iot:ClientId}}"

AUTHORITY: Final = f"arn:aws:acm-pca:{REGION}:{ACCOUNT}:certificate-authority/own"

FURTHER: Final[dict[str, list[Item]]] = {
    "queries": [
        item(
            t.ATHENA_WORKGROUP,
            "queries",
            configuration={
                "enforceWorkgroupConfiguration": True,
                "resultConfiguration": {
                    "encryptionConfiguration": {"encryptionOption": "SSE_KMS", "kmsKeyArn": KEY}
                },
            },
        ),
        item(
            t.ATHENA_DATABASE,
            "tables",
            bucket="results",
            encryptionConfiguration={"encryptionOption": "SSE_KMS", "kmsKey": KEY},
        ),
        item(
            t.KEYSPACES_TABLE,
            "cards",
            pointInTimeRecovery={"status": "ENABLED"},
            encryptionSpecification={"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyIdentifier": KEY},
        ),
        item(t.TIMESTREAM_DATABASE, "measures", databaseName="measures", kmsKeyId=KEY),
        item(t.LEDGER, "ledger", permissionsMode="STANDARD", deletionProtection=True, kmsKey=KEY),
    ],
    "edge": [
        item(
            t.IOT_POLICY,
            "terminal",
            policy=document(
                allow(
                    "iot:Publish", f"arn:aws:iot:{REGION}:{ACCOUNT}:topic/${{iot:Connection.Thing.ThingName}}"
                )
            ),
        ),
        item(
            t.LIGHTSAIL_PORTS,
            "ports",
            portInfos=[
                {"protocol": "tcp", "fromPort": 443, "toPort": 443},
                {"protocol": "tcp", "fromPort": 22, "toPort": 22, "cidrs": ["10.0.0.0/8"]},
            ],
        ),
        item(t.LIGHTSAIL_DATABASE, "small", publiclyAccessible=False),
        item(
            t.AIRFLOW,
            "jobs",
            webserverAccessMode="PRIVATE_ONLY",
            kmsKey=KEY,
            loggingConfiguration={
                f"{part}Logs": {"enabled": True, "logLevel": "INFO"}
                for part in ("scheduler", "worker", "webserver")
            },
        ),
        item(
            t.KAFKA_CLUSTER,
            "kafka-logs",
            encryptionInfo={
                "encryptionAtRestKmsKeyArn": KEY,
                "encryptionInTransit": {"clientBroker": "TLS", "inCluster": True},
            },
            clientAuthentication={"tls": {"certificateAuthorityArns": [AUTHORITY]}},
            loggingInfo={"brokerLogs": {"cloudwatchLogs": {"enabled": True, "logGroup": "kafka"}}},
        ),
        item(t.NFS_SHARE, "share", clientLists=["10.0.0.0/8"]),
        item(t.BACKUP_VAULT, "copies", kmsKeyArn=KEY),
        item(t.LUSTRE, "scratch", kmsKeyId=KEY),
        item(t.ACCELERATOR, "accelerator", attributes={"flowLogsEnabled": True, "flowLogsS3Bucket": "logs"}),
        item(
            t.ROUTE,
            "to-peer",
            routeTableId="rtb-0123456789abcdef0",
            destinationCidrBlock="10.1.0.0/16",
            vpcPeeringConnectionId="pcx-0123456789abcdef0",
        ),
    ],
}

FAULTS: Final = [
    *each(
        "queries",
        (
            "query-results-encrypted",
            "queries",
            "configuration.resultConfiguration.encryptionConfiguration",
            GONE,
        ),
        ("query-results-encrypted", "queries", "configuration.enforceWorkgroupConfiguration", False),
        ("queries-measured", "queries", "configuration.publishCloudwatchMetricsEnabled", False),
        ("query-results-encrypted", "tables", "encryptionConfiguration", GONE),
        ("keyspace-recoverable", "cards", "pointInTimeRecovery", GONE, {"status": "DISABLED"}),
        ("store-under-own-key", "cards", "encryptionSpecification", GONE, {"type": "AWS_OWNED_KMS_KEY"}),
        ("store-under-own-key", "measures", "kmsKeyId", GONE),
        ("store-under-own-key", "ledger", "kmsKey", GONE),
        ("ledger-permissions", "ledger", "permissionsMode", "ALLOW_ALL"),
        ("ledger-protected", "ledger", "deletionProtection", False),
    ),
    *each(
        "edge",
        ("device-policy-narrow", "terminal", "policy", document(allow("iot:*", _TOPIC))),
        ("device-policy-narrow", "terminal", "policy", document(allow("iot:Publish", "*"))),
        ("lightsail-ports-closed", "ports", "portInfos.1.cidrs", GONE, ["0.0.0.0/0"]),
        ("lightsail-ports-closed", "ports", "portInfos.0.fromPort", 0),
        ("airflow-private", "jobs", "webserverAccessMode", "PUBLIC_ONLY"),
        ("airflow-logged", "jobs", "loggingConfiguration", GONE),
        ("airflow-logged", "jobs", "loggingConfiguration.workerLogs.enabled", GONE, False),
        ("store-under-own-key", "jobs", "kmsKey", GONE),
        ("kafka-asks-who", "kafka-logs", "clientAuthentication", GONE),
        ("share-clients-named", "share", "clientLists", ["0.0.0.0/0"]),
        ("store-under-own-key", "copies", "kmsKeyArn", GONE),
        ("store-under-own-key", "scratch", "kmsKeyId", GONE),
        ("kafka-logged", "kafka-logs", "loggingInfo", GONE),
        ("lightsail-database-private", "small", "publiclyAccessible", True),
        ("accelerator-logged", "accelerator", "attributes", GONE, {"flowLogsEnabled": False}),
        ("peering-route-narrow", "to-peer", "destinationCidrBlock", "0.0.0.0/0"),
    ),
]
