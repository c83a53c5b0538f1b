"""What is made up for AWS has the form that AWS gives it: rules read a service and a kind from an ARN."""

from __future__ import annotations

import re

import pytest
from pulumi_preflight.provider.plausible import text

CONTEXT = {
    "account": "123456789012",
    "region": "eu-west-1",
    "id": "eu-west-1_Ab3dE6gH9",
    "name": "orders",
    "hex6": "0a1b2c",
    "hex10": "0a1b2c3d4e",
    "hex17": "0a1b2c3d4e5f60718",
}


@pytest.mark.parametrize(
    ("token", "wanted"),
    [
        ("aws:cognito/userPool:UserPool", r"cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_\w+"),
        ("aws:dynamodb/table:Table", r"dynamodb:eu-west-1:123456789012:table/orders"),
        (
            "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream",
            r"firehose:[^:]+:\d+:deliverystream/orders",
        ),
        ("aws:lb/loadBalancer:LoadBalancer", r"elasticloadbalancing:[^:]+:\d+:loadbalancer/app/orders/\w+"),
        ("aws:alb/loadBalancer:LoadBalancer", r"elasticloadbalancing:[^:]+:\d+:loadbalancer/app/orders/\w+"),
        ("aws:cloudwatch/eventBus:EventBus", r"events:[^:]+:\d+:event-bus/orders"),
        ("aws:cloudfront/distribution:Distribution", r"cloudfront::123456789012:distribution/\S+"),
        ("aws:wholly/unknown:Kind", r"wholly:eu-west-1:123456789012:unknown/\S+"),
    ],
)
def test_an_arn_has_the_form_that_aws_gives_it(token: str, wanted: str) -> None:
    assert re.fullmatch("arn:aws:" + wanted, text(token, "arn", CONTEXT))


def test_a_parameter_that_begins_with_a_slash_has_one_slash_in_its_arn() -> None:
    made = text("aws:ssm/parameter:Parameter", "arn", {**CONTEXT, "name": "/orders/limit"})
    assert made.endswith(":parameter/orders/limit")


def test_only_the_arn_of_the_resource_itself_has_its_form() -> None:
    assert ":userPool/" in text("aws:cognito/userPool:UserPool", "webAclArn", CONTEXT)
