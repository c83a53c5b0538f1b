"""What may be wrong with the good stacks: the rule that has to say so, the resource, the property, its bad values."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any, Final

from tests.endpoint_guard.compliant import GONE, REGION, allow, document
from tests.endpoint_guard.services.elsewhere import VARIABLES
from tests.endpoint_guard.services.parts import containers

FOREIGN: Final = "999999999999"
PASSWORD: Final = "Tr0ub4dor-9x"
EVERYONE: Final = document(allow("*", "*", Principal="*"))
ABROAD: Final = document(allow("dynamodb:GetItem", "*", Principal={"AWS": FOREIGN}))
BY_ADDRESS: Final = document(
    allow("*", "*", Principal="*", Condition={"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}})
)
NETWORK_JSON: Final = json.dumps([{"Rules": [], "AllowFromPublic": True}])
_SETTING: Final = {"namespace": VARIABLES, "name": "DB_PASSWORD"}
_TOPIC: Final = f"arn:aws:iot:{REGION}:123456789012:topic/${{iot:ClientId}}"
SCRIPT: Final = f"#!/bin/sh\nmysql --password={PASSWORD} -h db\n"


@dataclass(frozen=True)
class Fault:
    """A property of one resource of a stack, set to a value (or removed) that `rule` must not accept."""

    rule: str
    stack: str
    resource: str
    path: str
    value: Any

    @property
    def id(self) -> str:
        shown = "gone" if self.value is GONE else type(self.value).__name__
        return f"{self.rule}-{self.resource}-{self.path}-{shown}"


def _each(stack: str, *rows: tuple[Any, ...]) -> list[Fault]:
    return [Fault(rule, stack, name, path, value) for rule, name, path, *values in rows for value in values]


_STORES: Final = [
    *_each(
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
    *_each(
        "kinesis",
        ("data-stream-encrypted", "cards", "encryptionType", GONE, "NONE"),
        ("store-under-own-key", "cards", "kmsKeyId", GONE, "alias/aws/kinesis"),
        ("stream-encrypted", "delivery", "serverSideEncryption", GONE, {"enabled": False}),
        ("delivery-errors-logged", "delivery", "extendedS3Configuration.cloudwatchLoggingOptions", GONE),
    ),
    *_each(
        "ecr",
        ("image-tags-immutable", "images", "imageTagMutability", GONE, "MUTABLE"),
        ("images-scanned", "images", "imageScanningConfiguration", GONE, {"scanOnPush": False}),
        ("store-under-own-key", "images", "encryptionConfigurations", GONE, [{"encryptionType": "AES256"}]),
    ),
    *_each(
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
        ("database-parameters-tls", "parameters", "parameters.0.value", "0"),
        ("store-under-own-key", "db", "kmsKeyId", GONE),
        ("secret-not-in-program", "db", "password", PASSWORD),
        ("secret-not-in-program", "aurora", "masterPassword", PASSWORD),
    ),
    *_each(
        "opensearch",
        ("search-domain-encrypted", "search", "encryptAtRest", GONE, {"enabled": False}),
        ("search-nodes-encrypted", "search", "nodeToNodeEncryption", GONE, {"enabled": False}),
        ("search-domain-tls", "search", "domainEndpointOptions.enforceHttps", GONE, False),
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
    *_each(
        "efs",
        ("file-system-encrypted", "files", "encrypted", GONE, False),
        ("file-system-in-zones", "files", "availabilityZoneName", "us-east-1a"),
        ("file-access-as-known-user", "point", "posixUser", GONE),
        ("file-access-below-folder", "point", "rootDirectory", GONE, {"path": "/"}),
        ("file-system-closed", "files-policy", "policy", EVERYONE),
        ("file-system-lockout-checked", "files-policy", "bypassPolicyLockoutSafetyCheck", True),
    ),
    *_each(
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
    *_each(
        "elasticache",
        ("cache-encrypted", "cache", "atRestEncryptionEnabled", GONE, False),
        ("cache-tls", "cache", "transitEncryptionEnabled", GONE, False),
        ("cache-tls", "cache", "transitEncryptionMode", "preferred"),
        ("cache-tls", "memory", "tlsEnabled", False),
        ("cache-asks-who", "cache", "userGroupIds", GONE),
        ("cache-backed-up", "cache", "snapshotRetentionLimit", GONE, 0),
        ("secret-not-in-program", "cache", "authToken", PASSWORD),
    ),
    *_each(
        "secretsmanager",
        ("secret-not-in-program", "version", "secretString", PASSWORD, json.dumps({"password": PASSWORD})),
    ),
]

_DOORS: Final = [
    *_each(
        "lb",
        ("listener-encrypted", "https", "protocol", "HTTP", GONE),
        ("listener-encrypted", "http", "defaultActions", [{"type": "forward", "targetGroupArn": "arn"}]),
        ("listener-modern-tls", "https", "sslPolicy", GONE, "ELBSecurityPolicy-2016-08"),
        ("balancer-access-logged", "alb", "accessLogs", GONE, {"bucket": "logs", "enabled": False}),
        ("balancer-access-logged", "classic", "accessLogs", GONE, {"bucket": "logs", "enabled": False}),
        ("balancer-drops-invalid-headers", "alb", "dropInvalidHeaderFields", GONE, False),
        ("balancer-desync-guarded", "alb", "desyncMitigationMode", "monitor"),
        ("balancer-protected", "alb", "enableDeletionProtection", GONE, False),
        ("balancer-behind-firewall", "alb-acl", "resourceArn", "arn:of:another"),
        ("classic-balancer-encrypted", "classic", "listeners.0.lbProtocol", "http", "tcp"),
    ),
    *_each(
        "cloudfront",
        ("distribution-encrypted", "site", "defaultCacheBehavior.viewerProtocolPolicy", "allow-all"),
        ("distribution-encrypted", "site", "orderedCacheBehaviors.0.viewerProtocolPolicy", "allow-all"),
        ("distribution-modern-tls", "site", "viewerCertificate", {"cloudfrontDefaultCertificate": True}),
        ("distribution-modern-tls", "site", "viewerCertificate.minimumProtocolVersion", GONE, "TLSv1.1_2016"),
        ("distribution-logged", "site", "loggingConfig", GONE),
        ("distribution-behind-firewall", "site", "webAclId", GONE),
        ("origin-encrypted", "site", "origins.1.customOriginConfig.originProtocolPolicy", "http-only"),
        ("origin-encrypted", "site", "origins.1.customOriginConfig.originSslProtocols", ["SSLv3", "TLSv1.2"]),
        ("bucket-origin-identified", "site", "origins.0.originAccessControlId", GONE),
        (
            "origin-header-no-secrets",
            "site",
            "origins.1.customHeaders",
            [{"name": "x-api-key", "value": PASSWORD}],
            [{"name": "Authorization", "value": "Basic dXNlcjpwYXNz"}],
        ),
        ("distribution-root-object", "site", "defaultRootObject", GONE),
    ),
    *_each(
        "sfn",
        ("state-machine-logged", "steps", "loggingConfiguration", GONE, {"level": "OFF"}),
        ("state-machine-logged", "steps", "loggingConfiguration.logDestination", GONE),
        ("state-machine-traced", "steps", "tracingConfiguration", GONE, {"enabled": False}),
        ("store-under-own-key", "steps", "encryptionConfiguration", GONE, {"type": "AWS_OWNED_KEY"}),
    ),
    *_each(
        "eventbridge",
        ("event-bus-closed", "put", "principal", "*"),
        ("store-under-own-key", "bus", "kmsKeyIdentifier", GONE),
        ("secret-not-in-program", "partner", "authParameters.apiKey.value", PASSWORD),
    ),
    *_each(
        "appsync",
        ("graphql-authenticates", "graph", "authenticationType", "API_KEY"),
        (
            "graphql-authenticates",
            "graph",
            "additionalAuthenticationProviders.0.authenticationType",
            "API_KEY",
        ),
        ("graphql-authenticates", "events", "eventConfig.authProviders", [{"authType": "API_KEY"}]),
        ("graphql-logged", "graph", "logConfig", GONE, {"fieldLogLevel": "NONE"}),
        ("graphql-logged", "events", "eventConfig.logConfig", GONE),
        ("graphql-behind-firewall", "graph-acl", "resourceArn", "arn:of:another"),
        ("graphql-schema-hidden", "graph", "introspectionConfig", GONE, "ENABLED"),
        ("graphql-traced", "graph", "xrayEnabled", GONE, False),
        ("graphql-cache-encrypted", "graph-cache", "atRestEncryptionEnabled", GONE, False),
        ("graphql-cache-encrypted", "graph-cache", "transitEncryptionEnabled", GONE, False),
    ),
    *_each(
        "cognito",
        ("identity-pool-no-guests", "identities", "allowUnauthenticatedIdentities", True),
        ("identity-pool-enhanced-flow", "identities", "allowClassicFlow", True),
        ("user-passwords-strong", "users", "passwordPolicy.minimumLength", 6),
        ("user-passwords-strong", "users", "passwordPolicy.requireSymbols", False),
        ("user-second-factor", "users", "mfaConfiguration", GONE, "OFF"),
        ("user-pool-threat-protection", "users", "userPoolAddOns", GONE, {"advancedSecurityMode": "AUDIT"}),
        ("user-pool-protected", "users", "deletionProtection", GONE, "INACTIVE"),
        ("user-names-hidden", "app", "preventUserExistenceErrors", GONE, "LEGACY"),
        ("user-tokens-revocable", "app", "enableTokenRevocation", False),
        ("user-tokens-not-in-addresses", "app", "allowedOauthFlows", ["code", "implicit"]),
        ("user-tokens-not-in-addresses", "app", "callbackUrls", ["http://example.com/back"]),
    ),
]

_MACHINES: Final = [
    *_each(
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
    *_each(
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
        ("nodes-no-open-shell", "nodes", "remoteAccess", {"ec2SshKey": "ops"}),
    ),
    *_each(
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
        ("image-not-public", "image", "group", "all"),
    ),
    *_each(
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
        ("build-private", "build", "projectVisibility", "PUBLIC_READ"),
    ),
    *_each(
        "cloudtrail",
        ("trail-validated", "trail", "enableLogFileValidation", GONE, False),
        ("trail-on", "trail", "enableLogging", False),
        ("trail-everywhere", "trail", "isMultiRegionTrail", GONE, False),
        ("store-under-own-key", "trail", "kmsKeyId", GONE),
        ("trail-to-log-group", "trail", "cloudWatchLogsGroupArn", GONE),
    ),
    *_each(
        "apprunner",
        (
            "service-env-no-secrets",
            "runner",
            "sourceConfiguration.imageRepository.imageConfiguration.runtimeEnvironmentVariables",
            {"DB_PASSWORD": PASSWORD},
        ),
    ),
]

_ELSEWHERE: Final = [
    *_each(
        "account",
        ("account-passwords-strong", "passwords", "minimumPasswordLength", GONE, 6),
        ("account-passwords-strong", "passwords", "requireSymbols", GONE, False),
        ("bucket-blocks-public", "buckets", "restrictPublicBuckets", GONE, False),
        ("instance-metadata-v2", "metadata", "httpTokens", "optional"),
        ("clusters-block-public", "clusters", "blockPublicSecurityGroupRules", False),
    ),
    *_each(
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
    *_each(
        "moving",
        ("migration-private", "migration", "publiclyAccessible", True),
        ("file-server-encrypted", "files", "protocols", ["SFTP", "FTP"]),
        ("desktop-volumes-encrypted", "desktop", "rootVolumeEncryptionEnabled", GONE, False),
        ("desktop-volumes-encrypted", "desktop", "userVolumeEncryptionEnabled", GONE, False),
        ("document-not-public", "patch", "permissions", {"type": "Share", "accountIds": "All"}),
        ("side-policies-closed", "vault", "policy", EVERYONE),
    ),
    *_each(
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
    *_each(
        "queries",
        (
            "query-results-encrypted",
            "queries",
            "configuration.resultConfiguration.encryptionConfiguration",
            GONE,
        ),
        ("query-results-encrypted", "queries", "configuration.enforceWorkgroupConfiguration", False),
        ("query-results-encrypted", "tables", "encryptionConfiguration", GONE),
        ("keyspace-recoverable", "cards", "pointInTimeRecovery", GONE, {"status": "DISABLED"}),
        ("store-under-own-key", "cards", "encryptionSpecification", GONE, {"type": "AWS_OWNED_KMS_KEY"}),
        ("store-under-own-key", "measures", "kmsKeyId", GONE),
        ("store-under-own-key", "ledger", "kmsKey", GONE),
        ("ledger-permissions", "ledger", "permissionsMode", "ALLOW_ALL"),
        ("ledger-protected", "ledger", "deletionProtection", False),
    ),
    *_each(
        "edge",
        ("device-policy-narrow", "terminal", "policy", document(allow("iot:*", _TOPIC))),
        ("device-policy-narrow", "terminal", "policy", document(allow("iot:Publish", "*"))),
        ("lightsail-ports-closed", "ports", "portInfos.1.cidrs", GONE, ["0.0.0.0/0"]),
        ("lightsail-ports-closed", "ports", "portInfos.0.fromPort", 0),
        ("lightsail-database-private", "small", "publiclyAccessible", True),
        ("accelerator-logged", "accelerator", "attributes", GONE, {"flowLogsEnabled": False}),
        ("peering-route-narrow", "to-peer", "destinationCidrBlock", "0.0.0.0/0"),
    ),
    *_each(
        "administrators",
        ("iam-no-administrators", "reads", "policyArn", "arn:aws:iam::aws:policy/AdministratorAccess"),
    ),
]

FAULTS: Final[list[Fault]] = [*_STORES, *_DOORS, *_MACHINES, *_ELSEWHERE]
AT: Final = {
    "warehouse-log": "warehouse",
    "alb-acl": "alb",
    "graph-acl": "graph",
}
"""Where a rule reports a fault that lies in another resource."""
RULES: Final = frozenset(fault.rule for fault in FAULTS)
