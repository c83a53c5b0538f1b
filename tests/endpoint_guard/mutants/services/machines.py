"""A small stack per service that runs code or records what runs, and its faults."""

from __future__ import annotations

import base64
from typing import Final

from endpoint_guard import types as t

from tests.endpoint_guard.items import ACCOUNT
from tests.endpoint_guard.mutants.change import GONE
from tests.endpoint_guard.mutants.services.parts import KEY, LOGS, PASSWORD, containers, each, item

SCRIPT: Final = f"#!/bin/sh\nmysql --password={PASSWORD} -h db\n"

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
            version="1.34",
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
        item(t.IMAGE_COPY, "image-copy", encrypted=True),
        item(t.SCALING_GROUP, "group", targetGroupArns=["arn"], healthCheckType="ELB"),
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
        ),
        item(
            t.BUILD_REPORTS,
            "reports",
            exportConfig={"type": "S3", "s3Destination": {"bucket": "reports", "encryptionKey": KEY}},
        ),
        item(
            t.PIPELINE,
            "pipeline",
            artifactStores=[
                {"type": "S3", "location": "artifacts", "encryptionKey": {"id": KEY, "type": "KMS"}}
            ],
        ),
        item(t.PACKAGE_DOMAIN, "packages", encryptionKey=KEY),
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

FAULTS: Final = [
    *each(
        "ecs",
        (
            "task-env-no-secrets",
            "task",
            "containerDefinitions",
            containers(environment=[{"name": "DB_PASSWORD", "value": PASSWORD}]),
        ),
        ("containers-unprivileged", "task", "containerDefinitions", containers(privileged=True)),
        ("containers-unprivileged", "task", "pidMode", "host"),
        ("containers-logged", "task", "containerDefinitions", containers(logConfiguration=None)),
        ("containers-read-only", "task", "containerDefinitions", containers(readonlyRootFilesystem=False)),
        (
            "containers-not-root",
            "task",
            "containerDefinitions",
            containers(user="root"),
            containers(user="0:0"),
        ),
        (
            "task-volumes-encrypted",
            "task",
            "volumes.0.efsVolumeConfiguration.transitEncryption",
            GONE,
            "DISABLED",
        ),
        ("service-no-public-address", "service", "networkConfiguration.assignPublicIp", True),
        ("tasks-own-network", "task", "networkMode", "host"),
        ("fargate-platform-latest", "service", "platformVersion", "1.3.0"),
        (
            "cluster-watched",
            "cluster",
            "settings",
            GONE,
            [{"name": "containerInsights", "value": "disabled"}],
        ),
        (
            "exec-sessions-logged",
            "cluster",
            "configuration",
            {"executeCommandConfiguration": {"logging": "NONE"}},
        ),
    ),
    *each(
        "eks",
        ("kubernetes-api-private", "k8s", "vpcConfig", {"subnetIds": ["s"]}, {"endpointPublicAccess": True}),
        (
            "kubernetes-api-private",
            "k8s",
            "vpcConfig",
            {"endpointPublicAccess": True, "publicAccessCidrs": ["10.0.0.0/8", "0.0.0.0/0"]},
        ),
        ("kubernetes-secrets-own-key", "k8s", "encryptionConfig", GONE),
        ("kubernetes-api-logged", "k8s", "enabledClusterLogTypes", GONE, ["api"]),
        ("kubernetes-supported", "k8s", "version", "1.29"),
        ("nodes-no-open-shell", "nodes", "remoteAccess", {"ec2SshKey": "ops"}),
    ),
    *each(
        "ec2",
        (
            "user-data-no-secrets",
            "machine",
            "userData",
            SCRIPT,
            f"export DB_PASSWORD='{PASSWORD}'\n",
            base64.b64encode(SCRIPT.encode()).decode(),
        ),
        ("user-data-no-secrets", "template", "userData", base64.b64encode(SCRIPT.encode()).decode()),
        ("instance-metadata-v2", "machine", "metadataOptions", GONE, {"httpTokens": "optional"}),
        ("instance-metadata-v2", "template", "metadataOptions", GONE, {"httpTokens": "optional"}),
        ("instance-no-public-address", "machine", "associatePublicIpAddress", True),
        ("instance-no-public-address", "template", "networkInterfaces.0.associatePublicIpAddress", "true"),
        ("instance-disks-encrypted", "machine", "rootBlockDevice", GONE, {"encrypted": False}),
        ("instance-disks-encrypted", "machine", "ebsBlockDevices", [{"deviceName": "/dev/xvdb"}]),
        ("instance-disks-encrypted", "template", "blockDeviceMappings", [{"ebs": {"volumeSize": 8}}]),
        ("volume-encrypted", "disk", "encrypted", GONE, False),
        ("volume-encrypted", "image-copy", "encrypted", GONE, False),
        ("scaling-group-asks-balancer", "group", "healthCheckType", GONE, "EC2"),
        ("scaling-group-from-template", "group", "launchConfiguration", "config"),
        ("image-not-public", "image", "group", "all"),
    ),
    *each(
        "codebuild",
        ("build-env-no-secrets", "build", "environment.environmentVariables.1.type", GONE, "PLAINTEXT"),
        (
            "build-env-no-secrets",
            "build",
            "source.location",
            f"https://me:{PASSWORD}@bitbucket.org/example/x.git",
        ),
        ("build-unprivileged", "build", "environment.privilegedMode", True),
        ("build-logged", "build", "logsConfig", {"cloudwatchLogs": {"status": "DISABLED"}}),
        (
            "build-logged",
            "build",
            "logsConfig",
            {"s3Logs": {"status": "ENABLED", "encryptionDisabled": True}},
        ),
        ("build-artifacts-encrypted", "build", "artifacts.encryptionDisabled", True),
        ("build-artifacts-encrypted", "reports", "exportConfig.s3Destination.encryptionDisabled", True),
        ("store-under-own-key", "pipeline", "artifactStores.0.encryptionKey", GONE),
        ("store-under-own-key", "packages", "encryptionKey", GONE),
        ("build-private", "build", "projectVisibility", "PUBLIC_READ"),
    ),
    *each(
        "cloudtrail",
        ("trail-validated", "trail", "enableLogFileValidation", GONE, False),
        ("trail-on", "trail", "enableLogging", False),
        ("trail-everywhere", "trail", "isMultiRegionTrail", GONE, False),
        ("store-under-own-key", "trail", "kmsKeyId", GONE),
        ("trail-to-log-group", "trail", "cloudWatchLogsGroupArn", GONE),
    ),
    *each(
        "apprunner",
        (
            "service-env-no-secrets",
            "runner",
            "sourceConfiguration.imageRepository.imageConfiguration.runtimeEnvironmentVariables",
            {"DB_PASSWORD": PASSWORD},
        ),
    ),
]
