"""Good stacks of what guards the network, sends mail, shares, computes and watches, and their faults."""

from __future__ import annotations

import json
from typing import Final

from endpoint_guard import types as t

from tests.endpoint_guard.items import ACCOUNT, Item, Ref, allow, document
from tests.endpoint_guard.mutants.change import GONE
from tests.endpoint_guard.mutants.services.parts import EVERYONE, KEY, LOGS, Fault, each, item, policy

OTHER: Final = "999999999999"
ABROAD: Final = document(allow("*", "*", Principal={"AWS": f"arn:aws:iam::{OTHER}:root"}))
INSPECT: Final = ["aws:forward_to_sfe"]


def security(**changed: bool) -> str:
    """The document of an EMR security configuration."""
    encryption = {"EnableAtRestEncryption": True, "EnableInTransitEncryption": True, **changed}
    return json.dumps({"EncryptionConfiguration": encryption})


def carrier(kind: str, path: str, text: str) -> dict[str, object]:
    """The properties of a resource of that type that holds the policy `text`."""
    head, _, rest = path.partition(".")
    return {head: {rest: text} if rest else text}


WIDER: Final[dict[str, list[Item]]] = {
    "network": [
        item(
            t.NETWORK_FIREWALL,
            "network",
            deleteProtection=True,
            subnetChangeProtection=True,
            encryptionConfiguration={"type": "CUSTOMER_KMS", "keyId": KEY},
        ),
        item(
            t.NETWORK_FIREWALL_LOGGING,
            "network-log",
            firewallArn=Ref("network", "arn"),
            loggingConfiguration={
                "logDestinationConfigs": [
                    {
                        "logDestination": {"logGroup": "own"},
                        "logDestinationType": "CloudWatchLogs",
                        "logType": "ALERT",
                    }
                ]
            },
        ),
        item(
            t.NETWORK_FIREWALL_POLICY,
            "network-policy",
            firewallPolicy={
                "statelessDefaultActions": INSPECT,
                "statelessFragmentDefaultActions": INSPECT,
                "statefulRuleGroupReferences": [{"resourceArn": "arn"}],
            },
        ),
        item(t.TRANSIT_GATEWAY, "transit", autoAcceptSharedAttachments="disable"),
        item(t.CLIENT_VPN, "people", connectionLogOptions={"enabled": True, "cloudwatchLogGroup": "own"}),
        item(
            t.VPN_CONNECTION,
            "office",
            tunnel1LogOptions={"cloudwatchLogOptions": {"logEnabled": True, "logGroupArn": LOGS}},
            tunnel2LogOptions={"cloudwatchLogOptions": {"logEnabled": True, "logGroupArn": LOGS}},
        ),
        item(t.ZONE, "zone", name="example.com"),
        item(t.ZONE_QUERY_LOG, "query-log", zoneId=Ref("zone", "zoneId"), cloudwatchLogGroupArn=LOGS),
        item(t.ZONE, "inside", name="example.internal", vpcs=[{"vpcId": "vpc-1"}]),
        item(t.LATTICE_SERVICE, "service", authType="AWS_IAM"),
    ],
    "mail": [
        item(
            t.MAIL_SETTINGS, "mail", deliveryOptions={"tlsPolicy": "Require"}, reputationMetricsEnabled=True
        ),
        item(
            t.MAIL_SETTINGS_V2,
            "mail-v2",
            deliveryOptions={"tlsPolicy": "REQUIRE"},
            reputationOptions={"reputationMetricsEnabled": True},
        ),
    ],
    "shared": [
        item(t.IMAGE_PERMISSION, "image-permission", imageId="ami-1", accountId=ACCOUNT),
        item(t.DISK_SNAPSHOT_PERMISSION, "disk-permission", snapshotId="snap-1", accountId=ACCOUNT),
        item(t.DISK_SNAPSHOTS_BLOCK, "disks-block", state="block-all-sharing"),
        item(t.IMAGES_BLOCK, "images-block", state="block-new-sharing"),
        item(
            t.IMAGE_DISTRIBUTION,
            "built",
            distributions=[{"amiDistributionConfiguration": {"launchPermission": {"userIds": [ACCOUNT]}}}],
        ),
        item(t.PORTFOLIO_SHARE, "portfolio", type="ORGANIZATION"),
        item(t.RESOURCE_SHARE, "resources", allowExternalPrincipals=False),
        item(t.MULTI_REGION_POINT, "regions", details={"name": "regions", "publicAccessBlock": {}}),
    ],
    "compute": [
        item(t.EMR_CLUSTER, "hadoop", securityConfiguration="own", logUri="s3://logs/hadoop/"),
        item(t.EMR_SECURITY, "hadoop-security", configuration=security()),
        item(
            t.FLINK,
            "flink",
            runtimeEnvironment="FLINK-1_20",
            cloudwatchLoggingOptions={"logStreamArn": LOGS},
            applicationConfiguration={
                "applicationSnapshotConfiguration": {"snapshotsEnabled": True},
                "flinkApplicationConfiguration": {
                    "checkpointConfiguration": {"configurationType": "CUSTOM", "checkpointingEnabled": True}
                },
            },
        ),
        item(t.DESKTOP_FLEET, "desktops", enableDefaultInternetAccess=False),
    ],
    "watched": [
        item(t.THREAT_DETECTOR, "threats", enable=True),
        item(t.DATA_DETECTOR, "findings", status="ENABLED"),
        item(t.CONFIG_RECORDER, "recorder", isEnabled=True),
    ],
    "graphs": [
        item(t.GRAPH_DATABASE, "graph-store", publicConnectivity=False, kmsKeyIdentifier=KEY),
        item(t.DOCDB_ELASTIC, "documents", kmsKeyId=KEY),
        item(t.VIDEO_STREAM, "videos", kmsKeyId=KEY),
        item(t.SEARCH_INDEX, "index", serverSideEncryptionConfiguration={"kmsKeyId": KEY}),
        item(t.APP_FLOW, "flow", kmsArn=KEY),
        item(t.EVENT_STORE, "events", kmsKeyId=KEY),
    ],
    "policies": [
        Item(kind, f"policy-{n}", carrier(kind, path, policy("kms:DescribeKey")))
        for n, (kind, path) in enumerate(t.SIDE_POLICIES.items(), 1)
    ],
    "keys": [
        item(t.REPLICA_KEY, "replica", policy=policy("kms:Decrypt"), description="copy"),
        item(t.EXTERNAL_KEY, "imported", policy=policy("kms:Decrypt"), description="imported"),
    ],
}

FAULTS: Final[list[Fault]] = [
    *each(
        "network",
        ("network-firewall-logged", "network-log", "firewallArn", "arn:of:another"),
        ("network-firewall-protected", "network", "deleteProtection", GONE, False),
        ("network-firewall-subnets-protected", "network", "subnetChangeProtection", GONE, False),
        ("store-under-own-key", "network", "encryptionConfiguration", GONE, {"type": "AWS_OWNED_KMS_KEY"}),
        (
            "network-firewall-inspects",
            "network-policy",
            "firewallPolicy.statelessDefaultActions",
            ["aws:pass"],
        ),
        (
            "network-firewall-inspects",
            "network-policy",
            "firewallPolicy.statelessFragmentDefaultActions",
            ["aws:pass", "count"],
        ),
        (
            "network-firewall-has-rules",
            "network-policy",
            "firewallPolicy.statefulRuleGroupReferences",
            GONE,
        ),
        ("transit-gateway-asks", "transit", "autoAcceptSharedAttachments", "enable"),
        ("client-vpn-logged", "people", "connectionLogOptions.enabled", False),
        ("vpn-tunnels-logged", "office", "tunnel1LogOptions", GONE),
        (
            "vpn-tunnels-logged",
            "office",
            "tunnel2LogOptions.cloudwatchLogOptions.logEnabled",
            GONE,
            False,
        ),
        ("zone-queries-logged", "query-log", "zoneId", "Z0000000000000000000"),
        ("lattice-authenticates", "service", "authType", GONE, "NONE"),
    ),
    *each(
        "mail",
        ("mail-tls", "mail", "deliveryOptions", GONE, {"tlsPolicy": "Optional"}),
        ("mail-tls", "mail-v2", "deliveryOptions", GONE, {"tlsPolicy": "OPTIONAL"}),
        ("mail-reputation-watched", "mail", "reputationMetricsEnabled", GONE, False),
        ("mail-reputation-watched", "mail-v2", "reputationOptions", GONE),
    ),
    *each(
        "shared",
        ("copies-shared-with-own-accounts", "image-permission", "accountId", OTHER),
        ("copies-shared-with-own-accounts", "disk-permission", "accountId", OTHER),
        ("public-sharing-blocked", "disks-block", "state", "unblocked"),
        ("public-sharing-blocked", "images-block", "state", "unblocked"),
        (
            "distributed-image-not-public",
            "built",
            "distributions.0.amiDistributionConfiguration.launchPermission",
            {"userGroups": ["all"]},
        ),
        ("portfolio-shared-within-organization", "portfolio", "type", "ACCOUNT"),
        ("resources-shared-within-organization", "resources", "allowExternalPrincipals", True),
        ("access-point-private", "regions", "details.publicAccessBlock", {"blockPublicPolicy": False}),
    ),
    *each(
        "compute",
        ("clusters-configured", "hadoop", "securityConfiguration", GONE),
        ("clusters-logged", "hadoop", "logUri", GONE),
        (
            "clusters-encrypt",
            "hadoop-security",
            "configuration",
            security(EnableAtRestEncryption=False),
            security(EnableInTransitEncryption=False),
            json.dumps({"AuthenticationConfiguration": {}}),
        ),
        ("flink-logged", "flink", "cloudwatchLoggingOptions", GONE),
        (
            "flink-recoverable",
            "flink",
            "applicationConfiguration.applicationSnapshotConfiguration.snapshotsEnabled",
            False,
        ),
        (
            "flink-recoverable",
            "flink",
            "applicationConfiguration.flinkApplicationConfiguration.checkpointConfiguration"
            ".checkpointingEnabled",
            False,
        ),
        ("desktop-fleet-private", "desktops", "enableDefaultInternetAccess", True),
    ),
    *each(
        "watched",
        ("detection-on", "threats", "enable", False),
        ("detection-on", "findings", "status", "PAUSED"),
        ("detection-on", "recorder", "isEnabled", GONE, False),
    ),
    *each(
        "graphs",
        ("graph-private", "graph-store", "publicConnectivity", True),
        ("graph-protected", "graph-store", "deletionProtection", False),
        ("store-under-own-key", "graph-store", "kmsKeyIdentifier", GONE),
        ("store-under-own-key", "documents", "kmsKeyId", GONE),
        ("store-under-own-key", "videos", "kmsKeyId", GONE),
        ("store-under-own-key", "index", "serverSideEncryptionConfiguration", GONE),
        ("store-under-own-key", "flow", "kmsArn", GONE),
        ("store-under-own-key", "events", "kmsKeyId", GONE),
    ),
    *each(
        "policies",
        *(
            ("side-policies-closed", f"policy-{n}", path, EVERYONE)
            for n, path in enumerate(t.SIDE_POLICIES.values(), 1)
        ),
        ("policy-names-own-accounts", "policy-1", "policy", ABROAD),
    ),
    *each(
        "keys",
        ("kms-policy-not-public", "replica", "policy", EVERYONE),
        ("kms-policy-not-public", "imported", "policy", EVERYONE),
        ("policy-names-own-accounts", "replica", "policy", ABROAD),
    ),
]
