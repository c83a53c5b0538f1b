"""Log groups: kept long enough, private, and masked."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import iam
from endpoint_guard import types as t
from endpoint_guard.graph import Resource
from endpoint_guard.remediation import PropertyFix
from endpoint_guard.rule import Context, Finding, Setting, fail, need, rule


@rule(
    id="log-retention",
    title="Log groups keep their logs long enough, and not forever",
    pillar="logging",
    severity="medium",
    why="An incident is found months later; a log without end is a cost and a liability.",
    remedy="Set retention_in_days.",
    references=("CW-002", "CW-003"),
    on=(t.LOG_GROUP,),
    scope="resource",
    settings={
        "minDays": Setting(365, "shortest retention in days", 1, 3_653),
        "maxDays": Setting(3_653, "longest retention in days", 1, 3_653),
    },
    fixes=[PropertyFix("retentionInDays", setting="minDays", upwards=True, zero_means_forever="maxDays")],
)
def log_retention(group: Resource, ctx: Context) -> Iterator[Finding]:
    kind = group.get("logGroupClass")
    yield from need(kind, lambda n: n.text() != "DELIVERY", "is of a class that keeps its logs for two days")
    days = group.get("retentionInDays")
    if (days.number() or 0) <= 0:
        yield fail(days, "has no retention")
    elif (days.number() or 0) < ctx.number("minDays"):
        yield fail(days, "does not keep its logs long enough")
    elif (days.number() or 0) > ctx.number("maxDays"):
        yield fail(days, "keeps its logs too long")


@rule(
    id="log-policy-not-public",
    title="Log resource policies admit named services for this account",
    pillar="logging",
    severity="high",
    why="An open policy lets any account write into the logs, or read them.",
    remedy="Name the service and add aws:SourceAccount.",
    references=("CW-006",),
    on=(t.LOG_RESOURCE_POLICY,),
)
def log_policy_not_public(policy: Resource, ctx: Context) -> Iterator[Finding]:
    for statement in iam.statements(policy.get("policyDocument")):
        if not statement.allows:
            continue
        if statement.anyone:
            yield fail(statement.node.get("Principal"), "lets everyone into the logs")
        elif statement.principal_texts("Service") and not statement.narrowed_by(iam.SERVICE_CONDITIONS):
            yield fail(statement.node, "admits a service on behalf of any account")


@rule(
    id="logs-mask-card-data",
    title="Logs near the payload mask card data",
    pillar="logging",
    severity="medium",
    level="advisory",
    why="A stack trace or a validation message may hold what a caller sent.",
    remedy="Declare a LogDataProtectionPolicy for the function's and the execution log's group.",
    references=("CW-G06",),
    on=(t.LOG_GROUP,),
)
def logs_mask_card_data(group: Resource, ctx: Context) -> Iterator[Finding]:
    if not _near_payload(group):
        return
    kind = group.get("logGroupClass")
    yield from need(
        kind, lambda n: n.text() in ("", "STANDARD"), "is of a class in which nothing can be masked"
    )
    for policy in group.users("logGroupName", t.LOG_DATA_PROTECTION):
        masks = [
            item
            for item in policy.get("policyDocument").document().get("Statement").items()
            if item.get("Operation.Deidentify").value is not None
        ]
        names = [text for item in masks for text in item.get("DataIdentifier").texts()]
        if any(text.rsplit("/", 1)[-1] == "CreditCardNumber" for text in names):
            return
        yield fail(policy.get("policyDocument"), "masks no card numbers" if masks else "masks nothing")
    yield fail(group, "masks no card data", "name")


def _near_payload(group: Resource) -> bool:
    if group.users("loggingConfig.logGroup", t.FUNCTION):
        return True
    if group.edges.get("name") and group.targets("name", t.REST_API, t.FUNCTION):
        return True
    name = group.get("name").text()
    return name.startswith(("/aws/lambda/", "API-Gateway-Execution-Logs_"))
