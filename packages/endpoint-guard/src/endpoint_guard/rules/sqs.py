"""Queues: who may use them, over what, and what becomes of messages that nobody could handle."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import iam
from endpoint_guard import types as t
from endpoint_guard.accounts import foreign
from endpoint_guard.graph import Node, Resource
from endpoint_guard.rule import Context, Finding, fail, rule


def _documents(queue: Resource) -> list[Node]:
    found = [policy.get("policy") for policy in queue.users("queueUrl", t.QUEUE_POLICY)]
    return found + ([queue.get("policy")] if queue.get("policy").declared and not found else [])


@rule(
    id="queue-tls-only",
    title="Queues refuse plain HTTP",
    pillar="encryption",
    severity="medium",
    why="Messages may hold what a caller sent.",
    remedy="Deny sqs:* to everyone when aws:SecureTransport is false.",
    references=("SQS-005",),
    on=(t.QUEUE,),
)
def queue_tls_only(queue: Resource, ctx: Context) -> Iterator[Finding]:
    documents = _documents(queue)
    if not any(iam.denies_plain_http(iam.statements(document), "sqs:*") for document in documents):
        yield fail(documents[0] if documents else queue.get("policy"), "does not refuse plain HTTP")


@rule(
    id="queue-policy-narrow",
    title="Queue policies name principals and actions",
    pillar="encryption",
    severity="critical",
    why="An open queue takes messages from anybody, or hands them to anybody.",
    remedy="Name roles of this account, or services under a fixed source; list the actions.",
    references=("SQS-003", "SQS-004", "IAM-023"),
    on=(t.QUEUE, t.QUEUE_POLICY),
)
def queue_policy_narrow(carrier: Resource, ctx: Context) -> Iterator[Finding]:
    for s in iam.allowed(carrier.get("policy")):
        yield from _open(s)


def _open(s: iam.Statement) -> Iterator[Finding]:
    narrow = s.narrowed_by(iam.PRINCIPAL_CONDITIONS)
    if s.anyone and not narrow:
        yield fail(s.node.get("Principal"), "lets everyone in")
    for kind, node in s.principals:
        if (kind == "AWS" and foreign(node) and not narrow) or (kind == "Service" and not narrow):
            yield fail(node, "lets in another account, or a service on its behalf")
    if any("*" in action for action in s.actions):
        yield fail(s.node.get("Action"), "allows actions by wildcard")


@rule(
    id="queue-dead-letters",
    title="Queues have, or are, a dead-letter queue",
    pillar="encryption",
    severity="low",
    level="advisory",
    why="A message that nobody can handle otherwise comes back until it is dropped.",
    remedy="Set redrive_policy with the ARN of a dead-letter queue.",
    references=("SQS-006", "LAM-017"),
    on=(t.QUEUE,),
)
def queue_dead_letters(queue: Resource, ctx: Context) -> Iterator[Finding]:
    separate = queue.users("queueUrl", t.REDRIVE)
    if not queue.get("redrivePolicy").declared and not separate and not _is_dead_letter(queue):
        yield fail(queue.get("redrivePolicy"), "has no dead-letter queue")


def _is_dead_letter(queue: Resource) -> bool:
    users = queue.users("redrivePolicy", t.QUEUE, t.REDRIVE, t.SUBSCRIPTION)
    return bool([user for user in users if user is not queue] or queue.users("deadLetterConfig", t.FUNCTION))


@rule(
    id="dead-letters-watched",
    title="An alarm watches every dead-letter queue",
    pillar="encryption",
    severity="low",
    level="advisory",
    why="A dead letter is a transaction that was not scored.",
    remedy="Declare a MetricAlarm on ApproximateNumberOfMessagesVisible with the queue's name.",
    references=("SQS-G01",),
    on=(t.QUEUE,),
)
def dead_letters_watched(queue: Resource, ctx: Context) -> Iterator[Finding]:
    if not _is_dead_letter(queue):
        return
    name = queue.get("name")
    for alarm in ctx.graph.of(t.ALARM):
        if alarm.get("metricName").text() == "ApproximateNumberOfMessagesVisible":
            node = alarm.get("dimensions.QueueName")
            if queue in alarm.targets("dimensions", t.QUEUE) or (node.declared and node.value == name.value):
                return
    yield fail(queue, "keeps dead letters that nobody watches", "name")
