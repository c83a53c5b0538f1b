"""One small stack per service that no rule objects to, as a program would declare it."""

from __future__ import annotations

import json
from typing import Any, Final

from endpoint_guard import types as t

from tests.endpoint_guard.compliant import ACCOUNT, REGION, Item, Ref, allow, document

KEY: Final = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/5b3c1f0a-0000-4000-8000-000000000001"
ROLE: Final = f"arn:aws:iam::{ACCOUNT}:role/reader"
LOGS: Final = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:own:*"
TLS: Final = "ELBSecurityPolicy-TLS13-1-2-2021-06"


def _item(kind: str, name: str, /, **props: Any) -> Item:
    return Item(kind, name, props)


def _policy(*actions: str) -> str:
    return document(allow(list(actions), "*", Principal={"AWS": ROLE}))


def containers(**more: Any) -> str:
    """A document of one good container, changed by `more`."""
    good = {
        "name": "scorer",
        "image": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/scorer@sha256:{'ab' * 32}",
        "environment": [{"name": "RECIPE", "value": "default"}],
        "secrets": [
            {"name": "DB_PASSWORD", "valueFrom": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:db"}
        ],
        "logConfiguration": {"logDriver": "awslogs"},
        "readonlyRootFilesystem": True,
        "user": "1000",
    }
    return json.dumps([{**good, **more}])


DISTRIBUTION: Final = {
    "enabled": True,
    "defaultRootObject": "index.html",
    "defaultCacheBehavior": {"targetOriginId": "site", "viewerProtocolPolicy": "redirect-to-https"},
    "orderedCacheBehaviors": [{"targetOriginId": "api", "viewerProtocolPolicy": "https-only"}],
    "viewerCertificate": {"acmCertificateArn": "arn", "minimumProtocolVersion": "TLSv1.2_2021"},
    "loggingConfig": {"bucket": "logs.s3.amazonaws.com"},
    "webAclId": "arn",
    "origins": [
        {"originId": "site", "domainName": "site.s3.us-east-1.amazonaws.com", "originAccessControlId": "E1"},
        {
            "originId": "api",
            "domainName": "api.example.com",
            "customOriginConfig": {"originProtocolPolicy": "https-only", "originSslProtocols": ["TLSv1.2"]},
            "customHeaders": [{"name": "x-stage", "value": "prod"}],
        },
    ],
}

STORES: Final = {
    "dynamodb": [
        _item(t.PROVIDER, "aws", allowedAccountIds=json.dumps([ACCOUNT])),
        _item(
            t.TABLE,
            "history",
            pointInTimeRecovery={"enabled": True},
            deletionProtectionEnabled=True,
            serverSideEncryption={"enabled": True, "kmsKeyArn": KEY},
        ),
        _item(
            t.TABLE_REPLICA, "copy", pointInTimeRecovery=True, deletionProtectionEnabled=True, kmsKeyArn=KEY
        ),
        _item(
            t.TABLE_POLICY,
            "history-policy",
            resourceArn=Ref("history", "arn"),
            policy=_policy("dynamodb:GetItem"),
        ),
        _item(
            t.DAX_CLUSTER, "dax", serverSideEncryption={"enabled": True}, clusterEndpointEncryptionType="TLS"
        ),
    ],
    "kinesis": [
        _item(t.DATA_STREAM, "cards", encryptionType="KMS", kmsKeyId=KEY),
        _item(
            t.FIREHOSE,
            "delivery",
            serverSideEncryption={"enabled": True, "keyType": "CUSTOMER_MANAGED_CMK", "keyArn": KEY},
            extendedS3Configuration={"bucketArn": "arn", "cloudwatchLoggingOptions": {"enabled": True}},
        ),
    ],
    "ecr": [
        _item(
            t.REPOSITORY,
            "images",
            imageTagMutability="IMMUTABLE",
            imageScanningConfiguration={"scanOnPush": True},
            encryptionConfigurations=[{"encryptionType": "KMS", "kmsKey": KEY}],
        )
    ],
    "rds": [
        _item(
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
        _item(
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
        _item(
            t.DB_CLUSTER_INSTANCE,
            "member",
            engine="aurora",
            monitoringInterval=60,
            performanceInsightsEnabled=True,
        ),
        _item(t.DB_PROXY, "proxy", requireTls=True),
        _item(t.DB_SNAPSHOT, "snapshot", sharedAccounts=[ACCOUNT]),
        _item(t.DB_PARAMETER_GROUPS[0], "parameters", parameters=[{"name": "rds.force_ssl", "value": "1"}]),
    ],
    "opensearch": [
        _item(
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
            accessPolicies=_policy("es:ESHttpGet"),
        ),
        _item(
            t.SEARCH_SECURITY_POLICY,
            "collection",
            type="network",
            policy=json.dumps([{"Rules": [], "AllowFromPublic": False, "SourceVPCEs": ["vpce-1"]}]),
        ),
    ],
    "efs": [
        _item(t.FILE_SYSTEM, "files", encrypted=True, kmsKeyId=KEY),
        _item(
            t.FILE_ACCESS_POINT,
            "point",
            posixUser={"uid": 1000, "gid": 1000},
            rootDirectory={"path": "/models"},
        ),
        _item(
            t.FILE_SYSTEM_POLICY,
            "files-policy",
            fileSystemId=Ref("files"),
            policy=_policy("elasticfilesystem:ClientMount"),
        ),
    ],
    "redshift": [
        _item(
            t.WAREHOUSE,
            "warehouse",
            clusterIdentifier="warehouse",
            kmsKeyId=KEY,
            enhancedVpcRouting=True,
            manageMasterPassword=True,
        ),
        _item(t.WAREHOUSE_LOGGING, "warehouse-log", clusterIdentifier=Ref("warehouse", "clusterIdentifier")),
        _item(t.WAREHOUSE_PARAMETERS, "settings", parameters=[{"name": "require_ssl", "value": "true"}]),
        _item(t.WAREHOUSE_NAMESPACE, "namespace", kmsKeyId=KEY, logExports=["userlog"]),
        _item(t.WAREHOUSE_WORKGROUP, "workgroup", enhancedVpcRouting=True),
    ],
    "elasticache": [
        _item(
            t.CACHE_GROUP,
            "cache",
            engine="redis",
            atRestEncryptionEnabled=True,
            transitEncryptionEnabled=True,
            userGroupIds=["scorers"],
            kmsKeyId=KEY,
            snapshotRetentionLimit=3,
        ),
        _item(t.MEMORY_CLUSTER, "memory", kmsKeyArn=KEY, snapshotRetentionLimit=3),
    ],
    "secretsmanager": [
        _item(t.SECRET_VERSION, "version", secretId="s", secretString=Ref("random", "result")),
        Item("random:index/randomPassword:RandomPassword", "random", {"length": 20}),
    ],
}

DOORS: Final = {
    "lb": [
        _item(
            t.BALANCER,
            "alb",
            loadBalancerType="application",
            internal=False,
            accessLogs={"bucket": "logs", "enabled": True},
            dropInvalidHeaderFields=True,
            enableDeletionProtection=True,
        ),
        _item(t.WEB_ACL_ASSOCIATION, "alb-acl", resourceArn=Ref("alb", "arn"), webAclArn="acl"),
        _item(t.LISTENER, "https", protocol="HTTPS", port=443, sslPolicy=TLS, certificateArn="arn"),
        _item(
            t.LISTENER,
            "http",
            protocol="HTTP",
            port=80,
            defaultActions=[
                {"type": "redirect", "redirect": {"protocol": "HTTPS", "statusCode": "HTTP_301"}}
            ],
        ),
        _item(t.BALANCER, "nlb", loadBalancerType="network", internal=True, enableDeletionProtection=True),
        _item(t.LISTENER, "tcp", protocol="TCP", port=5432),
        _item(
            t.CLASSIC_BALANCER,
            "classic",
            accessLogs={"bucket": "logs"},
            listeners=[
                {"lbProtocol": "https", "lbPort": 443, "instancePort": 80, "instanceProtocol": "http"}
            ],
        ),
    ],
    "cloudfront": [Item(t.DISTRIBUTION, "site", DISTRIBUTION)],
    "sfn": [
        _item(
            t.STATE_MACHINE,
            "steps",
            definition="{}",
            loggingConfiguration={"level": "ERROR", "logDestination": LOGS},
            tracingConfiguration={"enabled": True},
            encryptionConfiguration={"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": KEY},
        )
    ],
    "eventbridge": [
        _item(t.EVENT_BUS, "bus", name="bus", kmsKeyIdentifier=KEY),
        _item(t.EVENT_PERMISSION, "put", principal=ACCOUNT, statementId="own"),
        _item(
            t.EVENT_CONNECTION,
            "partner",
            authorizationType="API_KEY",
            authParameters={"apiKey": {"key": "x-api-key", "value": Ref("event-key", "result")}},
        ),
        Item("random:index/randomPassword:RandomPassword", "event-key", {"length": 20}),
    ],
    "appsync": [
        _item(
            t.GRAPHQL_API,
            "graph",
            authenticationType="AWS_IAM",
            additionalAuthenticationProviders=[{"authenticationType": "AMAZON_COGNITO_USER_POOLS"}],
            logConfig={"cloudwatchLogsRoleArn": ROLE, "fieldLogLevel": "ERROR"},
            xrayEnabled=True,
            introspectionConfig="DISABLED",
        ),
        _item(t.WEB_ACL_ASSOCIATION, "graph-acl", resourceArn=Ref("graph", "arn"), webAclArn="acl"),
        _item(t.GRAPHQL_CACHE, "graph-cache", atRestEncryptionEnabled=True, transitEncryptionEnabled=True),
        _item(
            t.EVENT_API,
            "events",
            eventConfig={"authProviders": [{"authType": "AWS_IAM"}], "logConfig": {"logLevel": "ERROR"}},
        ),
    ],
    "cognito": [
        _item(t.IDENTITY_POOL, "identities", allowUnauthenticatedIdentities=False),
        _item(
            t.USER_POOL,
            "users",
            mfaConfiguration="ON",
            passwordPolicy={
                "minimumLength": 12,
                "requireLowercase": True,
                "requireUppercase": True,
                "requireNumbers": True,
                "requireSymbols": True,
            },
            userPoolAddOns={"advancedSecurityMode": "ENFORCED"},
            deletionProtection="ACTIVE",
        ),
        _item(
            t.USER_POOL_CLIENT,
            "app",
            preventUserExistenceErrors="ENABLED",
            allowedOauthFlows=["code"],
            callbackUrls=["https://example.com/back", "http://localhost:3000"],
        ),
    ],
}

MACHINES: Final = {
    "ecs": [
        _item(t.ECS_CLUSTER, "cluster", settings=[{"name": "containerInsights", "value": "enabled"}]),
        _item(
            t.TASK_DEFINITION,
            "task",
            containerDefinitions=containers(),
            volumes=[
                {
                    "name": "v",
                    "efsVolumeConfiguration": {"fileSystemId": "fs-1", "transitEncryption": "ENABLED"},
                }
            ],
        ),
        _item(t.ECS_SERVICE, "service", networkConfiguration={"subnets": ["s"], "assignPublicIp": False}),
    ],
    "eks": [
        _item(
            t.KUBERNETES,
            "k8s",
            vpcConfig={"endpointPublicAccess": False, "subnetIds": ["s"]},
            encryptionConfig={"provider": {"keyArn": KEY}, "resources": ["secrets"]},
            enabledClusterLogTypes=["api", "audit", "authenticator"],
        ),
        _item(t.NODE_GROUP, "nodes", remoteAccess={"ec2SshKey": "ops", "sourceSecurityGroupIds": ["sg-1"]}),
    ],
    "ec2": [
        _item(
            t.INSTANCE,
            "machine",
            userData="#!/bin/sh\nexport DB_PASSWORD=$(aws secretsmanager get-secret-value --secret-id db)\n"
            "PASSWORD_FILE=/run/secret\n# the password is asked for\n",
            metadataOptions={"httpTokens": "required"},
            associatePublicIpAddress=False,
            rootBlockDevice={"encrypted": True},
            ebsBlockDevices=[{"deviceName": "/dev/xvdb", "encrypted": True}],
        ),
        _item(
            t.LAUNCH_TEMPLATE,
            "template",
            metadataOptions={"httpTokens": "required"},
            networkInterfaces=[{"associatePublicIpAddress": "false"}],
            blockDeviceMappings=[{"deviceName": "/dev/xvda", "ebs": {"encrypted": "true"}}],
        ),
        _item(t.VOLUME, "disk", encrypted=True, kmsKeyId=KEY),
        _item(t.IMAGE_PERMISSION, "image", accountId=ACCOUNT),
    ],
    "codebuild": [
        _item(
            t.BUILD_PROJECT,
            "build",
            encryptionKey=KEY,
            environment={
                "environmentVariables": [
                    {"name": "RECIPE", "value": "default"},
                    {"name": "DB_PASSWORD", "type": "SECRETS_MANAGER", "value": "db:password"},
                ]
            },
            source={"type": "GITHUB", "location": "https://github.com/example/scorer.git"},
            artifacts={"type": "S3"},
        )
    ],
    "cloudtrail": [
        _item(t.TRAIL, "trail", enableLogFileValidation=True, isMultiRegionTrail=True, kmsKeyId=KEY),
    ],
    "apprunner": [
        _item(
            t.APP_RUNNER,
            "runner",
            sourceConfiguration={
                "imageRepository": {
                    "imageConfiguration": {"runtimeEnvironmentVariables": {"RECIPE": "default"}}
                }
            },
        )
    ],
}

STACKS: Final[dict[str, list[Item]]] = {**STORES, **DOORS, **MACHINES}
__all__ = ["STACKS", "containers"]
