"""What programs of many authors do: a fault that has to be found, and what AWS's documentation itself shows."""

from __future__ import annotations

import json
from typing import Any

from endpoint_guard import types as t

from tests.endpoint_guard.items import ACCOUNT, REGION, Item, Ref
from tests.endpoint_guard.verdicts.case import Case, document, fine, function, may, wrong
from tests.endpoint_guard.verdicts.elsewhere import opened

ROOT = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
OTHER = {"AWS": "arn:aws:iam::999999999999:root"}
FACTOR = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
NETWORK = {"subnets": ["subnet-1"], "assignPublicIp": True}
LONG = f"newsletter-preferences-prod-{ACCOUNT}-{REGION}"


def tagged(operator: str, key: str, value: Any) -> Item:
    """A role's policy that reaches every resource under a condition on a tag."""
    statement = {
        "Effect": "Allow",
        "Action": ["elasticloadbalancing:CreateLoadBalancer", "ec2:DeleteSecurityGroup"],
        "Resource": "*",
        "Condition": {operator: {key: value}},
    }
    return Item(t.ROLE_POLICY, "controller", {"role": "worker", "policy": document(statement)})


def people(account: dict[str, str], condition: dict[str, Any] | None = None) -> Item:
    """A role that the identities of an account may assume, under a condition where there is one."""
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": account}
    more = {"Condition": condition} if condition else {}
    return Item(t.ROLE, "people", {"name": "people", "assumeRolePolicy": document({**statement, **more})})


def parameter(path: str) -> Item:
    return may("ssm:GetParameters", f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter{path}")


def group(separate: str) -> tuple[Item, Item]:
    """A group with inline ingress, and a rule of its own."""
    inline = {"protocol": "tcp", "fromPort": 443, "toPort": 443, "cidrBlocks": ["10.0.0.0/8"]}
    apart = {"securityGroupId": Ref("web"), "ipProtocol": "tcp", "cidrIpv4": "10.0.0.0/8"}
    return (
        Item(t.SECURITY_GROUP, "web", {"description": "web", "ingress": [inline, {**inline, "toPort": 444}]}),
        Item(separate, "apart", {**apart, "fromPort": 8080, "toPort": 8080}),
    )


CASES: tuple[Case, ...] = (
    fine("an action that takes no resource", "iam-resources-named", may("route53:ListHostedZones", "*")),
    fine("the streams of the account", "iam-resources-named", may("dynamodb:ListStreams", "*")),
    wrong("records of every zone", "iam-resources-named", may("route53:ChangeResourceRecordSets", "*")),
    fine(
        "what bears a tag",
        "iam-resources-named",
        tagged("StringEquals", "aws:ResourceTag/team", "${aws:PrincipalTag/team}"),
    ),
    fine("what is made with a tag", "iam-resources-named", tagged("Null", "aws:RequestTag/cluster", "false")),
    wrong("what bears no tag", "iam-resources-named", tagged("Null", "aws:ResourceTag/cluster", "true")),
    wrong("any tag", "iam-resources-named", tagged("StringLike", "aws:ResourceTag/team", "*")),
    wrong("another condition", "iam-resources-named", tagged("StringEquals", "aws:RequestedRegion", REGION)),
    fine("parameters below a folder", "iam-resources-named", parameter("/scoring/prod/*")),
    wrong("parameters below no folder", "iam-resources-named", parameter("/*")),
    wrong("parameters of AWS", "iam-resources-named", parameter("/aws/*")),
    wrong("own account", "role-trust-names-principals", people(ROOT)),
    fine("own account with a second factor", "role-trust-names-principals", people(ROOT, FACTOR)),
    fine("own account, which has a rule of its own", "role-trust-not-everyone", people(ROOT)),
    wrong("another account", "role-trust-not-everyone", people(OTHER)),
    fine("another account with a second factor", "role-trust-not-everyone", people(OTHER, FACTOR)),
    wrong(
        "a second factor where there is one",
        "role-trust-not-everyone",
        people(OTHER, {"BoolIfExists": FACTOR["Bool"]}),
    ),
    fine(
        "who knows an id",
        "role-trust-not-everyone",
        people(OTHER, {"StringEquals": {"sts:ExternalId": "f3b1"}}),
    ),
    wrong("any id", "role-trust-not-everyone", people(OTHER, {"StringLike": {"sts:ExternalId": "*"}})),
    fine(
        "models of AWS in every region",
        "iam-resources-named",
        may("bedrock:InvokeModel", "arn:aws:bedrock:*::foundation-model/anthropic.claude-sonnet*"),
    ),
    wrong(
        "profiles of every account",
        "iam-resources-named",
        may("bedrock:InvokeModel", "arn:aws:bedrock:*:*:inference-profile/us.anthropic.claude*"),
    ),
    fine(
        "a wildcard certificate is sound",
        "certificate-sound",
        Item(t.CERTIFICATE, "all", {"domainName": "*.example.com"}),
    ),
    wrong(
        "a wildcard among other names",
        "certificate-of-one-host",
        Item(
            t.CERTIFICATE,
            "all",
            {"domainName": "example.com", "subjectAlternativeNames": ["*.example.com"]},
        ),
    ),
    fine("pings", "no-open-ingress", opened(8, 0, "icmp")),
    fine("the path's largest packet", "no-open-ingress", opened(3, 4, "icmp")),
    wrong("every protocol", "no-open-ingress", opened(0, 0, "-1")),
    wrong("a quarter of the internet", "no-open-ingress", opened(22, 22, network="64.0.0.0/2")),
    fine("a private network", "no-open-ingress", opened(22, 22, network="10.0.0.0/8")),
    fine("a network of an office", "no-open-ingress", opened(22, 22, network="2001:db8::/32")),
    wrong(
        "the key of a log collector",
        "secret-not-in-program",
        Item(t.FIREHOSE, "out", {"httpEndpointConfiguration": {"accessKey": "collector-1234"}}),
    ),
    wrong(
        "the secret of a sign-in",
        "secret-not-in-program",
        Item(t.LISTENER, "in", {"defaultActions": [{"authenticateOidc": {"clientSecret": "let-me-in-1"}}]}),
    ),
    wrong(
        "a token in a state machine",
        "service-env-no-secrets",
        Item(t.STATE_MACHINE, "steps", {"definition": json.dumps({"Header": f"ghp_{'a1B2' * 9}"})}),
    ),
    wrong(
        "a password for a scheduled call",
        "service-env-no-secrets",
        Item(
            t.SCHEDULE, "nightly", {"target": {"input": json.dumps({"db": {"password": "hunter2hunter2"}})}}
        ),
    ),
    fine(
        "a command for a scheduled call",
        "service-env-no-secrets",
        Item(t.EVENT_TARGET, "nightly", {"input": json.dumps({"command": "refresh_token"})}),
    ),
    fine("a text for a call", "service-env-no-secrets", Item(t.EVENT_TARGET, "nightly", {"input": '"run"'})),
    fine(
        "a state machine's task token",
        "service-env-no-secrets",
        Item(t.STATE_MACHINE, "steps", {"definition": json.dumps({"TaskToken.$": "$$.Task.Token"})}),
    ),
    fine("inline ingress and separate egress", "group-rules-one-way", *group(t.GROUP_EGRESS)),
    wrong("ingress in two ways", "group-rules-one-way", *group(t.GROUP_INGRESS)),
    fine(
        "a file's name",
        "container-env-no-secrets",
        function(GOOGLE_APPLICATION_CREDENTIALS="gcp_creds.json", TLS_KEY="certs/server.pem"),
    ),
    fine("a long name of words", "container-env-no-secrets", function(S3_BUCKET_NAME=LONG)),
    wrong(
        "a long text without words",
        "container-env-no-secrets",
        function(OPAQUE="q7Zk2Lx9VbT4mWcR8sYpN3dFhGjK6aEuQ1oI5wXzM0"),
    ),
    wrong(
        "a scheduled task with a public address",
        "service-no-public-address",
        Item(t.EVENT_TARGET, "nightly", {"ecsTarget": {"networkConfiguration": NETWORK}}),
    ),
    wrong(
        "a scheduler's task with a public address",
        "service-no-public-address",
        Item(t.SCHEDULE, "nightly", {"target": {"ecsParameters": {"networkConfiguration": NETWORK}}}),
    ),
    fine(
        "a scheduled task without one",
        "service-no-public-address",
        Item(t.EVENT_TARGET, "nightly", {"ecsTarget": {"networkConfiguration": {"subnets": ["s"]}}}),
    ),
    fine(
        "a user who may do nothing",
        "cache-users-have-passwords",
        Item(t.CACHE_USER, "default", {"accessString": "off -@all", "noPasswordRequired": True}),
    ),
    fine("a private zone", "zone-queries-logged", Item(t.ZONE, "inside", {"vpcs": [{"vpcId": "vpc-1"}]})),
    fine(
        "a bucket is no database", "migration-tls", Item(t.MIGRATION_ENDPOINT, "lake", {"engineName": "s3"})
    ),
    fine(
        "options of a template elsewhere",
        "beanstalk-patched",
        Item(t.BEANSTALK, "site", {"application": "site", "templateName": "hardened"}),
    ),
    fine(
        "an EMR configuration that says both",
        "clusters-encrypt",
        Item(
            t.EMR_SECURITY,
            "own",
            {
                "configuration": json.dumps(
                    {
                        "EncryptionConfiguration": {
                            "EnableAtRestEncryption": True,
                            "EnableInTransitEncryption": True,
                        }
                    }
                )
            },
        ),
    ),
)
