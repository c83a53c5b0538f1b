"""Mutants with resources that our stack does not have: their rules wake up when one appears."""

from __future__ import annotations

from typing import Any

from endpoint_guard import types as t

from tests.endpoint_guard.mutants.change import (
    ACCOUNT,
    GONE,
    Change,
    Mutant,
    Ref,
    add,
    allow,
    mutant,
    policy,
    put,
)

KEY = Ref(t.KEY, "data", "arn")
FUNCTION = Ref(t.FUNCTION, "score", "arn")
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:queue"
PLAIN = {"Bool": {"aws:SecureTransport": "false"}}
DENY = {"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": QUEUE, "Condition": PLAIN}
NOTEBOOK: dict[str, Any] = {
    "directInternetAccess": "Disabled",
    "subnetId": Ref(t.SUBNET, "private-a"),
    "rootAccess": "Disabled",
    "kmsKeyId": KEY,
    "instanceMetadataServiceConfiguration": {"minimumInstanceMetadataServiceVersion": "2"},
    "platformIdentifier": "notebook-al2023-v1",
}
JOB = "aws:sagemaker/dataQualityJobDefinition:DataQualityJobDefinition"
DOMAIN = "aws:sagemaker/domain:Domain"


def queue(**properties: Any) -> Change:
    base = {"name": "queue", "kmsMasterKeyId": KEY, "policy": policy(DENY), "redrivePolicy": f"{QUEUE}-dead"}
    return add(t.QUEUE, "queue", {**base, **properties})


def notebook(path: str, value: Any) -> tuple[Change, Change]:
    return add(t.NOTEBOOK, "notebook", NOTEBOOK), put(t.NOTEBOOK, "notebook", path, value)


def one(kind: str, **properties: Any) -> Change:
    return add(kind, "extra", properties)


OWN_KEY = "encrypted-with-own-key"
NARROW = "queue-policy-narrow"
SOUND = "certificate-sound"
MUTUAL = {"truststoreUri": "s3://somebody-else/trust.pem", "truststoreVersion": "1"}

OPTIONAL: list[Mutant] = [
    mutant(
        "SM-016",
        "a notebook's role with a star",
        "iam-no-service-wildcard",
        add(t.ROLE_POLICY, "notebook", {"role": "notebook", "policy": policy(allow("sagemaker:*", "*"))}),
    ),
    mutant(
        "ECR-003",
        "images for everybody",
        "images-not-public",
        add(t.PUBLIC_REPOSITORY, "gallery", {"repositoryName": "gallery"}),
    ),
    mutant("SQS-001", "a queue in clear", OWN_KEY, queue(kmsMasterKeyId="")),
    mutant("SQS-002", "a queue under AWS's key", OWN_KEY, queue(kmsMasterKeyId="alias/aws/sqs")),
    mutant(
        "SQS-003",
        "a queue for everybody",
        NARROW,
        queue(policy=policy(DENY, allow("sqs:SendMessage", QUEUE, Principal="*"))),
    ),
    mutant(
        "SQS-004",
        "every action, in the second statement",
        NARROW,
        queue(policy=policy(DENY, allow("*", QUEUE, Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/a"}))),
    ),
    mutant(
        "SQS-005",
        "a queue over plain HTTP",
        "queue-tls-only",
        queue(
            policy=policy(
                allow("sqs:SendMessage", QUEUE, Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/a"})
            )
        ),
    ),
    mutant("SQS-006", "no dead-letter queue", "queue-dead-letters", queue(redrivePolicy="")),
    mutant(
        "SQS-G01",
        "dead letters that nobody watches",
        "dead-letters-watched",
        queue(),
        add(t.REDRIVE, "redrive", {"queueUrl": "other", "redrivePolicy": Ref(t.QUEUE, "queue", "arn")}),
    ),
    mutant("SEC-001", "a secret under AWS's key", OWN_KEY, one(t.SECRET, description="a")),
    mutant("SEC-002", "a secret for ever", "secret-rotates", one(t.SECRET, description="a", kmsKeyId=KEY)),
    mutant(
        "SEC-003",
        "a secret for a year",
        "secret-rotates",
        one(t.SECRET, description="a"),
        add(
            t.SECRET_ROTATION,
            "rotation",
            {"secretId": Ref(t.SECRET, "extra"), "rotationRules": {"automaticallyAfterDays": 365}},
        ),
    ),
    mutant(
        "SEC-003",
        "a cron expression that says nothing",
        "secret-rotates",
        one(t.SECRET, description="a"),
        add(
            t.SECRET_ROTATION,
            "rotation",
            {
                "secretId": Ref(t.SECRET, "extra"),
                "rotationRules": {"scheduleExpression": "cron(0 0 1 1 ? *)"},
            },
        ),
    ),
    mutant(
        "SEC-004",
        "a secret for another account",
        "secret-policy-narrow",
        one(
            t.SECRET,
            policy=policy(
                allow(
                    "secretsmanager:GetSecretValue", "*", Principal={"AWS": "arn:aws:iam::999999999999:root"}
                )
            ),
        ),
    ),
    mutant("SEC-006", "a secret without a description", "secret-described", one(t.SECRET, name="a")),
    mutant(
        "SEC-007", "a parameter in clear", "parameter-encrypted", one(t.PARAMETER, type="String", value="a")
    ),
    mutant(
        "ACM-002",
        "a certificate for every host",
        "certificate-of-one-host",
        one(t.CERTIFICATE, domainName="*.example.com"),
    ),
    mutant("ACM-001", "a weak key", SOUND, one(t.CERTIFICATE, keyAlgorithm="RSA_1024", domainName="a.b.com")),
    mutant("FH-001", "a stream in clear", "stream-encrypted", one(t.FIREHOSE, destination="extended_s3")),
    mutant(
        "LAM-004",
        "subnets of one zone",
        "workload-in-vpc",
        put(t.SUBNET, "private-b", "availabilityZone", "us-east-1a"),
    ),
    mutant(
        "LAM-014",
        "a function URL for every origin",
        "function-url-origins-named",
        one(t.FUNCTION_URL, functionName="a", cors={"allowOrigins": ["*"], "allowMethods": ["POST"]}),
    ),
    mutant(
        "LAM-017",
        "events that are dropped",
        "events-not-lost",
        one(t.EVENT_INVOKE, functionName="a", maximumRetryAttempts=0),
    ),
    mutant(
        "SNS-007",
        "alarms that are dropped",
        "subscription-dead-letters",
        one(
            t.SUBSCRIPTION,
            protocol="https",
            endpoint="https://a.example.com",
            topic=Ref(t.TOPIC, "alarms", "arn"),
        ),
    ),
    mutant(
        "AGW-021",
        "an open route of an HTTP API",
        "http-route-authorized",
        one(t.HTTP_ROUTE, apiId="a", routeKey="POST /score", authorizationType="NONE"),
    ),
    mutant("AGW-022", "an HTTP API without a log", "http-stage-logged", one(t.HTTP_STAGE, apiId="a")),
    mutant("AGW-023", "an HTTP API without a throttle", "http-stage-throttled", one(t.HTTP_STAGE, apiId="a")),
    mutant(
        "AGW-024",
        "an HTTP domain with old TLS",
        "http-domain-tls",
        one(t.HTTP_DOMAIN, domainName="a.example.com", domainNameConfiguration={"securityPolicy": "TLS_1_0"}),
    ),
    mutant(
        "AGW-025",
        "a private backend in clear",
        "http-integration-tls",
        one(t.HTTP_INTEGRATION, apiId="a", connectionType="VPC_LINK", integrationType="HTTP_PROXY"),
    ),
    mutant(
        "AGW-G19",
        "a trust store of somebody else",
        "domain-mutual-tls",
        one(
            t.DOMAIN_NAME,
            domainName="a.example.com",
            securityPolicy="TLS_1_2",
            mutualTlsAuthentication=MUTUAL,
        ),
    ),
    mutant(
        "SM-009",
        "a monitoring job on the network",
        "monitoring-jobs-isolated",
        one(JOB, networkConfig={"enableNetworkIsolation": False}),
    ),
    mutant(
        "SM-010",
        "a notebook on the internet",
        "notebook-no-internet",
        *notebook("directInternetAccess", GONE),
    ),
    mutant("SM-011", "a notebook outside the network", "notebook-in-network", *notebook("subnetId", GONE)),
    mutant("SM-012", "root in a notebook", "notebook-no-root", *notebook("rootAccess", "Enabled")),
    mutant("SM-013", "a notebook without a key", "notebook-own-key", *notebook("kmsKeyId", GONE)),
    mutant(
        "SM-014",
        "a notebook with the old metadata service",
        "notebook-metadata-v2",
        *notebook("instanceMetadataServiceConfiguration", GONE),
    ),
    mutant(
        "SM-015",
        "a secret in a notebook's script",
        "notebook-script-no-secrets",
        one(t.NOTEBOOK_SCRIPT, onStart="export AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE"),
    ),
    mutant(
        "SM-017",
        "an old notebook platform",
        "notebook-platform",
        *notebook("platformIdentifier", "notebook-al1-v1"),
    ),
    mutant("SM-019", "a studio on the internet", "studio-domain-hardened", one(DOMAIN, authMode="IAM")),
    mutant("VPC-008", "the default VPC", "no-default-network", one(t.DEFAULT_VPC)),
    mutant(
        "VPC-010",
        "an open network ACL",
        "network-acl-closed",
        one(t.NETWORK_ACL, ingress=[{"action": "allow", "cidrBlock": "0.0.0.0/0", "ruleNo": 1}]),
    ),
    mutant(
        "VPC-013",
        "an endpoint service for everybody",
        "endpoint-service-restricted",
        one(t.ENDPOINT_SERVICE, acceptanceRequired=False, allowedPrincipals=["*"]),
    ),
    mutant(
        "S3-024",
        "an open access point",
        "access-point-private",
        one(t.ACCESS_POINT, bucket="a", publicAccessBlockConfiguration={"blockPublicPolicy": False}),
    ),
    mutant("S3-025", "a bucket as a website", "no-website-buckets", one(t.BUCKET_WEBSITE, bucket="a")),
    mutant(
        "S3-027",
        "an object for everybody",
        "object-private",
        put(t.BUCKET_OBJECT, "model", "acl", "public-read"),
    ),
    mutant(
        "WAF-006",
        "no anonymous-address rules",
        "firewall-baseline",
        put(t.WEB_ACL, "firewall", "rules.5", GONE),
    ),
    mutant("WAF-007", "WAF Classic", "no-classic-firewall", one("aws:wafregional/webAcl:WebAcl", name="old")),
    mutant(
        "IAM-019",
        "a read-only policy of AWS",
        "iam-no-managed-policies",
        one(
            t.ROLE_ATTACHMENT,
            role=Ref(t.ROLE, "function", "name"),
            policyArn="arn:aws:iam::aws:policy/ReadOnlyAccess",
        ),
    ),
    mutant(
        "IAM-024",
        "a pipeline of any repository",
        "role-trust-not-everyone",
        put(
            t.ROLE,
            "model",
            "assumeRolePolicy",
            policy(
                {
                    "Effect": "Allow",
                    "Action": "sts:AssumeRoleWithWebIdentity",
                    "Principal": {
                        "Federated": "arn:aws:iam::1:oidc-provider/token.actions.githubusercontent.com"
                    },
                    "Condition": {"StringLike": {"token.actions.githubusercontent.com:sub": "*"}},
                }
            ),
        ),
    ),
]
