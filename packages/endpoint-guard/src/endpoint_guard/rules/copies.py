"""Copies: what the stack stores, logs or announces goes to no place that the rules cannot see."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from endpoint_guard import types as t
from endpoint_guard.accounts import abroad
from endpoint_guard.graph import Node, Resource
from endpoint_guard.rule import Context, Finding, Setting, each, fail, rule

_SENDING: Final = {
    t.REPLICATION: ("rules",),
    t.INVENTORY: ("destination",),
    t.ANALYTICS: ("storageClassAnalysis",),
    t.BUCKET_NOTIFICATION: ("queues", "topics", "lambdaFunctions"),
    t.LOG_FILTER: ("destinationArn",),
    t.LOG_ACCOUNT_POLICY: ("policyDocument",),
    t.LOG_DELIVERY: ("deliveryDestinationArn",),
    t.LOG_DELIVERY_DESTINATION: ("deliveryDestinationConfiguration",),
    t.METRIC_STREAM: ("firehoseArn",),
    t.OAM_LINK: ("sinkIdentifier",),
    t.EVENT_INVOKE: ("destinationConfig",),
    t.EVENT_TARGET: ("arn",),
    t.SUBSCRIPTION: ("endpoint",),
    t.ALARM: ("alarmActions", "okActions", "insufficientDataActions"),
}
"""By which properties a resource is told where to send a copy."""
_WITH_ARN: Final = ("lambda", "sqs", "firehose", "application")
_OWN: Final = (t.BUCKET, t.TOPIC, t.QUEUE, t.FUNCTION, t.LOG_GROUP, t.LOG_DELIVERY_DESTINATION)
"""Where a copy stays in the stack, also before its address is known."""
_COPIES: Final = (t.REPLICATION, t.INVENTORY, t.ANALYTICS, t.LOG_DELIVERY_DESTINATION)


@rule(
    id="data-stays-here",
    title="Nothing sends copies of data, logs or events to another account",
    pillar="network",
    severity="high",
    why="A replica, an inventory or a log subscription leaks quietly, forever, and past every policy.",
    remedy="Send to a resource of the stack, or name the account in the setting.",
    references=("S3-007", "IAM-009"),
    on=tuple(_SENDING),
    settings={"accounts": Setting([], "accounts that may receive copies")},
)
def data_stays_here(resource: Resource, ctx: Context) -> Iterator[Finding]:
    accepted = ctx.strings("accounts")
    if resource.type == t.SUBSCRIPTION and resource.get("protocol").text() not in _WITH_ARN:
        return  # an address of a person is secret in many programs, and no copy of data
    for name in _SENDING[resource.type]:
        place = resource.get(name)
        if place.declared and not resource.targets(name, *_OWN):
            yield from each(list(place.leaves()), lambda n: _leaving(n, accepted))


def _leaving(node: Node, accepted: list[str]) -> Iterator[Finding]:
    text = node.text()
    inside = [Node(node.resource, node.path, arn) for arn in re.findall(r"arn:[^\s\"',]+", text)] or [node]
    if any(abroad(part, accepted) for part in inside):
        yield fail(node, "sends a copy to another account")
    elif node.resource.type in _COPIES and text.startswith("arn:") and ":s3:::" in text:
        bucket = text.rsplit(":", 1)[-1].split("/", 1)[0]
        if not any(found.type == t.BUCKET for found in node.resource.graph.known_as(bucket)):
            yield fail(node, "sends a copy to a bucket outside the stack")
