"""Secrets: rotated, described, and read by named roles."""

from __future__ import annotations

import re
from collections.abc import Iterator

from endpoint_guard import types as t
from endpoint_guard.graph import Node, Resource
from endpoint_guard.rule import Context, Finding, Setting, fail, property_rule, rule
from endpoint_guard.rules.strangers import strangers


@rule(
    id="secret-rotates",
    title="Secrets rotate, and often enough",
    pillar="encryption",
    severity="medium",
    why="What leaks one day should be worth nothing soon after.",
    remedy="Declare SecretRotation for the secret with automatically_after_days under the ceiling.",
    references=("SEC-002", "SEC-003"),
    on=(t.SECRET,),
    settings={"maxDays": Setting(90, "longest time between rotations in days", 1, 1_000)},
)
def secret_rotates(secret: Resource, ctx: Context) -> Iterator[Finding]:
    rotations = secret.users("secretId", t.SECRET_ROTATION)
    if not rotations:
        yield fail(secret, "does not rotate", "rotationRules")
    for rotation in rotations:
        days = _days(rotation.get("rotationRules"))
        if days is None or days > ctx.number("maxDays"):
            yield fail(rotation.get("rotationRules"), "does not rotate often enough")


def _days(rules: Node) -> float | None:
    """Days between rotations; None when they cannot be told, as for a cron expression."""
    number = rules.get("automaticallyAfterDays").number()
    rate = re.fullmatch(r"rate\((\d+) (hour|day)s?\)", rules.get("scheduleExpression").text())
    if number is None and rate:
        return float(rate.group(1)) / (24 if rate.group(2) == "hour" else 1)
    return number


def _policies(secret: Resource) -> list[Node]:
    documents = [policy.get("policy") for policy in secret.users("secretArn", t.SECRET_POLICY)]
    return documents + ([secret.get("policy")] if secret.get("policy").declared else [])


@rule(
    id="secret-has-policy",
    title="Secrets have a policy that says who may read them",
    pillar="encryption",
    severity="medium",
    level="advisory",
    why="Without one every identity policy of the account decides.",
    remedy="Set policy on the secret, or declare SecretPolicy.",
    references=("SEC-004",),
    on=(t.SECRET,),
)
def secret_has_policy(secret: Resource, ctx: Context) -> Iterator[Finding]:
    if not _policies(secret):
        yield fail(secret.get("policy"), "has no policy of its own")


@rule(
    id="secret-policy-narrow",
    title="No policy of a secret lets everyone or another account in",
    pillar="encryption",
    severity="critical",
    why="Whoever is let in reads the secret.",
    remedy="Name roles of this account.",
    references=("SEC-004", "IAM-023"),
    on=(t.SECRET, t.SECRET_POLICY),
)
def secret_policy_narrow(carrier: Resource, ctx: Context) -> Iterator[Finding]:
    yield from strangers(carrier)


secret_described = property_rule(
    __name__,
    id="secret-described",
    title="Secrets have a description",
    pillar="encryption",
    severity="low",
    level="advisory",
    why="A secret whose purpose nobody knows is never removed.",
    remedy="Set description.",
    references=("SEC-006",),
    on=t.SECRET,
    path="description",
    good=lambda node: node.present,
    text="has no description",
)
