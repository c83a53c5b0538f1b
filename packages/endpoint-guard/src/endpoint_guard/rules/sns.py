"""Topics: who may publish, over what, under which signature, and whom they reach."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from endpoint_guard import iam
from endpoint_guard import types as t
from endpoint_guard.graph import Node, Resource
from endpoint_guard.remediation import PropertyFix
from endpoint_guard.rule import Context, Finding, fail, need, rule
from endpoint_guard.rules.strangers import strangers


def _documents(topic: Resource) -> list[Node]:
    found = [policy.get("policy") for policy in topic.users("arn", t.TOPIC_POLICY)]
    return found + ([topic.get("policy")] if topic.get("policy").declared and not found else [])


@rule(
    id="topic-tls-only",
    title="Topics refuse plain HTTP",
    pillar="encryption",
    severity="medium",
    why="Alarm texts name resources and thresholds.",
    remedy="Deny sns:Publish to everyone when aws:SecureTransport is false.",
    references=("SNS-004",),
    on=(t.TOPIC,),
)
def topic_tls_only(topic: Resource, ctx: Context) -> Iterator[Finding]:
    documents = _documents(topic)
    for document in documents:
        for s in iam.statements(document):
            if s.conditions and iam.denies_plain_http([s], "sns:Publish") and _about(s, topic):
                return
    yield fail(documents[0] if documents else topic.get("policy"), "does not refuse plain HTTP")


@rule(
    id="topic-policy-narrow",
    title="Topic policies name principals, and bind services to this account",
    pillar="auth",
    severity="high",
    why="An open topic takes messages from anybody, or hands them to anybody.",
    remedy="Name roles of this account, or services with aws:SourceAccount or aws:SourceArn.",
    references=("SNS-002", "SNS-003", "IAM-023"),
    on=(t.TOPIC, t.TOPIC_POLICY),
)
def topic_policy_narrow(carrier: Resource, ctx: Context) -> Iterator[Finding]:
    yield from strangers(carrier, "sns:Publish")


@rule(
    id="topic-publishers-named",
    title="Only the alarm service publishes to the topic",
    pillar="encryption",
    severity="high",
    level="advisory",
    why="Whoever may publish can cry wolf or drown a real alarm.",
    remedy="Allow sns:Publish to cloudwatch.amazonaws.com with aws:SourceAccount, and to nobody else.",
    references=("SNS-002", "SNS-G02"),
    on=(t.TOPIC,),
)
def topic_publishers_named(topic: Resource, ctx: Context) -> Iterator[Finding]:
    documents = _documents(topic)
    found = [s for document in documents for s in iam.statements(document)]
    admitted = any(s.grants("sns:Publish") and _about(s, topic) for s in found)
    if not documents:
        yield fail(topic.get("policy"), "has no policy of its own")
    elif not admitted and topic.users("alarmActions", t.ALARM, t.COMPOSITE_ALARM):
        yield fail(documents[0], "does not let its own alarms publish")
    for s in found:
        for kind, node in s.principals if s.allows and s.covers("sns:Publish") else ():
            if kind != "Service" or node.text() != "cloudwatch.amazonaws.com":
                yield fail(node, "lets someone other than the alarm service publish")


def _about(s: iam.Statement, topic: Resource) -> bool:
    """Whether a statement speaks of the topic; of a name that is not known yet it is taken to."""
    name = topic.get("name")
    if name.state.value != "known":
        return True
    return any(iam.matches(pattern.rsplit(":", 1)[-1], name.text()) for pattern in s.resources)


@rule(
    id="topic-signature-sha256",
    title="Topics sign with SHA-256",
    pillar="encryption",
    severity="low",
    level="advisory",
    why="Signature version 1 uses SHA-1.",
    remedy="Set signature_version=2.",
    references=("SNS-G03",),
    on=(t.TOPIC,),
    scope="resource",
    fixes=[PropertyFix("signatureVersion", 2)],
)
def topic_signature_sha256(topic: Resource, ctx: Context) -> Iterator[Finding]:
    yield from need(topic.get("signatureVersion"), lambda n: n.number() == 2, "signs with SHA-1")


@rule(
    id="subscription-encrypted",
    title="Subscriptions are delivered encrypted",
    pillar="encryption",
    severity="high",
    why="An http endpoint receives the alarm unencrypted.",
    remedy="Use https, email, sqs, lambda or firehose.",
    references=("SNS-005",),
    on=(t.SUBSCRIPTION,),
    scope="resource",
)
def subscription_encrypted(subscription: Resource, ctx: Context) -> Iterator[Finding]:
    protocol = subscription.get("protocol")
    yield from need(protocol, lambda n: n.text() not in ("", "http"), "is delivered without TLS")


@rule(
    id="alarm-reaches-someone",
    title="The alarm topic has a subscriber",
    pillar="logging",
    severity="high",
    level="advisory",
    why="A topic without a subscription throws every message away.",
    remedy="Declare a TopicSubscription with an address.",
    references=("CW-G02",),
    on=(t.TOPIC,),
)
def alarm_reaches_someone(topic: Resource, ctx: Context) -> Iterator[Finding]:
    if not topic.users("alarmActions", t.ALARM, t.COMPOSITE_ALARM):
        return
    # A filter policy lets only some messages through, and alarms carry no attributes to filter by.
    heard = [s for s in topic.users("topic", t.SUBSCRIPTION) if not s.get("filterPolicy").declared]
    if not any(s.get("endpoint").declared for s in heard):
        yield fail(topic, "reaches nobody", "name")


_MACHINES: Final = ("lambda", "sqs", "https", "firehose")


@rule(
    id="subscription-dead-letters",
    title="Subscriptions of machines have a dead-letter queue",
    pillar="resilience",
    severity="low",
    level="advisory",
    why="An alarm that could not be delivered is gone.",
    remedy="Set redrive_policy.",
    references=("SNS-007",),
    on=(t.SUBSCRIPTION,),
    scope="resource",
)
def subscription_dead_letters(subscription: Resource, ctx: Context) -> Iterator[Finding]:
    machine = subscription.get("protocol").text() in _MACHINES
    if machine and not subscription.get("redrivePolicy").declared:
        yield fail(subscription.get("redrivePolicy"), "drops what cannot be delivered")
