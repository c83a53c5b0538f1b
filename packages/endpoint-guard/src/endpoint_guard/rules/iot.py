"""IoT Core: what a device may do."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import iam
from endpoint_guard import types as t
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, fail, rule


@rule(
    id="device-policy-narrow",
    title="Policies of devices name actions and topics",
    pillar="auth",
    severity="high",
    why="One stolen certificate otherwise reads and writes the messages of every device.",
    remedy="List the actions, and name clients and topics by ${iot:Connection.Thing.ThingName}.",
    references=("IOT-001",),
    on=(t.IOT_POLICY,),
)
def device_policy_narrow(resource: Resource, ctx: Context) -> Iterator[Finding]:
    for s in iam.allowed(resource.get("policy")):
        for node in s.node.get("Action").items():
            if node.text().lower() in ("*", "iot:*"):
                yield fail(node, "allows a device every action")
        for node in s.node.get("Resource").items():
            if node.text() == "*" or node.text().endswith((":*", ":topic/*", ":topicfilter/*", ":client/*")):
                yield fail(node, "lets a device act for every other one")
