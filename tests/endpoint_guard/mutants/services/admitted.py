"""Small stacks about who is admitted: by a token, from a page, to a lake, a cluster or a database's network."""

from __future__ import annotations

from typing import Final

from endpoint_guard import types as t

from tests.endpoint_guard.items import ACCOUNT, Ref, allow, document
from tests.endpoint_guard.mutants.change import GONE, Change, Mutant, add, mutant, put, without
from tests.endpoint_guard.mutants.change import Ref as Output
from tests.endpoint_guard.mutants.services.parts import ROLE, each, item

FOREIGN: Final = "arn:aws:iam::999999999999:role/admin"
ADMIN: Final = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
OWN_KEY: Final = document(
    allow("kms:*", "*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}),
)


ADMITTED: Final = {
    "tokens": [
        item(
            t.HTTP_AUTHORIZER,
            "issuer",
            authorizerType="JWT",
            jwtConfiguration={"issuer": "https://issuer.example.com", "audiences": ["scorers"]},
        ),
        item(
            t.HTTP_ROUTE, "by-audience", authorizationType="JWT", authorizerId=Ref("issuer"), routeKey="GET /a"
        ),
        item(
            t.HTTP_ROUTE, "by-scope", authorizationType="JWT", authorizerId=Ref("issuer"), routeKey="GET /b",
            authorizationScopes=["scores/read"],
        ),
    ],
    "pages": [
        item(
            t.BUCKET_CORS,
            "uploads",
            bucket="uploads",
            corsRules=[
                {"allowedOrigins": ["*"], "allowedMethods": ["GET", "HEAD"]},
                {"allowedOrigins": ["https://app.example.com"], "allowedMethods": ["PUT"]},
            ],
        ),
        item(
            t.HTTP_API,
            "api",
            protocolType="HTTP",
            disableExecuteApiEndpoint=True,
            corsConfiguration={
                "allowOrigins": ["https://app.example.com"],
                "allowMethods": ["POST"],
                "allowCredentials": True,
            },
        ),
    ],
    "lake": [
        item(t.LAKE_PERMISSIONS, "reader", principal=ROLE, permissions=["SELECT"]),
        item(
            t.LAKE_SETTINGS,
            "settings",
            admins=[ROLE],
            createTableDefaultPermissions=[{"principal": ROLE, "permissions": ["SELECT"]}],
        ),
    ],
    "cluster-access": [
        item(
            t.KEY,
            "own",
            description="says whose account this is",
            policy=OWN_KEY,
            enableKeyRotation=True,
            deletionWindowInDays=30,
        ),
        item(t.KUBERNETES_ENTRY, "operator", clusterName="k8s", principalArn=ROLE),
        item(
            t.KUBERNETES_ACCESS,
            "operators",
            clusterName="k8s",
            policyArn=ADMIN,
            principalArn=ROLE,
            accessScope={"type": "cluster"},
        ),
    ],
    "database-network": [
        item(t.VPC, "vpc", cidrBlock="10.0.0.0/16"),
        item(t.SUBNET, "inner", vpcId=Ref("vpc"), cidrBlock="10.0.1.0/24"),
        item(t.ROUTE_TABLE, "inside", vpcId=Ref("vpc")),
        item(t.ROUTE_TABLE_ASSOCIATION, "inner-link", subnetId=Ref("inner"), routeTableId=Ref("inside")),
        item(t.INTERNET_GATEWAY, "gateway", vpcId=Ref("vpc")),
        item(t.ROUTE, "to-peer", routeTableId=Ref("inside"), destinationCidrBlock="10.9.0.0/16",
             vpcPeeringConnectionId="pcx-1"),
        item(t.DB_SUBNETS[0], "stores", subnetIds=[Ref("inner")]),
    ],
}  # fmt: skip

FAULTS: Final = [
    *each(
        "tokens",
        ("token-scopes-asked", "issuer", "jwtConfiguration.audiences", GONE),
    ),
    *each(
        "pages",
        ("browser-origins-named", "uploads", "corsRules.1.allowedOrigins", ["*"]),
        ("browser-origins-named", "uploads", "corsRules.0.allowedMethods", ["GET", "DELETE"]),
        ("browser-origins-named", "api", "corsConfiguration.allowOrigins", ["*"], ["https://*"]),
    ),
    *each(
        "lake",
        (
            "lake-permissions-named",
            "reader",
            "principal",
            "IAM_ALLOWED_PRINCIPALS",
            f"{ACCOUNT}:IAMPrincipals",
        ),
        (
            "lake-permissions-named",
            "settings",
            "createTableDefaultPermissions.0.principal",
            "IAM_ALLOWED_PRINCIPALS",
        ),
        (
            "lake-permissions-named",
            "settings",
            "createDatabaseDefaultPermissions",
            [{"principal": "IAM_ALLOWED_PRINCIPALS", "permissions": ["ALL"]}],
        ),
    ),
    *each(
        "cluster-access",
        ("kubernetes-access-own-accounts", "operator", "principalArn", FOREIGN, "*"),
        ("kubernetes-access-own-accounts", "operators", "principalArn", FOREIGN, "arn:aws:iam::*:role/admin"),
    ),
]


def _out(table: Output) -> Change:
    """A route of a table, or of a network's main table, to the internet gateway."""
    gateway = Output(t.INTERNET_GATEWAY, "gateway")
    return add(
        t.ROUTE, "out", {"routeTableId": table, "destinationCidrBlock": "0.0.0.0/0", "gatewayId": gateway}
    )


def _public(title: str, *changes: Change) -> Mutant:
    return mutant(
        "RDS-013", title, "database-subnets-private", *changes, at="stores", stack="database-network"
    )


INSIDE: Final = Output(t.ROUTE_TABLE, "inside")
INSIDE_ROUTES: Final = [{"cidrBlock": "0.0.0.0/0", "gatewayId": Output(t.INTERNET_GATEWAY, "gateway")}]
ROUTED: Final = [
    _public("a route from a database's subnet to the internet", _out(INSIDE)),
    _public(
        "a route within the table of a database's subnet",
        put(t.ROUTE_TABLE, "inside", "routes", INSIDE_ROUTES),
    ),
    _public(
        "a database in a subnet that goes by a public main table",
        without(t.ROUTE_TABLE_ASSOCIATION, "inner-link"),
        _out(Output(t.VPC, "vpc", "mainRouteTableId")),
    ),
    _public(
        "a database in a subnet whose table was made the main one, and public",
        without(t.ROUTE_TABLE_ASSOCIATION, "inner-link"),
        add(t.MAIN_ROUTE_TABLE, "main", {"vpcId": Output(t.VPC, "vpc"), "routeTableId": INSIDE}),
        _out(INSIDE),
    ),
    _public(
        "a database in a subnet that goes by the network's own table, which is public",
        without(t.ROUTE_TABLE_ASSOCIATION, "inner-link"),
        add(
            t.DEFAULT_ROUTE_TABLE,
            "own",
            {"defaultRouteTableId": Output(t.VPC, "vpc", "defaultRouteTableId"), "routes": INSIDE_ROUTES},
        ),
    ),
]
