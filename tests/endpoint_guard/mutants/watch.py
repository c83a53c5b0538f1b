"""Mutants of logs, alarms, the network and the program as a whole."""

from __future__ import annotations

from endpoint_guard import types as t

from tests.endpoint_guard.mutants.change import (
    GONE,
    Mutant,
    Stack,
    allow,
    drop,
    edit,
    grant,
    mutant,
    option,
    put,
    without,
)

GROUP = t.LOG_GROUP, "score"
ALARM = t.ALARM, "alarms-api-5xx"
TOPIC = t.TOPIC, "alarms"
TOPIC_POLICY = t.TOPIC_POLICY, "alarms"


def alarm_of_nothing(stack: Stack) -> None:
    for alarm in stack.every(t.ALARM):
        if alarm["inputs"].get("namespace") == "AWS/Lambda":
            for side in ("inputs", "outputs"):
                alarm[side]["dimensions"]["FunctionName"] = "somebody-elses"


OWN_KEY = "encrypted-with-own-key"
ACTS = "alarm-acts"
PUBLISH = "topic-publishers-named topic-policy-narrow"
TELLS = "alarm-reaches-someone"

LOGS: list[Mutant] = [
    mutant("CW-001", "a log group without the stack's key", OWN_KEY, put(*GROUP, "kmsKeyId", GONE)),
    mutant("CW-002", "logs for ever", "log-retention", put(*GROUP, "retentionInDays", GONE)),
    mutant("CW-003", "logs for a month", "log-retention", put(*GROUP, "retentionInDays", 30)),
    mutant("CW-004", "an alarm that tells nobody", ACTS, put(*ALARM, "alarmActions", [])),
    mutant("CW-004", "an alarm that tells only when all is well", ACTS, put(*ALARM, "alarmActions", GONE)),
    mutant("CW-004", "an alarm whose action is only a name", ACTS, put(*ALARM, "alarmActions", ["on-call"])),
    mutant("CW-005", "actions are switched off", ACTS, put(*ALARM, "actionsEnabled", False)),
    mutant(
        "CW-006",
        "everybody may write into the logs",
        "log-policy-not-public",
        grant(
            t.LOG_RESOURCE_POLICY,
            "firewall",
            allow("logs:PutLogEvents", "*", Principal="*"),
            "policyDocument",
        ),
    ),
    mutant("CW-G01", "no alarm on errors of the API", "required-alarms", without(t.ALARM, "alarms-api-5xx")),
    mutant("CW-G01", "alarms on somebody else's function", "alarm-watches-stack", alarm_of_nothing),
    mutant("CW-G02", "nobody has subscribed", TELLS, without(t.SUBSCRIPTION, "alarms")),
    mutant(
        "CW-G02",
        "an alarm tells somebody else's topic",
        "alarm-reaches-own-topic",
        put(*ALARM, "alarmActions", ["arn:aws:sns:us-east-1:123456789012:other"]),
    ),
    mutant(
        "CW-G03",
        "missing data is left to the default",
        "alarm-missing-data",
        put(*ALARM, "treatMissingData", GONE),
    ),
    mutant(
        "CW-G04",
        "the endpoint's log group is not in the stack",
        "endpoint-log-group",
        without(t.LOG_GROUP, "model"),
    ),
    mutant(
        "CW-G05",
        "a log group can be dropped",
        "stateful-protected",
        option(*GROUP, protect=False),
        put(*GROUP, "deletionProtectionEnabled", False),
    ),
    mutant(
        "CW-G06", "card data is not masked", "logs-mask-card-data", without(t.LOG_DATA_PROTECTION, "score")
    ),
    mutant(
        "CW-G06",
        "the policy only audits",
        "logs-mask-card-data",
        drop(t.LOG_DATA_PROTECTION, "execution", "redact", "policyDocument"),
    ),
    mutant("SNS-001", "a topic in clear", OWN_KEY, put(*TOPIC, "kmsMasterKeyId", GONE)),
    mutant("SNS-001", "a topic under AWS's key", OWN_KEY, put(*TOPIC, "kmsMasterKeyId", "alias/aws/sns")),
    mutant(
        "SNS-002",
        "everybody may publish",
        PUBLISH,
        grant(*TOPIC_POLICY, allow("sns:Publish", "*", Principal={"AWS": "*"})),
    ),
    mutant(
        "SNS-003",
        "another account may subscribe",
        PUBLISH,
        grant(
            *TOPIC_POLICY, allow("sns:Subscribe", "*", Principal={"AWS": "arn:aws:iam::999999999999:root"})
        ),
    ),
    mutant("SNS-004", "plain HTTP is not refused", "topic-tls-only", drop(*TOPIC_POLICY, "TlsOnly")),
    mutant(
        "SNS-005",
        "a subscription in clear",
        "subscription-encrypted",
        put(t.SUBSCRIPTION, "alarms", "protocol", "http"),
    ),
    mutant("SNS-G02", "alarms of any account", PUBLISH, edit(*TOPIC_POLICY, "AlarmsPublish", Condition=GONE)),
    mutant(
        "SNS-G02",
        "another service publishes",
        PUBLISH,
        edit(*TOPIC_POLICY, "AlarmsPublish", Principal={"Service": "events.amazonaws.com"}),
    ),
    mutant("SNS-G03", "signatures with SHA-1", "topic-signature-sha256", put(*TOPIC, "signatureVersion", 1)),
]
