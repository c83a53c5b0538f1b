"""Good stacks of the account's own settings, of brokers, of what moves data, of jobs and of administrators."""

from __future__ import annotations

import json
from typing import Final

from endpoint_guard import types as t

from tests.endpoint_guard.compliant import ACCOUNT, REGION, Item, allow, document
from tests.endpoint_guard.services.parts import KEY, item, policy

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
        item(t.ACCELERATOR, "accelerator", attributes={"flowLogsEnabled": True, "flowLogsS3Bucket": "logs"}),
        item(
            t.ROUTE,
            "to-peer",
            routeTableId="rtb-0123456789abcdef0",
            destinationCidrBlock="10.1.0.0/16",
            vpcPeeringConnectionId="pcx-0123456789abcdef0",
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
