"""The pack on what the real engine hands to it: every call of whole previews and updates, in its order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.endpoint_guard import replay
from tests.endpoint_guard.guard_process import LEVELS, Found
from tests.endpoint_guard.replay import OWN, Player, Recording

MANDATORY = LEVELS["mandatory"]
LATER = {"exemption-ledger", "model-not-sample", "model-trained-on-data"}
"""Rules about what the program came to hold after the recording: another role, more words on its model."""


@pytest.fixture(scope="module")
def player() -> Iterator[Player]:
    with replay.player() as started:
        yield started


@pytest.mark.parametrize("name", OWN)
def test_the_own_stacks_have_no_finding_and_nothing_is_left_unjudged(player: Player, name: str) -> None:
    taken = replay.recording(name)
    player.levels(replay.levels_of(taken.stack))

    found = player.play(taken)

    assert {entry.rule for entry in found} <= {"exempted", "unread-types", *LATER}, (
        "AWS's own values, or an unknown that the inputs know"
    )


ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"


def _weak(properties: dict[str, Any]) -> None:
    properties["rules"] = [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]


def _refused(player: Player, taken: Recording) -> set[tuple[str, str]]:
    player.levels(replay.levels_of(taken.stack))
    return {(entry.rule, entry.resource) for entry in player.play(taken) if entry.level == MANDATORY}


@pytest.mark.slow
@pytest.mark.parametrize("form", ["preview", "up"])
def test_buckets_without_their_encryption_are_refused_before_and_after(player: Player, form: str) -> None:
    taken = replay.recording(f"prod.{form}")

    gone = _refused(player, replay.without(taken, ENCRYPTION))
    weak = _refused(player, replay.edited(taken, ENCRYPTION, _weak))

    assert {name for rule, name in gone if rule == "bucket-encrypted"} >= {"artifacts", "capture", "packages"}
    assert {name for rule, name in weak if rule == "bucket-encrypted"} >= {"artifacts", "capture", "packages"}


@pytest.mark.parametrize("form", ["preview", "up"])
@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        ("aws:s3/bucketLogging:BucketLogging", "bucket-access-logged"),
        ("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", "bucket-lifecycle"),
        ("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "bucket-has-public-block"),
        ("aws:s3/bucketPolicy:BucketPolicy", "bucket-tls-only"),
        ("aws:s3/bucketVersioning:BucketVersioning", "bucket-versioned"),
        ("aws:sns/topicPolicy:TopicPolicy", "topic-publishers-named"),
        ("aws:apigateway/methodSettings:MethodSettings", "stage-throttled"),
        ("aws:wafv2/webAclAssociation:WebAclAssociation", "stage-behind-firewall"),
        ("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", "default-group-closed"),
    ],
)
def test_a_part_that_is_not_declared_is_refused_before_and_after(
    player: Player, kind: str, rule: str, form: str
) -> None:
    refused = _refused(player, replay.without(replay.recording(f"prod.{form}"), kind))

    assert rule in {name for name, _ in refused}


def test_what_was_told_is_kept_for_its_operation_alone(player: Player) -> None:
    player.levels(replay.levels_of("prod"))
    taken = replay.recording("prod.preview")
    start, *inputs, end = taken.calls
    assert not _unjudged(player.play(taken))

    alone = _unjudged(player.play(Recording(taken.stack, taken.form, (end,))))
    forgotten = _unjudged(player.play(Recording(taken.stack, taken.form, (*inputs, start, end))))
    other = replay.recording("dev.preview").calls
    between = _unjudged(player.play(Recording("", "", (start, *inputs, *other, end))))

    assert alone, "what an earlier operation told must be forgotten"
    assert forgotten == alone, "a new operation begins with nothing"
    assert not between, "an operation on another stack takes nothing away"


def _unjudged(found: list[Found]) -> int:
    return sum(entry.rule == "not-evaluated" for entry in found)
