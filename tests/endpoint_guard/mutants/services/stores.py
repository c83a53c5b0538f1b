"""A small stack per service that stores, and its faults."""

from __future__ import annotations

import json
from typing import Final

from endpoint_guard import types as t

from tests.endpoint_guard.items import ACCOUNT, REGION, Item, Ref, allow, document
from tests.endpoint_guard.mutants.change import GONE
from tests.endpoint_guard.mutants.services.parts import EVERYONE, KEY, LOGS, PASSWORD, each, item, policy

FOREIGN: Final = "999999999999"
ABROAD: Final = document(allow("dynamodb:GetItem", "*", Principal={"AWS": FOREIGN}))
BY_ADDRESS: Final = document(
    allow("*", "*", Principal="*", Condition={"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}})
)
CLOSED: Final = document({"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"})
NETWORK_JSON: Final = json.dumps([{"Rules": [], "AllowFromPublic": True}])

STORES: Final = {
    "dynamodb": [
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
        Item("random:index/randomPassword:RandomPassword", "password", {"length": 20}),
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
        item(
            t.DB_CLUSTER_INSTANCE,
            "member",
            engine="aurora",
            monitoringInterval=60,
            performanceInsightsEnabled=True,
        ),
        item(t.DB_PROXY, "proxy", requireTls=True),
        item(t.DB_SNAPSHOT, "snapshot", sharedAccounts=[ACCOUNT]),
        item(t.DB_SNAPSHOT_COPY, "snapshot-copy", sharedAccounts=[ACCOUNT]),
        item(t.DB_CLUSTER_SNAPSHOT_COPY, "cluster-snapshot-copy", sharedAccounts=[ACCOUNT]),
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
        item(t.FILE_BACKUPS, "backups", fileSystemId=Ref("files"), backupPolicy={"status": "ENABLED"}),
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
            automaticFailoverEnabled=True,
            subnetGroupName="own",
        ),
        item(
            t.MEMORY_CLUSTER,
            "memory",
            aclName="scorers",
            kmsKeyArn=KEY,
            snapshotRetentionLimit=3,
            subnetGroupName="own",
        ),
        item(t.CACHE_USER, "scorer", accessString="on ~* +@read", authenticationMode={"type": "iam"}),
        item(t.CACHE_USER, "default", accessString="off -@all", noPasswordRequired=True),
    ],
    "secretsmanager": [
        Item("random:index/randomPassword:RandomPassword", "random", {"length": 20}),
        item(t.SECRET, "token", name="token", kmsKeyId=KEY, policy=CLOSED),
        item(t.SECRET_VERSION, "version", secretId="s", secretString=Ref("random", "result")),
    ],
}

FAULTS: Final = [
    *each(
        "dynamodb",
        ("table-recoverable", "history", "pointInTimeRecovery", GONE, {"enabled": False}),
        ("table-recoverable", "copy", "pointInTimeRecovery", GONE),
        ("table-protected", "history", "deletionProtectionEnabled", GONE, False),
        ("store-under-own-key", "history", "serverSideEncryption", GONE, {"enabled": True}),
        ("store-under-own-key", "copy", "kmsKeyArn", f"arn:aws:kms:{REGION}:123456789012:alias/aws/dynamodb"),
        ("side-policies-closed", "history-policy", "policy", EVERYONE),
        ("policy-names-own-accounts", "history-policy", "policy", ABROAD),
        ("dax-encrypted", "dax", "serverSideEncryption", GONE, {"enabled": False}),
        ("dax-tls", "dax", "clusterEndpointEncryptionType", GONE, "NONE"),
    ),
    *each(
        "kinesis",
        ("data-stream-encrypted", "cards", "encryptionType", GONE, "NONE"),
        ("store-under-own-key", "cards", "kmsKeyId", GONE, "alias/aws/kinesis"),
        ("stream-encrypted", "delivery", "serverSideEncryption", GONE, {"enabled": False}),
        ("delivery-errors-logged", "delivery", "extendedS3Configuration.cloudwatchLoggingOptions", GONE),
    ),
    *each(
        "ecr",
        ("image-tags-immutable", "images", "imageTagMutability", GONE, "MUTABLE"),
        ("images-scanned", "images", "imageScanningConfiguration", GONE, {"scanOnPush": False}),
        ("store-under-own-key", "images", "encryptionConfigurations", GONE, [{"encryptionType": "AES256"}]),
    ),
    *each(
        "rds",
        ("database-encrypted", "db", "storageEncrypted", GONE, False),
        ("database-encrypted", "aurora", "storageEncrypted", GONE, False),
        ("database-private", "db", "publiclyAccessible", True),
        ("database-private", "member", "publiclyAccessible", True),
        ("database-backed-up", "db", "backupRetentionPeriod", GONE, 1),
        ("database-logged", "db", "enabledCloudwatchLogsExports", GONE),
        ("database-protected", "db", "deletionProtection", GONE, False),
        ("database-in-zones", "db", "multiAz", GONE, False),
        ("database-identities", "db", "iamDatabaseAuthenticationEnabled", GONE, False),
        ("database-patched", "db", "autoMinorVersionUpgrade", False),
        ("database-watched", "db", "monitoringInterval", GONE, 0),
        ("database-insights", "db", "performanceInsightsEnabled", GONE, False),
        ("database-proxy-tls", "proxy", "requireTls", GONE, False),
        ("snapshot-private", "snapshot", "sharedAccounts", ["all"]),
        ("snapshot-private", "snapshot-copy", "sharedAccounts", ["all"]),
        ("snapshot-private", "cluster-snapshot-copy", "sharedAccounts", ["all"]),
        ("copies-shared-with-own-accounts", "snapshot", "sharedAccounts", [FOREIGN]),
        ("copies-shared-with-own-accounts", "cluster-snapshot-copy", "sharedAccounts", [ACCOUNT, FOREIGN]),
        ("database-parameters-tls", "parameters", "parameters.0.value", "0"),
        ("store-under-own-key", "db", "kmsKeyId", GONE),
        ("secret-not-in-program", "db", "password", PASSWORD),
        ("secret-not-in-program", "aurora", "masterPassword", PASSWORD),
    ),
    *each(
        "opensearch",
        ("search-domain-encrypted", "search", "encryptAtRest", GONE, {"enabled": False}),
        ("search-nodes-encrypted", "search", "nodeToNodeEncryption", GONE, {"enabled": False}),
        ("search-domain-tls", "search", "domainEndpointOptions.enforceHttps", False),
        (
            "search-domain-tls",
            "search",
            "domainEndpointOptions.tlsSecurityPolicy",
            GONE,
            "Policy-Min-TLS-1-0-2019-07",
        ),
        ("search-domain-private", "search", "vpcOptions", GONE),
        ("search-domain-closed", "search", "accessPolicies", EVERYONE, BY_ADDRESS),
        ("search-domain-rights", "search", "advancedSecurityOptions", GONE),
        ("search-domain-logged", "search", "logPublishingOptions", GONE, [{"logType": "INDEX_SLOW_LOGS"}]),
        ("search-collection-private", "collection", "policy", NETWORK_JSON),
        (
            "secret-not-in-program",
            "search",
            "advancedSecurityOptions.masterUserOptions",
            {"masterUserPassword": PASSWORD},
        ),
    ),
    *each(
        "efs",
        ("file-system-encrypted", "files", "encrypted", GONE, False),
        ("file-system-in-zones", "files", "availabilityZoneName", "us-east-1a"),
        ("file-access-as-known-user", "point", "posixUser", GONE),
        ("file-access-below-folder", "point", "rootDirectory", GONE, {"path": "/"}),
        ("file-system-backed-up", "backups", "backupPolicy.status", "DISABLED"),
        ("file-system-closed", "files-policy", "policy", EVERYONE),
        ("file-system-lockout-checked", "files-policy", "bypassPolicyLockoutSafetyCheck", True),
    ),
    *each(
        "redshift",
        ("warehouse-encrypted", "warehouse", "encrypted", "false", False),
        ("warehouse-private", "warehouse", "publiclyAccessible", True),
        ("warehouse-private", "workgroup", "publiclyAccessible", True),
        ("warehouse-logged", "warehouse-log", "clusterIdentifier", "other"),
        ("warehouse-logged", "namespace", "logExports", GONE),
        ("warehouse-routed-privately", "warehouse", "enhancedVpcRouting", GONE, False),
        ("warehouse-backed-up", "warehouse", "automatedSnapshotRetentionPeriod", 0),
        ("warehouse-patched", "warehouse", "allowVersionUpgrade", False),
        ("warehouse-tls", "settings", "parameters", GONE, [{"name": "require_ssl", "value": "false"}]),
        ("secret-not-in-program", "warehouse", "masterPassword", PASSWORD),
    ),
    *each(
        "elasticache",
        ("cache-encrypted", "cache", "atRestEncryptionEnabled", GONE, False),
        ("cache-tls", "cache", "transitEncryptionEnabled", GONE, False),
        ("cache-tls", "cache", "transitEncryptionMode", "preferred"),
        ("cache-tls", "memory", "tlsEnabled", False),
        ("cache-asks-who", "cache", "userGroupIds", GONE),
        ("cache-asks-who", "memory", "aclName", "open-access"),
        ("cache-patched", "cache", "autoMinorVersionUpgrade", False),
        ("cache-patched", "memory", "autoMinorVersionUpgrade", False),
        ("cache-fails-over", "cache", "automaticFailoverEnabled", GONE, False),
        ("cache-users-have-passwords", "scorer", "authenticationMode.type", "no-password-required"),
        ("cache-users-have-passwords", "scorer", "noPasswordRequired", True),
        ("cache-own-subnets", "cache", "subnetGroupName", GONE, "default"),
        ("cache-own-subnets", "memory", "subnetGroupName", GONE),
        ("cache-backed-up", "cache", "snapshotRetentionLimit", GONE, 0),
        ("secret-not-in-program", "cache", "authToken", PASSWORD),
    ),
    *each(
        "secretsmanager",
        ("secret-has-policy", "token", "policy", GONE),
        ("secret-not-in-program", "version", "secretString", PASSWORD, json.dumps({"password": PASSWORD})),
    ),
]
