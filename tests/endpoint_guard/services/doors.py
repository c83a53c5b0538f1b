"""A small stack per service that is called from outside or that passes calls on."""

from __future__ import annotations

from typing import Final

from endpoint_guard import types as t

from tests.endpoint_guard.compliant import ACCOUNT, Item, Ref
from tests.endpoint_guard.services.parts import KEY, LOGS, ROLE, TLS, item

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
        item(t.EVENT_BUS, "bus", name="bus", kmsKeyIdentifier=KEY),
        item(t.EVENT_PERMISSION, "put", principal=ACCOUNT, statementId="own"),
        item(
            t.EVENT_CONNECTION,
            "partner",
            authorizationType="API_KEY",
            authParameters={"apiKey": {"key": "x-api-key", "value": Ref("event-key", "result")}},
        ),
        Item("random:index/randomPassword:RandomPassword", "event-key", {"length": 20}),
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
