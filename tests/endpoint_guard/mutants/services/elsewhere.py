"""Good stacks of an account, of brokers, of what moves data, of jobs and of administrators, and their faults."""

from __future__ import annotations

import json
from typing import Final

from endpoint_guard import types as t

from tests.endpoint_guard.items import ACCOUNT, Item
from tests.endpoint_guard.mutants.change import GONE
from tests.endpoint_guard.mutants.services.parts import EVERYONE, KEY, PASSWORD, ROLE, each, item, policy

VARIABLES: Final = "aws:elasticbeanstalk:application:environment"
_SETTING: Final = {"namespace": VARIABLES, "name": "DB_PASSWORD"}
_KEPT: Final = [
    {
        "namespace": "aws:elasticbeanstalk:managedactions",
        "name": "ManagedActionsEnabled",
        "value": "true",
    },
    {"namespace": "aws:elasticbeanstalk:cloudwatch:logs", "name": "StreamLogs", "value": "true"},
    {
        "namespace": "aws:elasticbeanstalk:healthreporting:system",
        "name": "SystemType",
        "value": "enhanced",
    },
]
ELSEWHERE: Final[dict[str, list[Item]]] = {
    "account": [
        item(
            t.PASSWORD_POLICY,
            "passwords",
            minimumPasswordLength=14,
            requireLowercaseCharacters=True,
            requireUppercaseCharacters=True,
            requireNumbers=True,
            requireSymbols=True,
        ),
        item(
            t.ACCOUNT_PUBLIC_BLOCK,
            "buckets",
            blockPublicAcls=True,
            blockPublicPolicy=True,
            ignorePublicAcls=True,
            restrictPublicBuckets=True,
        ),
        item(t.METADATA_DEFAULTS, "metadata", httpTokens="required"),
        item(t.DISKS_BY_DEFAULT, "new-disks", enabled=True),
        item(t.EMR_PUBLIC_BLOCK, "clusters", blockPublicSecurityGroupRules=True),
    ],
    "brokers": [
        item(
            t.BROKER,
            "broker",
            publiclyAccessible=False,
            engineType="ActiveMQ",
            deploymentMode="ACTIVE_STANDBY_MULTI_AZ",
            logs={"general": True, "audit": True},
            encryptionOptions={"kmsKeyId": KEY, "useAwsOwnedKey": False},
        ),
        item(
            t.BROKER,
            "rabbit",
            publiclyAccessible=False,
            engineType="RabbitMQ",
            deploymentMode="CLUSTER_MULTI_AZ",
            logs={"general": True},
            encryptionOptions={"kmsKeyId": KEY, "useAwsOwnedKey": False},
        ),
        item(
            t.KAFKA_CLUSTER,
            "kafka",
            encryptionInfo={
                "encryptionAtRestKmsKeyArn": KEY,
                "encryptionInTransit": {"clientBroker": "TLS", "inCluster": True},
            },
            clientAuthentication={"sasl": {"iam": True}},
            brokerNodeGroupInfo={"connectivityInfo": {"publicAccess": {"type": "DISABLED"}}},
            loggingInfo={"brokerLogs": {"s3": {"enabled": True, "bucket": "logs"}}},
        ),
        item(t.KAFKA_POLICY, "kafka-policy", policy=policy("kafka:CreateVpcConnection")),
        item(
            t.KAFKA_CONNECTOR,
            "connector",
            kafkaClusterEncryptionInTransit={"encryptionType": "TLS"},
            logDelivery={"workerLogDelivery": {"cloudwatchLogs": {"enabled": True, "logGroup": "own"}}},
        ),
    ],
    "moving": [
        item(
            t.REPLICATION_INSTANCE,
            "migration",
            publiclyAccessible=False,
            autoMinorVersionUpgrade=True,
            kmsKeyArn=KEY,
        ),
        item(t.MIGRATION_ENDPOINT, "source", engineName="postgres", sslMode="verify-full"),
        item(t.MIGRATION_ENDPOINT, "lake", engineName="s3"),
        item(
            t.MIGRATION_TASK,
            "copy",
            replicationTaskSettings=json.dumps({"Logging": {"EnableLogging": True}}),
        ),
        item(t.SYNC_TASK, "sync", cloudwatchLogGroupArn="arn:aws:logs:own", options={"logLevel": "TRANSFER"}),
        item(
            t.TRANSFER_SERVER,
            "files",
            protocols=["SFTP"],
            endpointType="VPC",
            securityPolicyName="TransferSecurityPolicy-2024-01",
            structuredLogDestinations=["arn:aws:logs:own"],
        ),
        item(t.TRANSFER_CONNECTOR, "to-partner", loggingRole=ROLE),
        item(t.WORKSPACE, "desktop", rootVolumeEncryptionEnabled=True, userVolumeEncryptionEnabled=True),
        item(
            t.DOCUMENT, "patch", documentType="Command", permissions={"type": "Share", "accountIds": ACCOUNT}
        ),
        item(t.PARAMETER, "address", type="String", name="/scoring/endpoint", value="fraud-prod"),
        item(t.BACKUP_VAULT_POLICY, "vault", policy=policy("backup:StartRestoreJob")),
    ],
    "jobs": [
        item(t.GLUE_JOB, "etl", securityConfiguration="own"),
        item(t.GLUE_WORKBENCH, "bench", securityConfiguration="own"),
        item(
            t.GLUE_SECURITY,
            "own",
            encryptionConfiguration={
                "cloudwatchEncryption": {"cloudwatchEncryptionMode": "SSE-KMS", "kmsKeyArn": KEY},
                "jobBookmarksEncryption": {"jobBookmarksEncryptionMode": "CSE-KMS", "kmsKeyArn": KEY},
                "s3Encryption": {"s3EncryptionMode": "SSE-KMS", "kmsKeyArn": KEY},
            },
        ),
        item(
            t.GLUE_CATALOG,
            "catalogue",
            dataCatalogEncryptionSettings={
                "connectionPasswordEncryption": {
                    "awsKmsKeyId": KEY,
                    "returnConnectionPasswordEncrypted": True,
                },
                "encryptionAtRest": {"catalogEncryptionMode": "SSE-KMS", "sseAwsKmsKeyId": KEY},
            },
        ),
        item(
            t.BATCH_JOB,
            "job",
            type="container",
            containerProperties=json.dumps({"environment": [{"name": "RECIPE", "value": "default"}]}),
        ),
        item(
            t.BEANSTALK,
            "site",
            application="site",
            settings=[{"namespace": VARIABLES, "name": "RECIPE", "value": "default"}, *_KEPT],
        ),
    ],
    "administrators": [
        item(
            t.ROLE_ATTACHMENT,
            "reads",
            role="reader",
            policyArn="arn:aws:iam::aws:policy/ReadOnlyAccess",
        )
    ],
}

FAULTS: Final = [
    *each(
        "account",
        ("account-passwords-strong", "passwords", "minimumPasswordLength", GONE, 6),
        ("account-passwords-strong", "passwords", "requireSymbols", GONE, False),
        ("bucket-blocks-public", "buckets", "restrictPublicBuckets", GONE, False),
        ("instance-metadata-v2", "metadata", "httpTokens", "optional"),
        ("disks-encrypted-by-default", "new-disks", "enabled", False),
        ("clusters-block-public", "clusters", "blockPublicSecurityGroupRules", False),
    ),
    *each(
        "brokers",
        ("broker-private", "broker", "publiclyAccessible", True),
        (
            "kafka-tls",
            "kafka",
            "encryptionInfo.encryptionInTransit.clientBroker",
            "PLAINTEXT",
            "TLS_PLAINTEXT",
        ),
        ("kafka-nodes-encrypted", "kafka", "encryptionInfo.encryptionInTransit.inCluster", False),
        (
            "kafka-private",
            "kafka",
            "brokerNodeGroupInfo.connectivityInfo.publicAccess.type",
            "SERVICE_PROVIDED_EIPS",
        ),
        ("side-policies-closed", "kafka-policy", "policy", EVERYONE),
        ("broker-logged", "broker", "logs.general", GONE, False),
        ("broker-logged", "broker", "logs.audit", GONE, False),
        ("broker-logged", "rabbit", "logs.general", GONE, False),
        ("broker-in-zones", "broker", "deploymentMode", GONE, "SINGLE_INSTANCE"),
        ("store-under-own-key", "broker", "encryptionOptions", GONE, {"useAwsOwnedKey": True}),
        ("store-under-own-key", "kafka", "encryptionInfo.encryptionAtRestKmsKeyArn", GONE),
        ("kafka-asks-who", "kafka", "clientAuthentication", GONE, {"unauthenticated": True}),
        (
            "kafka-asks-who",
            "kafka",
            "clientAuthentication",
            {"unauthenticated": True, "sasl": {"iam": True}},
        ),
        (
            "kafka-connector-tls",
            "connector",
            "kafkaClusterEncryptionInTransit.encryptionType",
            GONE,
            "PLAINTEXT",
        ),
        ("kafka-connector-logged", "connector", "logDelivery", GONE),
    ),
    *each(
        "moving",
        ("migration-private", "migration", "publiclyAccessible", True),
        ("migration-patched", "migration", "autoMinorVersionUpgrade", GONE, False),
        ("store-under-own-key", "migration", "kmsKeyArn", GONE),
        ("migration-tls", "source", "sslMode", GONE, "none"),
        (
            "migration-logged",
            "copy",
            "replicationTaskSettings",
            GONE,
            json.dumps({"Logging": {"EnableLogging": False}}),
        ),
        ("sync-logged", "sync", "cloudwatchLogGroupArn", GONE),
        ("sync-logged", "sync", "options", GONE, {"logLevel": "OFF"}),
        ("file-server-encrypted", "files", "protocols", ["SFTP", "FTP"]),
        ("file-server-modern", "files", "securityPolicyName", GONE, "TransferSecurityPolicy-2018-11"),
        ("file-server-private", "files", "endpointType", GONE, "PUBLIC"),
        ("file-server-logged", "files", "structuredLogDestinations", GONE),
        ("file-server-logged", "to-partner", "loggingRole", GONE),
        ("desktop-volumes-encrypted", "desktop", "rootVolumeEncryptionEnabled", GONE, False),
        ("desktop-volumes-encrypted", "desktop", "userVolumeEncryptionEnabled", GONE, False),
        ("document-not-public", "patch", "permissions", {"type": "Share", "accountIds": "All"}),
        ("side-policies-closed", "vault", "policy", EVERYONE),
    ),
    *each(
        "jobs",
        ("glue-encrypted", "etl", "securityConfiguration", GONE),
        ("glue-encrypted", "bench", "securityConfiguration", GONE),
        *(
            ("glue-encrypts-everything", "own", f"encryptionConfiguration.{part}", GONE, {mode: "DISABLED"})
            for part, mode in (
                ("cloudwatchEncryption", "cloudwatchEncryptionMode"),
                ("jobBookmarksEncryption", "jobBookmarksEncryptionMode"),
                ("s3Encryption", "s3EncryptionMode"),
            )
        ),
        (
            "catalogue-encrypted",
            "catalogue",
            "dataCatalogEncryptionSettings.encryptionAtRest",
            GONE,
            {"catalogEncryptionMode": "DISABLED"},
        ),
        (
            "catalogue-encrypted",
            "catalogue",
            "dataCatalogEncryptionSettings.connectionPasswordEncryption.returnConnectionPasswordEncrypted",
            GONE,
            False,
        ),
        ("beanstalk-patched", "site", "settings.1.value", "false"),
        ("beanstalk-patched", "site", "settings", _KEPT[1:]),
        ("beanstalk-logged", "site", "settings.2.value", "false"),
        ("beanstalk-logged", "site", "settings", _KEPT[:1]),
        ("beanstalk-watched", "site", "settings.3.value", "basic"),
        (
            "task-env-no-secrets",
            "job",
            "containerProperties",
            json.dumps({"environment": [{"name": "DB_PASSWORD", "value": PASSWORD}]}),
        ),
        ("containers-unprivileged", "job", "containerProperties", json.dumps({"privileged": True})),
        ("service-env-no-secrets", "site", "settings.0", {**_SETTING, "value": PASSWORD}),
    ),
    *each(
        "administrators",
        ("iam-no-administrators", "reads", "policyArn", "arn:aws:iam::aws:policy/AdministratorAccess"),
    ),
]
