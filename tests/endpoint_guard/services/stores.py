"""A small stack per service that stores."""

from __future__ import annotations

import json
from typing import Final

from endpoint_guard import types as t

from tests.endpoint_guard.compliant import ACCOUNT, Item, Ref
from tests.endpoint_guard.services.parts import KEY, LOGS, item, policy

STORES: Final = {
    "dynamodb": [
        item(t.PROVIDER, "aws", allowedAccountIds=json.dumps([ACCOUNT])),
        item(
            t.TABLE,
            "history",
            pointInTimeRecovery={"enabled": True},
            deletionProtectionEnabled=True,
            serverSideEncryption={"enabled": True, "kmsKeyArn": KEY},
        ),
        item(
            t.TABLE_REPLICA, "copy", pointInTimeRecovery=True, deletionProtectionEnabled=True, kmsKeyArn=KEY
        ),
        item(
            t.TABLE_POLICY,
            "history-policy",
            resourceArn=Ref("history", "arn"),
            policy=policy("dynamodb:GetItem"),
        ),
        item(
            t.DAX_CLUSTER, "dax", serverSideEncryption={"enabled": True}, clusterEndpointEncryptionType="TLS"
        ),
    ],
    "kinesis": [
        item(t.DATA_STREAM, "cards", encryptionType="KMS", kmsKeyId=KEY),
        item(
            t.FIREHOSE,
            "delivery",
            serverSideEncryption={"enabled": True, "keyType": "CUSTOMER_MANAGED_CMK", "keyArn": KEY},
            extendedS3Configuration={"bucketArn": "arn", "cloudwatchLoggingOptions": {"enabled": True}},
        ),
    ],
    "ecr": [
        item(
            t.REPOSITORY,
            "images",
            imageTagMutability="IMMUTABLE",
            imageScanningConfiguration={"scanOnPush": True},
            encryptionConfigurations=[{"encryptionType": "KMS", "kmsKey": KEY}],
        )
    ],
    "rds": [
        item(
            t.DB_INSTANCE,
            "db",
            engine="postgres",
            storageEncrypted=True,
            kmsKeyId=KEY,
            publiclyAccessible=False,
            backupRetentionPeriod=7,
            deletionProtection=True,
            multiAz=True,
            iamDatabaseAuthenticationEnabled=True,
            enabledCloudwatchLogsExports=["postgresql"],
            monitoringInterval=60,
            performanceInsightsEnabled=True,
            manageMasterUserPassword=True,
        ),
        item(
            t.DB_CLUSTER,
            "aurora",
            engine="aurora-postgresql",
            storageEncrypted=True,
            kmsKeyId=KEY,
            backupRetentionPeriod=14,
            deletionProtection=True,
            iamDatabaseAuthenticationEnabled=True,
            enabledCloudwatchLogsExports=["postgresql"],
            masterPassword=Ref("password", "result"),
        ),
        Item("random:index/randomPassword:RandomPassword", "password", {"length": 20}),
        item(
            t.DB_CLUSTER_INSTANCE,
            "member",
            engine="aurora",
            monitoringInterval=60,
            performanceInsightsEnabled=True,
        ),
        item(t.DB_PROXY, "proxy", requireTls=True),
        item(t.DB_SNAPSHOT, "snapshot", sharedAccounts=[ACCOUNT]),
        item(t.DB_PARAMETER_GROUPS[0], "parameters", parameters=[{"name": "rds.force_ssl", "value": "1"}]),
    ],
    "opensearch": [
        item(
            t.SEARCH_DOMAIN,
            "search",
            encryptAtRest={"enabled": True, "kmsKeyId": KEY},
            nodeToNodeEncryption={"enabled": True},
            domainEndpointOptions={
                "enforceHttps": True,
                "tlsSecurityPolicy": "Policy-Min-TLS-1-2-PFS-2023-10",
            },
            vpcOptions={"subnetIds": ["subnet-1"]},
            advancedSecurityOptions={"enabled": True},
            logPublishingOptions=[{"logType": "AUDIT_LOGS", "cloudwatchLogGroupArn": LOGS}],
            accessPolicies=policy("es:ESHttpGet"),
        ),
        item(
            t.SEARCH_SECURITY_POLICY,
            "collection",
            type="network",
            policy=json.dumps([{"Rules": [], "AllowFromPublic": False, "SourceVPCEs": ["vpce-1"]}]),
        ),
    ],
    "efs": [
        item(t.FILE_SYSTEM, "files", encrypted=True, kmsKeyId=KEY),
        item(
            t.FILE_ACCESS_POINT,
            "point",
            posixUser={"uid": 1000, "gid": 1000},
            rootDirectory={"path": "/models"},
        ),
        item(
            t.FILE_SYSTEM_POLICY,
            "files-policy",
            fileSystemId=Ref("files"),
            policy=policy("elasticfilesystem:ClientMount"),
        ),
    ],
    "redshift": [
        item(
            t.WAREHOUSE,
            "warehouse",
            clusterIdentifier="warehouse",
            kmsKeyId=KEY,
            enhancedVpcRouting=True,
            manageMasterPassword=True,
        ),
        item(t.WAREHOUSE_LOGGING, "warehouse-log", clusterIdentifier=Ref("warehouse", "clusterIdentifier")),
        item(t.WAREHOUSE_PARAMETERS, "settings", parameters=[{"name": "require_ssl", "value": "true"}]),
        item(t.WAREHOUSE_NAMESPACE, "namespace", kmsKeyId=KEY, logExports=["userlog"]),
        item(t.WAREHOUSE_WORKGROUP, "workgroup", enhancedVpcRouting=True),
    ],
    "elasticache": [
        item(
            t.CACHE_GROUP,
            "cache",
            engine="redis",
            atRestEncryptionEnabled=True,
            transitEncryptionEnabled=True,
            userGroupIds=["scorers"],
            kmsKeyId=KEY,
            snapshotRetentionLimit=3,
        ),
        item(t.MEMORY_CLUSTER, "memory", kmsKeyArn=KEY, snapshotRetentionLimit=3),
    ],
    "secretsmanager": [
        item(t.SECRET_VERSION, "version", secretId="s", secretString=Ref("random", "result")),
        Item("random:index/randomPassword:RandomPassword", "random", {"length": 20}),
    ],
}
