"""Good stacks of an account, of brokers, of what moves data, of jobs and of administrators, and their faults."""

from __future__ import annotations

import json
from typing import Final

from endpoint_guard import types as t

from tests.endpoint_guard.items import ACCOUNT, Item
from tests.endpoint_guard.mutants.change import GONE
from tests.endpoint_guard.mutants.services.parts import EVERYONE, PASSWORD, each, item, policy

VARIABLES: Final = "aws:elasticbeanstalk:application:environment"
_SETTING: Final = {"namespace": VARIABLES, "name": "DB_PASSWORD"}
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
        item(t.BROKER, "broker", publiclyAccessible=False, engineType="ActiveMQ"),
        item(
            t.KAFKA_CLUSTER,
            "kafka",
            encryptionInfo={"encryptionInTransit": {"clientBroker": "TLS", "inCluster": True}},
            brokerNodeGroupInfo={"connectivityInfo": {"publicAccess": {"type": "DISABLED"}}},
            loggingInfo={"brokerLogs": {"s3": {"enabled": True, "bucket": "logs"}}},
        ),
        item(t.KAFKA_POLICY, "kafka-policy", policy=policy("kafka:CreateVpcConnection")),
    ],
    "moving": [
        item(t.REPLICATION_INSTANCE, "migration", publiclyAccessible=False),
        item(t.TRANSFER_SERVER, "files", protocols=["SFTP"]),
        item(t.WORKSPACE, "desktop", rootVolumeEncryptionEnabled=True, userVolumeEncryptionEnabled=True),
        item(
            t.DOCUMENT, "patch", documentType="Command", permissions={"type": "Share", "accountIds": ACCOUNT}
        ),
        item(t.PARAMETER, "address", type="String", name="/scoring/endpoint", value="fraud-prod"),
        item(t.BACKUP_VAULT_POLICY, "vault", policy=policy("backup:StartRestoreJob")),
    ],
    "jobs": [
        item(t.GLUE_JOB, "etl", securityConfiguration="own"),
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
            settings=[{"namespace": VARIABLES, "name": "RECIPE", "value": "default"}],
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
    ),
    *each(
        "moving",
        ("migration-private", "migration", "publiclyAccessible", True),
        ("file-server-encrypted", "files", "protocols", ["SFTP", "FTP"]),
        ("desktop-volumes-encrypted", "desktop", "rootVolumeEncryptionEnabled", GONE, False),
        ("desktop-volumes-encrypted", "desktop", "userVolumeEncryptionEnabled", GONE, False),
        ("document-not-public", "patch", "permissions", {"type": "Share", "accountIds": "All"}),
        ("side-policies-closed", "vault", "policy", EVERYONE),
    ),
    *each(
        "jobs",
        ("glue-encrypted", "etl", "securityConfiguration", GONE),
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
