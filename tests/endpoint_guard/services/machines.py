"""A small stack per service that runs code or records what runs."""

from __future__ import annotations

from typing import Final

from endpoint_guard import types as t

from tests.endpoint_guard.compliant import ACCOUNT
from tests.endpoint_guard.services.parts import KEY, LOGS, containers, item

MACHINES: Final = {
    "ecs": [
        item(t.ECS_CLUSTER, "cluster", settings=[{"name": "containerInsights", "value": "enabled"}]),
        item(
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
        item(t.ECS_SERVICE, "service", networkConfiguration={"subnets": ["s"], "assignPublicIp": False}),
    ],
    "eks": [
        item(
            t.KUBERNETES,
            "k8s",
            vpcConfig={"endpointPublicAccess": False, "subnetIds": ["s"]},
            encryptionConfig={"provider": {"keyArn": KEY}, "resources": ["secrets"]},
            enabledClusterLogTypes=["api", "audit", "authenticator"],
        ),
        item(t.NODE_GROUP, "nodes", remoteAccess={"ec2SshKey": "ops", "sourceSecurityGroupIds": ["sg-1"]}),
    ],
    "ec2": [
        item(
            t.INSTANCE,
            "machine",
            userData="#!/bin/sh\nexport DB_PASSWORD=$(aws secretsmanager get-secret-value --secret-id db)\n"
            "PASSWORD_FILE=/run/secret\n# the password is asked for\n",
            metadataOptions={"httpTokens": "required"},
            associatePublicIpAddress=False,
            rootBlockDevice={"encrypted": True},
            ebsBlockDevices=[{"deviceName": "/dev/xvdb", "encrypted": True}],
        ),
        item(
            t.LAUNCH_TEMPLATE,
            "template",
            metadataOptions={"httpTokens": "required"},
            networkInterfaces=[{"associatePublicIpAddress": "false"}],
            blockDeviceMappings=[{"deviceName": "/dev/xvda", "ebs": {"encrypted": "true"}}],
        ),
        item(t.VOLUME, "disk", encrypted=True, kmsKeyId=KEY),
        item(t.IMAGE_PERMISSION, "image", accountId=ACCOUNT),
    ],
    "codebuild": [
        item(
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
        item(
            t.TRAIL,
            "trail",
            enableLogFileValidation=True,
            isMultiRegionTrail=True,
            kmsKeyId=KEY,
            cloudWatchLogsGroupArn=LOGS,
        ),
    ],
    "apprunner": [
        item(
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
