"""Good stacks of the account's own settings, of brokers, of what moves data, of jobs and of administrators."""

from __future__ import annotations

import json
from typing import Final

from endpoint_guard import types as t

from tests.endpoint_guard.compliant import ACCOUNT, Item
from tests.endpoint_guard.services.parts import item, policy

VARIABLES: Final = "aws:elasticbeanstalk:application:environment"
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
        item(t.EMR_PUBLIC_BLOCK, "clusters", blockPublicSecurityGroupRules=True),
    ],
    "brokers": [
        item(t.BROKER, "broker", publiclyAccessible=False, engineType="ActiveMQ"),
        item(
            t.KAFKA_CLUSTER,
            "kafka",
            encryptionInfo={"encryptionInTransit": {"clientBroker": "TLS", "inCluster": True}},
            brokerNodeGroupInfo={"connectivityInfo": {"publicAccess": {"type": "DISABLED"}}},
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
