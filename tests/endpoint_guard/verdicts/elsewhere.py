"""What does not belong to a bigger subject."""

from __future__ import annotations

from endpoint_guard import types as t
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE

from tests.endpoint_guard.items import Item, Ref
from tests.endpoint_guard.verdicts.case import BUCKET, Case, document, fine, wrong


def opened(first: int, last: int, protocol: str = "tcp", network: str = "0.0.0.0/0") -> Item:
    """A security group that lets everybody, or a network, in at some ports."""
    name = "ipv6CidrBlocks" if ":" in network else "cidrBlocks"
    rule = {"protocol": protocol, "fromPort": first, "toPort": last, name: [network]}
    return Item(t.SECURITY_GROUP, "web", {"description": "web", "ingress": [rule]})


def delivered(place: str | Ref) -> Item:
    """A destination of log deliveries."""
    where = {"deliveryDestinationConfiguration": {"destinationResourceArn": place}}
    return Item(t.LOG_DELIVERY_DESTINATION, "out", {"name": "out", **where})


CASES: tuple[Case, ...] = (
    wrong(
        "logs delivered to another account",
        "data-stays-here",
        Item(
            t.LOG_DELIVERY,
            "out",
            {
                "deliverySourceName": "cdn",
                "deliveryDestinationArn": "arn:aws:logs:us-east-1:999999999999:delivery-destination:x",
            },
        ),
    ),
    wrong("logs delivered to a bucket outside", "data-stays-here", delivered("arn:aws:s3:::elsewhere/cdn")),
    fine(
        "logs delivered to a bucket of the stack",
        "data-stays-here",
        BUCKET,
        delivered("arn:aws:s3:::corp-scores/cdn"),
    ),
    fine(
        "logs delivered to a bucket of the stack by name",
        "data-stays-here",
        BUCKET,
        delivered(Ref("scores", "arn")),
    ),
    fine(
        "logs delivered to a log group of the stack",
        "data-stays-here",
        Item(t.LOG_GROUP, "cdn", {"name": "cdn"}),
        delivered(Ref("cdn", "arn")),
        Item(
            t.LOG_DELIVERY,
            "out",
            {"deliverySourceName": "cdn", "deliveryDestinationArn": Ref("out", "arn")},
        ),
    ),
    wrong("a secret alone", "secret-has-policy", Item(t.SECRET, "token", {"name": "token"})),
    fine(
        "a secret with a policy",
        "secret-has-policy",
        Item(t.SECRET, "token", {"name": "token", "policy": document({"Effect": "Deny", "Principal": "*"})}),
    ),
    wrong(
        "new disks are left in clear",
        "disks-encrypted-by-default",
        Item(t.DISKS_BY_DEFAULT, "disks", {"enabled": False}),
    ),
    fine("on when nothing is said", "disks-encrypted-by-default", Item(t.DISKS_BY_DEFAULT, "disks", {})),
    wrong(
        "no tags, and a provider without default tags",
        "resources-tagged",
        Item(t.TOPIC, "plain", {"name": "plain"}),
    ),
    wrong(
        "an alarm that never goes off",
        "alarm-can-go-off",
        Item(
            t.ALARM,
            "a",
            {
                "namespace": "AWS/Lambda",
                "metricName": "Errors",
                "comparisonOperator": "GreaterThanThreshold",
                "threshold": 1e9,
            },
        ),
    ),
    *(
        fine(
            f"an alarm that acts on {what}",
            "alarm-acts",
            Item(
                t.SCALING_POLICY, "up", {"arn": "arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:a"}
            ),
            Item(t.ALARM, "a", {"metricName": "Errors", "alarmActions": [action]}),
        )
        for what, action in (
            ("a topic of another stack", "arn:aws:sns:us-east-1:123456789012:on-call"),
            ("a scaling policy", Ref("up", "arn")),
            ("an instance", "arn:aws:automate:us-east-1:ec2:recover"),
            ("what a preview cannot tell", UNKNOWN_STRING_VALUE),
        )
    ),
    wrong(
        "an alarm that acts on a name",
        "alarm-acts",
        Item(t.ALARM, "a", {"metricName": "Errors", "alarmActions": ["on-call"]}),
    ),
    fine(
        "a data bucket with an upload",
        "artifact-upload-pinned",
        BUCKET,
        Item(t.BUCKET_OBJECT, "icon", {"bucket": Ref("scores"), "key": "favicon.png"}),
    ),
    fine("ACLs are off by default", "bucket-no-acls", BUCKET),
    fine(
        "a group of an instance",
        "group-in-use",
        Item(t.SECURITY_GROUP, "web", {"description": "web"}),
        Item("aws:ec2/instance:Instance", "web", {"vpcSecurityGroupIds": [Ref("web")]}),
    ),
    wrong("a group of nothing", "group-in-use", Item(t.SECURITY_GROUP, "web", {"description": "web"})),
    *(fine(f"a website at {port}", "no-open-ingress", opened(port, port)) for port in (80, 443)),
    wrong("a shell for everybody", "no-open-ingress", opened(22, 22)),
    wrong("a range around a website", "no-open-ingress", opened(80, 443)),
    wrong("every port of every protocol", "no-open-ingress", opened(0, 0, "-1")),
    wrong("a website for everybody", "no-open-web-ingress", opened(443, 443)),
)
