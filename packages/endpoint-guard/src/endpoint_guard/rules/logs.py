"""Log groups: kept long enough, private, masked, and not dropped quietly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from endpoint_guard import iam
from endpoint_guard import types as t
from endpoint_guard.graph import Resource
from endpoint_guard.remediation import Mend
from endpoint_guard.rule import Context, Finding, Setting, fail, need, rule
from endpoint_guard.storage import is_log_target


@rule(
    id="log-retention",
    title="Log groups keep their logs long enough, and not for ever",
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
    mends=[Mend("retentionInDays", setting="minDays", upwards=True, endless="maxDays")],
)
def log_retention(group: Resource, ctx: Context) -> Iterator[Finding]:
    kind = group.get("logGroupClass")
    yield from need(kind, lambda n: n.text() != "DELIVERY", "is of a class that keeps its logs for two days")
    days = group.get("retentionInDays")
    if (days.number() or 0) <= 0:
        yield fail(days, "has no retention")
    elif (days.number() or 0) < ctx.number("minDays"):
        yield fail(days, "keeps its logs too short")
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


@rule(
    id="function-log-group",
    title="The function logs JSON, without debugging, to a group of the stack",
    pillar="logging",
    severity="high",
    why="A group that Lambda creates by itself has no key, no retention and no mask.",
    remedy="Set logging_config with log_group, log_format JSON and a level of INFO or above.",
    references=("LAM-018", "LAM-G03", "LAM-G04", "CW-G04"),
    on=(t.FUNCTION,),
)
def function_log_group(function: Resource, ctx: Context) -> Iterator[Finding]:
    node = function.get("loggingConfig.logGroup")
    if node.declared:
        if not function.targets("loggingConfig.logGroup", t.LOG_GROUP):
            yield fail(node, "logs to a group outside the stack")
    elif not _conventional(function):
        yield fail(node, "logs to a group outside the stack")
    form = function.get("loggingConfig.logFormat")
    yield from need(form, lambda n: n.text().upper() == "JSON", "does not log JSON")
    level = function.get("loggingConfig.applicationLogLevel")
    yield from need(level, lambda n: n.text().upper() not in _LOUD, "logs debugging output")
    for name in ("LOG_LEVEL", "POWERTOOLS_LOG_LEVEL", "AWS_LAMBDA_LOG_LEVEL"):
        set_ = function.get("environment.variables").get(name)
        yield from need(set_, lambda n: n.text().upper() not in _LOUD, "logs debugging output")


_LOUD: Final = ("DEBUG", "TRACE")


def _conventional(function: Resource) -> bool:
    name = function.get("name")
    named = function.graph.known_as(f"/aws/lambda/{name.value}") if name.state.value == "known" else []
    return bool(function.users("name", t.LOG_GROUP)) or any(found.type == t.LOG_GROUP for found in named)


@rule(
    id="endpoint-log-group",
    title="The endpoint's log group is in the stack",
    pillar="logging",
    severity="high",
    why="SageMaker creates it otherwise: without a key and for ever.",
    remedy="Declare a LogGroup named /aws/sagemaker/Endpoints/<endpoint>.",
    references=("CW-G04",),
    on=(t.ENDPOINT,),
)
def endpoint_log_group(endpoint: Resource, ctx: Context) -> Iterator[Finding]:
    if endpoint.users("name", t.LOG_GROUP):
        return
    named = ctx.graph.known_as(f"/aws/sagemaker/Endpoints/{endpoint.get('name').text()}")
    if any(found.type == t.LOG_GROUP for found in named):
        return
    yield fail(endpoint.get("name"), "has no declared log group")


@rule(
    id="function-traced",
    title="Functions trace actively",
    pillar="logging",
    severity="low",
    why="PassThrough records only what somebody before it asked for.",
    remedy='Set tracing_config={"mode": "Active"}.',
    references=("LAM-008",),
    on=(t.FUNCTION,),
    scope="resource",
    mends=[Mend("tracingConfig.mode", "Active")],
)
def function_traced(function: Resource, ctx: Context) -> Iterator[Finding]:
    yield from need(function.get("tracingConfig.mode"), lambda n: n.text() == "Active", "does not trace")


@rule(
    id="bucket-access-logged",
    title="Buckets write access logs to a separate bucket of the stack",
    pillar="logging",
    severity="medium",
    why="Without it nobody can tell who read the model or the captured requests.",
    remedy="Declare BucketLogging with a target bucket that is not the bucket itself.",
    references=("S3-016", "S3-G05"),
    on=(t.BUCKET,),
)
def bucket_access_logged(bucket: Resource, ctx: Context) -> Iterator[Finding]:
    found = bucket.users("bucket", t.BUCKET_LOGGING)
    if not found and not bucket.get("logging.targetBucket").declared and not is_log_target(bucket):
        yield fail(bucket, "writes no access log", "logging")
    for entry in found:
        targets = entry.targets("targetBucket", t.BUCKET)
        if not targets:
            yield fail(entry.get("targetBucket"), "writes its access log outside the stack")
        elif bucket in targets:
            yield fail(entry.get("targetBucket"), "writes its access log into itself")


@rule(
    id="log-bucket-locked-down",
    title="Only the log delivery service writes into a log bucket",
    pillar="logging",
    severity="medium",
    why="Whoever can write there can forge the record.",
    remedy="Allow s3:PutObject to logging.s3.amazonaws.com with aws:SourceAccount only.",
    references=("S3-G05",),
    on=(t.BUCKET_LOGGING,),
)
def log_bucket_locked_down(entry: Resource, ctx: Context) -> Iterator[Finding]:
    for bucket in entry.targets("targetBucket", t.BUCKET):
        for policy in bucket.users("bucket", t.BUCKET_POLICY):
            for statement in iam.statements(policy.get("policy")):
                if statement.grants("s3:PutObject"):
                    yield from _delivery(statement)


def _delivery(statement: iam.Statement) -> Iterator[Finding]:
    for _, node in statement.principals:
        if node.text() not in ("logging.s3.amazonaws.com", "delivery.logs.amazonaws.com"):
            yield fail(node, "lets somebody else than log delivery write logs")
    if not statement.narrowed_by(("aws:sourceaccount", "aws:sourcearn")):
        yield fail(statement.node, "takes logs on behalf of any account")


@rule(
    id="flow-logs-on",
    title="Every VPC records its traffic",
    pillar="logging",
    severity="medium",
    why="Flow logs show what tried to leave or to enter.",
    remedy="Declare a FlowLog for the VPC with traffic_type ALL and a log group of the stack.",
    references=("VPC-006",),
    on=(t.VPC,),
)
def flow_logs_on(vpc: Resource, ctx: Context) -> Iterator[Finding]:
    logs = vpc.users("vpcId", t.FLOW_LOG)
    if not logs:
        yield fail(vpc, "has no flow log", "id")
    for entry in logs:
        traffic = entry.get("trafficType")
        yield from need(traffic, lambda n: n.text().upper() == "ALL", "records a part of the traffic only")
        if not entry.targets("logDestination", t.LOG_GROUP, t.BUCKET):
            yield fail(entry.get("logDestination"), "records outside the stack")
