"""Where other tools look away, or cry wolf, on types of this architecture: each is a test that they would fail.

A hole is a fault that the named rule of a peer passes; a false alarm is an innocent change that it refuses.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.endpoint_guard.mutants.catalogue import MUTANTS
from tests.endpoint_guard.mutants.innocent import INNOCENT
from tests.endpoint_guard.mutants.judge import Judge, innocent
from tests.endpoint_guard.mutants.quick import quick

HOLES: list[tuple[str, str, str]] = [
    ("S3-001", "Checkov CKV2_AWS_6 asks two of the four flags", "one of the four switches is off"),
    ("S3-001", "Checkov CKV_AWS_53..56 and cdk-nag never notice a missing block", "no public access block"),
    ("S3-001", "Prowler reads ignorePublicAcls and restrictPublicBuckets", "one of the four switches is off"),
    ("S3-002", "compliance-policies reads the inline acl only", "a canned ACL for everybody"),
    ("S3-006", "Checkov stops at the first conditioned statement", "an open statement behind a narrow one"),
    ("S3-009", "Checkov passes a private bucket without a policy", "plain HTTP is not refused"),
    ("S3-009", "Prowler accepts a deny of uploads", "only uploads refuse plain HTTP"),
    ("S3-009", "Prowler does not look at resources", "only objects refuse plain HTTP"),
    ("S3-009", "Prowler does not look at principals", "one principal alone is refused plain HTTP"),
    ("S3-010", "compliance-policies reads the inline property only", "no default encryption"),
    ("S3-020", "Checkov does not fail an absent block", "no default retention"),
    ("S3-022", "Checkov CKV_AWS_186 knows the old object type only", "an object without a key"),
    (
        "KMS-002",
        "Checkov lets any condition excuse the wildcard",
        "everybody under a condition that narrows nothing",
    ),
    ("KMS-002", "Checkov does not read a separate key policy", "a separate policy for everybody"),
    ("KMS-009", "Prowler looks for kms:* only", "a role decrypts with every key"),
    ("IAM-001", "Checkov does not read inlinePolicies", "administrator rights inline in the role"),
    ("IAM-003", "Prowler knows whole cloudtrail and kms only", "a whole service"),
    ("IAM-013", "cdk-nag reads the role's property only", "a policy of AWS"),
    ("IAM-015", "Checkov passes a bare string", "everybody, as a bare string"),
    ("SM-010", "Checkov passes an absent property", "a notebook on the internet"),
    ("LAM-002", "Checkov passes a reservation of 0", "the function is switched off"),
    ("LAM-003", "Checkov passes empty lists", "a network configuration of empty lists"),
    ("LAM-003", "cdk-nag is content with subnets", "subnets without a group"),
    ("LAM-008", "Checkov passes PassThrough", "traces only what others ask for"),
    ("LAM-G05", "Checkov passes a signing configuration in Warn mode", "unsigned code with a warning"),
    ("LAM-012", "Checkov and compliance-policies are content with presence", "any API of any account"),
    ("LAM-012", "Checkov is content with the source account", "a service bound to no source"),
    ("LAM-014", "Checkov passes every origin when methods are narrow", "a function URL for every origin"),
    ("LAM-018", "cdk-nag tests a member that does not exist", "no logging configuration"),
    ("LAM-022", "cdk-nag reads inline policies of the role only", "a star in the function's role"),
    ("AGW-001", "Checkov passes a key without a plan", "the chain without a plan"),
    ("AGW-001", "Checkov exempts any OPTIONS", "OPTIONS reaches the function"),
    ("AGW-001", "Prowler is content with one authorizer on the API", "a key alone authenticates"),
    ("AGW-006", "Checkov looks at the destination only", "an access log as text"),
    ("AGW-005", "Checkov and Prowler are content with one path", "one path alone is logged"),
    ("AGW-010", "cdk-nag passes -1, which is no limit", "a throttle of minus one is none"),
    ("AGW-011", "Checkov passes a stage with a literal API id", "no firewall, and the API named by its id"),
    ("AGW-015", "Checkov is content with any validator", "a validator that does not look at the body"),
    ("AGW-015", "cdk-nag is content with a validator nobody uses", "no validator"),
    ("AGW-020", "Checkov passes every method but OPTIONS", "a policy for everybody"),
    ("WAF-001", "Checkov and cdk-nag are content with the link", "a log without a destination"),
    ("WAF-G11", "Checkov reads inline rules only", "a counted rule among separate rules"),
    ("WAF-004", "Checkov CKV_AWS_192 looks for a retired block", "the Log4j rule is counted"),
    ("WAF-004", "Checkov CKV2_AWS_77 passes without an association", "known bad inputs pass"),
    ("CW-004", "cdk-nag is content with an OK action", "an alarm that tells only when all is well"),
    ("SNS-001", "Checkov, cdk-nag and Prowler accept AWS's key", "a topic under AWS's key"),
    ("SNS-004", "cdk-nag skips topics with a key", "plain HTTP is not refused"),
    ("SQS-001", "cdk-nag fails only an explicit false", "a queue in clear"),
    ("SQS-002", "Checkov passes no key at all", "a queue under AWS's key"),
    ("SQS-004", "Checkov reads the first statement only", "every action, in the second statement"),
    ("VPC-001", "compliance-policies reads inline rules only", "the internet comes in"),
    ("VPC-001", "Checkov stops at a self rule", "the internet comes in by IPv6, inline"),
    ("SEC-003", "Checkov passes any cron expression", "a cron expression that says nothing"),
]
FALSE_ALARMS: list[tuple[str, str]] = [
    ("KMS-001 AWSGuard and compliance-policies flag asymmetric keys", "a key for signatures"),
    ("S3-011 Checkov and cdk-nag refuse aws:kms:dsse", "dual-layer encryption"),
    (
        "SM-001 Checkov, cdk-nag and Prowler forget local disks",
        "an instance with local disks and no volume key",
    ),
    ("LAM-005 Checkov fails a function without variables", "a function without variables needs no key"),
    ("LAM-010 cdk-nag demands the newest version", "an older runtime that is still supported"),
    ("AGW-016 compliance-policies knows TLS_1_2 only", "a domain with a newer TLS policy"),
    ("SNS-003 Checkov flags principals of the own account", "a role of the account hears alarms"),
    ("SQS-004 Checkov flags a deny; SQS-006 cdk-nag the dead-letter queue", "a queue with its dead letters"),
    ("WAF-002 Checkov fails rules as JSON", "rules as JSON"),
    ("IAM-001 cdk-nag depends on the order of keys", "one statement without a list"),
    # S3-016 and AGW-003, AGW-013 (log buckets, REGIONAL, no cache) are our own stack, which has no findings.
    (
        "S3-016 AWSGuard, AGW-003 AWSGuard and Prowler, AGW-013 cdk-nag and AWSGuard",
        "another description of the API",
    ),
]


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge(innocent("prod", "update")) as judge:
        yield judge


@pytest.mark.parametrize(("control", "hole", "fault"), HOLES, ids=[f"{h[0]} {h[1]}" for h in HOLES])
def test_a_hole_of_another_tool_is_closed(control: str, hole: str, fault: str) -> None:
    [mutant] = [one for one in MUTANTS if control in one.controls and one.title == fault] or [
        one for one in MUTANTS if one.title == fault
    ]

    assert quick(mutant.stack, "update").killers(mutant) != []


@pytest.mark.parametrize(("peer", "change"), FALSE_ALARMS, ids=[peer for peer, _ in FALSE_ALARMS])
def test_a_false_alarm_of_another_tool_stays_silent(judge: Judge, peer: str, change: str) -> None:
    assert [entry.text for entry in judge.says(INNOCENT[change]) if entry.blocks] == []
