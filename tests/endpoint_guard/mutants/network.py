"""Mutants of the network."""

from __future__ import annotations

from endpoint_guard import types as t

from tests.endpoint_guard.mutants.change import (
    GONE,
    Mutant,
    Ref,
    add,
    edit,
    mutant,
    put,
    without,
)

VPC = Ref(t.VPC, "private")
ENDPOINTS = t.SECURITY_GROUP, "private-endpoints"
RUNTIME = t.VPC_ENDPOINT, "private-sagemaker-runtime"
RULE = {
    "securityGroupId": Ref(*ENDPOINTS),
    "fromPort": 443,
    "toPort": 443,
    "ipProtocol": "tcp",
    "description": "in",
}

PATH = "private-path-to-services"
PINNED = "vpc-endpoint-policy-pinned"

NETWORK: list[Mutant] = [
    mutant(
        "VPC-001",
        "the internet comes in",
        "no-open-ingress no-open-web-ingress",
        add(t.GROUP_INGRESS, "open", {**RULE, "cidrIpv4": "0.0.0.0/0"}),
    ),
    mutant(
        "VPC-001",
        "the internet comes in by IPv6, inline",
        "no-open-ingress no-open-web-ingress",
        put(
            *ENDPOINTS,
            "ingress",
            [
                {"self": True, "cidrBlocks": [], "fromPort": 443, "toPort": 443, "protocol": "tcp"},
                {"ipv6CidrBlocks": ["::/0"], "fromPort": 22, "toPort": 22, "protocol": "tcp"},
            ],
        ),
    ),
    mutant(
        "VPC-001",
        "the internet comes in by an older rule",
        "no-open-ingress no-open-web-ingress",
        add(
            t.GROUP_RULE,
            "open",
            {
                "type": "ingress",
                "securityGroupId": Ref(*ENDPOINTS),
                "cidrBlocks": ["0.0.0.0/0"],
                "fromPort": 443,
                "toPort": 443,
                "protocol": "tcp",
                "description": "in",
            },
        ),
    ),
    mutant(
        "VPC-002",
        "everything goes out",
        "no-open-egress",
        put(
            *ENDPOINTS,
            "egress",
            [
                {
                    "cidrBlocks": ["0.0.0.0/0"],
                    "fromPort": 0,
                    "toPort": 0,
                    "protocol": "-1",
                    "description": "out",
                }
            ],
        ),
    ),
    mutant(
        "VPC-003",
        "a group without a description",
        "group-described",
        put(*ENDPOINTS, "description", "Managed by Pulumi"),
    ),
    mutant(
        "VPC-004",
        "a group that nobody uses",
        "group-in-use",
        add(t.SECURITY_GROUP, "spare", {"vpcId": VPC, "description": "spare", "tags": {"a": "b"}}),
    ),
    mutant(
        "VPC-005",
        "the default group is open",
        "default-group-closed",
        put(
            t.DEFAULT_SECURITY_GROUP,
            "private",
            "ingress",
            [{"self": True, "fromPort": 0, "toPort": 0, "protocol": "-1"}],
        ),
    ),
    mutant(
        "VPC-005",
        "the default group is left alone",
        "default-group-closed",
        without(t.DEFAULT_SECURITY_GROUP, "private"),
    ),
    mutant("VPC-006", "no flow log", "flow-logs-on", without(t.FLOW_LOG, "private")),
    mutant(
        "VPC-006",
        "a flow log of what was refused",
        "flow-logs-on",
        put(t.FLOW_LOG, "private", "trafficType", "REJECT"),
    ),
    mutant(
        "VPC-007",
        "public addresses",
        "subnet-no-public-addresses",
        put(t.SUBNET, "private-a", "mapPublicIpOnLaunch", True),
    ),
    mutant(
        "VPC-009",
        "a route to the internet",
        "subnets-isolated",
        add(
            t.ROUTE,
            "out",
            {
                "routeTableId": Ref(t.ROUTE_TABLE, "private-a"),
                "destinationCidrBlock": "0.0.0.0/0",
                "gatewayId": "igw-1",
            },
        ),
    ),
    mutant(
        "VPC-011", "the default endpoint policy", PINNED, put(t.VPC_ENDPOINT, "private-s3", "policy", GONE)
    ),
    mutant(
        "VPC-011",
        "an endpoint for anybody",
        PINNED,
        edit(t.VPC_ENDPOINT, "private-s3", "ReadArtifact", Condition=GONE),
    ),
    mutant(
        "VPC-012",
        "an endpoint in one zone",
        "vpc-endpoint-in-zones",
        put(*RUNTIME, "subnetIds", [Ref(t.SUBNET, "private-a")]),
    ),
    mutant("VPC-014", "no endpoint for logs", PATH, without(t.VPC_ENDPOINT, "private-logs")),
    mutant(
        "VPC-016",
        "rules of a group managed in two ways",
        "group-rules-one-way",
        put(
            *ENDPOINTS,
            "ingress",
            [
                {"self": True, "fromPort": port, "toPort": port, "protocol": "tcp", "description": "in"}
                for port in (443, 444)
            ],
        ),
    ),
    mutant("VPC-G01", "no endpoint for the model", PATH, without(*RUNTIME)),
    mutant(
        "VPC-G01", "the endpoint is not found by its name", PATH, put(*RUNTIME, "privateDnsEnabled", False)
    ),
    mutant(
        "VPC-G02",
        "the runtime endpoint admits any model",
        "runtime-endpoint-pinned",
        edit(*RUNTIME, "Score", Resource="*"),
    ),
    mutant(
        "VPC-G02",
        "the runtime endpoint admits any caller",
        PINNED,
        edit(*RUNTIME, "Score", Condition={"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}}),
    ),
    mutant(
        "VPC-G02",
        "the storage endpoint admits any bucket",
        PINNED,
        edit(t.VPC_ENDPOINT, "private-s3", "ReadArtifact", Resource="arn:aws:s3:::*"),
    ),
    mutant(
        "VPC-G03",
        "a range of addresses instead of a group",
        "group-rules-named",
        add(t.GROUP_INGRESS, "range", {**RULE, "cidrIpv4": "10.0.0.0/8"}),
    ),
    mutant(
        "VPC-G03",
        "more than one port",
        "group-rules-named",
        put(t.GROUP_INGRESS, "private-endpoints-from-function", "toPort", 8443),
    ),
    mutant(
        "VPC-G04",
        "a NAT gateway",
        "subnets-isolated",
        put(t.ROUTE_TABLE, "private-b", "routes", [{"cidrBlock": "0.0.0.0/0", "natGatewayId": "nat-1"}]),
    ),
]
