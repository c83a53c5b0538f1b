"""A small stack per service that is called from outside or that passes calls on, and its faults."""

from __future__ import annotations

from typing import Final

from endpoint_guard import types as t

from tests.endpoint_guard.items import ACCOUNT, Item, Ref
from tests.endpoint_guard.mutants.change import GONE
from tests.endpoint_guard.mutants.services.parts import KEY, LOGS, PASSWORD, ROLE, TLS, each, item

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

DOORS: Final = {
    "lb": [
        item(
            t.BALANCER,
            "alb",
            loadBalancerType="application",
            internal=False,
            accessLogs={"bucket": "logs", "enabled": True},
            dropInvalidHeaderFields=True,
            enableDeletionProtection=True,
        ),
        item(t.WEB_ACL_ASSOCIATION, "alb-acl", resourceArn=Ref("alb", "arn"), webAclArn="acl"),
        item(t.LISTENER, "https", protocol="HTTPS", port=443, sslPolicy=TLS, certificateArn="arn"),
        item(
            t.LISTENER,
            "http",
            protocol="HTTP",
            port=80,
            defaultActions=[
                {"type": "redirect", "redirect": {"protocol": "HTTPS", "statusCode": "HTTP_301"}}
            ],
        ),
        item(t.BALANCER, "nlb", loadBalancerType="network", internal=True, enableDeletionProtection=True),
        item(t.LISTENER, "tcp", protocol="TCP", port=5432),
        item(
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
        item(
            t.STATE_MACHINE,
            "steps",
            definition="{}",
            loggingConfiguration={"level": "ERROR", "logDestination": LOGS},
            tracingConfiguration={"enabled": True},
            encryptionConfiguration={"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": KEY},
        )
    ],
    "eventbridge": [
        Item("random:index/randomPassword:RandomPassword", "event-key", {"length": 20}),
        item(t.EVENT_BUS, "bus", name="bus", kmsKeyIdentifier=KEY),
        item(t.EVENT_PERMISSION, "put", principal=ACCOUNT, statementId="own"),
        item(
            t.EVENT_CONNECTION,
            "partner",
            authorizationType="API_KEY",
            authParameters={"apiKey": {"key": "x-api-key", "value": Ref("event-key", "result")}},
        ),
    ],
    "appsync": [
        item(
            t.GRAPHQL_API,
            "graph",
            authenticationType="AWS_IAM",
            additionalAuthenticationProviders=[{"authenticationType": "AMAZON_COGNITO_USER_POOLS"}],
            logConfig={"cloudwatchLogsRoleArn": ROLE, "fieldLogLevel": "ERROR"},
            xrayEnabled=True,
            introspectionConfig="DISABLED",
        ),
        item(t.WEB_ACL_ASSOCIATION, "graph-acl", resourceArn=Ref("graph", "arn"), webAclArn="acl"),
        item(t.GRAPHQL_CACHE, "graph-cache", atRestEncryptionEnabled=True, transitEncryptionEnabled=True),
        item(
            t.EVENT_API,
            "events",
            eventConfig={"authProviders": [{"authType": "AWS_IAM"}], "logConfig": {"logLevel": "ERROR"}},
        ),
    ],
    "cognito": [
        item(t.IDENTITY_POOL, "identities", allowUnauthenticatedIdentities=False),
        item(
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
        item(
            t.USER_POOL_CLIENT,
            "app",
            preventUserExistenceErrors="ENABLED",
            allowedOauthFlows=["code"],
            callbackUrls=["https://example.com/back", "http://localhost:3000"],
        ),
    ],
}

FAULTS: Final = [
    *each(
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
    *each(
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
    *each(
        "sfn",
        ("state-machine-logged", "steps", "loggingConfiguration", GONE, {"level": "OFF"}),
        ("state-machine-logged", "steps", "loggingConfiguration.logDestination", GONE),
        ("state-machine-traced", "steps", "tracingConfiguration", GONE, {"enabled": False}),
        ("store-under-own-key", "steps", "encryptionConfiguration", GONE, {"type": "AWS_OWNED_KEY"}),
    ),
    *each(
        "eventbridge",
        ("event-bus-closed", "put", "principal", "*"),
        ("store-under-own-key", "bus", "kmsKeyIdentifier", GONE),
        ("secret-not-in-program", "partner", "authParameters.apiKey.value", PASSWORD),
    ),
    *each(
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
    *each(
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
